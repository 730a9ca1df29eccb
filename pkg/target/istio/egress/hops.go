package egress

import (
	"slices"
	"strconv"
	"time"

	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
	"github.com/spillway-mesh/spillway/pkg/target"
	"github.com/spillway-mesh/spillway/pkg/target/istio/policy"
)

// gatewayObject opens a port for each endpoint, to clients with a certificate of the mesh.
func (w writer) gatewayObject() target.Object {
	servers := make(render.List, 0, len(w.gateway.Hops)*len(w.Ports))
	for i := range w.gateway.Hops {
		h := &w.gateway.Hops[i]
		for _, p := range w.Ports {
			servers = append(servers, render.Map{
				kv("port", render.Inline{kv("number", h.Listen[p.Name]), kv("name", "https-"+hopName(h, p)), kv("protocol", "HTTPS")}),
				kv("tls", render.Inline{kv("mode", "ISTIO_MUTUAL")}),
				why("told apart by this name from other hosts on the same port", "hosts", render.Strings("./"+w.Host)),
			})
		}
	}
	return w.spec(networkingV1, "Gateway", w.name(), render.Map{
		kv("selector", w.gateway.Selector),
		kv("servers", servers),
	})
}

func hopName(h *plan.Hop, p plan.Port) string { return h.Endpoint + "-" + p.Name }

// virtualService sends what comes in at an endpoint's port to that endpoint. It repeats nothing: the clients do, elsewhere.
func (w writer) virtualService() target.Object {
	routes := make(render.List, 0, len(w.gateway.Hops)*len(w.Ports))
	for i := range w.gateway.Hops {
		h := &w.gateway.Hops[i]
		for _, p := range w.Ports {
			route := render.Map{kv("name", hopName(h, p)), kv("match", render.List{render.Map{kv("port", h.Listen[p.Name])}})}
			if h.HostHeader != "" && w.Signing == nil {
				route = append(route, why("the Host that this endpoint expects", "rewrite", render.Inline{kv("authority", h.HostHeader)}))
			}
			if w.gateway.Marks {
				route = append(route, kv("headers", render.Map{kv("response", render.Map{
					why("only the gateway itself may say this", "remove", render.Strings(NotSent)),
				})}))
			}
			if d := w.longest(); d > 0 {
				route = append(route, kv("timeout", policy.Duration(d)))
			}
			routes = append(routes, append(route,
				kv("retries", render.Map{why("clients learn at once, and try another region", "attempts", 0)}),
				kv("route", render.List{render.Map{kv("destination", render.Map{
					kv("host", h.Host), kv("port", render.Inline{kv("number", p.Number)}),
				})}}),
			))
		}
	}
	return w.spec(networkingV1, "VirtualService", w.name(), render.Map{
		kv("hosts", render.Strings(w.Host)),
		kv("exportTo", render.Strings(".")),
		kv("gateways", render.Strings(w.name())),
		why("one route per port: the port says which endpoint the client chose", "http", routes),
	})
}

// longest is how long any request may take; 0 if one has no limit.
func (w writer) longest() time.Duration {
	var d time.Duration
	for i := range w.Routes {
		if w.Routes[i].Timeout == 0 {
			return 0
		}
		d = max(d, w.Routes[i].Timeout)
	}
	return d
}

// serviceEntries make each endpoint known to the gateway under a name of its own.
func (w writer) serviceEntries() []target.Object {
	out := make([]target.Object, 0, len(w.gateway.Hops))
	for i := range w.gateway.Hops {
		h := &w.gateway.Hops[i]
		e := w.endpoint(h)
		ports := make(render.List, 0, len(w.Ports))
		for _, p := range w.Ports {
			m := render.Map{kv("number", p.Number), kv("name", p.Name), kv("protocol", string(p.Protocol))}
			if to := w.Target(e, &p); to != p.Number {
				m = append(m, kv("targetPort", to))
			}
			ports = append(ports, m)
		}
		out = append(out, w.spec(networkingV1, "ServiceEntry", w.ObjectName(w.gateway.Namespace, "egress", h.Endpoint), render.Map{
			why("a name that nobody dials: two hosts may share an endpoint, and each has its own rule", "hosts", render.Strings(h.Host)),
			kv("exportTo", render.Strings(".")),
			kv("location", "MESH_EXTERNAL"),
			kv("ports", ports),
			kv("resolution", "DNS"),
			kv("endpoints", render.List{render.Inline{kv("address", e.Address)}}),
		}))
	}
	return out
}

// destinationRules say how the gateway dials each endpoint.
func (w writer) destinationRules() []target.Object {
	out := make([]target.Object, 0, len(w.gateway.Hops))
	for i := range w.gateway.Hops {
		h := &w.gateway.Hops[i]
		main := w.Ports[0].TLS
		traffic := w.trafficPolicy(h, main)
		var levels render.List
		for _, p := range w.Ports {
			if p.TLS != main {
				levels = append(levels, append(render.Map{kv("port", render.Inline{kv("number", p.Number)})}, w.trafficPolicy(h, p.TLS)...))
			}
		}
		if len(levels) > 0 {
			traffic = append(traffic, why("a port's settings replace everything above, so they repeat it", "portLevelSettings", levels))
		}
		out = append(out, w.spec(networkingV1, "DestinationRule", w.ObjectName(w.gateway.Namespace, "egress", h.Endpoint), render.Map{
			kv("host", h.Host), kv("exportTo", render.Strings(".")), kv("trafficPolicy", traffic),
		}))
	}
	return out
}

func (w writer) trafficPolicy(h *plan.Hop, tls bool) render.Map {
	context := render.Map{kv("mode", policy.Mode(plan.TLSNone))}
	if tls {
		context = append(render.Map{kv("mode", policy.Mode(w.TLS.Mode))}, policy.Credentials(w.Namespace, w.TLS)...)
		context = append(context,
			why("this endpoint's name and no other", "sni", h.ServerName),
			why("checked in the certificate; sni alone checks no name at all", "subjectAltNames", render.Strings(h.SubjectAltNames...)))
	}
	http := slices.ContainsFunc(w.Ports, func(p plan.Port) bool { return p.Protocol.IsHTTP() })
	return render.Map{
		kv("tls", context),
		kv("connectionPool", policy.ConnectionPool(&w.Detect, http)),
		why("for endpoints with several addresses: one that is dead is left without leaving the region", "outlierDetection",
			policy.OutlierDetection(&w.Detect)),
		kv("loadBalancer", render.Map{kv("simple", "ROUND_ROBIN"), kv("localityLbSetting", render.Inline{kv("enabled", false)})}),
	}
}

func number(n int) string { return strconv.Itoa(n) }
