package rules

import (
	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "HC017", Name: "calculated-threshold", Severity: diag.Error,
		Inputs:  analyze.Kinds{"HealthCheck"},
		Summary: "a calculated health check can never change",
		Why:     "With a threshold above the number of children it is always unhealthy, and with 0 always healthy.",
		Fix:     "set healthThreshold from 1 to the number of children",
		Check:   checkCalculated,
	})
}

func checkCalculated(p *analyze.Pass) {
	for _, o := range p.Snapshot.OfKind("route53.services.k8s.aws", "HealthCheck") {
		c := o.Tree.At("spec", "healthCheckConfig")
		if c.At("type").Text() != "CALCULATED" {
			continue
		}
		children := int64(len(c.At("childHealthChecks").Items()))
		switch n := number(c.At("healthThreshold"), 0); {
		case n == 0:
			p.Report(o, c.At("healthThreshold").Path(), "it is always healthy: the threshold is 0")
		case n > children:
			p.Report(o, c.At("healthThreshold").Path(), "it is always unhealthy: %d of %d children must be healthy", n, children)
		}
	}
}
