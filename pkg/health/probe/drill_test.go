package probe

import (
	"testing"
	"time"

	"github.com/spillway-mesh/spillway/pkg/health"
)

// drill makes a drill of a prober that ends after a while by the calendar, which may be set back, and a minute later by the
// monotonic clock.
func drill(p Prober, end, back time.Duration) *Drill {
	start := time.Now()
	return &Drill{
		Of: p, Ends: start.Add(end), Deadline: end + time.Minute,
		Wall: func() time.Time { return time.Now().Add(-back) },
		Now:  func() time.Duration { return time.Since(start) },
	}
}

// A drill that is called off leaves nothing behind, not even for the moment until the next round.
func TestADrillIsForgottenWhenItIsCalledOff(t *testing.T) {
	t.Parallel()
	real := says(pass("ok"))
	run(t, []Check{check("c", real)}, func(t *testing.T, r *Runner) {
		sleep(time.Second)
		r.Set([]Check{check("c", drill(real, time.Hour, 0))})
		sleep(20 * time.Second)
		if c := find(t, r, "c"); c.Settled != health.Fail || c.Reason != reasonDrill {
			t.Fatalf("%+v", c)
		}
		r.Set([]Check{check("c", real)})
		if c := find(t, r, "c"); c.Settled != health.Unknown || c.Importance != health.Required || c.Reason != "the drill has ended" {
			t.Errorf("%+v", c)
		}
		sleep(6 * time.Second)
		if c := find(t, r, "c"); c.Settled != health.Pass {
			t.Errorf("%+v", c)
		}
	})
}

// A drill that ends by itself does so by either clock, and its failures end with it.
func TestADrillEndsByItself(t *testing.T) {
	t.Parallel()
	for name, back := range map[string]time.Duration{"by the calendar": 0, "by the monotonic clock": time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			real := says(fail("status 500"))
			run(t, nil, func(t *testing.T, r *Runner) {
				r.Set([]Check{check("c", drill(real, 20*time.Second, back))})
				sleep(18 * time.Second)
				if c := find(t, r, "c"); c.Settled != health.Fail || real.n.Load() != 0 {
					t.Errorf("%+v", c)
				}
				if back > 0 {
					sleep(time.Minute)
				}
				sleep(9 * time.Second) // one round or two after its end
				if c := find(t, r, "c"); c.Settled != health.Unknown || c.Last != health.Fail || c.Reason != "status 500" {
					t.Errorf("the drill's failures count for the real ones: %+v", c)
				}
			})
		})
	}
}
