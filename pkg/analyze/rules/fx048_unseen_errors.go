package rules

import (
	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "FX048", Name: "unseen-errors", Severity: diag.Note,
		Inputs:  analyze.Kinds{"DestinationRule"},
		Summary: "in a pass-through the proxy sees no HTTP errors",
		Why: "On a port of TCP or TLS the proxy hands bytes on: what counts as an error is a connection that does not come " +
			"about. A region that answers 500 or hangs is never left, and connections that are open are not moved.",
		Fix:   "count on it for connect failures only; or let the proxy begin TLS (protocol HTTP, targetPort 443) so that it sees answers",
		Check: checkUnseenErrors,
	})
}

func checkUnseenErrors(p *analyze.Pass) {
	for _, c := range p.Clusters() {
		od := c.OutlierDetection()
		if !c.IsFailover() || c.Port.Protocol.IsHTTP() || c.Port.Protocol == "" || generated(c.Host.Entry().Object) || c.Policy.OutlierDetection.Object == nil {
			continue
		}
		field := ""
		switch {
		case od.GetConsecutive_5XxErrors().GetValue() > 0:
			field = "consecutive5xxErrors"
		case od.GetConsecutiveGatewayErrors().GetValue() > 0:
			field = "consecutiveGatewayErrors"
		case od.GetConsecutiveErrors() > 0: //nolint:staticcheck // old objects have it
			field = "consecutiveErrors"
		default:
			continue
		}
		o, path := c.Policy.OutlierDetection.At()
		p.Report(o, path+"."+field, "%s counts failed connections only: %s is handed on unread", c, c.Port.Protocol)
	}
}
