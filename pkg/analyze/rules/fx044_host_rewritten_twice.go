package rules

import (
	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "FX044", Name: "host-rewritten-twice", Severity: diag.Warning,
		Inputs:  analyze.Kinds{"EnvoyFilter"},
		Summary: "two rewrites of the Host header, of which one wins",
		Why: "auto_host_rewrite takes the place of the authority that a VirtualService writes: one field of " +
			"Envoy holds either. Which name is sent then hangs on an object that says nothing about it.",
		Fix: "keep one: auto_host_rewrite where each endpoint expects its own name, rewrite.authority where all " +
			"expect the same",
		Check: checkHostRewrittenTwice,
	})
}

func checkHostRewrittenTwice(p *analyze.Pass) {
	for _, c := range p.Clusters() {
		if !c.RoutePatched("route", "auto_host_rewrite").Bool() {
			continue
		}
		for _, r := range c.Routes() {
			if r.Object != nil && r.HTTP.GetRewrite().GetAuthority() != "" {
				p.Report(r.Object.Object, r.Path+".rewrite.authority", "requests to %s do not carry %q: an EnvoyFilter sends each endpoint's own name",
					c, r.HTTP.GetRewrite().GetAuthority()).WithHint("drop it here, or auto_host_rewrite there")
			}
		}
	}
}
