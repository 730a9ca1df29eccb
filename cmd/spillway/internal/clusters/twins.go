package clusters

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
	"github.com/spillway-mesh/spillway/pkg/analyze/mesh"
	"github.com/spillway-mesh/spillway/pkg/behaviour"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

// compared are the kinds that clusters of one fleet should have in common.
func compared(o *manifest.Object) bool {
	istio := []string{"ServiceEntry", "DestinationRule", "VirtualService", "Sidecar", "EnvoyFilter", "WorkloadEntry"}
	return o.Group == "networking.istio.io" && slices.Contains(istio, o.Kind) || o.Group == "spillway.dev"
}

// Twins says in what the clusters differ from the first of them: hosts that clients get otherwise, in words, then objects
// whose fields differ or that only one has.
func Twins(models []*mesh.Model) diag.List {
	parts := make([]diag.List, len(models)-1)
	for i, m := range models[1:] {
		parts[i] = twins(models[0], m)
	}
	return slices.Concat(parts...)
}

func twins(a, b *mesh.Model) diag.List {
	var out diag.List
	told := map[string]bool{} // objects whose difference was told in words
	for _, h := range a.Hosts() {
		other := b.HostsNamed(h.Name)
		i := slices.IndexFunc(other, func(o *mesh.Host) bool { return o.Namespace == h.Namespace })
		if i < 0 {
			continue
		}
		for _, c := range behaviour.Between(behaviour.Of(a, h, h.Namespace), behaviour.Of(b, other[i], h.Namespace), behaviour.Options{}) {
			o := other[i].Entry().Object
			out = append(out, differ(o, o.Source.Locate("spec"), "%s is not as in %s: %s", h.Name, clusterOf(h.Entry().Object), c))
			told[key(o)] = true
		}
	}
	was, is := objectsOf(a), objectsOf(b)
	treesA, treesB := behaviour.All(a.Snapshot), behaviour.All(b.Snapshot)
	for _, k := range keys(was, is) {
		x, y := was[k], is[k]
		switch {
		case y == nil:
			out = append(out, differ(x, x.Source.Locate(""), "only this cluster has it: %s does not", nameOf(b)))
		case x == nil:
			out = append(out, differ(y, y.Source.Locate(""), "only this cluster has it: %s does not", nameOf(a)))
		case !told[k]:
			if d, found := firstField(treesA[treeKey(x)], treesB[treeKey(y)]); found {
				out = append(out, differ(y, y.Source.Locate("spec"), "it is not as in %s: %s", clusterOf(x), d))
			}
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

func key(o *manifest.Object) string { return o.Group + "/" + o.Kind + "/" + o.Namespace + "/" + o.Name }

// treeKey is how behaviour.All names an object.
func treeKey(o *manifest.Object) string { return o.Group + "/" + o.String() }

func keys(a, b map[string]*manifest.Object) []string {
	var out []string
	for k := range a {
		out = append(out, k)
	}
	for k := range b {
		if a[k] == nil {
			out = append(out, k)
		}
	}
	slices.Sort(out)
	return out
}

// clusterOf is the context that an object is from.
func clusterOf(o *manifest.Object) string {
	name, _, _ := strings.Cut(o.Source.File, "/")
	return name
}

func nameOf(m *mesh.Model) string {
	if len(m.Snapshot.Objects) == 0 {
		return "another"
	}
	return clusterOf(m.Snapshot.Objects[0])
}

func differ(o *manifest.Object, at diag.Position, format string, args ...any) diag.Diagnostic {
	return diag.Diagnostic{
		Code: "SP605", Severity: diag.Warning, Object: o.String(), Position: diag.Position{File: cmp.Or(at.File, o.Source.File), Line: at.Line, Column: at.Column},
		Message: fmt.Sprintf(format, args...), Hint: "deliver the same objects to all clusters",
	}
}
