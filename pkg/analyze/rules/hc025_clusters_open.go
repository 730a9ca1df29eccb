package rules

import (
	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "HC025", Name: "clusters-open", Severity: diag.Warning,
		Inputs:  analyze.Kinds{"MultiClusterService"},
		Summary: "every cluster that joins the fleet takes part",
		Why:     "A MultiClusterService without clusters sends users to any member of the fleet with pods of these labels: a new cluster serves as soon as the first pod runs, half installed.",
		Fix:     "list the clusters: spec.clusters[].link",
		Check:   checkClustersOpen,
	})
}

func checkClustersOpen(p *analyze.Pass) {
	for _, o := range p.Snapshot.OfKind("networking.gke.io", "MultiClusterService") {
		if c := o.Tree.At("spec", "clusters"); len(c.Items()) == 0 {
			p.Report(o, c.Path(), "a new member of the fleet serves as soon as it has a pod")
		}
	}
}
