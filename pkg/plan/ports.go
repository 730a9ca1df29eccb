package plan

import (
	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
)

// portKinds says which kinds of ports a spec has.
type portKinds struct {
	http        int // HTTP, HTTP2 and GRPC
	http2       int // HTTP2 and GRPC
	grpc        int
	httpTLS     bool // some HTTP port originates TLS
	tcp         int
	tcpTLS      int // index of the first TCP port that originates TLS, or −1
	passThrough int // index of the first pass-through port, or −1
}

// ports fills in target ports and which ports originate TLS.
func (b *builder) ports() {
	b.kinds = portKinds{tcpTLS: -1, passThrough: -1}
	b.plan.Ports = make([]Port, 0, len(b.spec.Ports))
	for i := range b.spec.Ports {
		s := &b.spec.Ports[i]
		p := Port{Name: s.Name, Number: int(s.Number), TargetPort: int(s.Number), Protocol: Protocol(s.Protocol)}
		if s.TargetPort != nil {
			p.TargetPort = int(*s.TargetPort)
		}
		for j := range b.plan.Ports {
			other := &b.plan.Ports[j]
			switch {
			case other.Name == p.Name:
				b.diags.Errorf(b.at("ports").Index(i).Child("name"), codeTwice, "there are two ports named %q", p.Name).
					WithHint("give each port a name of its own")
			case other.Number == p.Number:
				b.diags.Errorf(b.at("ports").Index(i).Child("number"), codeTwice, "port %d is already %q", p.Number,
					other.Name).WithHint("one number can speak one protocol: drop one of the two")
			}
		}
		p.TLS = b.originates(i, s)
		b.count(i, p)
		b.plan.Ports = append(b.plan.Ports, p)
		b.plainOrTLS(i, p)
	}
}

// originates says whether the proxy adds TLS on a port: on HTTP ports unless they say None, on TCP ports only if they
// say Inherit, and never on what is TLS already.
func (b *builder) originates(i int, s *v1alpha1.Port) bool {
	if b.spec.TLS == nil || b.spec.TLS.Mode == "" || b.spec.TLS.Mode == v1alpha1.TLSNone {
		return false
	}
	switch s.Protocol {
	case v1alpha1.ProtocolTLS:
		if s.TLS == v1alpha1.PortTLSInherit {
			b.diags.Errorf(b.at("ports").Index(i).Child("tls"), codeDoubleTLS, "the application already speaks TLS on port "+
				"%q, and the proxy would add TLS around it", s.Name).WithHint(
				"drop tls: Inherit here, or make the port HTTP or TCP and have the application speak plain text")
		}
		return false
	case v1alpha1.ProtocolTCP:
		return s.TLS == v1alpha1.PortTLSInherit
	default:
		return s.TLS != v1alpha1.PortTLSNone
	}
}

func (b *builder) count(i int, p Port) {
	switch {
	case p.Protocol.IsHTTP():
		b.kinds.http++
		b.kinds.httpTLS = b.kinds.httpTLS || p.TLS
		if p.Protocol != HTTP {
			b.kinds.http2++
		}
		if p.Protocol == GRPC {
			b.kinds.grpc++
		}
	case p.Protocol == TCP:
		b.kinds.tcp++
		b.startTLS(i, p)
		if p.TLS && b.kinds.tcpTLS < 0 {
			b.kinds.tcpTLS = i
		}
	case p.Protocol == TLSPT:
		if b.kinds.passThrough < 0 {
			b.kinds.passThrough = i
		}
	default:
		b.diags.Errorf(b.at("ports").Index(i).Child("protocol"), codePort, "%q is no protocol that can be planned",
			p.Protocol).WithHint("use HTTP, HTTP2, GRPC, TCP or TLS")
	}
}

// startTLS refuses TLS around protocols that begin in plain text: the server would wait for words and get a handshake.
func (b *builder) startTLS(i int, p Port) {
	if !p.TLS {
		return
	}
	var protocol string
	switch p.TargetPort {
	case 5432:
		protocol = "PostgreSQL"
	case 3306:
		protocol = "MySQL"
	case 1433:
		protocol = "SQL Server"
	case 25, 587:
		protocol = "SMTP"
	case 110:
		protocol = "POP3"
	case 143:
		protocol = "IMAP"
	case 389:
		protocol = "LDAP"
	default:
		return
	}
	b.diags.Errorf(b.at("ports").Index(i).Child("tls"), codeStartTLS, "port %d is %s, which begins in plain text and "+
		"changes to TLS later; the proxy would begin with TLS", p.TargetPort, protocol).WithHint(
		"drop tls: Inherit, and let the application's own driver use TLS (sslmode, ssl-mode, encrypt)")
}

// plainOrTLS warns of target ports that say the opposite of what is sent to them.
func (b *builder) plainOrTLS(i int, p Port) {
	if !p.Protocol.IsHTTP() {
		return
	}
	switch {
	case !p.TLS && p.TargetPort == 443:
		b.diags.Warnf(b.at("ports").Index(i).Child("targetPort"), codePlainTo443, "port %q sends plain HTTP to port 443", p.Name).WithHint(
			"set tls: {mode: Simple}, unless the endpoints really speak plain HTTP there")
	case p.TLS && p.TargetPort == 80:
		b.diags.Warnf(b.at("ports").Index(i).Child("targetPort"), codeTLSTo80, "port %q sends TLS to port 80", p.Name).WithHint(
			"set targetPort: 443, or tls: None on this port")
	}
}

// tcpNeedsFilter refuses connections that nothing would repeat.
func (b *builder) tcpNeedsFilter() {
	if b.plan.EnvoyFilter || b.plan.Gateway != nil || b.kinds.tcp == 0 && b.kinds.passThrough < 0 {
		return
	}
	hint := "have the platform team allow EnvoyFilters for these namespaces, or drop port %q"
	if b.plan.Waypoint != nil {
		hint = "give these clients sidecars, or drop port %q"
	}
	for i := range b.plan.Ports {
		if p := &b.plan.Ports[i]; !p.Protocol.IsHTTP() {
			b.diags.Errorf(b.at("ports").Index(i).Child("protocol"), codeTCPFilter, "a %s connection is tried once unless an "+
				"EnvoyFilter says otherwise, and %s: connections to a dead region would be lost", p.Protocol, b.noFilter()).
				WithHint(hint, p.Name)
		}
	}
}
