package clusters

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
	"github.com/spillway-mesh/spillway/pkg/analyze/mesh"
	"github.com/spillway-mesh/spillway/pkg/behaviour"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

// istio is the group of the kinds that say who goes where.
const istio = "networking.istio.io"

// decisive are those kinds: clusters of one fleet should have them in common, with all objects of this project.
func decisive() []string {
	return []string{"ServiceEntry", "DestinationRule", "VirtualService", "Sidecar", "EnvoyFilter", "WorkloadEntry"}
}

func compared(o *manifest.Object) bool {
	return o.Group == istio && slices.Contains(decisive(), o.Kind) || o.Group == "spillway.dev"
}

// Twins says in what the clusters differ from the first of them: hosts that clients get otherwise, in words, then objects
// whose fields differ or that only one has. What could not be seen in one of them is not taken for a difference.
func (f *Found) Twins(models []*mesh.Model) diag.List {
	var out diag.List
	for i := 1; i < len(models); i++ {
		out = slices.Concat(out, f.twins(models[0], models[i]))
	}
	return out
}

func (f *Found) twins(a, b *mesh.Model) diag.List {
	var out diag.List
	told := map[string]bool{} // objects whose difference was told in words
	if f.whole(a) && f.whole(b) {
		out = inWords(a, b, told)
	}
	was, is := objectsOf(a), objectsOf(b)
	treesA, treesB := behaviour.All(a.Snapshot), behaviour.All(b.Snapshot)
	all := maps.Clone(was)
	maps.Copy(all, is)
	for _, k := range slices.Sorted(maps.Keys(all)) {
		x, y := was[k], is[k]
		switch {
		case y == nil && f.knows(b, x):
			out = append(out, differ(x, x.Source.Locate(""), "only this cluster has it: %s does not", b.Snapshot.Root))
		case x == nil && f.knows(a, y):
			out = append(out, differ(y, y.Source.Locate(""), "only this cluster has it: %s does not", a.Snapshot.Root))
		case x != nil && y != nil && !told[k]:
			if d, found := firstField(treesA[k], treesB[k]); found {
				out = append(out, differ(y, y.Source.Locate("spec"), "it is not as in %s: %s", a.Snapshot.Root, d))
			}
		}
	}
	return out
}

// whole says whether all that decides who goes where is known of a cluster.
func (f *Found) whole(m *mesh.Model) bool {
	return !slices.ContainsFunc(decisive(), func(name string) bool { return !f.known[m.Snapshot.Root][kind{istio, name}] })
}

// knows says whether an object would be known of a cluster if it were there.
func (f *Found) knows(m *mesh.Model, o *manifest.Object) bool {
	return f.known[m.Snapshot.Root][kind{o.Group, o.Kind}]
}

// inWords says which hosts of both clusters clients get otherwise, and notes by what objects.
func inWords(a, b *mesh.Model, told map[string]bool) diag.List {
	var out diag.List
	for _, h := range a.Hosts() {
		other := b.HostsNamed(h.Name)
		i := slices.IndexFunc(other, h.Is)
		if i < 0 {
			continue
		}
		for _, c := range behaviour.Between(behaviour.Of(a, h, h.Namespace), behaviour.Of(b, other[i], h.Namespace), behaviour.Options{}) {
			o := other[i].Entry().Object
			out = append(out, differ(o, o.Source.Locate("spec"), "%s is not as in %s: %s", h.Name, a.Snapshot.Root, c))
			told[key(o)] = true
		}
	}
	return out
}

// firstField names the first fields that differ; all of them would hide what matters.
func firstField(was, is any) (string, bool) {
	const most = 3
	var texts []string
	for _, f := range behaviour.Fields(was, is) {
		texts = append(texts, f.String())
	}
	if len(texts) > most {
		texts = append(texts[:most], fmt.Sprintf("and %d fields more", len(texts)-most))
	}
	return strings.Join(texts, "; "), len(texts) > 0
}

func objectsOf(m *mesh.Model) map[string]*manifest.Object {
	out := map[string]*manifest.Object{}
	for _, o := range m.Snapshot.Objects {
		if compared(o) {
			out[key(o)] = o
		}
	}
	return out
}

// key is how behaviour.All names an object.
func key(o *manifest.Object) string { return o.Group + "/" + o.String() }

func differ(o *manifest.Object, at diag.Position, format string, args ...any) diag.Diagnostic {
	return diag.Diagnostic{
		Code: "SP605", Severity: diag.Warning, Object: o.String(), Position: diag.Position{File: cmp.Or(at.File, o.Source.File), Line: at.Line, Column: at.Column},
		Message: fmt.Sprintf(format, args...), Hint: "deliver the same objects to all clusters",
	}
}
