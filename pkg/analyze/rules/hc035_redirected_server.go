package rules

import (
	"strconv"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "HC035", Name: "redirected-server", Severity: diag.Error,
		Inputs:  askKinds(),
		Summary: "the gateway redirects every probe",
		Why:     "httpsRedirect is made before any route: none can exempt the probe's path. Google's load balancers take 200 only and leave every backend; Route 53 takes the redirect for healthy.",
		Fix:     "redirect by a route behind that of the probe's path, at the load balancer, or give probes a port of their own",
		Check:   checkRedirectedServer,
	})
}

func checkRedirectedServer(p *analyze.Pass) {
	for _, a := range asksOf(p) {
		if !a.plain || a.path == "" {
			continue
		}
		for _, g := range p.Snapshot.Gateways {
			for i, s := range g.Spec.GetServers() {
				if s.GetTls().GetHttpsRedirect() && answersHost(s.GetHosts(), a.host) {
					p.Report(g.Object, "spec.servers["+strconv.Itoa(i)+"].tls.httpsRedirect", "%s asks %s by HTTP and gets a redirect: %s", a.what, a.path, consequence(a))
				}
			}
		}
	}
}
