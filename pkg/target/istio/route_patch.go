package istio

import (
	"slices"

	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
)

const previousPriorities = typeURL + "envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig"

// routePatches change the routes of the HTTP ports: the Host of each endpoint, and where the first retry goes.
func (w writer) routePatches(context string) render.List {
	rewrite := w.Identity.HostMode == plan.HostPerEndpoint
	if context == contextGateway {
		return w.gatewayRoutePatches(rewrite)
	}
	never := slices.ContainsFunc(w.Routes, func(r plan.Route) bool { return r.Retry == plan.RetryNever })
	var out render.List
	for _, p := range w.httpPorts() {
		any := render.Inline{kv("action", "ROUTE")}
		if !never {
			if value := w.routeValue(rewrite, true); len(value) > 0 {
				out = append(out, patch("HTTP_ROUTE", w.routeMatch(p, any), "MERGE", "", value))
			}
			continue
		}
		if rewrite {
			out = append(out, patch("HTTP_ROUTE", w.routeMatch(p, any), "MERGE", "", w.routeValue(true, false)))
		}
		for _, r := range w.routes() {
			value := w.routeValue(false, true)
			if r.port.Name != p.Name || r.class.Retry == plan.RetryNever || len(value) == 0 {
				continue
			}
			out = append(out, patch("HTTP_ROUTE", w.routeMatch(p, render.Inline{kv("name", r.name)}), "MERGE",
				"by name: a route that never retries must not get a retry policy", value))
		}
	}
	return out
}

// routeMatch picks routes of a sidecar's virtual host for the port.
func (w writer) routeMatch(p plan.Port, route render.Inline) render.Map {
	number := portNumber(p.Number)
	return render.Map{
		kv("context", contextSidecar),
		kv("routeConfiguration", render.Map{
			kv("name", number),
			kv("vhost", render.Map{kv("name", w.Host+":"+number), kv("route", route)}),
		}),
	}
}

// gatewayRoutePatches act on the routes of a gateway that carry the name that says so.
func (w writer) gatewayRoutePatches(rewrite bool) render.List {
	value := w.routeValue(rewrite, true)
	if len(w.httpPorts()) == 0 || len(value) == 0 {
		return nil
	}
	return render.List{patch("HTTP_ROUTE", render.Map{
		kv("context", contextGateway),
		kv("routeConfiguration", render.Map{
			kv("vhost", render.Map{kv("route", render.Inline{kv("name", w.gatewayRoute())})}),
		}),
	}, "MERGE", "a gateway's own VirtualService gives its route to this host this name", value)}
}

// gatewayRoute is the name by which a route of a gateway asks for the failover.
func (w writer) gatewayRoute() string { return "spillway-" + w.Name }

func (w writer) routeValue(rewrite, retry bool) render.Map {
	var route render.Map
	if rewrite {
		route = append(route, why("Host is the name of the endpoint that was picked, on retries too",
			"auto_host_rewrite", true))
	}
	if retry && w.Detect.FirstRetryLeaves {
		route = append(route, kv("retry_policy", render.Map{
			kv("retry_priority", render.Map{
				kv("name", "envoy.retry_priorities.previous_priorities"),
				kv("typed_config", render.Map{
					kv("@type", previousPriorities),
					why("Istio writes 2, with which the first retry stays in the dead region", "update_frequency", 1),
				}),
			}),
		}))
	}
	if len(route) == 0 {
		return nil
	}
	return render.Map{kv("route", route)}
}
