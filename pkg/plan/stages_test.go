package plan_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/spillway-mesh/spillway/pkg/compile"
	"github.com/spillway-mesh/spillway/pkg/plan"
)

func timed(t *testing.T, kind string) (*plan.Fleet, plan.Edge) {
	t.Helper()
	f, diags := compile.Fleet(fleetOf(t, "hosts: [a.example.com]\nclusters: [{name: a}]\nedge: [{type: "+kind+"}]\n"))
	if f == nil {
		t.Fatal(diags)
	}
	return f, f.Edges[0]
}

// The stages add up to the times that an edge is planned with.
func TestStagesAddUp(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"GKEIngress", "MultiClusterIngress", "ALB", "Route53", "CloudDNS", "ExternalDNS", "Mesh"} {
		f, e := timed(t, kind)
		for failure, want := range map[plan.ClusterFailure]time.Duration{
			plan.GatewayDead: e.Gateway, plan.CheckFails: e.Strict, plan.Drained: e.Drain,
		} {
			total := f.Health.Stages(e.Timing, failure).Total()
			if total.Worst != want {
				t.Errorf("%s, %s: %s, want %s", kind, failure, total.Worst, want)
			}
			if total.Least > total.Typical || total.Typical > total.Worst {
				t.Errorf("%s, %s: out of order: %+v", kind, failure, total)
			}
		}
	}
}

// probed is one failover, moment by moment: a prober that looks every interval, starting anywhere; the news that spread; an
// answer of DNS that is as old as it likes.
func probed(r *rand.Rand, t plan.EdgeTiming, hangs bool) time.Duration {
	var now time.Duration
	next := time.Duration(r.Int64N(int64(t.Interval)))
	for range t.Unhealthy {
		now = next
		probe := time.Duration(0)
		if hangs {
			probe = time.Duration(r.Int64N(int64(t.Timeout) + 1))
		}
		now += probe
		if t.FromEnd {
			next = now + t.Interval
		} else {
			next += t.Interval
		}
	}
	now += time.Second + time.Duration(r.Int64N(int64(t.Spread-time.Second)))
	if t.TTL > 0 {
		now += time.Duration(r.Int64N(int64(t.TTL)))
	}
	return now
}

// Failovers at random moments: none takes longer than the worst, and nine of ten are faster than what is typical.
func TestTypicalAndWorstBoundRandomFailovers(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(11, 12))
	for _, kind := range []string{"GKEIngress", "ALB", "Route53", "CloudDNS"} {
		f, e := timed(t, kind)
		for failure, hangs := range map[plan.ClusterFailure]bool{plan.GatewayDead: true, plan.Drained: false} {
			total := f.Health.Stages(e.Timing, failure).Total()
			var all []time.Duration
			for range 2000 {
				d := probed(r, e.Timing, hangs)
				if failure == plan.Drained { // until the cluster answers 503
					d += time.Duration(r.Int64N(int64(f.Health.Stages(e.Timing, failure).Notice.Worst)))
				}
				all = append(all, d)
			}
			slices.Sort(all)
			if all[len(all)-1] > total.Worst || all[0] < total.Least {
				t.Errorf("%s, %s: from %s to %s, said are %s to %s", kind, failure, all[0], all[len(all)-1], total.Least, total.Worst)
			}
			if nine := all[len(all)*9/10]; nine > total.Typical {
				t.Errorf("%s, %s: nine of ten take up to %s, said are %s", kind, failure, nine, total.Typical)
			}
		}
	}
}

func TestAvailability(t *testing.T) {
	t.Parallel()
	for objective, code := range map[string]string{"99.5": "", "99.99": "", "99.999": "SP708", "99.9999": "SP708"} {
		f, diags := compile.Fleet(fleetOf(t, "hosts: [a.example.com]\nclusters: [{name: a}]\nedge: [{type: Route53}]\nobjective: {availability: "+objective+"}\n"))
		found := ""
		for _, d := range diags {
			if d.Code == "SP708" {
				found = d.Code
			}
		}
		if found != code || (f == nil) != (code != "") {
			t.Errorf("%s: %v", objective, diags)
		}
	}
	f, _ := timed(t, "ALB")
	f.Availability = "99.5"
	if d, ok := f.Allowance(); !ok || d != 216*time.Minute {
		t.Errorf("%s", d)
	}
}
