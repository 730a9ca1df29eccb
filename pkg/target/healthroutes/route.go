package healthroutes

import (
	"strings"

	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
	"github.com/spillway-mesh/spillway/pkg/target"
)

// istioAPI is the other one than the Gateway API.
const istioAPI = "Istio"

const (
	// routeTimeout ends a probe that hangs before a load balancer gives up on it.
	routeTimeout = "1500ms"
	// dialTimeout leaves room for the tries within that.
	dialTimeout = "500ms"
)

// route leads probes from the gateway to the server: every probe once, every verdict unchanged.
func (w writer) route() []target.Object {
	if w.Gateway.API != istioAPI {
		return append([]target.Object{w.destinationRule()}, w.httpRoutes()...)
	}
	return append([]target.Object{w.destinationRule(), w.gateway()}, w.virtualServices()...)
}

// paths are those that lead to the server.
func (w writer) paths() []string { return []string{w.Health.Path, w.Health.PeerPath()} }

// rawPaths know neither guard nor baseline; nothing outside may go by them.
func (w writer) rawPaths() []string {
	return []string{w.Health.Path + "/strict", w.Health.Path + "/relaxed"}
}

func (w writer) destinationRule() target.Object {
	return w.object(istioV1, "DestinationRule", plan.RankDestinationRule, spec(
		kv("host", w.host()),
		kv("trafficPolicy", render.Map{
			kv("connectionPool", render.Map{kv("tcp", render.Inline{kv("connectTimeout", dialTimeout)})}),
			why("a 503 from here is a verdict: a rule of the whole mesh that ejects whoever answers so\n"+
				"would turn verdicts into \"no endpoint\". This one is nearer, and ejects nobody", "outlierDetection",
				render.Inline{kv("consecutive5xxErrors", 0), kv("consecutiveGatewayErrors", 0), kv("maxEjectionPercent", 0)}),
		}),
	))
}

// gateway is a listener of its own for plain HTTP: load balancers send addresses as Host, and follow no redirects.
func (w writer) gateway() target.Object {
	return w.object(istioV1, "Gateway", plan.RankGateway, spec(
		kv("selector", w.Gateway.Selector),
		kv("servers", render.List{render.Map{
			kv("port", render.Inline{kv("number", w.Route.ProbePort), kv("name", "http-spillway-health"), kv("protocol", "HTTP")}),
			why("load balancers send addresses as Host; no httpsRedirect here, nor for * elsewhere on\n"+
				"this port: it is made before any route, and probes would be redirected", "hosts", render.Strings("*")),
		}}),
	))
}

// virtualServices are one for *, one for all hosts by name, and one for each wildcard: Istio refuses a VirtualService of whose
// hosts one holds another, and * alone does not cover a host that has routes of its own.
func (w writer) virtualServices() []target.Object {
	var names []string
	out := []target.Object{part(w.virtualService("for load balancers, which send addresses as Host", "*"), "any")}
	const listed = "* does not cover hosts that have routes of their own: without these their applications\n" +
		"would answer probes"
	for _, h := range w.Route.Hosts {
		if strings.HasPrefix(h, "*") {
			out = append(out, part(w.virtualService(listed, h), "wide-"+decimal(len(out))))
		} else {
			names = append(names, h)
		}
	}
	return append(out, w.virtualService(listed, names...))
}

func (w writer) virtualService(reason string, hosts ...string) target.Object {
	gateways := make([]string, 0, len(w.Route.Names)+1)
	gateways = append(gateways, w.Namespace+"/"+w.name)
	for _, g := range w.Route.Names {
		gateways = append(gateways, g.String())
	}
	routes := render.List{
		render.Map{
			kv("name", "cluster-health"),
			kv("match", exactly(w.paths())),
			kv("timeout", routeTimeout),
			why("only where the server cannot have seen it: a verdict reaches the load balancer as it is,\n"+
				"and a hang is not asked three times",
				"retries", render.Inline{kv("attempts", 2), kv("retryOn", "connect-failure,refused-stream")}),
			kv("route", render.List{render.Map{
				kv("destination", render.Inline{kv("host", w.host()), kv("port", render.Inline{kv("number", gatewayPort)})}),
			}}),
		},
		render.Map{
			why("these know no guard: a load balancer that went by them could take the last cluster out", "name", "cluster-health-raw"),
			kv("match", exactly(w.rawPaths())),
			kv("directResponse", render.Inline{kv("status", 403)}),
		},
	}
	if w.Route.Redirect {
		routes = append(routes, render.Map{
			kv("name", "to-https"),
			kv("match", render.List{render.Map{kv("port", w.Route.ProbePort)}}),
			why("behind the probe path, which stays plain", "redirect", render.Inline{kv("scheme", "https"), kv("redirectCode", 301)}),
		})
	}
	return w.object(istioV1, "VirtualService", plan.RankVirtualService, spec(
		why(reason, "hosts", render.Strings(hosts...)), kv("gateways", render.Strings(gateways...)), kv("http", routes),
	))
}

func exactly(paths []string) render.List {
	out := make(render.List, 0, len(paths))
	for _, p := range paths {
		out = append(out, render.Map{kv("uri", render.Inline{kv("exact", p)})})
	}
	return out
}

// httpRoutes are two: a route that names hosts is not for all others, and one that names none gives way to those that do.
func (w writer) httpRoutes() []target.Object {
	parents := make(render.List, 0, len(w.Route.Names))
	for _, g := range w.Route.Names {
		parents = append(parents, render.Inline{kv("namespace", g.Namespace), kv("name", g.Name)})
	}
	matches := make(render.List, 0, len(w.paths()))
	for _, p := range w.paths() {
		matches = append(matches, render.Map{kv("path", render.Inline{kv("type", "Exact"), kv("value", p)})})
	}
	rules := render.List{render.Map{
		kv("matches", matches),
		kv("timeouts", render.Inline{kv("request", routeTimeout)}),
		kv("backendRefs", render.List{render.Inline{kv("name", w.name), kv("port", gatewayPort)}}),
	}}
	named := make([]any, 0, len(w.Route.Hosts))
	for _, h := range w.Route.Hosts {
		named = append(named, h)
	}
	return []target.Object{
		w.object(gatewayV1, "HTTPRoute", plan.RankVirtualService, spec(
			kv("parentRefs", parents),
			why("without these a host that has routes of its own would answer probes by its application", "hostnames", render.Flow(named)),
			kv("rules", rules),
		)),
		part(w.object(gatewayV1, "HTTPRoute", plan.RankVirtualService, spec(
			why("for load balancers, which send addresses as Host", "parentRefs", parents), kv("rules", rules),
		)), "any"),
	}
}
