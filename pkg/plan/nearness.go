package plan

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

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

// regionNames finds names that no node or endpoint is likely to have: they match nothing, silently.
func (b *builder) regionNames() {
	clients := b.regions()
	for i := range b.spec.Failover {
		if from := b.spec.Failover[i].From; from != "" && from != Anyone {
			b.regionName(from, clients, regionPath{"failover", i, "from"})
		}
	}
	if c := b.spec.Clients; c != nil {
		for i, r := range c.Regions {
			b.regionName(r, b.platform.Regions, regionPath{"clients", i, "regions"})
		}
	}
	for i := range b.spec.Endpoints {
		if l := b.spec.Endpoints[i].Locality; l != "" {
			b.regionName(l, nil, regionPath{"endpoints", i, "locality"})
		}
	}
}

// regionName checks one name against those that are known to exist, where any are. A region of some cloud is passed
// over unless it reads like one of those: us-east-1 for us-east1.
func (b *builder) regionName(name string, among []string, path regionPath) {
	if slices.Contains(among, name) {
		return
	}
	if strings.ContainsAny(name, "/*") {
		meant, _, _ := strings.Cut(name, "/")
		b.notRegion(name, meant, path)
		return
	}
	_, exists := region.Lookup(name)
	meant, found := b.suggest(name, exists, among)
	switch {
	case !found:
	case !exists && isZoneOf(name, meant):
		b.notRegion(name, meant, path)
	default:
		b.diags.Warnf(b.regionAt(path), codeNearMiss, "%q is none of the regions that are known here, and regions match "+
			"letter by letter", name).WithHint("did you mean %q?", meant)
	}
}

func (b *builder) suggest(name string, exists bool, among []string) (string, bool) {
	if exists {
		i := slices.IndexFunc(among, func(a string) bool { return sameLetters(a, name) })
		if i < 0 {
			return "", false
		}
		return among[i], true
	}
	if len(among) > 0 {
		if meant, found := region.Suggest(name, among); found {
			return meant, true
		}
	}
	return region.Suggest(name, nil)
}

func (b *builder) notRegion(name, meant string, path regionPath) {
	d := b.diags.Errorf(b.regionAt(path), codeNotRegion, "%q is not a region: zones and patterns match no client and no "+
		"endpoint", name)
	if _, ok := region.Lookup(meant); ok {
		d.WithHint("did you mean %q?", meant)
		return
	}
	d.WithHint("write the region as the label topology.kubernetes.io/region of the nodes spells it")
}

// regionPath is where a region's name stands; made into a path only if there is something to say.
type regionPath struct {
	list  string
	index int
	leaf  string
}

func (b *builder) regionAt(p regionPath) *field.Path {
	if p.list == "clients" {
		return b.at(p.list, p.leaf).Index(p.index)
	}
	return b.at(p.list).Index(p.index).Child(p.leaf)
}

// isZoneOf says for certain that a name is a zone: a region with a letter behind it.
func isZoneOf(name, meant string) bool {
	rest, ok := strings.CutPrefix(name, meant)
	rest = strings.TrimPrefix(rest, "-")
	return ok && len(rest) == 1 && rest[0] >= 'a' && rest[0] <= 'z'
}

// sameLetters says that two names differ in case and hyphens only, as the clouds' spellings of one place do.
func sameLetters(a, b string) bool {
	strip := func(s string) string { return strings.ReplaceAll(strings.ToLower(s), "-", "") }
	return strip(a) == strip(b)
}

// didYouMean is the start of a hint, or nothing.
func didYouMean(name string) string {
	if meant, ok := region.Suggest(name, nil); ok {
		return "did you mean " + strconv.Quote(meant) + "? Or "
	}
	return ""
}
