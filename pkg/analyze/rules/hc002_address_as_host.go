package rules

import (
	"slices"

	networking "istio.io/api/networking/v1alpha3"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "HC002", Name: "address-as-host", Severity: diag.Error,
		Inputs:  analyze.Kinds{"BackendConfig"},
		Summary: "the health route is not on the host that the probe asks for",
		Why:     "A probe by BackendConfig has the address of the pod as its Host, and the kind has no field for another one. A route for a name never sees it: the gateway answers 404, and every backend is out.",
		Fix:     `add "*" to the hosts of the health route, and of the gateway's server`,
		Check:   checkAddressAsHost,
	})
}

func checkAddressAsHost(p *analyze.Pass) {
	asks := asksOf(p)
	routes := healthRoutes(p, asks)
	for _, a := range asks {
		own := slices.DeleteFunc(slices.Clone(routes), func(r healthRoute) bool { return r.path != a.path })
		if a.Kind != "BackendConfig" || a.path == "" || len(own) == 0 {
			continue
		}
		if !slices.ContainsFunc(own, func(r healthRoute) bool { return answersHost(r.Spec.GetHosts(), "") }) {
			p.Report(own[0].Object, "spec.hosts", "%s asks %s with an address as Host, and gets 404", a.Object, a.path)
			continue
		}
		checkServers(p, a, own)
	}
}

// checkServers looks at the gateways of the route: one of their servers must take any host.
func checkServers(p *analyze.Pass, a ask, routes []healthRoute) {
	known := false
	for _, g := range p.Snapshot.Gateways {
		bound := slices.ContainsFunc(routes, func(r healthRoute) bool {
			return answersHost(r.Spec.GetHosts(), "") && slices.Contains(gatewaysOf(r.VirtualService), g.Namespace+"/"+g.Name)
		})
		known = known || bound
		if bound && slices.ContainsFunc(g.Spec.GetServers(), func(s *networking.Server) bool { return answersHost(s.GetHosts(), "") }) {
			return
		}
	}
	if known {
		p.Report(routes[0].Object, "spec.gateways", "%s asks %s with an address as Host, and no server of these gateways takes any host", a.Object, a.path)
	}
}
