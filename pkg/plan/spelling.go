package plan

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/spillway-mesh/spillway/pkg/region"
)

// regionNames finds names that no node or endpoint is likely to have: they match nothing, silently.
func (b *builder) regionNames() {
	clients, near := b.regions(), b.clientNames()
	for i := range b.spec.Failover {
		if from := b.spec.Failover[i].From; from != "" && from != Anyone {
			b.regionName(from, clients, near, regionPath{"failover", i, "from"})
		}
	}
	byNearness := len(b.spec.Failover) == 0 && len(b.units) > 1 // which refuses names that it does not know
	if c := b.spec.Clients; c != nil && !byNearness {
		for i, r := range c.Regions {
			b.regionName(r, b.platform.Regions, near, regionPath{"clients", i, "regions"})
		}
	}
	if byNearness {
		return
	}
	near = b.localities()
	for i := range b.spec.Endpoints {
		if l := b.spec.Endpoints[i].Locality; l != "" {
			b.regionName(l, nil, near, regionPath{"endpoints", i, "locality"})
		}
	}
}

// clientNames are all names of client regions that the spec or the platform give: they come from the same nodes, and so
// should be spelt alike.
func (b *builder) clientNames() []string {
	names := slices.Clone(b.regions())
	for i := range b.spec.Failover {
		if from := b.spec.Failover[i].From; from != "" && from != Anyone {
			names = append(names, from)
		}
	}
	return sortedSet(names)
}

func (b *builder) localities() []string {
	var names []string
	for i := range b.spec.Endpoints {
		if l := b.spec.Endpoints[i].Locality; l != "" {
			names = append(names, l)
		}
	}
	return sortedSet(names)
}

// regionName checks one name against those that are known to exist, where any are, and against the names beside it. A
// region of some cloud is passed over unless it reads like a known one (us-east-1 for us-east1), or unless all names
// beside it are another cloud's, which has a region that reads the same.
func (b *builder) regionName(name string, among, near []string, path regionPath) {
	if slices.Contains(among, name) {
		return
	}
	if strings.ContainsAny(name, "/*") {
		meant, _, _ := strings.Cut(name, "/")
		b.notRegion(name, meant, path)
		return
	}
	_, exists := region.Lookup(name)
	meant, found := suggest(name, exists, among, near)
	switch {
	case !found:
	case !exists && isZoneOf(name, meant):
		b.notRegion(name, meant, path)
	case exists && !slices.Contains(among, meant):
		b.diags.Warnf(b.regionAt(path), codeNearMiss, "%q is another cloud's spelling than that of the regions beside it, and "+
			"regions match letter by letter", name).WithHint("did you mean %q?", meant)
	default:
		b.diags.Warnf(b.regionAt(path), codeNearMiss, "%q is none of the regions that are known here, and regions match "+
			"letter by letter", name).WithHint("did you mean %q?", meant)
	}
}

// suggest finds what a name was probably meant to be: one of those known, else a region of the clouds that the names
// beside it belong to, else any.
func suggest(name string, exists bool, among, near []string) (string, bool) {
	if exists {
		if i := slices.IndexFunc(among, func(a string) bool { return sameLetters(a, name) }); i >= 0 {
			return among[i], true
		}
		return twin(name, near)
	}
	for _, candidates := range [][]string{among, regionsLike(near)} {
		if len(candidates) == 0 {
			continue
		}
		if meant, found := region.Suggest(name, candidates); found {
			return meant, true
		}
	}
	return region.Suggest(name, nil)
}

// twin is the region of the same letters in the one cloud that all other names belong to. Where the twin is itself among
// them, both are meant.
func twin(name string, near []string) (string, bool) {
	own, _ := region.Lookup(name)
	clouds := cloudsOf(slices.DeleteFunc(slices.Clone(near), func(n string) bool { return n == name }))
	if len(clouds) != 1 || clouds[0] == own.Cloud {
		return "", false
	}
	for _, r := range region.All() {
		if r.Cloud == clouds[0] && sameLetters(r.Name, name) {
			return r.Name, !slices.Contains(near, r.Name)
		}
	}
	return "", false
}

// regionsLike are all regions of the clouds that the names belong to.
func regionsLike(names []string) []string {
	clouds := cloudsOf(names)
	var out []string
	for _, r := range region.All() {
		if slices.Contains(clouds, r.Cloud) {
			out = append(out, r.Name)
		}
	}
	return out
}

func cloudsOf(names []string) []region.Cloud {
	var clouds []region.Cloud
	for _, n := range names {
		if r, ok := region.Lookup(n); ok && !slices.Contains(clouds, r.Cloud) {
			clouds = append(clouds, r.Cloud)
		}
	}
	return clouds
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
