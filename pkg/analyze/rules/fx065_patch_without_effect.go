package rules

import (
	"strings"

	networking "istio.io/api/networking/v1alpha3"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/analyze/mesh"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "FX065", Name: "patch-without-effect", Severity: diag.Error,
		Inputs:  analyze.Kinds{"EnvoyFilter"},
		Summary: "a patch that never applies, or that Envoy refuses",
		Why: "cluster.service is compared letter by letter: a wildcard is the name of no service, and the patch " +
			"never applies. Envoy refuses a cluster whose health checks lack timeout, interval or one of the " +
			"two thresholds: the proxy then keeps the old one, or has none.",
		Fix: "name the host; give every health check timeout, interval, unhealthy_threshold and " +
			"healthy_threshold",
		Check: checkPatchWithoutEffect,
	})
}

func checkPatchWithoutEffect(p *analyze.Pass) {
	for _, f := range p.Snapshot.EnvoyFilters {
		for _, patch := range mesh.Patches(f) {
			if patch.Spec.GetApplyTo() != networking.EnvoyFilter_CLUSTER {
				continue
			}
			if service := patch.Spec.GetMatch().GetCluster().GetService(); strings.Contains(service, "*") {
				p.Report(f.Object, patch.Path+".match.cluster.service", "no service is called %q, so that the patch never applies", service).
					WithHint("name the host, or leave service out for all clusters")
			}
			for _, check := range patch.Value.At("health_checks").Items() {
				var missing []string
				for _, field := range [][2]string{
					{"timeout", "timeout"}, {"interval", "interval"}, {"unhealthy_threshold", "unhealthyThreshold"}, {"healthy_threshold", "healthyThreshold"},
				} {
					if !check.At(field[0]).Exists() && !check.At(field[1]).Exists() {
						missing = append(missing, field[0])
					}
				}
				if len(missing) > 0 {
					p.Report(f.Object, check.Path(), "Envoy refuses the cluster: the health check has no %s", analyze.List(missing))
				}
			}
		}
	}
}
