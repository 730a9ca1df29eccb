package rules

import (
	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "HC023", Name: "upgraded-together", Severity: diag.Warning,
		Inputs:  analyze.Kinds{"ContainerCluster"},
		Summary: "nothing keeps two clusters from being upgraded at once",
		Why:     "Clusters of one release channel get the same version in the same days, and sequencing orders fleets, not the clusters of one. A cluster without a window for maintenance is upgraded at any time.",
		Fix:     "give each cluster spec.maintenancePolicy.recurringWindow on days of its own",
		Check:   checkUpgradedTogether,
	})
}

func checkUpgradedTogether(p *analyze.Pass) {
	clusters := p.Snapshot.OfKind("container.cnrm.cloud.google.com", "ContainerCluster")
	for j, b := range clusters {
		for i, a := range clusters {
			if i == j || channelOf(a) != channelOf(b) || projectOf(a) != projectOf(b) || windowed(b) || j < i && !windowed(a) {
				continue // of two without windows the later one is told of
			}
			p.Report(b, "spec.maintenancePolicy", "%s has no window of its own, and may be upgraded together with %s", b.Name, a.Name)
			break
		}
	}
}

func channelOf(o *manifest.Object) string {
	return o.Tree.At("spec", "releaseChannel", "channel").Text()
}

func projectOf(o *manifest.Object) string { return o.Annotations["cnrm.cloud.google.com/project-id"] }

func windowed(o *manifest.Object) bool {
	policy := o.Tree.At("spec", "maintenancePolicy")
	return policy.At("recurringWindow").Exists()
}
