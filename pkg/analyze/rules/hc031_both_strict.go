package rules

import (
	"slices"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "HC031", Name: "both-strict", Severity: diag.Error,
		Summary: "two clusters are being changed at once",
		Why:     "While one cluster is worked on the other one is what users have. With both strict, one broken service that both share asks both to leave.",
		Fix:     "change one cluster after the other",
		Check:   checkBothStrict,
	})
}

func checkBothStrict(p *analyze.Pass) {
	changing := slices.DeleteFunc(p.Snapshot.Healths(), func(h manifest.Health) bool { return h.Mode != "Strict" && h.Mode != "Drain" })
	for j, b := range changing {
		for _, a := range changing[:j] {
			if a.Fleet == b.Fleet && a.Cluster != b.Cluster {
				p.Report(b.Object, "spec.mode", "%s is in the mode %s, and %s in %s", b.Cluster, b.Mode, a.Cluster, a.Mode)
			}
		}
	}
	routes := strictRoutes(p, p.Whole.VirtualServices)
	for j, b := range routes {
		for _, a := range routes[:j] {
			if a.Object != b.Object && a.Name == b.Name && a.Namespace == b.Namespace && a.path == b.path {
				p.Report(b.Object, b.at+".rewrite", "%s is strict here and in %s", b.path, a.Source.File)
			}
		}
	}
}
