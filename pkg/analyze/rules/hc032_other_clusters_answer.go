package rules

import (
	"slices"
	"strings"

	meshconfig "istio.io/api/mesh/v1alpha1"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "HC032", Name: "other-clusters-answer", Severity: diag.Error,
		Inputs:  analyze.Kinds{"VirtualService"},
		Summary: "another cluster of the mesh may answer for this one",
		Why:     "In a mesh over several clusters a Service has the endpoints of all of them. The probe that comes to one cluster is answered by the pod of another, and a cluster whose own checker says no is healthy.",
		Fix:     "list the host in the mesh configuration: serviceSettings: [{settings: {clusterLocal: true}, hosts: [...]}]",
		Check:   checkOtherClusters,
	})
}

func checkOtherClusters(p *analyze.Pass) {
	if !severalClusters(p) {
		return
	}
	for _, r := range healthRoutes(p, asksOf(p)) {
		host := r.host()
		if !strings.HasSuffix(host, ".svc.cluster.local") || r.http.GetRoute()[0].GetDestination().GetSubset() != "" {
			continue
		}
		if !p.MeshKnown {
			p.Unknown(analyze.MeshConfig)
			return
		}
		if !clusterLocal(p.Mesh, host) {
			p.Report(r.Object, r.at+".route", "the probe of %s may be answered by %s of another cluster", r.path, host)
		}
	}
}

// severalClusters says whether anything here shows that the mesh spans clusters.
func severalClusters(p *analyze.Pass) bool {
	return slices.ContainsFunc(p.Snapshot.Gateways, eastWest) ||
		slices.ContainsFunc(p.Snapshot.OfKind("", "Secret"), func(o *manifest.Object) bool { return o.Labels["istio/multiCluster"] == "true" })
}

// clusterLocal says whether the mesh configuration keeps the endpoints of a host within each cluster: the longest entry counts.
func clusterLocal(m *meshconfig.MeshConfig, host string) bool {
	longest, local := -1, false
	for _, s := range m.GetServiceSettings() {
		for _, h := range s.GetHosts() {
			if answersHost([]string{h}, host) && len(h) > longest {
				longest, local = len(h), s.GetSettings().GetClusterLocal()
			}
		}
	}
	return local
}
