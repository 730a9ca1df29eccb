package rules

import (
	"slices"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "HC034", Name: "host-left-out", Severity: diag.Error,
		Inputs:  analyze.Kinds{"VirtualService"},
		Summary: "on a host of this gateway an application answers the probe",
		Why:     `The hosts of the health route do not cover a host that has routes of its own, "*" does not either: a probe with that Host gets 200 from the application, whatever the health of the cluster.`,
		Fix:     "list every host that is served on the gateway in the health route, and let probes match the body",
		Check:   checkHostLeftOut,
	})
}

func checkHostLeftOut(p *analyze.Pass) {
	asks := asksOf(p)
	routes := healthRoutes(p, asks)
	byAddress := len(asks) > 0 && !slices.ContainsFunc(asks, func(a ask) bool { return a.host != "" })
	if byAddress {
		return // every probe here has an address as its Host
	}
	for _, vs := range atGateways(p) {
		own := slices.ContainsFunc(routes, func(r healthRoute) bool { return r.VirtualService == vs })
		if own || len(vs.Spec.GetHttp()) == 0 {
			continue
		}
		for _, h := range vs.Spec.GetHosts() {
			if r := leftOut(routes, vs, h, asks); r != nil {
				p.Report(r.Object, "spec.hosts", "%s is served by %s on the same gateway: its %s is not this route's", h, vs.Object, r.path)
			}
		}
	}
}

// leftOut is a health route of the same gateway that should list the host, nil if one does or none is there.
func leftOut(routes []healthRoute, vs *manifest.VirtualService, host string, asks []ask) *healthRoute {
	var at *healthRoute
	for i, r := range routes {
		if !meet(r.VirtualService, vs) {
			continue
		}
		if slices.Contains(r.Spec.GetHosts(), host) {
			return nil
		}
		at = &routes[i]
	}
	// Which Host the probes have is known: this one is not among them.
	if at != nil && len(asks) > 0 && !slices.ContainsFunc(asks, func(a ask) bool { return a.host != "" && answersHost([]string{host}, a.host) }) {
		return nil
	}
	return at
}
