package plan_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/diag"
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/plan/plantest"
)

// asWritten is what a spec promises, read from the spec alone: tiers by client region, as text.
func asWritten(s *v1alpha1.ExternalFailoverSpec) map[string]string {
	out := map[string]string{}
	for _, rule := range s.Failover {
		var tiers []string
		rest := map[string]bool{}
		for _, e := range s.Endpoints {
			rest[e.Name] = true
		}
		for _, to := range rule.To {
			var tier []string
			for _, e := range s.Endpoints {
				if e.Group == to && to != "" || e.Group == "" && e.Name == to {
					tier = append(tier, e.Name)
					delete(rest, e.Name)
				}
			}
			tiers = append(tiers, joined(tier))
		}
		var last []string
		for name := range rest {
			last = append(last, name)
		}
		if len(last) > 0 && !rule.OnlyListed {
			tiers = append(tiers, joined(last))
		}
		out[rule.From] = strings.Join(tiers, " > ")
	}
	return out
}

func joined(names []string) string {
	names = slices.Clone(names)
	slices.Sort(names)
	return strings.Join(names, "+")
}

func text(tiers [][]string) string {
	out := make([]string, len(tiers))
	for i, t := range tiers {
		out[i] = joined(t)
	}
	return strings.Join(out, " > ")
}

// istio says what clients of a region get from a set, by Istio's documented rule and written apart from the planner's:
// each locality is scored by itself, then the scores that occur are ranked.
func istio(region string, set plan.Set) string {
	var entry *plan.FromTo
	for i := len(set.Failover) - 1; i >= 0; i-- {
		if set.Failover[i].From == region {
			entry = &set.Failover[i]
		}
	}
	byScore := map[int][]string{}
	for _, m := range set.Members {
		score := 3
		if entry != nil && entry.To != m.Locality {
			score = 4
		}
		if m.Locality == region {
			score = 0
		}
		byScore[score] = append(byScore[score], m.Endpoint)
	}
	var out []string
	for score := range 5 {
		if len(byScore[score]) > 0 {
			out = append(out, joined(byScore[score]))
		}
	}
	return strings.Join(out, " > ")
}

// written says what the objects that a plan stands for give to the clients of a region.
func written(p *plan.Plan, region string) string {
	switch p.Order.Mechanism {
	case plan.MechanismFailover:
		return istio(region, p.Order.Sets[0])
	case plan.MechanismSubsets:
		for _, set := range p.Order.Sets {
			if slices.Contains(set.Regions, region) {
				return istio(region, set)
			}
		}
		for _, set := range p.Order.Sets {
			if set.Default {
				return istio(region, set)
			}
		}
		var all []string
		for _, set := range p.Order.Sets {
			for _, m := range set.Members {
				all = append(all, m.Endpoint)
			}
		}
		slices.Sort(all)
		return joined(slices.Compact(all))
	default:
		for _, t := range p.Tiers {
			if t.Region == region && region != "" && region != plan.Anyone {
				return text(t.Tiers)
			}
		}
		if others, ok := p.Others(); ok {
			return text(others)
		}
		return istio(region, p.Order.Sets[0])
	}
}

// discrepancies compares a plan with its spec, for every region that the spec names, one that nobody names, and none.
func discrepancies(p *plan.Plan, s *v1alpha1.ExternalFailoverSpec) []string {
	var out []string
	promised := asWritten(s)
	for region, want := range promised {
		if region == plan.Anyone {
			continue
		}
		if got := text(p.TiersFor(region)); got != want {
			out = append(out, fmt.Sprintf("%q: planned %s, wanted %s", region, got, want))
		}
		if got := written(p, region); got != want {
			out = append(out, fmt.Sprintf("%q: written %s, wanted %s", region, got, want))
		}
	}
	for _, region := range []string{"", "mars-north1", "tier1", "e00", "g0"} {
		if _, ok := promised[region]; ok {
			continue
		}
		got := text(p.TiersFor(region))
		if says := written(p, region); got != says {
			out = append(out, fmt.Sprintf("%q: planned %s, written %s", region, got, says))
		}
		want, anyone := promised[plan.Anyone]
		if anyone && (p.Order.Mechanism == plan.MechanismPriorities || region == "") && got != want {
			out = append(out, fmt.Sprintf(`%q: planned %s, wanted %s by "*"`, region, got, want))
		}
	}
	return out
}

// platforms are those on which different mechanisms are possible.
func platforms() map[string]plan.Platform {
	free, old, strict := plan.DefaultPlatform(), plan.DefaultPlatform(), plan.DefaultPlatform()
	old.Oldest, old.Istiod = plan.Version{Major: 1, Minor: 29}, plan.Version{Major: 1, Minor: 30}
	strict.EnvoyFilter = false
	strict.Regions = []string{"us-east1", "europe-west1", "moon-base1"}
	return map[string]plan.Platform{"free": free, "old": old, "strict": strict}
}

// outcome counts what became of random specs: mechanisms, and codes of refusals.
type outcome map[string]int

func (o outcome) refused(t *testing.T, diags diag.List) {
	t.Helper()
	for _, d := range diags {
		if d.Severity != diag.Error {
			continue
		}
		o[d.Code]++
		if _, ok := diag.Lookup(d.Code); !ok || d.Message == "" || d.Hint == "" {
			t.Errorf("the refusal is incomplete: %+v", d)
		}
	}
}

func TestOrderIsExactOrRefused(t *testing.T) {
	t.Parallel()
	const specs = 4000
	for name, platform := range platforms() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(7, 11))
			count := outcome{}
			for range specs {
				spec := plantest.RandomSpec(r, "shop")
				p, diags := plan.Build(plan.Input{Spec: spec, Platform: platform})
				if p == nil {
					if !diags.HasErrors() {
						t.Fatalf("no plan and no error: %v", diags)
					}
					count.refused(t, diags)
					continue
				}
				count[string(p.Order.Mechanism)]++
				if bad := discrepancies(p, &spec.Spec); len(bad) > 0 {
					t.Fatalf("%s by %s:\n%s\n%+v", spec.Name, p.Order.Mechanism, strings.Join(bad, "\n"), spec.Spec.Failover)
				}
			}
			t.Logf("of %d specs: %v", specs, count)
			if count["M1"]+count["M2"]+count["M3"] < specs/10 || count["M1"] == 0 || count["M2"] == 0 {
				t.Errorf("too little was planned to prove anything: %v", count)
			}
			if name == "free" && count["M3"] == 0 {
				t.Error("M3 was never chosen")
			}
		})
	}
}

// mutate breaks the order of a plan in one way; false where there is nothing to break.
func mutate(r *rand.Rand, p *plan.Plan) bool {
	set := &p.Order.Sets[r.IntN(len(p.Order.Sets))]
	m := &set.Members[r.IntN(len(set.Members))]
	switch r.IntN(3) {
	case 0:
		if len(set.Failover) == 0 {
			return false
		}
		set.Failover = slices.Delete(set.Failover, 0, 1)
	case 1:
		m.Locality += "x"
	default:
		if len(set.Failover) == 0 {
			return false
		}
		set.Failover[0].To = "nowhere"
	}
	return true
}

// TestMutatedOrderIsSeen is the negative control of TestOrderIsExactOrRefused: of orders with something broken nearly
// all are seen (an entry for a region that has two tiers anyway may go unnoticed, as it should).
func TestMutatedOrderIsSeen(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 5))
	tried, seen := 0, 0
	for tried < 500 {
		spec := plantest.RandomSpec(r, "shop")
		p, _ := plan.Build(plan.Input{Spec: spec, Platform: plan.DefaultPlatform()})
		if p == nil || p.Order.Mechanism == plan.MechanismPriorities || len(p.Endpoints) < 2 || !mutate(r, p) {
			continue
		}
		tried++
		if len(discrepancies(p, &spec.Spec)) > 0 {
			seen++
		}
	}
	t.Logf("%d of %d mutations change an order", seen, tried)
	if seen < tried/2 {
		t.Errorf("only %d of %d broken orders were seen", seen, tried)
	}
}

func TestOrderDoesNotHangOnTheOrderOfLists(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(13, 17))
	for range 500 {
		spec := plantest.RandomSpec(r, "shop")
		shuffled := spec.DeepCopy()
		s := &shuffled.Spec
		r.Shuffle(len(s.Failover), func(i, j int) { s.Failover[i], s.Failover[j] = s.Failover[j], s.Failover[i] })
		c := s.Clients
		r.Shuffle(len(c.Regions), func(i, j int) { c.Regions[i], c.Regions[j] = c.Regions[j], c.Regions[i] })
		before := spec.DeepCopy()
		first, _ := plan.Build(plan.Input{Spec: spec, Platform: plan.DefaultPlatform()})
		second, _ := plan.Build(plan.Input{Spec: shuffled, Platform: plan.DefaultPlatform()})
		if diff := cmp.Diff(first, second); diff != "" {
			t.Fatalf("shuffled lists change the plan (-first +second):\n%s", diff)
		}
		if diff := cmp.Diff(before, spec); diff != "" {
			t.Fatalf("Build changed the spec:\n%s", diff)
		}
	}
}
