package rules

import (
	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/analyze/mesh"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "FX030", Name: "request-timeout", Severity: diag.Error,
		Inputs:  analyze.Kinds{"ServiceEntry"},
		Summary: "a region that hangs is never left",
		Why: "Istio sets no timeout for requests. A region that takes them and never answers then counts as healthy: only a " +
			"timeout turns silence into a failure. Seen live: 750 of 750 requests failed, with ejection set up right.",
		Fix:   "write a VirtualService for the host with timeout and retries.perTryTimeout on every route",
		Check: checkRequestTimeout,
	})
}

func checkRequestTimeout(p *analyze.Pass) {
	for _, c := range p.Clusters() {
		// gRPC is left out: its streams may last, and a timeout would end them.
		if !c.IsFailover() || !c.Port.Protocol.IsHTTP() || c.Port.Protocol == "GRPC" || c.RoutePatched("route", "timeout").Exists() {
			continue
		}
		routes := c.Routes()
		for _, r := range routes {
			if r.Object == nil && len(routes) > 1 { // other hosts' routes lead here, and clients call those
				continue
			}
			missing := missingTimeouts(r)
			switch {
			case r.Object == nil && c.HasService():
				// It is where another host's routes lead, and those are looked at; nobody need dial it by its own name.
			case r.Object == nil:
				p.Report(c.Port.Entry.Object, c.Port.Path, "%s has no timeouts, since there is no VirtualService for it: a region that hangs is never left", c)
			case len(missing) > 0:
				p.Report(r.Object.Object, r.Path, "requests to %s have no %s: a region that hangs is left late or never", c, analyze.List(missing)).
					WithHint("set %s on the route", analyze.List(missing))
			}
		}
	}
}

// missingTimeouts are the timeouts that a route lacks. Where nothing is retried one is enough.
func missingTimeouts(r mesh.Route) []string {
	if r.HTTP == nil {
		return nil
	}
	var out []string
	if r.HTTP.GetTimeout().AsDuration() == 0 {
		out = append(out, "timeout")
	}
	once := r.HTTP.GetRetries() != nil && r.HTTP.GetRetries().GetAttempts() == 0
	if r.HTTP.GetRetries().GetPerTryTimeout().AsDuration() == 0 && !once {
		out = append(out, "retries.perTryTimeout")
	}
	return out
}
