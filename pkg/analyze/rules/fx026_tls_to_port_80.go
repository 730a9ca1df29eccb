package rules

import (
	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "FX026", Name: "tls-to-port-80", Severity: diag.Error,
		Inputs:  analyze.Kinds{"ServiceEntry"},
		Summary: "TLS to port 80",
		Why: "Without targetPort, and without a port of the endpoint, the proxy dials the number that clients dial. On 80 " +
			"servers speak plain HTTP: every handshake fails, in all regions at once.",
		Fix:   "set targetPort: 443 on the port",
		Check: checkTLSToPort80,
	})
}

func checkTLSToPort80(p *analyze.Pass) {
	for _, c := range p.Clusters() {
		if !c.OriginatesTLS() || !c.Used() {
			continue
		}
		for _, e := range c.Endpoints {
			if c.TargetPort(e) != 80 {
				continue
			}
			if own := e.Ports[c.Port.Name]; own != 0 {
				p.Report(e.Object, e.Path+".ports["+c.Port.Name+"]", "the proxy begins TLS with %s on port 80", e.Address).WithHint("write 443")
				continue
			}
			p.Report(c.Port.Entry.Object, c.Port.Path, "the proxy begins TLS with the endpoints of %s on port 80", c).
				WithHint("add targetPort: 443").Set(c.Port.Path+".targetPort", "443")
		}
	}
}
