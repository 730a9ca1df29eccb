package dns_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/spillway-mesh/spillway/pkg/plan"
	target53 "github.com/spillway-mesh/spillway/pkg/target/route53"
	"github.com/spillway-mesh/spillway/pkg/zone"
)

// scale is how much faster everything is than in Route 53; the TTL has seconds of its own.
const (
	scale    = 10
	shortTTL = 2 * time.Second
)

// scaled is what the target tells of its defaults, in less time.
func scaled() plan.EdgeTiming {
	tgt := target53.New()
	t := tgt.Timing(tgt.Options())
	t.Interval, t.Timeout, t.Spread, t.TTL = t.Interval/scale, t.Timeout/scale, t.Spread/scale, shortTTL
	return t
}

// play is one run: two clusters, a name server, and a client that asks the host again and again.
type play struct {
	zone   *zone.Zone
	how    failure
	beyond time.Duration
	timing plan.EdgeTiming
}

// lastFailure is how long after the first cluster failed the client still met it.
func (p *play) lastFailure(t *testing.T) time.Duration {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	sites, looks := map[string]*site{}, map[string]*checkers{}
	for _, r := range p.zone.Records {
		s := &site{}
		c := &checkers{site: s, timing: p.timing}
		c.run(ctx)
		sites[r.Values[0]], looks[r.Check] = s, c
	}
	server := serve(t, &answerer{zone: p.zone, healthy: func(id string) bool { return looks[id].known.Load() }})
	client := &resolver{server: server, beyond: p.beyond}

	dead := p.zone.Records[0].Values[0]
	var failed, last time.Time
	start := time.Now()
	warm := p.timing.TTL + time.Duration(rand.Int64N(int64(p.timing.TTL)))
	for end := start.Add(warm + p.timing.Dead() + 2*time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if failed.IsZero() && time.Since(start) > warm {
			sites[dead].fail(p.how)
			failed = time.Now()
		}
		addresses := client.resolve(ctx, p.zone.Records[0].Name)
		if len(addresses) == 0 {
			t.Error("the host leads nowhere")
		}
		if !failed.IsZero() && slices.Contains(addresses, dead) {
			last = time.Now()
		}
	}
	if last.IsZero() {
		t.Error("the client never met the failure")
	}
	return last.Sub(failed)
}

// brief gives every record the short TTL.
func brief(z *zone.Zone) *zone.Zone {
	for i := range z.Records {
		z.Records[i].TTL = int(shortTTL / time.Second)
	}
	slices.SortFunc(z.Records, func(a, b zone.Record) int { return cmp.Compare(a.ID, b.ID) }) // blue first, which fails
	return z
}

// TestTimeBudget runs twenty failovers side by side, by the records that external-dns wrote: none takes longer than the worst
// that the plan predicts, and nine of ten less than is typical.
func TestTimeBudget(t *testing.T) {
	t.Parallel()
	zones := make([]*zone.Zone, 2)
	for i, clusters := range []string{withRoles, active} {
		h := newZone(t, fmt.Sprintf("time%d.example", i))
		ids := makeChecks(t, h, clusters, "")
		newController(t, h.name, "shop", "sync").round(t, endpointsOf(t, fleetOf(t, h.name, clusters, "{form: DNSEndpoint, "+ids+"}"))[""])
		zones[i] = brief(h.zone(t))
	}
	const runs = 20
	took := make([]time.Duration, runs)
	timing := scaled()
	var group sync.WaitGroup
	for i := range runs {
		how := []failure{hangs, refuses, answers}[i%3]
		group.Go(func() {
			took[i] = (&play{zone: zones[i%2], how: how, timing: timing}).lastFailure(t)
			t.Logf("%s, %s: %s", zones[i%2].Records[0].Policy, how, took[i].Round(10*time.Millisecond))
		})
	}
	group.Wait()
	total := predicted(timing)
	slices.Sort(took)
	t.Logf("typical %s, worst %s; measured %s", total.typical, total.worst, took)
	if took[runs-1] > total.worst {
		t.Errorf("one took %s, longer than the worst, %s", took[runs-1], total.worst)
	}
	if took[runs*9/10-1] > total.typical {
		t.Errorf("nine of ten took up to %s, longer than is typical, %s", took[runs*9/10-1], total.typical)
	}
}

// TestTimeBudgetCatches is the negative control: a client that keeps answers beyond their TTL is slower than the worst, which
// is why the plan says so beside it.
func TestTimeBudgetCatches(t *testing.T) {
	t.Parallel()
	h := newZone(t, "kept.example")
	ids := makeChecks(t, h, withRoles, "")
	newController(t, h.name, "shop", "sync").round(t, endpointsOf(t, fleetOf(t, h.name, withRoles, "{form: DNSEndpoint, "+ids+"}"))[""])
	z := brief(h.zone(t))
	timing := scaled()
	took := (&play{zone: z, how: hangs, timing: timing, beyond: time.Minute}).lastFailure(t)
	if worst := predicted(timing).worst; took <= worst {
		t.Errorf("it took %s, within the worst of %s", took, worst)
	}
}

// reach is how long something takes: typically is longer than nine of ten times.
type reach struct{ typical, worst time.Duration }

// predicted is what users are told of a dead gateway: what nine of ten failovers stay below, and the worst.
func predicted(t plan.EdgeTiming) reach {
	all := new(plan.Health).Stages(t, plan.GatewayDead).Total()
	return reach{typical: all.Typical, worst: all.Worst}
}
