package plan

import (
	"cmp"
	"math/bits"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// tier is a set of units, a bit for each; it has room for maxEndpoints.
type tier uint16

func (t tier) has(unit int) bool { return t&(1<<unit) != 0 }
func (t tier) first() int        { return bits.TrailingZeros16(uint16(t)) }
func (t tier) size() int         { return bits.OnesCount16(uint16(t)) }

// want is the order that the clients of one region are to get.
type want struct {
	region   string
	tiers    []tier
	leaves   bool // some units are never used
	expanded bool // written out from "*"
	rule     int  // index in spec.failover, or −1
}

// reach is every unit the clients may use.
func (w *want) reach() tier {
	var all tier
	for _, t := range w.tiers {
		all |= t
	}
	return all
}

// priority of a unit for these clients; false where they never use it.
func (w *want) priority(unit int) (uint8, bool) {
	for i, t := range w.tiers {
		if t.has(unit) {
			return uint8(i), true //nolint:gosec // there are at most maxEndpoints tiers
		}
	}
	return 0, false
}

// order decides what every client region gets and how it is written down.
func (b *builder) order() {
	b.regionNames()
	if !b.unitsKnown {
		return
	}
	before := len(b.diags)
	wants := b.wants()
	if b.diags[before:].HasErrors() {
		return
	}
	wants = b.expand(wants)
	if b.diags[before:].HasErrors() {
		return
	}
	b.unreached(wants)
	b.choose(wants)
	b.plan.Tiers = b.named(wants)
}

// wants reads spec.failover, or fills it in.
func (b *builder) wants() []want {
	if len(b.units) == 1 {
		b.diags.Warnf(b.at("endpoints"), codeAlone, "there is one tier only: nothing to fail over to").WithHint(
			"add the endpoint of another region")
	}
	if len(b.spec.Failover) == 0 {
		return b.byNearness()
	}
	out := make([]want, 0, len(b.spec.Failover)+1)
	backing := make([]tier, 0, len(b.spec.Failover)*4)
	for i := range b.spec.Failover {
		from := b.spec.Failover[i].From
		if j := slices.IndexFunc(out, func(w want) bool { return w.region == from }); j >= 0 {
			b.diags.Errorf(b.at("failover").Index(i).Child("from"), codeTwice, "there are two orders for clients from %q", from).
				WithHint("keep one; later tiers go into the same list")
			continue
		}
		start := len(backing)
		w := want{region: from, rule: i}
		backing, w.leaves = b.listed(i, backing)
		w.tiers = backing[start:len(backing):len(backing)]
		out = append(out, w)
	}
	sortWants(out)
	return out
}

// listed appends the tiers of one failover entry: each unit listed, then all others together unless onlyListed.
func (b *builder) listed(rule int, tiers []tier) (_ []tier, leaves bool) {
	r := &b.spec.Failover[rule]
	var used tier
	for i, name := range r.To {
		at := func() *field.Path { return b.at("failover").Index(rule).Child("to").Index(i) }
		u := b.unitNamed(name)
		switch {
		case u < 0:
			b.unknownUnit(at(), name)
		case used.has(u):
			b.diags.Errorf(at(), codeTo, "%q is listed twice", name).WithHint("list each endpoint or group once")
		default:
			used |= 1 << u
			tiers = append(tiers, 1<<u)
		}
	}
	if len(r.To) == 0 {
		b.diags.Errorf(b.at("failover").Index(rule).Child("to"), codeTo, "the list is empty").WithHint(
			"list at least the endpoint to use on a good day")
	}
	rest := b.allUnits() &^ used
	if rest != 0 && !r.OnlyListed {
		tiers = append(tiers, rest)
	}
	return tiers, rest != 0 && r.OnlyListed
}

func (b *builder) unknownUnit(at *field.Path, name string) {
	if i := slices.IndexFunc(b.plan.Endpoints, func(e Endpoint) bool { return e.Name == name }); i >= 0 {
		group := b.plan.Endpoints[i].Tier
		b.diags.Errorf(at, codeTo, "endpoint %q is in group %q, whose endpoints share a tier", name, group).WithHint(
			"list the group, or take the endpoint out of it")
		return
	}
	known := make([]string, len(b.units))
	for i := range b.units {
		known[i] = b.units[i].name
	}
	b.diags.Errorf(at, codeTo, "there is no endpoint or group named %q", name).WithHint("the names are %s",
		strings.Join(known, ", "))
}

func (b *builder) allUnits() tier { return tier(1<<len(b.units) - 1) }

// expand deals with "*": exact with M3, or where it leaves no choice; otherwise it is written out for the regions that
// are known.
func (b *builder) expand(wants []want) []want {
	star := slices.IndexFunc(wants, func(w want) bool { return w.region == Anyone })
	if star < 0 {
		b.unnamed(wants)
		return wants
	}
	anyone := wants[star]
	if len(b.units) == 1 || len(anyone.tiers) == 1 && anyone.tiers[0].size() == 1 || b.prioritiesPossible() == "" {
		return wants
	}
	at := b.at("failover").Index(anyone.rule)
	if slices.ContainsFunc(wants, func(w want) bool { return w.leaves }) {
		b.diags.Errorf(at.Child("from"), codeAnyoneLeaks, `an order for everyone else ("*") beside onlyListed: %s, and without `+
			"that Istio gives clients of a region it does not know all endpoints at once", b.prioritiesPossible()).WithHint(
			`name each client region instead of "*", or give "*" one endpoint with onlyListed: true`)
		return wants
	}
	wants = slices.Delete(wants, star, star+1)
	var known []string
	for _, r := range append(sortedSet(append(slices.Clone(b.regions()), b.platform.Regions...)), "") {
		if slices.ContainsFunc(wants, func(w want) bool { return w.region == r }) || r == Anyone {
			continue
		}
		w := anyone
		w.region, w.expanded = r, true
		wants = append(wants, w)
		if r == "" {
			r = "clients without a locality"
		}
		known = append(known, r)
	}
	b.diags.Warnf(at.Child("from"), codeExpanded, `"*" is written out for %s; clients of any other region get all endpoints `+
		"at once (%s)", list(known), b.prioritiesPossible()).WithHint(
		"list the regions of your nodes under clients.regions, in the platform file or with --client-regions")
	sortWants(wants)
	return wants
}

// unnamed warns of clients that get no order, which Istio cannot refuse: those that are known, and, where the spec does not
// say which there are or an endpoint must not be left to just anyone, the unknown ones.
func (b *builder) unnamed(wants []want) {
	if len(b.units) == 1 {
		return
	}
	regions := b.regions()
	var missing []string
	for _, r := range regions {
		if !slices.ContainsFunc(wants, func(w want) bool { return w.region == r }) {
			missing = append(missing, r)
		}
	}
	leak := ""
	if slices.ContainsFunc(wants, func(w want) bool { return w.leaves }) {
		leak = ", also those that onlyListed keeps from others"
	}
	unlocated := ", and those without one,"
	if slices.ContainsFunc(wants, func(w want) bool { return w.region == "" }) {
		unlocated = ""
	}
	switch {
	case len(missing) > 0:
		b.diags.Warnf(b.at("failover"), codeUnnamed, "no order is given for clients from %s: they get all endpoints at once%s",
			list(missing), leak).WithHint(`add an entry for each, or one with from: "*"`)
	case len(regions) == 0 || leak != "":
		hint := `add from: "*" for everyone else, or list the regions of your nodes under clients.regions so that a missing one is noticed`
		if leak != "" {
			hint = `add from: "*" with onlyListed: true and one endpoint that everyone may use, or keep other clients out of these namespaces`
		}
		b.diags.Warnf(b.at("failover"), codeUnnamed, "clients of a region that no entry names%s get all endpoints at once%s",
			unlocated, leak).WithHint("%s", hint)
	}
}

// unreached warns of endpoints that no order uses.
func (b *builder) unreached(wants []want) {
	var used tier
	for i := range wants {
		used |= wants[i].reach()
	}
	for u := range b.units {
		if len(wants) > 0 && !used.has(u) {
			b.diags.Warnf(b.at("endpoints").Index(b.units[u].endpoints[0]), codeUnused, "no order in failover uses %q",
				b.units[u].name).WithHint("list it, or drop the endpoint")
		}
	}
}

// named writes the wants with the endpoints' names.
func (b *builder) named(wants []want) []ClientTiers {
	sorted := make([]int, len(b.plan.Endpoints)) // by name
	for i := range sorted {
		sorted[i] = i
	}
	slices.SortFunc(sorted, func(i, j int) int { return cmp.Compare(b.plan.Endpoints[i].Name, b.plan.Endpoints[j].Name) })
	unitOf := b.unitOf()
	total := 0
	for i := range wants {
		total += len(wants[i].tiers)
	}
	tiers := make([][]string, 0, total)
	endpoints := make([]string, 0, len(wants)*len(sorted))
	out := make([]ClientTiers, 0, len(wants))
	for i := range wants {
		w := &wants[i]
		start := len(tiers)
		for _, t := range w.tiers {
			first := len(endpoints)
			for _, e := range sorted {
				if t.has(unitOf[e]) {
					endpoints = append(endpoints, b.plan.Endpoints[e].Name)
				}
			}
			tiers = append(tiers, endpoints[first:len(endpoints):len(endpoints)])
		}
		out = append(out, ClientTiers{
			Region: w.region, Tiers: tiers[start:len(tiers):len(tiers)], OnlyListed: w.leaves, Expanded: w.expanded,
		})
	}
	return out
}

// unitOf is the index of each endpoint's unit.
func (b *builder) unitOf() []int {
	out := make([]int, len(b.plan.Endpoints))
	for u := range b.units {
		for _, e := range b.units[u].endpoints {
			out[e] = u
		}
	}
	return out
}

// sortWants orders named regions first, then clients without a locality, then everyone else.
func sortWants(wants []want) {
	class := func(region string) int {
		switch region {
		case "":
			return 1
		case Anyone:
			return 2
		default:
			return 0
		}
	}
	slices.SortFunc(wants, func(a, b want) int {
		return cmp.Or(cmp.Compare(class(a.region), class(b.region)), cmp.Compare(a.region, b.region))
	})
}

// describe names a client region in a message.
func describe(region string) string {
	switch region {
	case "":
		return "no region"
	case Anyone:
		return "everywhere else"
	default:
		return region
	}
}

// list joins names as people do.
func list(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " and " + names[last]
}
