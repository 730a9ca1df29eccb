package rules

import (
	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "FX011", Name: "endpoint-name-shadowed", Severity: diag.Error,
		Inputs:  analyze.Kinds{"EnvoyFilter"},
		Summary: "auto_host_sni does nothing without sni in the DestinationRule",
		Why: "Without sni Istio sends the Host of the request as server name, and Envoy prefers that to the name of the " +
			"endpoint: every endpoint but one refuses the handshake.",
		Fix:   "set tls.sni in the DestinationRule, to the name of any endpoint",
		Check: checkEndpointNameShadowed,
	})
}

func checkEndpointNameShadowed(p *analyze.Pass) {
	for _, c := range p.Clusters() {
		if !c.Names().FromHost {
			continue
		}
		for _, patch := range c.ClusterPatches() {
			auto := patch.Value.At("transport_socket", "typed_config", "auto_host_sni")
			if isMerge(patch) && auto.Bool() {
				p.Report(patch.Filter.Object, auto.Path(), "auto_host_sni has no effect on %s: its DestinationRule sets no sni, so the Host header is sent", c)
			}
		}
	}
}
