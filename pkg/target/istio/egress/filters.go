package egress

import (
	"strings"

	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
	"github.com/spillway-mesh/spillway/pkg/target"
	"github.com/spillway-mesh/spillway/pkg/target/istio/policy"
)

const (
	typeURL        = "type.googleapis.com/"
	manager        = "envoy.filters.network.http_connection_manager"
	managerType    = typeURL + "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
	router         = "envoy.filters.http.router"
	mutation       = "envoy.filters.http.header_mutation"
	mutationType   = typeURL + "envoy.extensions.filters.http.header_mutation.v3.HeaderMutation"
	signer         = "envoy.filters.http.aws_request_signing"
	signerType     = typeURL + "envoy.extensions.filters.http.aws_request_signing.v3.AwsRequestSigning"
	httpFilter     = "HTTP_FILTER"
	filterPriority = 10
)

// filters mark the gateway's own answers, sign what goes to a region, and have a region that is back found at once.
func (w writer) filters() []target.Object {
	if !w.gateway.Marks {
		return nil
	}
	var patches render.List
	for i := range w.gateway.Hops {
		h := &w.gateway.Hops[i]
		for _, p := range w.Ports {
			patches = append(patches, w.mark(h.Listen[p.Name]))
			if w.Signing != nil {
				patches = append(patches, w.sign(h, h.Listen[p.Name])...)
			}
			patches = append(patches, w.cluster(h, p))
		}
	}
	return []target.Object{w.spec(networkingV1alpha3, "EnvoyFilter", w.name(), render.Map{
		kv("workloadSelector", render.Map{kv("labels", w.gateway.Selector)}),
		kv("priority", filterPriority),
		kv("configPatches", patches),
	})}
}

// mark tells clients which failures happened before anything was sent: no connection, nobody to connect to, too many
// connections, no route. Those they may repeat, whatever the request does.
func (w writer) mark(listen int) render.Item {
	return w.patch("NETWORK_FILTER", listen, "so that clients may try even a write elsewhere", render.Map{
		kv("name", manager),
		kv("typed_config", render.Map{
			kv("@type", managerType),
			kv("local_reply_config", render.Map{kv("mappers", render.List{render.Map{
				kv("filter", render.Map{kv("response_flag_filter", render.Map{
					why("nothing of the request had been sent", "flags", render.Strings("UF", "UH", "UO", "NC", "NR")),
				})}),
				kv("headers_to_add", render.List{render.Map{
					kv("header", render.Inline{kv("key", NotSent), kv("value", "1")}),
					kv("append_action", "OVERWRITE_IF_EXISTS_OR_ADD"),
				}}),
			}})}),
		}),
	})
}

// cluster changes how the gateway itself sees an endpoint.
func (w writer) cluster(h *plan.Hop, p plan.Port) render.Item {
	return render.Item{Value: render.Map{
		kv("applyTo", "CLUSTER"),
		kv("match", render.Map{
			kv("context", "GATEWAY"), kv("cluster", render.Map{kv("service", h.Host), kv("portNumber", p.Number)}),
		}),
		kv("patch", render.Map{kv("operation", "MERGE"), kv("value", policy.ClusterPatch(&w.Detect))}),
	}}
}

// sign gives requests the signature of the hop's region, after what the application may have signed is gone.
func (w writer) sign(h *plan.Hop, listen int) render.List {
	signed := []string{"authorization", "x-amz-date", "x-amz-security-token", "x-amz-content-sha256"}
	gone := make(render.List, 0, len(signed))
	for _, name := range signed {
		gone = append(gone, render.Inline{kv("remove", name)})
	}
	out := render.List{
		w.patch(httpFilter, listen, "a client's own signature is for another name and region", render.Map{
			kv("name", mutation),
			kv("typed_config", render.Map{
				kv("@type", mutationType), kv("mutations", render.Map{kv("request_mutations", gone)}),
			}),
		}),
		w.patch(httpFilter, listen, "", render.Map{
			kv("name", signer), kv("typed_config", w.signature(h)),
		}),
	}
	if limit := w.Signing.BodyLimit; limit > 0 {
		out = append(out, render.Item{
			Comment: "the body is held to be signed; Envoy's default of 1 MiB answers 413 to larger ones",
			Value: render.Map{
				kv("applyTo", "LISTENER"),
				kv("match", render.Map{kv("context", "GATEWAY"), kv("listener", render.Inline{kv("portNumber", listen)})}),
				kv("patch", render.Map{kv("operation", "MERGE"), kv("value", render.Map{kv("per_connection_buffer_limit_bytes", limit)})}),
			},
		})
	}
	return out
}

func (w writer) signature(h *plan.Hop) render.Map {
	config := render.Map{
		kv("@type", signerType),
		kv("service_name", w.Signing.Service),
		kv("region", h.SigningRegion),
		why("signed and sent", "host_rewrite", h.HostHeader),
		why("signed are the host, the body and these: what proxies add later changes nothing", "match_included_headers", render.List{
			render.Inline{kv("prefix", "x-amz-")}, render.Inline{kv("exact", "content-type")},
		}),
	}
	if w.Signing.UnsignedPayload {
		config = append(config, why("bodies pass through instead of being held; TLS protects them", "use_unsigned_payload", true))
	}
	if file := w.gateway.CredentialsFile; file != "" {
		folder := file[:max(strings.LastIndexByte(file, '/'), 1)]
		config = append(config, kv("credential_provider", render.Map{
			why("no other place is looked at", "custom_credential_provider_chain", true),
			kv("credentials_file_provider", render.Map{kv("credentials_data_source", render.Map{
				kv("filename", file), why("read again when it changes", "watched_directory", render.Inline{kv("path", folder)}),
			})}),
		}))
	}
	return config
}

// patch acts on the requests to this host that come in at a port.
func (w writer) patch(applyTo string, listen int, comment string, value render.Map) render.Item {
	filter, operation := render.Map{kv("name", manager)}, "MERGE"
	if applyTo == httpFilter {
		filter, operation = append(filter, kv("subFilter", render.Map{kv("name", router)})), "INSERT_BEFORE"
	}
	return render.Item{Comment: comment, Value: render.Map{
		kv("applyTo", applyTo),
		kv("match", render.Map{
			kv("context", "GATEWAY"),
			kv("listener", render.Map{
				kv("portNumber", listen),
				kv("filterChain", render.Map{kv("sni", w.Host), kv("filter", filter)}),
			}),
		}),
		kv("patch", render.Map{kv("operation", operation), kv("value", value)}),
	}}
}
