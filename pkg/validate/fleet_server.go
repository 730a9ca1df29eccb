package validate

import (
	"net/netip"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
)

// longestImage is how much of a registry's name, a path, a tag and a digest fits together.
const longestImage = 512

// gateway checks through what the clusters are entered.
func (c *checker) gateway(at *field.Path, g *v1alpha1.GatewayRef) {
	choice(c, at.Child("api"), g.API, false, v1alpha1.GatewayIstio, v1alpha1.GatewayGatewayAPI)
	c.count(at.Child("selector"), len(g.Selector), 0, 16)
	c.labels(at.Child("selector"), g.Selector)
	c.count(at.Child("names"), len(g.Names), 0, 16)
	before := seen{}
	for i, name := range g.Names {
		at := at.Child("names").Index(i)
		namespace, plain, found := strings.Cut(name, "/")
		if !found {
			namespace, plain = "", name
		}
		if found && len(validation.IsDNS1123Label(namespace)) > 0 || len(validation.IsDNS1123Subdomain(plain)) > 0 {
			c.errorf(at, "SP102", "%s is not the name of a Gateway", quote(name)).WithHint("write NAME, or NAMESPACE/NAME")
			continue
		}
		c.twice(before, at, name, "the Gateway")
	}
	c.count(at.Child("alsoServed"), len(g.AlsoServed), 0, 256)
	hosts := seen{}
	for i, host := range g.AlsoServed {
		if at := at.Child("alsoServed").Index(i); c.required(at, host, longestName) && !c.twice(hosts, at, host, "the host") {
			c.dnsName(at, "SP111", strings.TrimPrefix(host, "*."))
		}
	}
	c.upTo(at.Child("probePort"), g.ProbePort, 65535)
	choice(c, at.Child("otherPaths"), g.OtherPaths, false, v1alpha1.OtherPathsShared, v1alpha1.OtherPathsRedirect)
	choice(c, at.Child("authorization"), g.Authorization, false, v1alpha1.AuthorizationOpen, v1alpha1.AuthorizationHTTPOnly,
		v1alpha1.AuthorizationAllowListed)
}

// server checks how the health server runs.
func (c *checker) server(at *field.Path, s *v1alpha1.ServerSettings) {
	if c.short(at.Child("image"), s.Image, longestImage) && strings.ContainsAny(s.Image, " \t\r\n") {
		c.errorf(at.Child("image"), "SP102", "%s is not the name of an image", quote(s.Image)).WithHint("write it as in a container's image, such as REGISTRY/spillway-health:TAG")
	}
	if r := s.Replicas; r != nil && (*r < 2 || *r > 9) {
		c.errorf(at.Child("replicas"), "SP104", "%d is out of range", *r).
			WithHint("write a number from 2 to 9: a single one is missing whenever its node is")
	}
	choice(c, at.Child("mesh"), s.Mesh, false, v1alpha1.MeshSidecar, v1alpha1.MeshAmbient, v1alpha1.MeshNone)
	choice(c, at.Child("monitoring"), s.Monitoring, false, v1alpha1.MonitoringPrometheusOperator, v1alpha1.MonitoringNone)
}

// egress wants networks.
func (c *checker) egress(at *field.Path, networks []string) {
	c.count(at, len(networks), 0, 16)
	before := seen{}
	for i, n := range networks {
		at := at.Index(i)
		prefix, err := netip.ParsePrefix(n)
		switch {
		case err != nil:
			c.errorf(at, "SP112", "%s is not a network", quote(n)).WithHint("such as 198.51.100.0/24; one address is 198.51.100.7/32")
		case prefix.Masked() != prefix:
			c.errorf(at, "SP112", "%s is an address within a network, not a network", quote(n)).WithHint("did you mean %s?", prefix.Masked())
		default:
			c.twice(before, at, n, "the network")
		}
	}
}
