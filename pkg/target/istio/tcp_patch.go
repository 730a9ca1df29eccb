package istio

import (
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
)

const tcpProxy = "envoy.filters.network.tcp_proxy"

// tcpPatches let a new connection be tried until it finds a live endpoint, on each address of each TCP and TLS port.
func (w writer) tcpPatches() render.List {
	if w.ConnectAttempts == 0 {
		return nil
	}
	var out render.List
	for _, p := range w.Ports {
		if p.Protocol != plan.TCP && p.Protocol != plan.TLSPT {
			continue
		}
		for _, address := range w.Addresses {
			out = append(out, patch("NETWORK_FILTER", render.Map{
				kv("context", contextSidecar),
				kv("listener", render.Map{
					kv("name", address+"_"+portNumber(p.Number)),
					kv("filterChain", render.Map{kv("filter", render.Inline{kv("name", tcpProxy)})}),
				}),
			}, "MERGE", "", render.Map{
				kv("name", tcpProxy),
				kv("typed_config", render.Map{
					kv("@type", typeURL+"envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy"),
					why("Envoy's default of 1 loses every connection that meets a dead address",
						"max_connect_attempts", w.ConnectAttempts),
				}),
			}))
		}
	}
	return out
}
