package probe

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/spillway-mesh/spillway/pkg/health"
)

// closes counts how often it is closed.
type closes struct {
	*asked

	closed *atomic.Int32
}

func (c closes) Close() { c.closed.Add(1) }

func closing(p *asked) closes { return closes{asked: p, closed: &atomic.Int32{}} }

// odd is a prober that cannot be compared.
type odd struct{ outcomes map[string]Outcome }

func (o odd) Probe(context.Context) Outcome { return o.outcomes["now"] }

// A set that comes anew with the same probers must not let a check that hangs be asked a second time.
func TestANewSetRemembersWhoIsAsked(t *testing.T) {
	t.Parallel()
	stubborn := &asked{probe: func(context.Context) Outcome {
		time.Sleep(13 * time.Second)
		return pass("at last")
	}}
	run(t, []Check{check("stubborn", stubborn)}, func(t *testing.T, r *Runner) {
		sleep(time.Second)
		again := check("stubborn", stubborn)
		again.Importance = health.Informational
		r.Set([]Check{again})
		sleep(7 * time.Second)
		if c := find(t, r, "stubborn"); stubborn.n.Load() != 1 || c.Reason != reasonBusy || c.Importance != health.Informational {
			t.Errorf("asked %d times: %+v", stubborn.n.Load(), c)
		}
		r.Set([]Check{check("stubborn", says(pass("ok")))})
		sleep(6 * time.Second)
		if c := find(t, r, "stubborn"); c.Settled != health.Pass {
			t.Errorf("another prober waits for the former: %+v", c)
		}
	})
}

func TestProbersAreClosedAfterUse(t *testing.T) {
	t.Parallel()
	idle, twice, stays := closing(says(pass("ok"))), closing(says(pass("ok"))), closing(says(pass("ok")))
	slow := closing(&asked{probe: func(context.Context) Outcome {
		time.Sleep(1500 * time.Millisecond)
		return pass("ok")
	}})
	strange := odd{map[string]Outcome{"now": pass("ok")}}
	run(t, []Check{
		check("idle", idle), check("slow", slow), check("a", twice), check("b", twice), check("stays", stays), check("odd", strange),
	}, func(t *testing.T, r *Runner) {
		sleep(time.Second)
		r.Set([]Check{check("b", twice), check("stays", stays), check("odd", strange)})
		for name, c := range map[string]struct {
			closes
			want int32
		}{"idle": {idle, 1}, "slow": {slow, 0}, "twice": {twice, 0}, "stays": {stays, 0}} {
			if n := c.closed.Load(); n != c.want {
				t.Errorf("%s: closed %d times, want %d", name, n, c.want)
			}
		}
		sleep(time.Second)
		if n := slow.closed.Load(); n != 1 {
			t.Errorf("slow: closed %d times after its answer", n)
		}
		sleep(6 * time.Second)
		if c := find(t, r, "odd"); c.Settled != health.Pass {
			t.Errorf("%+v", c)
		}
		r.Set(nil)
		if n := twice.closed.Load(); n != 1 {
			t.Errorf("twice: closed %d times", n)
		}
	})
}

// What a prober says that has lost its check to another in the same round is not held against the other.
func TestALateAnswerOfAFormerProber(t *testing.T) {
	t.Parallel()
	late := &asked{probe: func(context.Context) Outcome {
		time.Sleep(time.Second)
		return fail("status 500")
	}}
	run(t, []Check{check("c", late)}, func(t *testing.T, r *Runner) {
		sleep(500 * time.Millisecond)
		r.Set([]Check{check("c", says(pass("ok")))})
		sleep(time.Second)
		if c := find(t, r, "c"); c.Last != health.Unknown || c.Reason != reasonRetired {
			t.Errorf("%+v", c)
		}
	})
}
