package healthroutes

import (
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
	return []target.Object{w.destinationRule(), w.gateway(), w.virtualService()}
}

// paths are all that the server answers to gateways.
func (w writer) paths() []string {
	p := w.Health.Path
	return []string{p, p + "/strict", p + "/relaxed", w.Health.PeerPath()}
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

func (w writer) virtualService() target.Object {
	gateways := make([]string, 0, len(w.Route.Names)+1)
	gateways = append(gateways, w.Namespace+"/"+w.name)
	for _, g := range w.Route.Names {
		gateways = append(gateways, g.String())
	}
	matches := make(render.List, 0, len(w.paths()))
	for _, p := range w.paths() {
		matches = append(matches, render.Map{kv("uri", render.Inline{kv("exact", p)})})
	}
	routes := render.List{render.Map{
		kv("name", "cluster-health"),
		kv("match", matches),
		kv("timeout", routeTimeout),
		why("only where the server cannot have seen it: a verdict reaches the load balancer as it is,\n"+
			"and a hang is not asked three times",
			"retries", render.Inline{kv("attempts", 2), kv("retryOn", "connect-failure,refused-stream")}),
		kv("route", render.List{render.Map{
			kv("destination", render.Inline{kv("host", w.host()), kv("port", render.Inline{kv("number", gatewayPort)})}),
		}}),
	}}
	if w.Route.Redirect {
		routes = append(routes, render.Map{
			kv("name", "to-https"),
			kv("match", render.List{render.Map{kv("port", w.Route.ProbePort)}}),
			why("behind the probe path, which stays plain", "redirect", render.Inline{kv("scheme", "https"), kv("redirectCode", 301)}),
		})
	}
	return w.object(istioV1, "VirtualService", plan.RankVirtualService, spec(
		why("* does not cover a host that has routes of its own: each is listed, or its application\n"+
			"would answer probes",
			"hosts", render.Strings(append([]string{"*"}, w.Route.Hosts...)...)),
		kv("gateways", render.Strings(gateways...)),
		kv("http", routes),
	))
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
