package rules

import (
	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "FX006", Name: "skip-verify", Severity: diag.Critical,
		Inputs:  analyze.Kinds{"DestinationRule"},
		Summary: "insecureSkipVerify: the certificate is not checked at all",
		Why: "Neither the authority nor the name in the certificate is looked at. Whoever can answer for the address, in a " +
			"failover or at any other time, reads and changes everything, credentials too.",
		Fix:   "remove insecureSkipVerify, name the authority with caCertificates and the names with subjectAltNames",
		Check: checkSkipVerify,
	})
}

func checkSkipVerify(p *analyze.Pass) {
	for _, dr := range p.Snapshot.DestinationRules {
		if ofKubernetes(dr) {
			continue
		}
		for _, at := range policiesOf(dr) {
			if originates(at.tls) && at.tls.GetInsecureSkipVerify().GetValue() {
				p.Report(dr.Object, at.path+".tls.insecureSkipVerify", "%s is believed to be whoever answers: no certificate is checked", dr.Spec.GetHost())
			}
		}
	}
}
