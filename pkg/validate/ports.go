package validate

import (
	"slices"
	"strconv"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
)

const highestPort = 65535

// istioPorts are those on which a sidecar itself listens: a request to one of them never leaves the pod.
func istioPorts() []int32 {
	return []int32{15000, 15001, 15004, 15006, 15008, 15020, 15021, 15053, 15090}
}

func (c *checker) ports(at *field.Path, s *v1alpha1.ExternalFailoverSpec) {
	c.count(at, len(s.Ports), 1, 16)
	names, numbers := seen{}, seen{}
	for i := range s.Ports {
		p, at := &s.Ports[i], at.Index(i)
		c.port(at, p)
		if p.Name != "" {
			c.twice(names, at.Child("name"), p.Name, "the port name")
		}
		if p.Number != 0 {
			c.twice(numbers, at.Child("number"), strconv.Itoa(int(p.Number)), "the port")
		}
		originates := s.TLS != nil && s.TLS.Mode != "" && s.TLS.Mode != v1alpha1.TLSNone
		if p.Protocol == v1alpha1.ProtocolTLS && p.TLS == v1alpha1.PortTLSInherit && originates {
			c.errorf(at.Child("tls"), "SP121", "on a port of protocol TLS the application itself speaks TLS; the proxy cannot add a second one").
				WithHint("remove tls: Inherit, or write the protocol inside it, such as HTTP or TCP")
		}
	}
}

func (c *checker) port(at *field.Path, p *v1alpha1.Port) {
	c.dnsLabel(at.Child("name"), p.Name, longestLabel)
	if p.Number == 0 {
		c.errorf(at.Child("number"), "SP101", "a port number is required").WithHint("write a number from 1 to %d", highestPort)
	} else {
		c.upTo(at.Child("number"), &p.Number, highestPort)
	}
	if slices.Contains(istioPorts(), p.Number) {
		c.errorf(at.Child("number"), "SP113", "port %d belongs to the sidecar itself", p.Number).
			WithHint("let the application dial another number, and give this one as targetPort")
	}
	choice(c, at.Child("protocol"), p.Protocol, true, v1alpha1.ProtocolHTTP, v1alpha1.ProtocolHTTP2, v1alpha1.ProtocolGRPC,
		v1alpha1.ProtocolTCP, v1alpha1.ProtocolTLS)
	c.upTo(at.Child("targetPort"), p.TargetPort, highestPort)
	choice(c, at.Child("tls"), p.TLS, false, v1alpha1.PortTLSInherit, v1alpha1.PortTLSNone)
}
