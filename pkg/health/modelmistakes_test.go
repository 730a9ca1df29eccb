package health

import (
	"testing"
	"time"
)

// Where all orders of events are tried mistakes are found as well, or that no promise was broken would prove nothing.
func TestModelFindsMistakes(t *testing.T) {
	t.Parallel()
	three := model{rates: []int{100, 110, 90}, maxOut: 2, ordered: []Mode{Drain}, sure: true}
	sleepy := three
	sleepy.sleeps = true
	for broken, c := range map[string]struct {
		m     model
		place int
	}{
		"promises bind nobody":         {three, byOne},
		"who is out promises":          {three, byOne},
		"the hold counts from receipt": {three, lateAnswer},
		"the wall clock is not asked":  {sleepy, overslept},
	} {
		t.Run(broken, func(t *testing.T) {
			t.Parallel()
			const enough = 20_000
			for mistake, most := range map[string]int{"": bound(t), broken: enough} {
				c.m.broken = mistake
				e := c.m.explore(most, c.m.at(t, c.place))
				t.Logf("%q: %d states, %d with a cluster that is out\n%s", mistake, e.states, e.out, e.trace)
				if found := e.trace != ""; found != (mistake != "") {
					t.Errorf("%q: found %v", mistake, found)
				}
			}
		})
	}
}

// Invariant 8: where replicas of a cluster that is out restart one after the other, none that is up answers otherwise; the one
// that restarts, from when it has heard of the other on. In the end all are out by promises of their own.
func TestModelRestart(t *testing.T) {
	t.Parallel()
	for _, order := range []Mode{Drain, Strict, Guard} {
		for name, gap := range map[string]int{"": 40, ", soon after each other": 18} {
			t.Run(string(order)+name, func(t *testing.T) {
				t.Parallel()
				m := model{rates: []int{90, 110, 100, 110}, replicas: 2, maxOut: 1, step: time.Second}
				w := m.fair(m.start(), 5).copyWith("a: " + string(order))
				for _, i := range m.replicasOf(0) {
					m.order(w, i, order)
				}
				w = m.fair(w, 8)
				for restart := range 6 {
					i := m.replicasOf(0)[restart%2]
					w = m.restart(w, i)
					for range gap {
						w = m.siblingsTalk(w)
						for _, j := range m.replicasOf(0) {
							if w.nodes[j].st.Status != Out {
								t.Fatalf("%s answers 200:\n%s", m.name(j), w.trace)
							}
						}
						w = m.fair(w, 1)
						if why := m.wrong(w); why != "" {
							t.Fatalf("%s:\n%s", why, w.trace)
						}
					}
					if n := &w.nodes[i]; n.st.Vote != VoteOut {
						t.Fatalf("%s votes %s:\n%s", m.name(i), n.st.Vote, w.trace)
					}
				}
			})
		}
	}
}
