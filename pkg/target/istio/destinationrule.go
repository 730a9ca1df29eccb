package istio

import (
	"strconv"

	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
	"github.com/spillway-mesh/spillway/pkg/target"
)

// destinationRules say how the host is dialled. There is one, in the namespace of the host; a secret needs a pair in each
// client namespace, since Istio reads secrets only for pods that a workloadSelector matches.
func (w writer) destinationRules() []target.Object {
	if !w.TLS.NeedsSecret() {
		spec := append(render.Map{kv("host", w.Host), w.exportTo()}, w.policy(w.TLS)...)
		return []target.Object{w.destinationRule(w.Namespace, w.Name, spec)}
	}
	var out []target.Object
	for _, ns := range w.Clients.Namespaces {
		out = append(out, w.selectedRule(ns), w.fallbackRule(ns))
	}
	return out
}

func (w writer) destinationRule(namespace, name string, spec render.Map) target.Object {
	return w.object("DestinationRule", plan.RankDestinationRule, namespace, name, render.Map{kv("spec", spec)})
}

// selectedRule is for the pods that may read the secret.
func (w writer) selectedRule(namespace string) target.Object {
	spec := append(render.Map{
		kv("host", w.Host),
		why("without a selector Istio ignores the secret and sends plaintext", "workloadSelector",
			render.Map{kv("matchLabels", w.Clients.Selector)}),
	}, w.policy(w.TLS)...)
	return w.destinationRule(namespace, w.ObjectName(namespace), spec)
}

// fallbackRule keeps every other pod of the namespace from sending plaintext.
func (w writer) fallbackRule(namespace string) target.Object {
	others := plan.TLS{Mode: plan.TLSSimple}
	spec := append(render.Map{
		kv("host", w.Host),
		why("pods that the other rule's selector does not match: TLS without the secret, never plaintext;\n"+
			"named in full, since with \".\" Istio would merge the two rules and drop one",
			"exportTo", render.Strings(namespace)),
	}, w.policy(others)...)
	return w.destinationRule(namespace, w.ObjectName(namespace, "others"), spec)
}

// policy is trafficPolicy and subsets.
func (w writer) policy(tls plan.TLS) render.Map {
	main := w.Ports[0].TLS
	policy := w.trafficPolicy(w.hostSet(), main, tls)
	var levels render.List
	for _, p := range w.Ports {
		if p.TLS == main {
			continue
		}
		m := append(render.Map{kv("port", render.Inline{kv("number", p.Number)})}, w.trafficPolicy(w.hostSet(), p.TLS, tls)...)
		levels = append(levels, m)
	}
	if len(levels) > 0 {
		policy = append(policy, why("a port's settings replace everything above, so they repeat it", "portLevelSettings", levels))
	}
	out := render.Map{kv("trafficPolicy", policy)}
	if subsets := w.subsets(); len(subsets) > 0 {
		out = append(out, why("one subset per order of endpoints; the VirtualService sends each client region to its own",
			"subsets", subsets))
	}
	return out
}

// trafficPolicy is what holds for the ports that originate TLS, or for those that do not.
func (w writer) trafficPolicy(set plan.Set, originate bool, tls plan.TLS) render.Map {
	var policy render.Map
	switch {
	case originate:
		policy = append(policy, kv("tls", w.clientTLS(tls)))
	case w.originates():
		policy = append(policy, kv("tls", render.Inline{kv("mode", "DISABLE")}))
	}
	return append(policy,
		kv("connectionPool", w.connectionPool()),
		kv("outlierDetection", w.outlierDetection()),
		kv("loadBalancer", w.loadBalancer(set)),
	)
}

// originates says that some port originates TLS.
func (w writer) originates() bool {
	for _, p := range w.Ports {
		if p.TLS {
			return true
		}
	}
	return false
}

func (w writer) connectionPool() render.Map {
	k := w.Detect.Keepalive
	tcp := render.Map{
		why("a black hole costs each new connection this long; Istio's default is 10s",
			"connectTimeout", duration(w.Detect.ConnectTimeout)),
		why("ends connections whose other side is gone without a word", "tcpKeepalive", render.Inline{
			kv("time", duration(k.Time)), kv("interval", duration(k.Interval)), kv("probes", k.Probes),
		}),
	}
	if len(w.httpPorts()) == 0 {
		return render.Map{kv("tcp", tcp)}
	}
	http := render.Map{
		why("idle connections into a region that died meanwhile are not kept for the default hour",
			"idleTimeout", duration(w.Detect.IdleTimeout)),
	}
	if w.Detect.Streams > 0 {
		http = append(http, why("a dead HTTP/2 connection takes at most these requests with it; the next one dials anew,\n"+
			"finds nobody, and moves on. Without a limit it would take all until the region is ejected",
			"maxConcurrentStreams", w.Detect.Streams))
	}
	return render.Map{kv("tcp", tcp), kv("http", http)}
}

// outlierDetection leaves splitExternalLocalOriginErrors out: with it each successful connect resets the count, and
// resets and hangs are never noticed.
func (w writer) outlierDetection() render.Map {
	d := w.Detect
	return render.Map{
		why("502, 503, 504, connect failure, reset or timeout in a row, per address",
			"consecutiveGatewayErrors", d.GatewayErrors),
		why("a region that answers only 500 is dead too", "consecutive5xxErrors", d.ServerErrors),
		why("how often Envoy looks whether an ejection is over", "interval", duration(d.Interval)),
		kv("baseEjectionTime", duration(d.Ejection)),
		why("Envoy's default of 10 % ejects no address out of fewer than 10: no failover at all",
			"maxEjectionPercent", d.MaxEjectionPercent),
		why("all regions ejected: try them all, instead of answering 503 until the ejections end",
			"minHealthPercent", d.MinHealthPercent),
	}
}

func (w writer) loadBalancer(set plan.Set) render.Map {
	locality := render.Map{kv("enabled", true)}
	if len(set.Failover) > 0 {
		entries := make(render.List, 0, len(set.Failover))
		for _, f := range set.Failover {
			entries = append(entries, render.Inline{kv("from", f.From), kv("to", f.To)})
		}
		locality = append(locality, why(
			"one entry per client region: a region without one would get all endpoints at once", "failover", entries))
	}
	return render.Map{kv("simple", "ROUND_ROBIN"), kv("localityLbSetting", locality)}
}

func (w writer) clientTLS(tls plan.TLS) render.Map {
	out := render.Map{kv("mode", map[plan.TLSMode]string{plan.TLSSimple: "SIMPLE", plan.TLSMutual: "MUTUAL"}[tls.Mode])}
	out = append(out, w.credentials(tls)...)
	sni := kv("sni", w.Identity.ServerName)
	if w.Identity.PerEndpointSNI {
		sni.Comment = "only stops Istio from sending the Host header as SNI; the EnvoyFilter picks each endpoint's"
	} else {
		sni.Comment = "without it Istio would send the Host header, a name that no endpoint's certificate holds"
	}
	names := "checked in the certificate; sni alone checks no name at all"
	if w.Identity.PerEndpointSNI {
		names += "\n(the EnvoyFilter narrows it to the one endpoint's own name)"
	}
	return append(out, sni, why(names, "subjectAltNames", render.Strings(w.Identity.SubjectAltNames...)))
}

// credentials say where certificates come from: a Kubernetes object or files, never both.
func (w writer) credentials(tls plan.TLS) render.Map {
	switch {
	case tls.ClientSecret != "":
		return render.Map{kv("credentialName", tls.ClientSecret)}
	case tls.TrustSecret != "":
		return render.Map{kv("credentialName", tls.TrustSecret)}
	case tls.Mode == plan.TLSSimple && tls.TrustConfigMap != "":
		return render.Map{why("Istio reads only its key ca.crt (or cacert)",
			"credentialName", "configmap://"+w.Namespace+"/"+tls.TrustConfigMap)}
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

func portNumber(n int) string { return strconv.Itoa(n) }
