// Package policy writes the parts of Istio's objects that the rules of a host and the rules behind an egress gateway have in
// common: connections, detection, certificates, and how durations are spelt. Both ends of a gateway so say the same thing in
// the same words.
//
// It imports plan and render, and no type of Istio's. Start reading at OutlierDetection.
package policy

import (
	"strconv"
	"time"

	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
)

// ConnectionPool bounds how long connections to the dead last. It is the one of a host with requests if http is said.
func ConnectionPool(d *plan.Detect, http bool) render.Map {
	k := d.Keepalive
	tcp := render.Map{
		why("a black hole costs each new connection this long; Istio's default is 10s",
			"connectTimeout", Duration(d.ConnectTimeout)),
		why("ends connections whose other side is gone without a word", "tcpKeepalive", render.Inline{
			kv("time", Duration(k.Time)), kv("interval", Duration(k.Interval)), kv("probes", k.Probes),
		}),
	}
	if !http {
		return render.Map{kv("tcp", tcp)}
	}
	pool := render.Map{
		why("idle connections into a region that died meanwhile are not kept for the default hour",
			"idleTimeout", Duration(d.IdleTimeout)),
	}
	if d.Streams > 0 {
		pool = append(pool, why("a dead HTTP/2 connection takes at most these requests with it; the next one dials anew,\n"+
			"finds nobody, and moves on. Without a limit it would take all until the region is ejected",
			"maxConcurrentStreams", d.Streams))
	}
	return render.Map{kv("tcp", tcp), kv("http", pool)}
}

// OutlierDetection leaves splitExternalLocalOriginErrors out: with it each successful connect resets the count, and
// resets and hangs are never noticed.
func OutlierDetection(d *plan.Detect) render.Map {
	return render.Map{
		why("502, 503, 504, connect failure, reset or timeout in a row, per address",
			"consecutiveGatewayErrors", d.GatewayErrors),
		why("a region that answers only 500 is dead too", "consecutive5xxErrors", d.ServerErrors),
		why("how often Envoy looks whether an ejection is over", "interval", Duration(d.Interval)),
		kv("baseEjectionTime", Duration(d.Ejection)),
		why("Envoy's default of 10 % ejects no address out of fewer than 10: no failover at all",
			"maxEjectionPercent", d.MaxEjectionPercent),
		why("all regions ejected: try them all, instead of answering 503 until the ejections end",
			"minHealthPercent", d.MinHealthPercent),
	}
}

// ejectJitter is what Envoy may add to an ejection, so that proxies do not all come back at once.
const ejectJitter = time.Second

// ClusterPatch is what Istio's outlierDetection cannot say: a patch of Envoy's cluster.
func ClusterPatch(d *plan.Detect) render.Map {
	return render.Map{
		kv("outlier_detection", render.Map{
			why("otherwise a second ejection in a row takes twice as long, a third three times",
				"max_ejection_time", Seconds(d.MaxEjection)),
			kv("max_ejection_time_jitter", Seconds(ejectJitter)),
		}),
		kv("common_lb_config", render.Map{
			why("Envoy's default of 1s delays every second health change within a second",
				"update_merge_window", "0s"),
		}),
		why("how soon a name is looked up again after an empty answer; Istio's default is 60s",
			"dns_refresh_rate", Seconds(d.DNSRefresh)),
		kv("dns_failure_refresh_rate", render.Map{
			kv("base_interval", Seconds(d.DNSFailureBase)),
			kv("max_interval", Seconds(d.DNSFailureMax)),
		}),
	}
}

// Credentials say where certificates come from: a Kubernetes object or files, never both.
func Credentials(namespace string, tls plan.TLS) render.Map {
	switch {
	case tls.ClientSecret != "":
		return render.Map{kv("credentialName", tls.ClientSecret)}
	case tls.TrustSecret != "":
		return render.Map{kv("credentialName", tls.TrustSecret)}
	case tls.Mode == plan.TLSSimple && tls.TrustConfigMap != "":
		return render.Map{why("Istio reads only its key ca.crt (or cacert)",
			"credentialName", "configmap://"+namespace+"/"+tls.TrustConfigMap)}
	}
	var out render.Map
	if tls.Mode == plan.TLSMutual {
		out = append(out, kv("clientCertificate", tls.ClientCert), kv("privateKey", tls.ClientKey))
	}
	if tls.TrustFile != "" {
		return append(out, kv("caCertificates", tls.TrustFile))
	}
	return append(out, why("the CA certificates of the proxy's image", "caCertificates", "system"))
}

// Mode is how Istio spells a TLS mode.
func Mode(m plan.TLSMode) string {
	return map[plan.TLSMode]string{plan.TLSNone: "DISABLE", plan.TLSSimple: "SIMPLE", plan.TLSMutual: "MUTUAL"}[m]
}

// Duration is how Istio's objects spell one: 500ms, 10s.
func Duration(d time.Duration) string {
	if d%time.Second == 0 {
		return strconv.FormatInt(int64(d/time.Second), 10) + "s"
	}
	if d%time.Millisecond == 0 {
		return strconv.FormatInt(d.Milliseconds(), 10) + "ms"
	}
	return d.String()
}

// Seconds is how protobuf's JSON, which Envoy's values are read with, spells a duration: 0.5s.
func Seconds(d time.Duration) string {
	return strconv.FormatFloat(d.Seconds(), 'f', -1, 64) + "s"
}

func kv(key string, value any) render.Field { return render.Field{Key: key, Value: value} }

func why(comment, key string, value any) render.Field {
	return render.Field{Key: key, Value: value, Comment: comment}
}
