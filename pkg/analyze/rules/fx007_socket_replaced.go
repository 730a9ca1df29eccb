package rules

import (
	"strconv"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "FX007", Name: "socket-replaced", Severity: diag.Critical,
		Inputs:  analyze.Kinds{"EnvoyFilter"},
		Summary: "an EnvoyFilter replaces the TLS settings instead of adding to them",
		Why: "istiod merges a transport_socket only into one of the same name, envoy.transport_sockets.tls. Any other name " +
			"replaces the whole socket, and with it the authority and the names that the certificate is checked for. Seen " +
			"on a real istiod.",
		Fix:   "write name: envoy.transport_sockets.tls",
		Check: checkSocketReplaced,
	})
}

const tlsSocket = "envoy.transport_sockets.tls"

func checkSocketReplaced(p *analyze.Pass) {
	for _, c := range p.Clusters() {
		if !c.OriginatesTLS() {
			continue
		}
		for _, patch := range c.ClusterPatches() {
			socket := patch.Value.At("transport_socket")
			if name := socket.At("name").Text(); isMerge(patch) && socket.Exists() && name != tlsSocket {
				p.Report(patch.Filter.Object, socket.Path()+".name", "the TLS settings of %s are replaced, and its certificates no longer checked by them: the socket is called %s",
					c, strconv.Quote(name)).WithHint("write name: %s", tlsSocket).Set(socket.Path()+".name", tlsSocket)
			}
		}
	}
}
