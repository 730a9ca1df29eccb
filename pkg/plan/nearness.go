package plan

import (
	"cmp"
	"slices"
	"strconv"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/region"
)

// byNearness fills in a missing failover: each client region starts at the nearest endpoint and never leaves its
// continent, unless the spec allows it.
func (b *builder) byNearness() []want {
	if len(b.units) == 1 {
		return b.onlyChoice()
	}
	var regions []string
	if c := b.spec.Clients; c != nil {
		regions = sortedSet(c.Regions)
	}
	if len(regions) == 0 {
		b.diags.Errorf(b.at("failover"), codeNoFailover, "there is no order of endpoints, and clients.regions does not say "+
			"where the clients are, so that none can be chosen").WithHint(
			"list failover: [{from: REGION, to: [FIRST, SECOND]}], or clients.regions to order by nearness")
		return nil
	}
	places, ok := b.places()
	if !ok {
		return nil
	}
	out := make([]want, 0, len(regions))
	for _, r := range regions {
		if w, ok := b.nearestFirst(r, places); ok {
			out = append(out, w)
		}
	}
	return out
}

// onlyChoice is the order where there is one unit.
func (b *builder) onlyChoice() []want {
	out := []want{}
	for _, r := range b.regions() {
		out = append(out, want{region: r, tiers: []tier{1}, rule: -1})
	}
	return append(out, want{region: Anyone, tiers: []tier{1}, rule: -1})
}

// places looks every endpoint's region up.
func (b *builder) places() ([]region.Region, bool) {
	out := make([]region.Region, len(b.spec.Endpoints))
	ok := true
	for i := range b.spec.Endpoints {
		name := b.spec.Endpoints[i].Locality
		r, known := region.Lookup(name)
		out[i] = r
		if known {
			continue
		}
		ok = false
		at := b.at("endpoints").Index(i).Child("locality")
		if name == "" {
			b.diags.Errorf(at, codeNoFailover, "endpoint %q has no locality, so that nearness cannot order the endpoints",
				b.spec.Endpoints[i].Name).WithHint("set the region it is in, or list failover")
			continue
		}
		b.diags.Errorf(at, codeNoFailover, "%q is no region of GCP, AWS or Azure, so that nearness cannot order the endpoints",
			name).WithHint("%slist failover", didYouMean(name))
	}
	return out, ok
}

// nearestFirst orders the units for one client region; those of equal distance stay in the spec's order.
func (b *builder) nearestFirst(from string, places []region.Region) (want, bool) {
	at := func() *field.Path { return b.at("clients", "regions") }
	here, ok := region.Lookup(from)
	if !ok {
		b.diags.Errorf(at(), codeNoFailover, "%q is no region of GCP, AWS or Azure, so that nearness cannot order the endpoints",
			from).WithHint("%slist failover", didYouMean(from))
		return want{}, false
	}
	type far struct{ unit, km int }
	var order []far
	var left []string
	for u := range b.units {
		km, reach := 1<<30, true
		for _, e := range b.units[u].endpoints {
			km = min(km, region.Distance(here, places[e]))
			reach = reach && (places[e].Continent == here.Continent || b.spec.AllowCrossContinent)
		}
		if !reach {
			left = append(left, b.units[u].name)
			continue
		}
		order = append(order, far{u, km})
	}
	if len(order) == 0 {
		b.diags.Errorf(at(), codeContinent, "no endpoint is on the continent of %s (%s), and failover that is filled in never "+
			"leaves it", from, here.Continent).WithHint("set allowCrossContinent: true, or list failover: [{from: %s, to: […]}]",
			from)
		return want{}, false
	}
	if len(left) > 0 {
		b.diags.Notef(at(), codeContinent, "clients of %s never use %s, which lie on another continent", from, list(left)).
			WithHint("set allowCrossContinent: true to use them last")
	}
	slices.SortStableFunc(order, func(a, b far) int { return cmp.Compare(a.km, b.km) })
	w := want{region: from, leaves: len(left) > 0, rule: -1}
	for _, f := range order {
		w.tiers = append(w.tiers, 1<<f.unit)
	}
	return w, true
}

// isRegion says that clients may be in a region of this name: then no locality of ours may be called so by accident.
func (b *builder) isRegion(name string) bool {
	if _, ok := region.Lookup(name); ok {
		return true
	}
	if slices.Contains(b.platform.Regions, name) {
		return true
	}
	if c := b.spec.Clients; c != nil && slices.Contains(c.Regions, name) {
		return true
	}
	return slices.ContainsFunc(b.spec.Failover, func(r v1alpha1.FailoverRule) bool { return r.From == name })
}

// didYouMean is the start of a hint, or nothing.
func didYouMean(name string) string {
	if meant, ok := region.Suggest(name, nil); ok {
		return "did you mean " + strconv.Quote(meant) + "? Or "
	}
	return ""
}
