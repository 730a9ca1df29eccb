package plan

import "strings"

// orderInput is what the mechanisms choose from.
type orderInput struct {
	units     []unit
	unitOf    []int // by endpoint
	endpoints []Endpoint
	wants     []want // named regions sorted, then "", then "*"
	taken     func(name string) bool
	gateways  bool
	waypoint  bool
	cannot    string // why explicit priorities are out of the question on this platform; empty if they are not
}

// anyone is the order wanted for "*", or nil.
func (in *orderInput) anyone() *want {
	if n := len(in.wants); n > 0 && in.wants[n-1].region == Anyone {
		return &in.wants[n-1]
	}
	return nil
}

// obstacle says why a mechanism does not give a region the order it wants.
type obstacle struct {
	want int // index of the want it fails for, or −1
	why  string
}

// choose picks the first mechanism that gives every client region exactly its order: M1, then M2, then M3. The first
// two simulate what they write and compare, the third is exact by what it is. Where none does, the spec is refused.
//
// Two things go straight to M3 because only it expresses them: endpoints that are given host names (A+), and an order of
// several tiers for everyone. Active checks of endpoints that each expect their own Host prefer it.
func (b *builder) choose(wants []want) {
	in := &orderInput{
		units: b.units, unitOf: b.unitOf(), endpoints: b.plan.Endpoints, wants: wants, taken: b.isRegion,
		gateways: b.plan.Clients.Gateways, waypoint: b.plan.Waypoint != nil, cannot: b.prioritiesPossible(),
	}
	if b.perName && in.cannot != "" {
		return // refused as a pattern
	}
	if why := b.onlyPriorities(in); why != "" {
		order, not := tryPriorities(in)
		if not != nil {
			b.refuse(in, not)
			return
		}
		order.Reason, order.OthersNeedNames = why, b.perName
		b.plan.Order = order
		return
	}
	if b.ownProbes() {
		if order, not := tryPriorities(in); not == nil {
			order.Reason = "explicit priorities, because only they give each endpoint's active checks its own Host"
			b.plan.Order = order
			return
		}
	}
	order, not1 := tryFailover(in)
	if not1 == nil {
		order.Reason = "localities and failover entries give every client region its order"
		b.plan.Order = order
		return
	}
	order, not2 := trySubsets(in)
	if not2 == nil {
		order.Reason = "one subset for each order, because with a single cluster " + not1.why
		b.plan.Order = order
		return
	}
	order, not3 := tryPriorities(in)
	if not3 == nil {
		order.Reason = "explicit priorities, because with subsets " + not2.why
		b.plan.Order = order
		return
	}
	b.refuse(in, not1, not2, not3)
}

// onlyPriorities says why nothing but explicit priorities will do; empty where that is not so.
func (b *builder) onlyPriorities(in *orderInput) string {
	switch anyone := in.anyone(); {
	case b.perName:
		return "explicit priorities, because the endpoints are given host names (pattern A+)"
	case in.cannot == "" && anyone != nil && len(anyone.tiers) > 1:
		return `explicit priorities, because only they give an order to clients of regions that nobody named ("*")`
	default:
		return ""
	}
}

// prioritiesPossible says why this platform cannot have explicit priorities; empty where it can.
func (b *builder) prioritiesPossible() string {
	switch {
	case b.plan.Waypoint != nil:
		return "explicit priorities need sidecars"
	case !b.plan.EnvoyFilter:
		return "explicit priorities need EnvoyFilters, which the platform forbids"
	case b.platform.Istiod.Before(replacesLists()):
		return "explicit priorities need istiod " + replacesLists().String() + ", and the platform's is " +
			b.platform.Istiod.String()
	default:
		return ""
	}
}

// refuse names the region that cannot get its order, what could be had, and the way out.
func (b *builder) refuse(in *orderInput, not ...*obstacle) {
	last := not[len(not)-1]
	at := b.at("failover")
	if in.cannot == "" {
		b.diags.Errorf(at.Index(in.wants[last.want].rule), codeAnyoneApart, "%s", last.why).WithHint(
			`give from: "" and from: "*" the same order, or drop one of them`)
		return
	}
	named := not[0]
	if len(not) > 1 && not[1].want >= 0 {
		named = not[1]
	}
	w := &in.wants[max(named.want, 0)]
	if w.rule >= 0 {
		at = at.Index(w.rule)
	}
	var whys []string
	for i, n := range not {
		whys = append(whys, []string{"one cluster: ", "subsets: ", "priorities: "}[i]+n.why)
	}
	b.diags.Errorf(at, codeOrder, "clients of %s cannot get the order %s on this platform; the most they could get is %s (%s)",
		describe(w.region), in.tierNames(w.tiers), in.tierNames(reachable(w)), strings.Join(whys, "; ")).WithHint(
		"%s; or list at most two for %s and let the others form the last tier together, or join endpoints into groups",
		b.wayToPriorities(), describe(w.region))
}

func (b *builder) wayToPriorities() string {
	if b.plan.Waypoint != nil {
		return "run these clients with sidecars"
	}
	if !b.plan.EnvoyFilter {
		return "have the platform team allow EnvoyFilters for these namespaces, with istiod " + replacesLists().String()
	}
	return "upgrade istiod to " + replacesLists().String()
}

// reachable is the nearest that one cluster could give: three tiers, or two for clients without a locality.
func reachable(w *want) []tier {
	most := 3
	if w.region == "" {
		most = 2
	}
	if len(w.tiers) <= most {
		return w.tiers
	}
	out := append([]tier(nil), w.tiers[:most]...)
	for _, t := range w.tiers[most:] {
		out[most-1] |= t
	}
	return out
}

// tierNames writes tiers as "a, then b, then c+d".
func (in *orderInput) tierNames(tiers []tier) string {
	var out strings.Builder
	for i, t := range tiers {
		if i > 0 {
			out.WriteString(", then ")
		}
		first := true
		for u := range in.units {
			if !t.has(u) {
				continue
			}
			if !first {
				out.WriteString("+")
			}
			out.WriteString(in.units[u].name)
			first = false
		}
	}
	return out.String()
}

// exact says whether clients of the wanted region, simulated on the set, get exactly what they want. members says which
// endpoint each member of the set is. An entry from a region to itself is none that Istio accepts.
func (in *orderInput) exact(w *want, region string, set *Set, members []int) bool {
	if to, ok := set.to(region); ok && to == region {
		return false
	}
	var buf [maxEndpoints]uint8
	var got tier
	for i, p := range simulate(region, set, buf[:]) {
		u := in.unitOf[members[i]]
		if should, ok := w.priority(u); !ok || should != p {
			return false
		}
		got |= 1 << u
	}
	return got == w.reach()
}
