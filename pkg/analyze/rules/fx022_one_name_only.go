package rules

import (
	"strings"

	networking "istio.io/api/networking/v1alpha3"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "FX022", Name: "one-name-only", Severity: diag.Error,
		Inputs:  analyze.Kinds{"ServiceEntry"},
		Summary: "only one of several endpoints is used, or none",
		Why: "Envoy looks up a single name in a cluster of this kind. With the annotation istio.io/connect-strategy and " +
			"several endpoints it refuses the cluster, and the host does not exist; with DNS_ROUND_ROBIN istiod drops all " +
			"endpoints but the first.",
		Fix:   "remove the annotation, or use resolution: DNS",
		Check: checkOneNameOnly,
	})
}

func checkOneNameOnly(p *analyze.Pass) {
	for _, h := range p.Hosts() {
		if len(h.Endpoints) < 2 {
			continue
		}
		for _, e := range h.Entries {
			const annotation = "istio.io/connect-strategy"
			if strings.Contains(e.Annotations[annotation], "RACE_FIRST_TCP_CONNECT") && h.IsDNS() {
				p.Report(e.Object, "metadata.annotations["+annotation+"]", "Envoy refuses %s: with this strategy a host has one endpoint, not %d", h.Name, len(h.Endpoints)).
					Remove("metadata.annotations[" + annotation + "]")
			}
		}
		if h.Resolution == networking.ServiceEntry_DNS_ROUND_ROBIN {
			second := h.Endpoints[1]
			p.Report(second.Object, second.Path, "all endpoints of %s but the first are dropped: DNS_ROUND_ROBIN has one", h.Name).
				WithHint("write resolution: DNS")
		}
	}
}
