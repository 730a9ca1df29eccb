package rules

import (
	"strings"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
	"github.com/spillway-mesh/spillway/pkg/analyze/mesh"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "HC026", Name: "gateway-computes", Severity: diag.Error,
		Inputs:  analyze.Kinds{"EnvoyFilter"},
		Summary: "Envoy's health_check filter counts what it does not have",
		Why: "A name that is no cluster of the gateway makes the answer 503, and one whose endpoints are all gone, too. Up to Istio 1.30 " +
			"endpoints that are not ready are left out before Envoy sees them: of those that are left all are healthy, whatever the percentage.",
		Fix:   "let a service answer that looks at the endpoints itself, or name clusters as outbound|PORT||HOST of services that exist",
		Check: checkGatewayComputes,
	})
}

func checkGatewayComputes(p *analyze.Pass) {
	const ratio = 31 // since 1.31 endpoints that are not ready are sent, too
	services := p.Snapshot.OfKind("", "Service")
	for _, f := range p.Snapshot.EnvoyFilters {
		for _, patch := range mesh.Patches(f) {
			at := patch.Value.At("typed_config", "cluster_min_healthy_percentages")
			for _, name := range at.Keys() {
				if problem := wrongCluster(p, name, services); problem != "" {
					p.Report(f.Object, at.Path(), "%s: %s, so the answer is 503 for ever", name, problem)
				}
			}
			if len(at.Keys()) > 0 && p.Versions.Known && p.Versions.Istiod < mesh.Version(ratio) {
				p.Report(f.Object, at.Path(), "endpoints that are not ready are not counted: the percentage means nothing before Istio 1.31").As(diag.Warning)
			}
		}
	}
}

// wrongCluster says what is wrong with the name of a cluster.
func wrongCluster(p *analyze.Pass, name string, services []*manifest.Object) string {
	parts := strings.Split(name, "|")
	if len(parts) != 4 || parts[0] != "outbound" {
		return "no cluster of Istio's is named so"
	}
	host := parts[3]
	if !strings.HasSuffix(host, ".svc.cluster.local") || len(services) == 0 || len(p.HostsNamed(host)) > 0 {
		return ""
	}
	service := serviceOf(p, host)
	if service == nil {
		for _, s := range services {
			if strings.HasPrefix(strings.SplitN(host, ".", 2)[1], s.Namespace+".") {
				return "there is no such Service in " + s.Namespace
			}
		}
		return "" // of a namespace that is not among the files
	}
	for _, port := range service.Tree.At("spec", "ports").Items() {
		if port.At("port").Text() == parts[1] {
			return ""
		}
	}
	return "the Service has no port " + parts[1]
}
