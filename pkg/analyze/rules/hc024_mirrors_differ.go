package rules

import (
	"slices"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "HC024", Name: "mirrors-differ", Severity: diag.Error,
		Inputs:  analyze.Kinds{"MultiClusterIngress", "MultiClusterService"},
		Summary: "two config clusters hold different objects",
		Why: "When the second one becomes the config cluster, the difference is a change for all users, on the day when the first one " +
			"has died. Objects of one name are taken for mirrors if they share their address or one of their clusters.",
		Fix:   "make them equal, and compare them every day",
		Check: checkMirrors,
	})
}

func checkMirrors(p *analyze.Pass) {
	for _, kind := range []string{"MultiClusterIngress", "MultiClusterService"} {
		all := p.Whole.OfKind("networking.gke.io", kind)
		for j, b := range all {
			for _, a := range all[:j] {
				if a.Name != b.Name || a.Namespace != b.Namespace || !mirrors(a, b) {
					continue
				}
				if at, differ := difference(a.Tree.At("spec"), b.Tree.At("spec")); differ {
					p.Report(b, at, "it is another value in %s: a switch of the config cluster would change it for users", a.Source.File)
				}
			}
		}
	}
}

// mirrors says whether two objects of one name are meant for two config clusters of one fleet.
func mirrors(a, b *manifest.Object) bool {
	if a.Kind == "MultiClusterIngress" {
		const key = "networking.gke.io/static-ip"
		return a.Annotations[key] != "" && a.Annotations[key] == b.Annotations[key]
	}
	links := func(o *manifest.Object) []string {
		clusters := o.Tree.At("spec", "clusters").Items()
		out := make([]string, 0, len(clusters))
		for _, c := range clusters {
			out = append(out, c.At("link").Text())
		}
		return out
	}
	theirs := links(b)
	return slices.ContainsFunc(links(a), func(l string) bool { return slices.Contains(theirs, l) })
}

// difference is the path of the first field that differs.
func difference(a, b manifest.Value) (string, bool) {
	keys := slices.Concat(a.Keys(), b.Keys())
	slices.Sort(keys)
	for _, key := range slices.Compact(keys) {
		if path, differ := difference(a.At(key), b.At(key)); differ {
			return path, true
		}
	}
	mine, theirs := a.Items(), b.Items()
	for i := range min(len(mine), len(theirs)) {
		if path, differ := difference(mine[i], theirs[i]); differ {
			return path, true
		}
	}
	return b.Path(), len(mine) != len(theirs) || a.Text() != b.Text() || a.Exists() != b.Exists()
}
