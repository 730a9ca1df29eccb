package istio

import (
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
	"github.com/spillway-mesh/spillway/pkg/target/istio/policy"
)

const (
	typeURL      = "type.googleapis.com/"
	tlsSocket    = "envoy.transport_sockets.tls"
	tlsContext   = typeURL + "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext"
	hostSNISince = `^1\.(2[5-9]|[3-9][0-9]).*`
)

// clusterPatches change the cluster of one port, and those of its subsets.
func (w writer) clusterPatches(context string, p plan.Port) render.List {
	var out render.List
	if p.TLS && w.Gateway == nil {
		out = append(out, w.socketPatch(context, p, w.identityFields(), w.trustOfAll())...)
	}
	out = append(out, patch("CLUSTER", w.clusterMatch(context, p, ""), "MERGE", "", w.detectPatch(p)))
	if tiers, ok := w.commonTiers(); ok {
		out = append(out, w.endpointsPatch(context, p, tiers))
	}
	return out
}

func (w writer) clusterMatch(context string, p plan.Port, version string) render.Map {
	match := render.Map{kv("context", context)}
	if version != "" {
		match = append(match, kv("proxy", render.Inline{kv("proxyVersion", version)}))
	}
	return append(match, kv("cluster", render.Map{kv("service", w.dialled()), kv("portNumber", p.Number)}))
}

// socketPatch adds fields to the TLS socket of a port that originates TLS, if there are any.
func (w writer) socketPatch(context string, p plan.Port, fields ...render.Map) render.List {
	config := render.Map{kv("@type", tlsContext)}
	bare := len(config)
	for _, f := range fields {
		config = append(config, f...)
	}
	if len(config) == bare {
		return nil
	}
	return render.List{patch("CLUSTER", w.clusterMatch(context, p, hostSNISince), "MERGE",
		"alone in its patch: Istio drops all other fields beside transport_socket", render.Map{
			kv("transport_socket", render.Map{
				why("any other name would replace the whole socket, and with it the check of the certificate", "name", tlsSocket),
				kv("typed_config", config),
			}),
		})}
}

// identityFields give each endpoint its own name in TLS.
func (w writer) identityFields() render.Map {
	if !w.Identity.PerEndpointSNI {
		return nil
	}
	return render.Map{
		why("SNI is the name of the endpoint that was picked, on retries too", "auto_host_sni", true),
		why("and its certificate must hold exactly that name", "auto_sni_san_validation", true),
	}
}

// detectPatch is what Istio's outlierDetection cannot say, and the active check.
func (w writer) detectPatch(p plan.Port) render.Map {
	d := w.Detect
	value := policy.ClusterPatch(&d)
	if d.Active != nil && p.Protocol.IsHTTP() {
		value = append(value,
			kv("health_checks", render.List{healthCheck(d.Active, p.Protocol)}),
			why("an address that left DNS is dropped even if its last check passed",
				"ignore_health_on_host_removal", true),
		)
	}
	return value
}

func healthCheck(a *plan.Active, protocol plan.Protocol) render.Map {
	times := render.Map{
		kv("interval", policy.Seconds(a.Interval)),
		why("Envoy's default of 60s also delays the first check after a start",
			"no_traffic_interval", policy.Seconds(a.Interval)),
		kv("timeout", policy.Seconds(a.Timeout)),
		kv("unhealthy_threshold", a.Unhealthy),
		kv("healthy_threshold", a.Healthy),
	}
	if protocol == plan.GRPC && a.GRPCHealth {
		return append(times, kv("grpc_health_check", render.Map{
			why("asks for the server as a whole, under the name that requests carry", "authority", a.Host),
		}))
	}
	check := render.Map{
		why("without a host Envoy sends the cluster's name, which a strict server answers with 400",
			"host", a.Host),
		kv("path", a.Path),
		why("the end is exclusive", "expected_statuses", render.List{
			render.Inline{kv("start", a.ExpectMin), kv("end", a.ExpectMax+1)},
		}),
	}
	if protocol != plan.HTTP {
		check = append(check, kv("codec_client_type", "HTTP2"))
	}
	return append(times, kv("http_health_check", check))
}
