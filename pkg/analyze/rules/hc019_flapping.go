package rules

import (
	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "HC019", Name: "flapping", Severity: diag.Warning,
		Inputs:  probeKinds(),
		Summary: "one lost probe takes a cluster out",
		Why:     "Load balancers probe from many places, and one of them flips the state. A single packet that is lost, or a pause of a second, moves all users; and they come back as soon.",
		Fix:     "set unhealthyThreshold to 2 or more, or probe less often",
		Check:   checkFlapping,
	})
}

func checkFlapping(p *analyze.Pass) {
	const calm = 5
	for _, h := range probesOf(p) {
		if n, ok := h.unhealthy.Number(); ok && n == 1 && number(h.interval, calm) < calm {
			p.Report(h.Object, h.unhealthy.Path(), "one failed probe is enough, every %d seconds", number(h.interval, 0)).Set(h.unhealthy.Path(), "2")
		}
	}
}
