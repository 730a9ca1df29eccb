package rules

import (
	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "FX064", Name: "tls-before-words", Severity: diag.Error,
		Inputs:  analyze.Kinds{"ServiceEntry"},
		Summary: "TLS from the proxy for a protocol that begins in plain text",
		Why: "PostgreSQL and MySQL exchange words first and change to TLS then. A proxy that begins with TLS " +
			"waits for an answer that never comes: no connection is made, in any region.",
		Fix:   "leave tls out and let the application's driver do it (sslmode, ssl-mode)",
		Check: checkTLSBeforeWords,
	})
}

func checkTLSBeforeWords(p *analyze.Pass) {
	for _, c := range p.Clusters() {
		if !c.OriginatesTLS() || c.Port.Protocol.IsHTTP() || c.Policy.TLS.Object == nil {
			continue
		}
		for _, e := range c.Endpoints {
			if name, known := map[int]string{5432: "PostgreSQL", 3306: "MySQL"}[c.TargetPort(e)]; known {
				p.Report(c.Policy.TLS.Object.Object, c.Policy.TLS.Path, "%s speaks %s, which does not begin with TLS", c, name)
				break
			}
		}
	}
}
