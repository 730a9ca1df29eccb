package istio

import (
	"strings"

	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
	"github.com/spillway-mesh/spillway/pkg/target"
	"github.com/spillway-mesh/spillway/pkg/target/istio/egress"
	"github.com/spillway-mesh/spillway/pkg/target/istio/policy"
)

// virtualService says which requests may be sent again, and with mechanism M2 which clients get which order. TCP and TLS
// ports need none otherwise.
func (w writer) virtualService() (target.Object, bool) {
	spec := render.Map{kv("hosts", render.Strings(w.Host)), w.exportTo()}
	rules := len(spec)
	if http := w.httpRoutes(); len(http) > 0 {
		spec = append(spec, why("first match wins", "http", http))
	}
	if w.Order.Mechanism == plan.MechanismSubsets {
		if tls := w.streamRoutes(plan.TLSPT); len(tls) > 0 {
			spec = append(spec, kv("tls", tls))
		}
		if tcp := w.streamRoutes(plan.TCP); len(tcp) > 0 {
			spec = append(spec, kv("tcp", tcp))
		}
	}
	if len(spec) == rules {
		return target.Object{}, false
	}
	return w.object("VirtualService", plan.RankVirtualService, w.Namespace, w.Name, render.Map{kv("spec", spec)}), true
}

// choice is one order that clients are routed to: a subset for the regions, or what everyone else gets.
type choice struct {
	subset  string
	regions []string // empty: everyone else
}

// choices are the orders in the order of their routes; everyone else comes last. Without subsets there is that only.
func (w writer) choices() []choice {
	var named []choice
	rest := choice{}
	for _, set := range w.Order.Sets {
		if set.Name == "" {
			continue
		}
		if len(set.Regions) > 0 {
			named = append(named, choice{subset: set.Name, regions: set.Regions})
		}
		if set.Default {
			rest.subset = set.Name
		}
	}
	return append(named, rest)
}

// httpRoute is one route of the VirtualService.
type httpRoute struct {
	name  string
	class plan.Route
	port  plan.Port
	to    choice
}

// routes are the requests' classes, per port and per order. Each order's last class takes all that is left, so that a
// proxy holds no route to an order that is not its own.
func (w writer) routes() []httpRoute {
	ports, choices := w.httpPorts(), w.choices()
	out := make([]httpRoute, 0, len(ports)*len(w.Routes)*len(choices))
	for _, p := range ports {
		for _, c := range choices {
			for _, class := range w.Routes {
				name := class.Name
				if len(ports) > 1 {
					name += "-" + p.Name
				}
				switch {
				case len(c.regions) > 0:
					name += "-" + c.subset
				case len(choices) > 1:
					name += "-others"
				}
				out = append(out, httpRoute{name: name, class: class, port: p, to: c})
			}
		}
	}
	return out
}

func (w writer) httpRoutes() render.List {
	severalPorts, routes := len(w.httpPorts()) > 1, w.routes()
	out := make(render.List, 0, len(routes))
	for _, r := range routes {
		route := render.Map{kv("name", r.name)}
		if match := matches(r, severalPorts); len(match) > 0 {
			route = append(route, kv("match", match))
		}
		if w.Identity.HostMode == plan.HostShared {
			route = append(route, why("the Host that every endpoint expects", "rewrite",
				render.Inline{kv("authority", w.Identity.SharedHost)}))
		}
		if w.retriesOnMark(r) {
			route = append(route, kv("headers", render.Map{kv("request", render.Map{
				why("the answer that says so is the gateway's own: nothing reached a region", "set", render.Map{
					kv("x-envoy-retriable-header-names", egress.NotSent),
				}),
			})}))
		}
		if r.class.Timeout > 0 {
			route = append(route, why("all tries together; Istio's default is none, and a region that hangs is never left",
				"timeout", policy.Duration(r.class.Timeout)))
		}
		out = append(out, append(route,
			kv("retries", w.retries(r)),
			kv("route", render.List{w.destination(r.port, r.to)}),
		))
	}
	return out
}

// destination is where a route goes.
func (w writer) destination(p plan.Port, to choice) render.Map {
	d := render.Map{kv("host", w.dialled())}
	if to.subset != "" {
		d = append(d, kv("subset", to.subset))
	}
	return render.Map{kv("destination", append(d, kv("port", render.Inline{kv("number", p.Number)})))}
}

// matches are one match per client region, or one for all.
func matches(r httpRoute, port bool) render.List {
	var base render.Map
	if port {
		base = append(base, kv("port", r.port.Number))
	}
	if m := r.class.Match; m != nil {
		base = append(base, requestMatch(m)...)
	}
	if len(r.to.regions) == 0 {
		if len(base) == 0 {
			return nil
		}
		return render.List{base}
	}
	var out render.List
	for _, region := range r.to.regions {
		out = append(out, append(render.Map{sourceRegion(region)}, base...))
	}
	return out
}

func sourceRegion(region string) render.Field {
	return kv("sourceLabels", render.Inline{kv(plan.LabelRegion, region)})
}

func requestMatch(m *plan.Match) render.Map {
	var out render.Map
	switch len(m.Methods) {
	case 0:
	case 1:
		out = append(out, kv("method", render.Inline{kv("exact", m.Methods[0])}))
	default:
		out = append(out, kv("method", render.Inline{kv("regex", strings.Join(m.Methods, "|"))}))
	}
	if m.Path != "" {
		out = append(out, kv("uri", render.Inline{kv("exact", m.Path)}))
	} else if m.PathPrefix != "" {
		out = append(out, kv("uri", render.Inline{kv("prefix", m.PathPrefix)}))
	}
	if len(m.Headers) > 0 {
		headers := make(render.Map, 0, len(m.Headers))
		for _, h := range m.Headers {
			headers = append(headers, kv(h.Name, render.Inline{kv("regex", h.Regex)}))
		}
		out = append(out, kv("headers", headers))
	}
	return out
}

// retries say what may be sent again, how often and for how long.
func (w writer) retries(r httpRoute) render.Map {
	if r.class.Retry == plan.RetryNever {
		return render.Map{why("never sent twice; Istio would retry twice by default", "attempts", 0)}
	}
	attempts := why("Envoy moves to the next region only with every second retry", "attempts", r.class.Attempts)
	if w.Detect.FirstRetryLeaves {
		attempts.Comment = "one per region: the EnvoyFilter lets each retry move on to the next one"
	}
	out := render.Map{attempts}
	if r.class.PerTryTimeout > 0 {
		out = append(out, why("a region that hangs costs a request this long, then counts as a gateway error",
			"perTryTimeout", policy.Duration(r.class.PerTryTimeout)))
	}
	return append(out,
		w.retryOn(r),
		why("without it every retry stays in the region that failed", "retryRemoteLocalities", true),
		kv("backoff", policy.Duration(w.Detect.RetryBackoff)),
	)
}

// retriesOnMark says that a request which may not reach a server twice is repeated where the gateway says that it reached
// none. The others are repeated after any 5xx.
func (w writer) retriesOnMark(r httpRoute) bool {
	return w.Gateway != nil && w.Gateway.Marks && r.class.Retry == plan.RetryUnprocessed
}

func (w writer) retryOn(r httpRoute) render.Field {
	if w.retriesOnMark(r) {
		return why("only where no server can have acted on the request", "retryOn",
			"connect-failure,refused-stream,reset-before-request,retriable-headers")
	}
	if r.class.Retry == plan.RetryUnprocessed {
		return why("only where no server can have acted on the request", "retryOn",
			"connect-failure,refused-stream,reset-before-request")
	}
	on := "5xx,reset,connect-failure,refused-stream"
	if r.port.Protocol == plan.GRPC {
		on += ",unavailable,internal" // gRPC's 503 and 500, which travel in an answer of 200
	}
	return why("these requests may reach a server twice", "retryOn", on)
}

// streamRoutes send the connections of TCP or TLS ports to the subset of the client's region.
func (w writer) streamRoutes(protocol plan.Protocol) render.List {
	var out render.List
	for _, p := range w.Ports {
		if p.Protocol != protocol {
			continue
		}
		for _, c := range w.choices() {
			out = append(out, render.Map{
				kv("match", w.streamMatches(p, c)),
				kv("route", render.List{w.destination(p, c)}),
			})
		}
	}
	return out
}

func (w writer) streamMatches(p plan.Port, c choice) render.List {
	base := render.Map{kv("port", p.Number)}
	if p.Protocol == plan.TLSPT {
		base = append(base, kv("sniHosts", render.Strings(w.Host)))
	}
	if len(c.regions) == 0 {
		return render.List{base}
	}
	var out render.List
	for _, region := range c.regions {
		out = append(out, append(render.Map{sourceRegion(region)}, base...))
	}
	return out
}
