package rules

import (
	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "HC029", Name: "survivors-too-small", Severity: diag.Warning,
		Summary: "the clusters that stay cannot carry the users of the one that leaves",
		Why: "A failover that overloads the survivors turns the loss of one cluster into the loss of all. How many requests there are at the " +
			"peak is in no object: compared are the capacities that ClusterHealths of a fleet give, and limits of autoscalers and of load balancers are not.",
		Fix:   "give each cluster room for the others' users",
		Check: checkSurvivors,
	})
}

func checkSurvivors(p *analyze.Pass) {
	all := p.Snapshot.Healths()
	for _, h := range all {
		var others int64
		known := h.MaxRPS > 0
		for _, o := range all {
			if o.Fleet == h.Fleet && o.Cluster != h.Cluster {
				known = known && o.MaxRPS > 0
				others += o.MaxRPS
			}
		}
		if known && others > 0 && others < h.MaxRPS {
			p.Report(h.Object, "spec.capacity.maxRPS", "%s carries %d requests a second, and all others together %d", h.Cluster, h.MaxRPS, others)
		}
	}
}
