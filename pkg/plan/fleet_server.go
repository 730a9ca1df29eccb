package plan

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
)

// FleetRoute is how the probe path is reached through the gateways of a fleet.
type FleetRoute struct {
	Names       []ObjectName // of the Gateways that users come through
	Hosts       []string     // that are served on them, beside those that nobody names
	ProbePort   int          // on which the probe path is answered over plain HTTP
	Redirect    bool         // all other paths on the probe port go to HTTPS
	HTTPOnly    bool         // the gateway serves nothing but HTTP, so that paths may be denied
	AllowListed bool         // the gateway admits only what a policy allows
}

// ObjectName is an object in a namespace.
type ObjectName struct{ Namespace, Name string }

func (n ObjectName) String() string { return n.Namespace + "/" + n.Name }

// FleetServer is how the health server runs in each cluster.
type FleetServer struct {
	Image      string
	ImageGiven bool
	Replicas   int
	Mesh       string // Sidecar, Ambient or None
	Alerts     bool   // for the Prometheus operator
}

// HealthName names what is written for the health server of a cluster. The cluster is part of it, so that a mesh of several clusters, in which
// services of one name are one service, never sends a probe of one cluster to the server of another.
func (f *Fleet) HealthName(c *FleetCluster) string {
	return shorten(strings.ReplaceAll(f.Name, ".", "-")+"-health-"+c.Name, maxLabel)
}

// WideHealthName is HealthName for what has no namespace.
func (f *Fleet) WideHealthName(c *FleetCluster) string {
	return shorten(f.Namespace+"-"+f.Name+"-health-"+c.Name, maxName)
}

// PeerPath is where the other clusters ask.
func (h *Health) PeerPath() string { return h.Path + "/peer" }

// GatewayName is the label that the pods of a Gateway of the Gateway API carry.
const GatewayName = "gateway.networking.k8s.io/gateway-name"

// server fills in how the health server runs and is reached.
func (b *fleetBuilder) server() {
	b.fleet.Route = b.route()
	s := b.spec.Server
	if s == nil {
		s = &v1alpha1.ServerSettings{}
	}
	b.fleet.Server = FleetServer{
		Image: or(s.Image, v1alpha1.DefaultServerImage), ImageGiven: s.Image != "", Replicas: orNumber(s.Replicas, v1alpha1.DefaultReplicas),
		Mesh:   string(or(s.Mesh, v1alpha1.MeshSidecar)),
		Alerts: or(s.Monitoring, v1alpha1.MonitoringPrometheusOperator) == v1alpha1.MonitoringPrometheusOperator,
	}
	for i := range b.spec.Clusters {
		out := &b.fleet.Clusters[i]
		out.Egress = slices.Clone(b.spec.Clusters[i].Egress)
		out.Internal = b.spec.PeerAccess == v1alpha1.AccessInternalLoadBalancer && len(out.Peers) > 0
		if ip, err := netip.ParseAddr(out.PeerAddress); out.Internal && err == nil && !ip.IsPrivate() {
			b.diags.Warnf(b.at("clusters").Index(i).Child("ingress"), codeNotInternal,
				"%s is no private address, and an internal load balancer cannot have it", ip).
				WithHint("reserve an address in the cluster's network, and give it as ingress.peerAddress")
		}
	}
}

func (b *fleetBuilder) route() FleetRoute {
	g := b.spec.Gateway
	if g == nil {
		g = &v1alpha1.GatewayRef{}
	}
	out := FleetRoute{
		ProbePort: orNumber(g.ProbePort, v1alpha1.DefaultProbePort),
		Redirect:  g.OtherPaths == v1alpha1.OtherPathsRedirect, AllowListed: g.Authorization == v1alpha1.AuthorizationAllowListed,
		HTTPOnly: g.Authorization == v1alpha1.AuthorizationHTTPOnly,
	}
	for _, name := range g.Names {
		n := ObjectName{b.fleet.Namespace, name}
		if namespace, plain, found := strings.Cut(name, "/"); found {
			n = ObjectName{namespace, plain}
		}
		out.Names = append(out.Names, n)
	}
	out.Hosts = b.served(g.AlsoServed)
	if b.fleet.Gateway.API == string(v1alpha1.GatewayIstio) {
		return out
	}
	at := b.at("gateway")
	switch {
	case len(out.Names) == 0:
		b.diags.Errorf(at.Child("names"), codeNoGateway, "no Gateway is named, and a route of the Gateway API belongs to one").
			WithHint("name the Gateway that users come through")
	case len(b.fleet.Gateway.Selector) == 0:
		b.fleet.Gateway.Selector = map[string]string{GatewayName: out.Names[0].Name}
	}
	if g.ProbePort != nil || g.OtherPaths != "" {
		b.diags.Errorf(at, codeNoGateway, "probePort and otherPaths are for Istio's Gateways; with the Gateway API the listeners are the Gateway's own").
			WithHint("give the Gateway a listener for plain HTTP, and attach the redirect to HTTPS as a route of its own")
	}
	return out
}

// served are all hosts that have, or may have, routes of their own: those that users dial, those that the other clusters
// dial, and those that are given.
func (b *fleetBuilder) served(also []string) []string {
	hosts := slices.Clone(b.fleet.Hosts)
	for _, c := range b.fleet.Clusters {
		for _, p := range c.Peers {
			if _, err := netip.ParseAddr(p.Host); err != nil {
				hosts = append(hosts, p.Host)
			}
		}
	}
	hosts = append(hosts, also...)
	seen := map[string]bool{}
	return slices.DeleteFunc(hosts, func(h string) bool {
		again := seen[h]
		seen[h] = true
		return again
	})
}
