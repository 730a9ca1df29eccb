package healthroutes

import (
	"maps"
	"net/netip"

	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
	"github.com/spillway-mesh/spillway/pkg/target"
)

// peerPort is where the other clusters' gateways speak TLS.
const peerPort = 443

// peers opens the way to the other clusters where the mesh lets out only what it knows, and gives this one an address of
// its own where that is asked for.
func (w writer) peers() []target.Object {
	var out []target.Object
	if w.Server.Mesh != "None" {
		for i := range w.Clusters {
			if c := &w.Clusters[i]; c.Name != w.cluster.Name && c.PeerAddress != "" {
				out = append(out, w.serviceEntry(c))
			}
		}
	}
	if w.cluster.Internal {
		out = append(out, w.loadBalancer())
	}
	return out
}

// serviceEntry is the gateway of another cluster. An address is one server of TCP, so that the name in TLS may be any; a DNS
// name is told by the name in TLS, and all other hosts of that port stay as they are.
func (w writer) serviceEntry(c *plan.FleetCluster) target.Object {
	only := why("for the health server, which is here", "exportTo", render.Strings("."))
	if isAddress(c.PeerAddress) {
		return part(w.object(istioV1, "ServiceEntry", plan.RankServiceEntry, spec(
			why("a name for the configuration only: the server dials the address", "hosts", render.Strings(c.Name+"."+w.name+".spillway.internal")),
			only,
			kv("addresses", render.Strings(c.PeerAddress)),
			kv("location", "MESH_EXTERNAL"),
			kv("ports", render.List{render.Inline{kv("number", peerPort), kv("name", "tcp-peer"), kv("protocol", "TCP")}}),
			kv("resolution", "STATIC"),
			kv("endpoints", render.List{render.Inline{kv("address", c.PeerAddress)}}),
		)), c.Name)
	}
	return part(w.object(istioV1, "ServiceEntry", plan.RankServiceEntry, spec(
		kv("hosts", render.Strings(c.PeerAddress)),
		only,
		kv("location", "MESH_EXTERNAL"),
		kv("ports", render.List{render.Inline{kv("number", peerPort), kv("name", "tls-peer"), kv("protocol", "TLS")}}),
		kv("resolution", "DNS"),
	)), c.Name)
}

// loadBalancer gives the gateway an internal address. Each cloud reads its own annotations and passes over the others'.
func (w writer) loadBalancer() target.Object {
	address := w.cluster.PeerAddress
	if !isAddress(address) {
		address = ""
	}
	o := part(w.object(coreV1, "Service", plan.RankHealthServer, spec(
		kv("type", "LoadBalancer"),
		why("reserved beforehand: the other clusters' configuration names it", "loadBalancerIP", text(address)),
		why("the sender's address stays, so that networks can be told apart", "externalTrafficPolicy", "Local"),
		kv("ports", render.List{render.Inline{kv("name", "https-peer"), kv("port", peerPort), kv("targetPort", w.peerTarget())}}),
		kv("selector", w.Gateway.Selector),
	)), "peers")
	maps.Copy(o.Annotations, map[string]string{
		"networking.gke.io/load-balancer-type":                         "Internal",
		"networking.gke.io/internal-load-balancer-allow-global-access": "true",
		"service.beta.kubernetes.io/aws-load-balancer-scheme":          "internal",
		"service.beta.kubernetes.io/aws-load-balancer-type":            "external",
		"service.beta.kubernetes.io/aws-load-balancer-nlb-target-type": "ip",
		"service.beta.kubernetes.io/azure-load-balancer-internal":      "true",
	})
	if address != "" {
		o.Annotations["service.beta.kubernetes.io/aws-load-balancer-private-ipv4-addresses"] = address
		o.Annotations["service.beta.kubernetes.io/azure-load-balancer-ipv4"] = address
	}
	return o
}

// peerTarget is where the gateway's pods listen for it: Istio opens a port for whatever Service leads there, and one that
// needs no privilege is open to all of them; pods of the Gateway API listen where their Gateway says.
func (w writer) peerTarget() int {
	if w.Gateway.API == istioAPI {
		return 8443 //nolint:mnd // as the gateways of Istio's own installations
	}
	return peerPort
}

func isAddress(s string) bool {
	_, err := netip.ParseAddr(s)
	return err == nil
}
