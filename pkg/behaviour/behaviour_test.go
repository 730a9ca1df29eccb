package behaviour_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
	"github.com/spillway-mesh/spillway/pkg/analyze/mesh"
	"github.com/spillway-mesh/spillway/pkg/behaviour"
	"github.com/spillway-mesh/spillway/pkg/compile"
	"github.com/spillway-mesh/spillway/pkg/load"
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/plan/plantest"
	"github.com/spillway-mesh/spillway/pkg/render"
	"github.com/spillway-mesh/spillway/pkg/target/all"
)

// What the objects of a spec are read to do is what its plan promises, to the clients of every region and by every way of
// writing an order.
func TestOrderIsWhatThePlanPromises(t *testing.T) {
	t.Parallel()
	older := plan.DefaultPlatform()
	older.Oldest, older.Istiod = plan.Version{Major: 1, Minor: 29}, plan.Version{Major: 1, Minor: 29}
	seen := map[plan.Mechanism]int{}
	for i := range uint64(150) {
		r := rand.New(rand.NewPCG(7, i)) //nolint:gosec // repeatable
		spec := plantest.RandomSpec(r, "shop")
		for _, platform := range []plan.Platform{plan.DefaultPlatform(), older} {
			batch := compile.NewBatch([]load.Failover{{Object: spec}}, platform, all.Targets())
			p, _ := batch.Plan(0)
			if p == nil || p.Gateway != nil {
				continue
			}
			v := viewOf(t, batch, p)
			for _, c := range p.Tiers {
				if c.Region == plan.Anyone {
					c.Region = "nowhere-at-all"
				}
				want := addresses(p, p.TiersFor(c.Region))
				for _, port := range p.Ports {
					if diff := cmp.Diff(want, v.Order(port.Number, c.Region).Tiers); diff != "" {
						t.Fatalf("spec %d, clients of %q at port %d, by %s (-promised +read):\n%s", i, c.Region, port.Number, p.Order.Mechanism, diff)
					}
				}
			}
			seen[p.Order.Mechanism]++
		}
	}
	for _, m := range []plan.Mechanism{plan.MechanismFailover, plan.MechanismSubsets, plan.MechanismPriorities} {
		if seen[m] < 5 {
			t.Errorf("only %d specs were written by %s", seen[m], m)
		}
	}
}

func viewOf(t *testing.T, batch *compile.Batch, p *plan.Plan) *behaviour.View {
	t.Helper()
	objects, err := batch.Objects(p)
	if err != nil {
		t.Fatal(err)
	}
	var text []byte
	for _, o := range objects {
		text = render.YAML(append(text, "---\n"...), o.Tree(), render.Options{})
	}
	s, _ := manifest.Bytes("generated.yaml", text, load.Options{})
	m := mesh.New(s, mesh.Options{})
	return behaviour.Of(m, m.HostsNamed(p.Host)[0], p.Clients.Namespaces[0])
}

// addresses are tiers of names as tiers of addresses, sorted within a tier.
func addresses(p *plan.Plan, tiers [][]string) [][]string {
	out := make([][]string, len(tiers))
	for i, tier := range tiers {
		for _, name := range tier {
			at := slices.IndexFunc(p.Endpoints, func(e plan.Endpoint) bool { return e.Name == name })
			out[i] = append(out[i], p.Endpoints[at].Address)
		}
		slices.Sort(out[i])
	}
	return out
}

// A change is one sentence, whichever of the two sides says nothing.
func TestCompare(t *testing.T) {
	t.Parallel()
	before := []behaviour.Fact{
		{Topic: behaviour.Ejection, Frame: "ejection may@ take", Key: "east", Says: "none of east", Short: "none of it"},
		{Topic: behaviour.Pools, Frame: "an idle connection is@ kept for", Says: "1h"},
		{Topic: behaviour.Tiers, Frame: "clients of us-east1@ use", Says: "east, then west"},
	}
	now := []behaviour.Fact{
		{Topic: behaviour.Ejection, Frame: "ejection may@ take", Key: "east", Says: "all of east", Short: "all of it"},
		{Topic: behaviour.Tiers, Frame: "clients of us-east1@ use", Says: "east, then west"},
		{Topic: behaviour.Visibility, Frame: "the host is@ visible", Says: "in shop"},
	}
	var got []string
	for _, c := range behaviour.Compare(before, now) {
		got = append(got, c.String())
	}
	want := []string{
		"the host is now visible in shop; before: not at all",
		"ejection may now take all of east; before: none of it",
		"an idle connection is no longer kept for 1h",
	}
	if diff := cmp.Diff(strings.Join(want, "\n"), strings.Join(got, "\n")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if same := behaviour.Compare(now, now); len(same) > 0 {
		t.Errorf("a behaviour differs from itself: %v", same)
	}
}
