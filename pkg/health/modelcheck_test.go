package health

import (
	"bytes"
	"fmt"
	"hash/maphash"
	"math/rand/v2"
	"slices"
	"testing"
)

// explore goes breadth first, so that what it finds is as short as can be.
func (m *model) explore(most int) (states int, trace string) {
	seed, buf := maphash.MakeSeed(), &bytes.Buffer{}
	first := m.start()
	seen := map[uint64]struct{}{first.key(seed, buf): {}}
	for queue := []*world{first}; len(queue) > 0 && len(seen) < most; {
		var later []*world
		for _, w := range queue {
			for _, n := range m.next(w) {
				if why := m.wrong(n); why != "" {
					return len(seen), why + ":\n" + n.trace.String()
				}
				key := n.key(seed, buf)
				if _, found := seen[key]; !found && len(seen) < most {
					seen[key] = struct{}{}
					later = append(later, n)
				}
			}
		}
		queue = later
	}
	return len(seen), ""
}

func bound() int {
	if testing.Short() {
		return 2000
	}
	return 30_000
}

// Invariants 1 and 2: at most maxOut clusters are out, one is in at least, and whoever is out by a promise can rely on it.
func TestModel(t *testing.T) {
	t.Parallel()
	for name, m := range map[string]model{
		"two, clocks apart":               {rates: []int{90, 110}, maxOut: 1},
		"two, clocks apart the other way": {rates: []int{110, 90}, maxOut: 1},
		"three":                           {rates: []int{90, 100, 110}, maxOut: 1},
		"three of which two may go":       {rates: []int{110, 100, 90}, maxOut: 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			states, trace := m.explore(bound())
			t.Logf("%d distinct states", states)
			if trace != "" {
				t.Error(trace)
			}
		})
	}
}

// after follows the events of that text, from the start.
func (m *model) after(t *testing.T, events ...string) *world {
	t.Helper()
	w := m.start()
	for _, text := range events {
		all := m.next(w)
		i := slices.IndexFunc(all, func(n *world) bool { return n.trace.text == text })
		if i < 0 {
			t.Fatalf("no event %q after\n%s", text, w.trace)
		}
		w = all[i]
	}
	return w
}

// walk follows one random path of events after another, far deeper than every path can be followed.
func (m *model) walk(first *world, walks, events int) string {
	r := rand.New(rand.NewPCG(7, 1))
	for range walks {
		w := first
		for range events {
			all := m.next(w)
			w = drawn(r, all)
			if why := m.wrong(w); why != "" {
				return why + ":\n" + w.trace.String()
			}
		}
	}
	return ""
}

// drawn is one of the worlds by weight.
func drawn(r *rand.Rand, all []*world) *world {
	sum := 0
	for _, w := range all {
		sum += w.weight
	}
	n := r.IntN(sum)
	for _, w := range all {
		if n -= w.weight; n < 0 {
			return w
		}
	}
	return all[0]
}

// Long random paths, of fleets that are as they should be, and of one whose clusters do not keep their promises: there the
// model must find a broken one, or it would prove nothing.
func TestModelFindsMistakes(t *testing.T) {
	t.Parallel()
	two, three := model{rates: []int{90, 110}, maxOut: 1}, model{rates: []int{110, 100, 90}, maxOut: 2}
	for _, c := range []struct {
		m      model
		broken string
	}{
		{two, ""}, {three, ""}, {three, "promises bind nobody"},
	} {
		t.Run(fmt.Sprint(len(c.m.rates), " ", c.broken), func(t *testing.T) {
			t.Parallel()
			m := c.m
			m.broken = c.broken
			walks := bound() / 50
			if m.broken != "" {
				walks = 600 // it ends with the first finding
			}
			trace := m.walk(m.start(), walks, 120)
			if (trace == "") != (c.broken == "") {
				t.Errorf("broken %q, found %q", c.broken, trace)
			}
			if trace != "" {
				t.Log(trace)
			}
		})
	}
}

// Where one cluster is out already, and a poll from before its ask is still under way: the paths from there, at random.
func TestModelAfterADeparture(t *testing.T) {
	t.Parallel()
	for name, m := range map[string]model{
		"":                     {rates: []int{100, 110, 90}, maxOut: 2},
		"promises bind nobody": {rates: []int{100, 110, 90}, maxOut: 2, broken: "promises bind nobody"},
		"any poll releases":    {rates: []int{100, 110, 90}, maxOut: 2, broken: "any poll releases"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first := m.after(t, "c polls b", "the poll of c to b is kept", "the poll of c to b is lost", `c: "Drain" is ordered or happens`,
				"c polls b", "b answers c", "c hears b")
			if first.nodes[2].st.Status != Out {
				t.Fatalf("c is still in: %+v", first.nodes[2].st)
			}
			trace := m.walk(first, bound()/5, 30)
			if (trace == "") != (m.broken == "") {
				t.Errorf("broken %q, found %q", m.broken, trace)
			}
		})
	}
}
