package rules

import (
	"slices"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/analyze/mesh"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "FX028", Name: "tcp-without-names", Severity: diag.Error,
		Inputs:  analyze.Kinds{"ServiceEntry"},
		Summary: "TLS on a TCP port without sni",
		Why: "On TCP ports there is no Host to take a server name from: without sni none is sent, and without " +
			"subjectAltNames none is checked. Servers with several certificates answer with the wrong one.",
		Fix:   "set tls.sni and tls.subjectAltNames",
		Check: checkTCPWithoutNames,
	})
}

func checkTCPWithoutNames(p *analyze.Pass) {
	for _, c := range p.Clusters() {
		n, streams := c.Names(), []mesh.Protocol{"TCP", "MONGO", "REDIS", "MYSQL"}
		if !c.OriginatesTLS() || n.SNI != "" || !slices.Contains(streams, c.Port.Protocol) || c.PlainTraffic() {
			continue
		}
		o, path := c.Policy.TLS.At()
		switch {
		case o == nil:
		case len(n.SANs) == 0:
			p.Report(o, path, "%s gets no server name, and no name in its certificate is checked", c)
		default:
			p.Report(o, path, "%s gets no server name", c).WithHint("set sni")
		}
	}
}
