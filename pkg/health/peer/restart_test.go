package peer

import (
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/spillway-mesh/spillway/pkg/health"
)

// No goroutine outlives the tests.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// While blue is out its replicas restart, one after the other, also sooner than a new one is promised anything: it stays out.
func TestRestartsWhileOut(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	for n := range 20 {
		f.second(t, n)
	}
	f.drain("blue")
	for n := range 8 {
		f.second(t, n)
	}
	for i := range 4 {
		f.restart("blue", i%2)
		for n := range 50 {
			f.second(t, n)
			if f.status("blue") != [2]health.Status{health.Out, health.Out} {
				r := f.replicas["blue"]
				t.Fatalf("restart %d: blue is %v after %d s: %v; %v", i+1, f.status("blue"), n+1, r[0].Decision().Reason, r[1].Decision().Reason)
			}
		}
		if d := f.replicas["blue"][i%2].Decision(); d.Vote != health.VoteOut {
			t.Fatalf("restart %d: in the end it votes %v: %v", i+1, d.Vote, d.Reason)
		}
	}
	f.relax("blue")
	f.second(t, 0)
	if f.status("blue") != [2]health.Status{} {
		t.Errorf("relaxed, and not back: %v", f.status("blue"))
	}
}

// A machine that was suspended for longer than it is promised finds its cluster in, though its own clock has not moved; so does
// a replica that follows it.
func TestSuspendedWhileOut(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	for n := range 20 {
		f.second(t, n)
	}
	f.drain("blue")
	for n := range 8 {
		f.second(t, n)
	}
	blue := f.replicas["blue"]
	const slept = 23 * time.Second // with what has passed since the last poll, as long as a promise can be relied on
	f.now += slept + time.Second
	f.behind[blue[0]] = slept
	f.behind[blue[1]] = slept
	q := blue[0].Ask("blue", blue[0].siblings[0].URL)
	if a := blue[1].Answer(q, f.keys, f.clock(blue[1]), wallAt(f.now)); a.Sibling.PromiseLeft != 0 {
		t.Errorf("asked before it has decided, its promises hold for %d ms", a.Sibling.PromiseLeft)
	}
	for _, r := range blue {
		f.decide("blue", r)
	}
	if f.status("blue") != [2]health.Status{} {
		t.Errorf("blue is still out: %v", blue[0].Decision().Reason)
	}
	f.second(t, 0)
	f.second(t, 1)
	f.second(t, 2)
	if f.status("blue") != [2]health.Status{health.Out, health.Out} {
		t.Errorf("blue does not go on: %v", blue[0].Decision().Reason)
	}
}

// Members are the same in any order, and other where one is missing, or where it is not agreed how many may be out.
func TestMembers(t *testing.T) {
	t.Parallel()
	of := func(maxOut int, names ...string) string {
		c := &health.Config{Cluster: names[0], Guard: health.GuardConfig{MaxOut: maxOut}}
		for _, n := range names[1:] {
			c.Peers = append(c.Peers, health.PeerConfig{Name: n})
		}
		return Members(c)
	}
	same := of(1, "a", "b", "c")
	if of(1, "c", "a", "b") != same {
		t.Error("the order counts")
	}
	for _, other := range []string{of(1, "a", "b"), of(2, "a", "b", "c"), of(1, "a", "b", "c", "1"), of(1, "a", "b", "d")} {
		if other == same {
			t.Error("another fleet is the same")
		}
	}
}

// What a cluster tells of itself is what its peer knows; of its weight, what is certain.
func TestWhatIsToldOfOneself(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	f.second(t, 0)
	blue, green := f.replicas["blue"][0], f.replicas["green"][0]
	check := func(name string, r health.Result) health.CheckState {
		return health.CheckState{Check: health.Check{Name: name, Importance: health.Weighted, Weight: 1}, Settled: r}
	}
	for name, c := range map[string]struct {
		checks []health.CheckState
		score  int
	}{
		"half passes":        {[]health.CheckState{check("a", health.Pass), check("b", health.Unknown)}, 50},
		"little is known":    {[]health.CheckState{check("a", health.Pass), check("b", health.Unknown), check("c", health.Unknown)}, -1},
		"nothing is known":   {[]health.CheckState{check("a", health.Unknown)}, -1},
		"nothing is weighed": {nil, -1},
	} {
		green.Decide(health.Inputs{
			Now: f.now, Wall: wallAt(f.now), Config: f.configs["green"], SiblingsKnown: true, LBProbed: true, LBProbeAt: f.now - 3*time.Second,
			GatewayReady: 1, GatewayDesired: 2, Snapshot: &health.Snapshot{Began: f.now, Ended: f.now, Rounds: 9, Checks: c.checks},
		})
		f.talk(t, blue, green, "green", "")
		p := blue.peer("green")
		want := health.Fitness{Assessed: health.Pass, LBProbed: true, LBProbeAge: 3 * time.Second, GatewayReady: 1, GatewayDesired: 2}
		if p.Score != c.score || p.Fit != want {
			t.Errorf("%s: score %d, want %d; %+v", name, p.Score, c.score, p.Fit)
		}
	}
}
