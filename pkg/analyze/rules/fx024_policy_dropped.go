package rules

import (
	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "FX024", Name: "policy-dropped", Severity: diag.Error,
		Inputs:  analyze.Kinds{"DestinationRule"},
		Summary: "of two DestinationRules for a host one loses its trafficPolicy",
		Why: "istiod joins the subsets of rules for one host in one namespace, but keeps the trafficPolicy of the older " +
			"one alone. A rule with TLS beside a rule with outlierDetection is either no TLS or no failover, depending on " +
			"which was applied first.",
		Fix:   "write one DestinationRule for the host",
		Check: checkPolicyDropped,
	})
}

func checkPolicyDropped(p *analyze.Pass) {
	for _, c := range p.Clusters() {
		if c.Rule == nil || c.Rule.Policy == nil {
			continue
		}
		for _, dr := range c.Rule.From {
			if dr == c.Rule.Policy || dr.Spec.GetTrafficPolicy() == nil || dr.Spec.GetWorkloadSelector() != nil {
				continue
			}
			p.Report(dr.Object, "spec.trafficPolicy", "this policy or that of %s is dropped, whichever is younger: both are for %s", c.Rule.Policy, c.Host.Name).
				WithHint("join the two in one DestinationRule")
		}
	}
}
