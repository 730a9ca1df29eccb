package rules

import (
	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "HC010", Name: "readiness-only", Severity: diag.Warning,
		Inputs:  probeKinds(),
		Summary: "the health check asks the gateway about itself only",
		Why:     "Port 15021 and /healthz/ready are answered by Istio's agent, which looks once and remembers: neither listeners nor routes nor the mesh behind are asked. A gateway that serves nobody is healthy.",
		Fix:     "probe a path that is routed through the gateway, such as /.well-known/cluster-health",
		Check:   checkReadinessOnly,
	})
}

func checkReadinessOnly(p *analyze.Pass) {
	const status = 15021
	for _, h := range probesOf(p) {
		switch {
		case number(h.port, 0) == status:
			p.Report(h.Object, h.port.Path(), "port %d answers for the agent, not for what the gateway serves", status)
		case h.path.Text() == "/healthz/ready":
			p.Report(h.Object, h.path.Path(), "/healthz/ready answers for the agent, not for what the gateway serves")
		}
	}
}
