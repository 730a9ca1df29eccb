package rules

import (
	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "FX027", Name: "double-tls", Severity: diag.Error,
		Inputs:  analyze.Kinds{"ServiceEntry"},
		Summary: "TLS inside TLS",
		Why: "On a port of protocol HTTPS or TLS the application encrypts already. With TLS in the DestinationRule the " +
			"proxy encrypts once more, and the server gets a handshake within a handshake.",
		Fix:   "make the port protocol: HTTP with targetPort: 443 and let the application speak plain HTTP, or drop tls",
		Check: checkDoubleTLS,
	})
}

func checkDoubleTLS(p *analyze.Pass) {
	for _, c := range p.Clusters() {
		if !c.OriginatesTLS() || !c.Port.Protocol.IsTLS() || c.PlainTraffic() {
			continue
		}
		if o, path := c.Policy.TLS.At(); o != nil {
			p.Report(o, path, "the application's TLS to %s is encrypted once more: the port's protocol is %s", c, c.Port.Protocol)
		}
	}
}
