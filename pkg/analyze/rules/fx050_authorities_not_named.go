package rules

import (
	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "FX050", Name: "authorities-not-named", Severity: diag.Note,
		Inputs:  analyze.Kinds{"DestinationRule"},
		Summary: "istioctl analyze takes the rule for one without server verification",
		Why: "Since Istio 1.21 a certificate is checked against the system's authorities where caCertificates is empty. " +
			"istioctl analyze still warns about it (IST0128), and who reads both reports is misled.",
		Fix:   "write caCertificates: system, which says the same and keeps istioctl quiet",
		Check: checkAuthoritiesNotNamed,
	})
}

func checkAuthoritiesNotNamed(p *analyze.Pass) {
	for _, dr := range p.Snapshot.DestinationRules {
		if !generated(dr.Object) {
			continue
		}
		for _, at := range policiesOf(dr) {
			if !originates(at.tls) || at.tls.GetCaCertificates() != "" || at.tls.GetCredentialName() != "" || at.tls.GetInsecureSkipVerify().GetValue() {
				continue
			}
			p.Report(dr.Object, at.path+".tls", "istioctl analyze will say IST0128, without cause").Set(at.path+".tls.caCertificates", "system")
		}
	}
}
