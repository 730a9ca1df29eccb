package rules

import (
	"slices"

	networking "istio.io/api/networking/v1alpha3"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
	"github.com/spillway-mesh/spillway/pkg/analyze/mesh"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "FX060", Name: "routes-without-effect", Severity: diag.Warning,
		Inputs:  analyze.Kinds{"VirtualService"},
		Summary: "HTTP routes for a host that passes everything through",
		Why: "On ports of protocol TLS, HTTPS and TCP the proxy sees connections, not requests: routes, timeouts " +
			"and retries under http do nothing there.",
		Fix:   "make the port HTTP with targetPort 443 and let the proxy begin TLS, or write tls or tcp routes",
		Check: checkRoutesWithoutEffect,
	})
}

func checkRoutesWithoutEffect(p *analyze.Pass) {
	for _, h := range p.Hosts() {
		through := func(port mesh.Port) bool { return port.Protocol.IsTLS() || port.Protocol == "TCP" }
		if len(h.Ports) == 0 || slices.ContainsFunc(h.Ports, func(port mesh.Port) bool { return !through(port) }) {
			continue
		}
		for _, vs := range p.Snapshot.VirtualServices {
			only := len(vs.Spec.GetHosts()) == 1 && mesh.FullHost(vs.Spec.GetHosts()[0], vs.Namespace) == h.Name
			sidecars := len(vs.Spec.GetGateways()) == 0 || slices.Equal(vs.Spec.GetGateways(), []string{"mesh"})
			if only && sidecars && len(vs.Spec.GetHttp()) > 0 && !namesPort(vs) && p.VisibleTo(h, vs.Namespace) {
				p.Report(vs.Object, "spec.http", "%s has no HTTP port, so that these routes do nothing there", h.Name)
			}
		}
	}
}

// namesPort says whether routes are for a certain port: mostly one of other hosts, where plain requests to this one arrive.
func namesPort(vs *manifest.VirtualService) bool {
	for _, h := range vs.Spec.GetHttp() {
		if slices.ContainsFunc(h.GetMatch(), func(m *networking.HTTPMatchRequest) bool { return m.GetPort() != 0 }) {
			return true
		}
	}
	return false
}
