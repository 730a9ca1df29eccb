package rules

import (
	"strconv"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "FX004", Name: "unchecked-name", Severity: diag.Critical,
		Inputs:  analyze.Kinds{"DestinationRule", "BackendTLSPolicy"},
		Summary: "sni without subjectAltNames: the name in the certificate is not checked",
		Why: "With sni set, Istio stops checking the certificate for the Host, and without subjectAltNames nothing takes its " +
			"place: any certificate of any public authority is accepted, for any name. Whoever can answer for the address reads " +
			"and changes everything.",
		Fix:   "add the names that the certificates hold to tls.subjectAltNames",
		Check: checkUncheckedName,
	})
}

func checkUncheckedName(p *analyze.Pass) {
	for _, c := range p.Clusters() {
		n := c.Names()
		if n.SNI == "" || n.Checked() || c.TLS().GetInsecureSkipVerify().GetValue() {
			continue
		}
		if o, path := c.Policy.TLS.At(); o != nil {
			f := p.Report(o, path+".sni", "%s accepts every certificate of every authority: sni is %q, and no name is checked", c, n.SNI)
			f.WithHint("add subjectAltNames with the names in the endpoints' certificates")
			if len(c.Endpoints) == 1 && c.Endpoints[0].Address == n.SNI {
				f.Set(path+".subjectAltNames", "["+n.SNI+"]")
			}
		}
	}
	for _, o := range p.Snapshot.OfKind("gateway.networking.k8s.io", "BackendTLSPolicy") {
		validation := o.Tree.At("spec", "validation")
		if validation.At("hostname").Exists() && len(validation.At("subjectAltNames").Items()) == 0 {
			p.Report(o, validation.Path()+".hostname", "Istio sends %s as SNI and checks no name in the certificate",
				strconv.Quote(validation.At("hostname").Text())).WithHint("add spec.validation.subjectAltNames with the same name")
		}
	}
}
