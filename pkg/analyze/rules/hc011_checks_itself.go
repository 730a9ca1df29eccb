package rules

import (
	"strings"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "HC011", Name: "checks-itself", Severity: diag.Error,
		Inputs:  analyze.Kinds{"RecordSet"},
		Summary: "a health check asks the name that it decides about",
		Why:     "The answer that it gets depends on what it said before: once the primary is out, it asks the secondary, finds it healthy, and the primary comes back. Results cannot be predicted.",
		Fix:     "ask the cluster's own address or name",
		Check:   checkItself,
	})
}

func checkItself(p *analyze.Pass) {
	asked := map[string]string{}
	for _, o := range p.Snapshot.OfKind("route53.services.k8s.aws", "HealthCheck") {
		c := o.Tree.At("spec", "healthCheckConfig")
		if c.At("ipAddress").Text() == "" { // with an address the name is only what is sent as Host
			asked[o.Namespace+"/"+o.Name] = strings.TrimSuffix(c.At("fullyQualifiedDomainName").Text(), ".")
		}
	}
	for _, r := range recordsOf(p) {
		name, host := strings.TrimSuffix(r.name, "."), asked[r.Namespace+"/"+r.check]
		// A name without a dot at its end is a label below the zone, which may not be known here.
		same := host != "" && (host == name || !strings.HasSuffix(r.name, ".") && strings.HasPrefix(host, name+"."))
		if r.check != "" && same {
			p.Report(r.Object, r.at.At("healthCheckRef").Path(), "the health check %s asks %s, which is this record", r.check, host)
		}
	}
}
