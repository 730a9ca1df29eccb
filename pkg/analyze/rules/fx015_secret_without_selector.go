package rules

import (
	"strings"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "FX015", Name: "secret-without-selector", Severity: diag.Error,
		Inputs:  analyze.Kinds{"DestinationRule"},
		Summary: "credentialName without workloadSelector: plain text to the TLS port",
		Why: "Sidecars get a secret only through a DestinationRule that selects them by label. Without a selector istiod " +
			"writes no TLS at all, and the request leaves in plain text.",
		Fix:   "add a workloadSelector, or mount the certificate and give it as files",
		Check: checkSecretWithoutSelector,
	})
}

func checkSecretWithoutSelector(p *analyze.Pass) {
	for _, c := range p.Clusters() {
		tls := c.TLS()
		o, path := c.Policy.TLS.At()
		if o == nil || !c.OriginatesTLS() || tls.GetCredentialName() == "" || strings.HasPrefix(tls.GetCredentialName(), "configmap://") {
			continue
		}
		// A DestinationRule for egress gateways alone reads the secret from the gateway's namespace.
		if c.Rule.Selector != nil || c.ThroughGateway() {
			continue
		}
		p.Report(o, path+".credentialName", "sidecars send plain text to %s: they get the secret %s only through a workloadSelector", c, tls.GetCredentialName())
	}
}
