package importer

import (
	"slices"
	"strings"

	networking "istio.io/api/networking/v1alpha3"

	"github.com/spillway-mesh/spillway/pkg/analyze/mesh"
	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/behaviour"
)

// port is a port of the host and the cluster that its traffic really gets to: a route may send it on to another port.
type port struct {
	mesh.Port
	to *mesh.Cluster
}

// ports lifts the ports.
func (l *lifter) ports() {
	inert := l.sentOn()
	for _, p := range l.host.Ports {
		to := l.reached(p)
		out := v1alpha1.Port{Name: l.portName(p), Number: int32(p.Number), Protocol: l.protocol(p)} //nolint:gosec // a port number
		if target := l.target(to); target != p.Number {
			out.TargetPort = new(int32(target)) //nolint:gosec // a port number
		}
		if slices.Contains(inert, p.Number) && !isHTTP(out.Protocol) {
			l.decide(p.Entry.Object, p.Path, "port %d was there for the requests that a route sends on to it; the spec does that by targetPort, "+
				"and the port stays for applications that speak TLS themselves", p.Number)
		}
		l.portTLS(&out, port{p, to})
		l.spec.Spec.Ports = append(l.spec.Spec.Ports, out)
	}
}

// reached is the cluster that requests to a port get to.
func (l *lifter) reached(p mesh.Port) *mesh.Cluster {
	c := l.view.Cluster(p.Number, "")
	classes := l.view.Classes(p.Number, "")
	if len(classes) == 0 {
		return c
	}
	last := classes[len(classes)-1]
	if last.Port != 0 && last.Port != p.Number {
		if to := l.view.Cluster(last.Port, last.Subset); to != nil {
			return to
		}
		return c
	}
	if to := l.view.Cluster(p.Number, last.Subset); to != nil {
		return to
	}
	return c
}

// sentOn are the ports to which routes send the requests of others.
func (l *lifter) sentOn() []int {
	var out []int
	for _, p := range l.host.Ports {
		if to := l.reached(p); to.Port.Number != p.Number {
			out = append(out, to.Port.Number)
		}
	}
	return out
}

// target is the port that most endpoints are dialled at.
func (l *lifter) target(c *mesh.Cluster) int {
	counts, best := map[int]int{}, c.Port.Number
	if c.Port.TargetPort != 0 {
		best = c.Port.TargetPort
	}
	for _, e := range l.host.Endpoints {
		n := c.TargetPort(e)
		counts[n]++
		if counts[n] > counts[best] {
			best = n
		}
	}
	return best
}

func (l *lifter) portName(p mesh.Port) string {
	name := label(p.Name, 63)
	if p.Name == "" {
		name = label(strings.ToLower(string(p.Protocol)), 63)
	}
	return unique(name, 63, func(n string) bool {
		return slices.ContainsFunc(l.spec.Spec.Ports, func(have v1alpha1.Port) bool { return have.Name == n })
	})
}

// protocol is what a spec calls the protocol of a port.
func (l *lifter) protocol(p mesh.Port) v1alpha1.Protocol {
	switch p.Protocol {
	case "HTTP":
		return v1alpha1.ProtocolHTTP
	case "HTTP2":
		return v1alpha1.ProtocolHTTP2
	case "GRPC":
		return v1alpha1.ProtocolGRPC
	case "GRPC-WEB":
		l.decide(p.Entry.Object, p.Path+".protocol", "GRPC-WEB becomes HTTP, over which it is spoken")
		return v1alpha1.ProtocolHTTP
	case "TLS", "HTTPS":
		return v1alpha1.ProtocolTLS
	case "":
		if strings.HasPrefix(strings.ToLower(p.Name), "http") || p.Number == 80 {
			l.decide(p.Entry.Object, p.Path, "port %d has no protocol, and Istio guesses it for each connection; HTTP by its name or number", p.Number)
			return v1alpha1.ProtocolHTTP
		}
		l.decide(p.Entry.Object, p.Path, "port %d has no protocol, and Istio guesses it for each connection; the spec takes TCP", p.Number)
		return v1alpha1.ProtocolTCP
	case "TCP":
		return v1alpha1.ProtocolTCP
	default:
		l.decide(p.Entry.Object, p.Path+".protocol", "%s becomes TCP, over which it is spoken", p.Protocol)
		return v1alpha1.ProtocolTCP
	}
}

// portTLS says whether the proxy begins TLS on the port.
func (l *lifter) portTLS(out *v1alpha1.Port, p port) {
	switch {
	case out.Protocol == v1alpha1.ProtocolTLS && p.to.OriginatesTLS():
		dr, path := p.to.Policy.TLS.At()
		if !slices.Contains(l.sentOn(), p.Number) {
			l.decide(dr, path, "on port %d the application speaks TLS already, and the proxy put a second TLS around it; the spec passes the "+
				"application's through", p.Number).WithHint("where the application speaks plain HTTP there, make the port HTTP")
		}
	case p.to.OriginatesTLS() && out.Protocol == v1alpha1.ProtocolTCP:
		out.TLS = v1alpha1.PortTLSInherit
	case !p.to.OriginatesTLS() && isHTTP(out.Protocol) && l.originates():
		out.TLS = v1alpha1.PortTLSNone
	}
}

// originates says whether TLS begins at the proxy on any port.
func (l *lifter) originates() bool { return l.tlsPort() != nil }

// tlsPort is the cluster of the first port on which the proxy begins TLS; nil if there is none.
func (l *lifter) tlsPort() *mesh.Cluster {
	for _, p := range l.host.Ports {
		if to := l.reached(p); to.OriginatesTLS() && !p.Protocol.IsTLS() {
			return to
		}
	}
	return nil
}

func isHTTP(p v1alpha1.Protocol) bool {
	return p == v1alpha1.ProtocolHTTP || p == v1alpha1.ProtocolHTTP2 || p == v1alpha1.ProtocolGRPC
}

// tls lifts where trust and the client's certificate come from.
func (l *lifter) tls() {
	c := l.tlsPort()
	if c == nil {
		return
	}
	t, dr, path := c.TLS(), c.Policy.TLS.Object, c.Policy.TLS.Path
	out := &v1alpha1.TLS{Mode: v1alpha1.TLSSimple}
	secret := t.GetCredentialName()
	configMap, fromMap := strings.CutPrefix(secret, "configmap://")
	if t.GetMode() == networking.ClientTLSSettings_MUTUAL {
		out.Mode = v1alpha1.TLSMutual
		out.ClientCertificate = &v1alpha1.ClientCertificate{Secret: strings.TrimPrefix(secret, "kubernetes://")}
		if secret == "" || fromMap {
			out.ClientCertificate = &v1alpha1.ClientCertificate{
				Files: &v1alpha1.CertificateFiles{Certificate: t.GetClientCertificate(), Key: t.GetPrivateKey()},
			}
		}
	}
	switch {
	case fromMap:
		_, name, found := strings.Cut(configMap, "/")
		if !found {
			name = configMap
		}
		out.Trust = &v1alpha1.Trust{ConfigMap: name}
	case secret != "" && out.Mode == v1alpha1.TLSSimple:
		out.Trust = &v1alpha1.Trust{Secret: strings.TrimPrefix(secret, "kubernetes://")}
	case t.GetCaCertificates() != "" && t.GetCaCertificates() != "system":
		out.Trust = &v1alpha1.Trust{File: t.GetCaCertificates()}
	}
	l.needsSelector(c, secret != "" && !fromMap)
	if t.GetInsecureSkipVerify().GetValue() {
		l.decide(dr.Object, path+".insecureSkipVerify", "certificates were not checked at all; the spec checks them")
	}
	if t.GetCaCrl() != "" {
		l.lost(dr.Object, path+".caCrl", "the revocation list is not carried over")
	}
	l.spec.Spec.TLS = out
}

// needsSelector tells of a secret that no proxy was ever given.
func (l *lifter) needsSelector(c *mesh.Cluster, secret bool) {
	if !secret || c.Labels != nil {
		return
	}
	dr, path := c.Policy.TLS.At()
	l.decide(dr, path+".credentialName", "without a workloadSelector Istio ignored the secret and sent plain text; the spec is refused until "+
		"clients.selector says whose it is").WithHint("set clients.selector to the labels of the client pods, and clients.serviceAccounts")
}

// classes are the classes of requests of the first HTTP port, for clients of whatever region has routes.
func (l *lifter) classes() []behaviour.Class {
	for _, p := range l.host.Ports {
		if !p.Protocol.IsHTTP() {
			continue
		}
		return l.view.Classes(p.Number, "")
	}
	return nil
}
