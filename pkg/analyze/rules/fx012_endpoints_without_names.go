package rules

import (
	networking "istio.io/api/networking/v1alpha3"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "FX012", Name: "endpoints-without-names", Severity: diag.Error,
		Inputs:  analyze.Kinds{"EnvoyFilter"},
		Summary: "endpoints of a STATIC host have no names of their own",
		Why: "auto_host_sni and auto_host_rewrite take the name of the endpoint that was picked. Only endpoints that are " +
			"looked up by DNS have one; for STATIC hosts istiod sets none, and both fields do nothing.",
		Fix:   "use resolution: DNS, or a fixed sni and Host",
		Check: checkEndpointsWithoutNames,
	})
}

func checkEndpointsWithoutNames(p *analyze.Pass) {
	for _, c := range p.Clusters() {
		if c.Host.Resolution != networking.ServiceEntry_STATIC || c.OrderedByFilter() {
			continue
		}
		for _, patch := range c.ClusterPatches() {
			if auto := patch.Value.At("transport_socket", "typed_config", "auto_host_sni"); isMerge(patch) && auto.Bool() {
				p.Report(patch.Filter.Object, auto.Path(), "auto_host_sni has no effect on %s: its endpoints are STATIC and have no names", c)
			}
		}
		for _, patch := range c.RoutePatches() {
			if auto := patch.Value.At("route", "auto_host_rewrite"); isMerge(patch) && auto.Bool() {
				p.Report(patch.Filter.Object, auto.Path(), "auto_host_rewrite has no effect on %s: its endpoints are STATIC and have no names", c)
			}
		}
	}
}
