package rules

import (
	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "HC012", Name: "secondary-unchecked", Severity: diag.Warning,
		Inputs:  recordKinds(),
		Summary: "the record that stands in has no health check",
		Why:     "A record without a health check is always healthy: when the primary fails, users are sent to the secondary even if it is dead, too.",
		Fix:     "give the SECONDARY a health check of its own",
		Check:   checkSecondary,
	})
}

func checkSecondary(p *analyze.Pass) {
	for _, r := range recordsOf(p) {
		byTarget := r.at.At("aliasTarget", "evaluateTargetHealth").Bool() || specific(r.at, "aws/evaluate-target-health").At("value").Bool()
		if r.failover == "SECONDARY" && !r.checked && !byTarget {
			p.Report(r.Object, r.at.Path(), "%q is used whenever the primary fails, dead or not", r.name)
		}
	}
}
