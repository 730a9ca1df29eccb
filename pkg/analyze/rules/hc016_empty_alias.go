package rules

import (
	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "HC016", Name: "empty-alias", Severity: diag.Warning,
		Inputs:  recordKinds(),
		Summary: "an alias counts as healthy when its load balancer has no targets",
		Why:     "Route 53 takes the health of an alias from its load balancer, and one without any target is healthy to it: a cluster whose gateway is gone keeps its share of the users.",
		Fix:     "give the record a health check of its own besides",
		Check:   checkEmptyAlias,
	})
}

func checkEmptyAlias(p *analyze.Pass) {
	for _, r := range recordsOf(p) {
		if r.checked || !r.policy {
			continue
		}
		if at := evaluated(r); at.Exists() {
			p.Report(r.Object, at.Path(), "%q stays in the answer when its load balancer has no target left", r.name)
		}
	}
}

// evaluated is where a record takes its health from a load balancer.
func evaluated(r record) manifest.Value {
	if a := r.at.At("aliasTarget"); a.Exists() {
		if isBalancer(a.At("dnsName").Text()) && a.At("evaluateTargetHealth").Bool() {
			return a
		}
		return manifest.Value{}
	}
	for _, target := range r.at.At("targets").Items() {
		setting := specific(r.at, "aws/evaluate-target-health").At("value")
		if isBalancer(target.Text()) && (!setting.Exists() || setting.Bool()) {
			return target
		}
	}
	return manifest.Value{}
}
