package rules

import (
	"slices"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/analyze/mesh"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "FX040", Name: "port-without-address", Severity: diag.Warning,
		Inputs:  analyze.Kinds{"ServiceEntry"},
		Summary: "a TCP host without an address takes a whole port for itself",
		Why: "Of TCP the proxy sees an address and a port, no name. Without an address the host's listener is for all " +
			"addresses of its port: what comes first takes the connections of all others there.",
		Fix:   "give each ServiceEntry on the port addresses of its own",
		Check: checkPortWithoutAddress,
	})
}

func checkPortWithoutAddress(p *analyze.Pass) {
	for _, h := range p.Hosts() {
		if hasAddress(h) {
			continue
		}
		for _, port := range h.Ports {
			if port.Protocol.IsHTTP() || port.Protocol.IsTLS() {
				continue
			}
			for _, other := range p.Hosts() {
				if other.Is(h) || !slices.ContainsFunc(other.Ports, func(o mesh.Port) bool { return o.Number == port.Number }) || !seenTogether(p, h, other) {
					continue
				}
				p.Report(port.Entry.Object, port.Path, "connections to port %d get to %s or %s, whichever comes first: %s has no address",
					port.Number, h.Name, other.Name, h.Name)
				break
			}
		}
	}
}
