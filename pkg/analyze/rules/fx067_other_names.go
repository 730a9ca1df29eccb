package rules

import (
	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "FX067", Name: "other-names", Severity: diag.Warning,
		Inputs:  analyze.Kinds{"ServiceEntry"},
		Summary: "the application's own TLS meets another name after failover",
		Why: "On a TLS port the application checks the certificate for the name that it dialled. Endpoints with " +
			"other names have to serve a certificate for that one too; if they do not, failover ends in failed " +
			"handshakes.",
		Fix: "have every endpoint serve a certificate for the host, or make the port HTTP and let the proxy " +
			"begin TLS",
		Check: checkOtherNames,
	})
}

func checkOtherNames(p *analyze.Pass) {
	for _, c := range p.Clusters() {
		if !c.Port.Protocol.IsTLS() || c.OriginatesTLS() || !c.IsFailover() {
			continue
		}
		var others []string
		for _, e := range c.Endpoints {
			if e.IsName() && domainOf(e.Address) != domainOf(c.Host.Name) {
				others = append(others, e.Address)
			}
		}
		if len(others) > 0 {
			p.Report(c.Host.Entry().Object, "spec.endpoints", "the application looks for %s in the certificates of %s", c.Host.Name, analyze.List(others))
		}
	}
}
