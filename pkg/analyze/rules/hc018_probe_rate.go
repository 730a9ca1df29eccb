package rules

import (
	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "HC018", Name: "probe-rate", Severity: diag.Warning,
		Inputs:  askKinds(),
		Summary: "probes alone are a load",
		Why: "Google's load balancers probe each gateway pod from several places: five are reckoned with, since the number is not " +
			"published. All of these probes come to the one service that answers for the cluster.",
		Fix:   "probe less often, and answer from memory: never ask anything for a probe",
		Check: checkProbeRate,
	})
}

func checkProbeRate(p *analyze.Pass) {
	const probers, budget = 5, 100 // a second
	pods := gatewayReplicas(p)
	for _, a := range asksOf(p) {
		if rate := pods * probers / max(a.interval, 1); a.google && a.path != "" && rate > budget {
			p.Report(a.Object, a.at.Path(), "about %d probes a second for %s: %d gateway pods, %d probers, one every %d s", rate, a.path, pods, probers, a.interval)
		}
	}
}

// gatewayReplicas is how many pods of gateways there may be.
func gatewayReplicas(p *analyze.Pass) int64 {
	var sum int64
	counted := map[*manifest.Object]bool{}
	for _, labels := range gatewayPods(p) {
		for _, d := range deploymentsOf(p, "", labels) {
			if counted[d] {
				continue
			}
			counted[d] = true
			n := number(d.Tree.At("spec", "replicas"), 1)
			for _, h := range autoscalersOf(p, d) {
				n = max(n, number(h.Tree.At("spec", "maxReplicas"), n))
			}
			sum += n
		}
	}
	return sum
}
