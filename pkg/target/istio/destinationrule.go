package istio

import (
	"strconv"

	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
	"github.com/spillway-mesh/spillway/pkg/target"
	"github.com/spillway-mesh/spillway/pkg/target/istio/policy"
)

// destinationRules say how the host is dialled. There is one, in the namespace of the host; a secret needs a pair in each
// client namespace, since Istio reads secrets only for pods that a workloadSelector matches.
func (w writer) destinationRules() []target.Object {
	if w.Gateway != nil {
		name := w.Name
		if w.dialled() != w.Host {
			name = w.ObjectName(w.Namespace, "relay")
		}
		spec := append(render.Map{kv("host", w.dialled()), w.exportTo()}, w.policy(w.TLS)...)
		return []target.Object{w.destinationRule(w.Namespace, name, spec)}
	}
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
	traffic := w.trafficPolicy(w.hostSet(), main, tls)
	var levels render.List
	for _, p := range w.Ports {
		if p.TLS == main || w.Gateway != nil {
			continue
		}
		m := append(render.Map{kv("port", render.Inline{kv("number", p.Number)})}, w.trafficPolicy(w.hostSet(), p.TLS, tls)...)
		levels = append(levels, m)
	}
	if len(levels) > 0 {
		traffic = append(traffic, why("a port's settings replace everything above, so they repeat it", "portLevelSettings", levels))
	}
	out := render.Map{kv("trafficPolicy", traffic)}
	if subsets := w.subsets(); len(subsets) > 0 {
		out = append(out, why("one subset per order of endpoints; the VirtualService sends each client region to its own",
			"subsets", subsets))
	}
	return out
}

// trafficPolicy is what holds for the ports that originate TLS, or for those that do not.
func (w writer) trafficPolicy(set plan.Set, originate bool, tls plan.TLS) render.Map {
	var out render.Map
	switch {
	case w.Gateway != nil:
		out = append(out, kv("tls", w.gatewayTLS()))
	case originate:
		out = append(out, kv("tls", w.clientTLS(tls)))
	case w.originates():
		out = append(out, kv("tls", render.Inline{kv("mode", "DISABLE")}))
	}
	return append(out,
		kv("connectionPool", policy.ConnectionPool(&w.Detect, len(w.httpPorts()) > 0)),
		kv("outlierDetection", policy.OutlierDetection(&w.Detect)),
		kv("loadBalancer", w.loadBalancer(set)),
	)
}

// gatewayTLS is how clients speak to the gateway: each shows the other who it is in the mesh.
func (w writer) gatewayTLS() render.Map {
	return render.Map{
		kv("mode", "ISTIO_MUTUAL"),
		why("by it the gateway tells this host from others on the same port", "sni", w.Host),
		why("nobody but the gateway is taken for it", "subjectAltNames", render.Strings(w.Gateway.Identity)),
	}
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
	out := render.Map{kv("mode", policy.Mode(tls.Mode))}
	out = append(out, policy.Credentials(w.Namespace, tls)...)
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

func portNumber(n int) string { return strconv.Itoa(n) }
