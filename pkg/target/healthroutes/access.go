package healthroutes

import (
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
	"github.com/spillway-mesh/spillway/pkg/target"
)

// access is who may ask what through the gateway, and what it answers when there is nobody to ask.
func (w writer) access() []target.Object {
	var out []target.Object
	if w.Route.AllowListed {
		out = append(out, w.allow())
	}
	if w.Route.HTTPOnly {
		out = append(out, w.deny())
	}
	if w.Server.Mesh != "None" {
		out = append(out, w.serverPolicy())
	}
	if w.Health.CheckerDown == "Stay" {
		out = append(out, w.stay())
	}
	return out
}

func (w writer) policy(action string, rules render.List) target.Object {
	return w.object(securityV1, "AuthorizationPolicy", plan.RankPolicy, spec(
		kv("selector", matchLabels(w.Gateway.Selector)), kv("action", action), kv("rules", rules),
	))
}

// peerNetworks are those that the other clusters' questions come from; none where one of them is not known.
func (w writer) peerNetworks() []string {
	var out []string
	for i := range w.Clusters {
		if c := &w.Clusters[i]; c.Name != w.cluster.Name {
			if len(c.Egress) == 0 {
				return nil
			}
			out = append(out, c.Egress...)
		}
	}
	return out
}

// allow adds the probe path to what the gateway admits. Alone on a gateway without any such policy it would lock all users
// out, so it is written only where there is one.
func (w writer) allow() target.Object {
	peers := render.Map{kv("to", operation(render.Map{
		kv("methods", render.Strings("GET")), kv("paths", render.Strings(w.Health.PeerPath())),
	}))}
	if networks := w.peerNetworks(); len(networks) > 0 {
		peers = append(render.Map{kv("from", source("remoteIpBlocks", networks))}, peers...)
	}
	return part(w.policy("ALLOW", render.List{
		render.Map{kv("to", operation(render.Map{
			kv("methods", render.Strings("GET", "HEAD")), kv("paths", render.Strings(w.Health.Path)),
		}))},
		peers,
	}), "allow")
}

// deny closes the raw paths, which know neither guard nor baseline, and the peer path to strangers. It leaves users of HTTP
// alone; to a filter of TCP the paths mean nothing, and the rule would deny all that is passed through.
func (w writer) deny() target.Object {
	rules := render.List{render.Map{kv("to", operation(render.Map{
		kv("paths", render.Strings(w.Health.Path+"/*")), kv("notPaths", render.Strings(w.Health.PeerPath())),
	}))}}
	if networks := w.peerNetworks(); len(networks) > 0 {
		rules = append(rules, render.Map{
			kv("from", source("notRemoteIpBlocks", networks)),
			kv("to", operation(render.Map{kv("paths", render.Strings(w.Health.PeerPath()))})),
		})
	}
	return part(w.policy("DENY", rules), "close")
}

// serverPolicy admits probes to the server where the mesh admits nothing by default.
func (w writer) serverPolicy() target.Object {
	return w.object(securityV1, "AuthorizationPolicy", plan.RankPolicy, spec(
		kv("selector", matchLabels(w.selector())), kv("action", "ALLOW"),
		kv("rules", render.List{render.Map{kv("to", operation(render.Map{kv("ports", render.Strings(decimal(gatewayPort), decimal(internalPort)))}))}}),
	))
}

func operation(m render.Map) render.List { return render.List{render.Map{kv("operation", m)}} }

func source(field string, networks []string) render.List {
	return render.List{render.Map{kv("source", render.Inline{kv(field, render.Strings(networks...))})}}
}

// stay has the gateway answer 200 with the token on exactly the probe path, while the server has no endpoint at all. All else
// stays as it is: when endpoints are listed and do not answer the mesh is dead, and a 503 of the server is a verdict.
func (w writer) stay() target.Object {
	header := func(name string, match render.Inline) render.Map {
		return render.Map{kv("header_filter", render.Map{kv("header", render.Inline{kv("name", name), kv("string_match", match)})})}
	}
	mapper := render.Map{
		kv("filter", render.Map{kv("and_filter", render.Map{kv("filters", render.List{
			render.Item{
				Comment: "no healthy upstream: there is no endpoint", Value: render.Map{kv("response_flag_filter", render.Inline{kv("flags", render.Strings("UH"))})},
			},
			header(":path", render.Inline{kv("exact", w.Health.Path)}),
			header(":method", render.Inline{kv("safe_regex", render.Inline{kv("regex", "GET|HEAD")})}),
		})})}),
		kv("status_code", 200),
		kv("body", render.Inline{kv("inline_string", w.cluster.Token)}),
		kv("headers_to_add", render.List{added("cache-control", "no-store"), added("x-spillway-health", "checker-down-stay")}),
	}
	return w.object(istioV1A3, "EnvoyFilter", plan.RankEnvoyFilter, spec(
		why("before error pages of others: the first that matches answers", "priority", -100),
		kv("workloadSelector", render.Map{kv("labels", w.Gateway.Selector)}),
		kv("configPatches", render.List{render.Map{
			kv("applyTo", "NETWORK_FILTER"),
			kv("match", render.Map{
				kv("context", "GATEWAY"),
				kv("listener", render.Map{kv("filterChain", render.Map{
					kv("filter", render.Inline{kv("name", "envoy.filters.network.http_connection_manager")}),
				})}),
			}),
			kv("patch", render.Map{
				kv("operation", "MERGE"),
				kv("value", render.Map{kv("typed_config", render.Map{
					kv("@type", "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"),
					kv("local_reply_config", render.Map{kv("mappers", render.List{mapper})}),
				})}),
			}),
		}}),
	))
}

func added(key, value string) render.Map {
	return render.Map{
		kv("header", render.Inline{kv("key", key), kv("value", value)}), kv("append_action", "OVERWRITE_IF_EXISTS_OR_ADD"),
	}
}
