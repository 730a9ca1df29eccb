package probe

import (
	"context"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/spillway-mesh/spillway/pkg/health"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// asked is a prober of the tests' own that counts its questions.
type asked struct {
	n     atomic.Int32
	probe func(ctx context.Context) Outcome
}

func (a *asked) Probe(ctx context.Context) Outcome {
	a.n.Add(1)
	return a.probe(ctx)
}

func says(o Outcome) *asked {
	return &asked{probe: func(context.Context) Outcome { return o }}
}

// hangs heeds its context.
func hangs() *asked {
	return &asked{probe: func(ctx context.Context) Outcome {
		<-ctx.Done()
		return failure(ctx, ctx.Err())
	}}
}

func config() *health.Config {
	return &health.Config{Interval: 5 * time.Second, Timeout: 2 * time.Second, Fall: 3, Rise: 5}
}

func check(name string, p Prober) Check {
	return Check{Check: health.Check{Name: name, Importance: health.Required, Weight: 1, Shared: name == "shared"}, Prober: p}
}

// run starts a runner in a bubble of fake time and hands it to the test; it ends with it.
func run(t *testing.T, checks []Check, test func(t *testing.T, r *Runner)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		r := NewRunner(config(), func() time.Duration { return time.Since(start) })
		r.Set(checks)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- r.Run(ctx) }()
		test(t, r)
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// sleep lets time pass, and all that is due happen.
func sleep(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func find(t *testing.T, r *Runner, name string) health.CheckState {
	t.Helper()
	s := r.Snapshot()
	if s == nil {
		t.Fatal("no round has ended")
	}
	for _, c := range s.Checks {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("no check %s in %+v", name, s)
	return health.CheckState{}
}

func TestRoundsSettle(t *testing.T) {
	t.Parallel()
	bad := says(fail("status 500"))
	run(t, []Check{check("bad", bad), check("good", says(pass("ok"))), check("shared", says(unknown("?")))}, func(t *testing.T, r *Runner) {
		sleep(time.Second)
		if c := find(t, r, "bad"); c.Settled != health.Unknown || c.Last != health.Fail || c.Reason != "status 500" {
			t.Errorf("after one round: %+v", c)
		}
		if c := find(t, r, "good"); c.Settled != health.Pass {
			t.Errorf("after one round: %+v", c)
		}
		sleep(12 * time.Second) // rounds begin 4.5 to 5.5 s apart
		if c := find(t, r, "bad"); c.Settled != health.Fail || c.FailedSince != 0 {
			t.Errorf("after three rounds: %+v", c)
		}
		if c := find(t, r, "shared"); c.Settled != health.Unknown || !c.Shared || c.Importance != health.Required {
			t.Errorf("what is not known lost its importance: %+v", c)
		}
		if n := bad.n.Load(); n != 3 {
			t.Errorf("asked %d times in 13 s", n)
		}
	})
}

// A check that hangs costs no other check anything, and is a failure only if it heeds the timeout: one that does not end
// says nothing.
func TestHangingChecksDelayNobody(t *testing.T) {
	t.Parallel()
	stubborn := &asked{}
	stubborn.probe = func(context.Context) Outcome {
		if stubborn.n.Load() == 1 {
			time.Sleep(12 * time.Second)
		}
		return pass("at last")
	}
	run(t, []Check{check("hangs", hangs()), check("stubborn", stubborn), check("good", says(pass("ok")))}, func(t *testing.T, r *Runner) {
		sleep(3 * time.Second)
		if c := find(t, r, "hangs"); c.Last != health.Fail || c.Reason != "timeout" || c.Took != 2*time.Second {
			t.Errorf("%+v", c)
		}
		if c := find(t, r, "stubborn"); c.Last != health.Unknown || c.Reason != "the check does not end" {
			t.Errorf("%+v", c)
		}
		if s := r.Snapshot(); s.Ended > 2200*time.Millisecond {
			t.Errorf("the round ended after %s", s.Ended)
		}
		sleep(6 * time.Second)
		if c := find(t, r, "stubborn"); c.Reason != "the last question is still open" || stubborn.n.Load() != 1 {
			t.Errorf("asked %d times: %+v", stubborn.n.Load(), c)
		}
		sleep(11 * time.Second)
		if c := find(t, r, "stubborn"); c.Settled != health.Pass {
			t.Errorf("%+v", c)
		}
	})
}

func TestAFaultOfTheCheckerIsNoFailure(t *testing.T) {
	t.Parallel()
	broken := &asked{probe: func(context.Context) Outcome { panic("nil map") }}
	run(t, []Check{check("broken", broken), check("good", says(pass("ok")))}, func(t *testing.T, r *Runner) {
		sleep(30 * time.Second)
		if c := find(t, r, "broken"); c.Settled != health.Unknown || c.Reason != "fault of the checker" {
			t.Errorf("%+v", c)
		}
		if c := find(t, r, "good"); c.Settled != health.Pass {
			t.Errorf("%+v", c)
		}
	})
}

// What was known grows stale: a check that fails, and then cannot be asked any more, ends as unknown.
func TestResultsGrowStale(t *testing.T) {
	t.Parallel()
	var outcome atomic.Pointer[Outcome]
	set := func(o Outcome) { outcome.Store(&o) }
	set(fail("status 500"))
	p := &asked{probe: func(context.Context) Outcome { return *outcome.Load() }}
	run(t, []Check{check("c", p)}, func(t *testing.T, r *Runner) {
		sleep(20 * time.Second)
		set(unknown("?"))
		sleep(20 * time.Second)
		if c := find(t, r, "c"); c.Settled != health.Fail {
			t.Errorf("too soon: %+v", c)
		}
		sleep(20 * time.Second)
		if c := find(t, r, "c"); c.Settled != health.Unknown {
			t.Errorf("%+v", c)
		}
	})
}

func TestAFrozenSetStays(t *testing.T) {
	t.Parallel()
	old, added := says(pass("ok")), says(pass("ok"))
	run(t, []Check{check("old", old)}, func(t *testing.T, r *Runner) {
		sleep(time.Second)
		r.Freeze(true)
		r.Set([]Check{check("new", added)})
		sleep(10 * time.Second)
		find(t, r, "old")
		if added.n.Load() > 0 {
			t.Error("a check appeared in a frozen set")
		}
		r.Freeze(false)
		sleep(10 * time.Second)
		find(t, r, "new")
		if len(r.Snapshot().Checks) != 1 {
			t.Errorf("%+v", r.Snapshot().Checks)
		}
	})
}

// The watchdog counts from the last round that ended, whatever keeps the next one.
func TestTheWatchdogFires(t *testing.T) {
	t.Parallel()
	var now atomic.Int64
	r := NewRunner(config(), func() time.Duration { return time.Duration(now.Load()) })
	if r.Stuck() {
		t.Error("stuck before it began")
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	for r.Snapshot() == nil {
		time.Sleep(time.Millisecond)
	}
	now.Store(int64(29 * time.Second))
	if r.Stuck() {
		t.Error("stuck too soon")
	}
	now.Store(int64(31 * time.Second)) // the loop waits by the real clock, and so looks stuck
	if !r.Stuck() {
		t.Error("not stuck")
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// A thousand checks of which two hundred hang: the round ends in time, and nothing is left behind (goleak sees to that).
func TestManyHangingChecks(t *testing.T) {
	t.Parallel()
	var checks []Check
	for i := range 1000 {
		p := says(pass("ok"))
		if i%5 == 0 {
			p = hangs()
		}
		checks = append(checks, check("c"+strconv.Itoa(i), p))
	}
	run(t, checks, func(t *testing.T, r *Runner) {
		sleep(4900 * time.Millisecond)
		s := r.Snapshot()
		if s == nil || s.Ended > 2500*time.Millisecond {
			t.Fatalf("the round took too long: %+v", s)
		}
		n := map[health.Result]int{}
		for _, c := range s.Checks {
			n[c.Last]++
		}
		if n[health.Pass] != 800 || n[health.Fail] != 200 {
			t.Errorf("%v", n)
		}
	})
}

// TestBatches: few checks are begun at a time, and however many there are the pauses leave three quarters of the interval.
func TestBatches(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		checks   int
		interval time.Duration
		want     int
	}{{1, 5 * time.Second, 4}, {1000, 5 * time.Second, 4}, {10000, 5 * time.Second, 8}, {10000, time.Second, 40}} {
		got := batchOf(c.checks, c.interval)
		if got != c.want || time.Duration(c.checks/got)*breath > c.interval/4 {
			t.Errorf("%d checks each %s begin %d at a time, want %d", c.checks, c.interval, got, c.want)
		}
	}
}

// TestRoundTakesBreath: a round leaves the processor to others between two batches, so that the last of a hundred checks is begun
// no sooner than after all those pauses.
func TestRoundTakesBreath(t *testing.T) {
	t.Parallel()
	var checks []Check
	for i := range 100 {
		checks = append(checks, check("c"+strconv.Itoa(i), says(pass("ok"))))
	}
	run(t, checks, func(t *testing.T, r *Runner) {
		sleep(time.Second)
		s := r.Snapshot()
		if least := 24 * breath; s == nil || s.Ended < least || s.Ended > 2*least {
			t.Fatalf("100 checks that answer at once did not take a little more than %s: %+v", least, s)
		}
	})
}
