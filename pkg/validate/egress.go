package validate

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
)

// longestGateway leaves room in the names that are made from a gateway's.
const longestGateway = 50

// egressGateway checks where a gateway is, and where its credentials come from.
func (c *checker) egressGateway(at *field.Path, g *v1alpha1.EgressGateway) {
	if g.Namespace != "" {
		c.dnsLabel(at.Child("namespace"), g.Namespace, longestLabel)
	}
	if g.Name != "" {
		c.dnsLabel(at.Child("name"), g.Name, longestGateway)
	}
	if n := len(g.Selector); n > 16 {
		c.errorf(at.Child("selector"), "SP105", "the selector has %d labels; at most 16 are allowed", n).WithHint("remove some")
	}
	c.labels(at.Child("selector"), g.Selector)
	if g.ServiceAccount != "" {
		c.objectName(at.Child("serviceAccount"), g.ServiceAccount)
	}
	if len(g.Selector) > 0 && g.ServiceAccount == "" {
		c.errorf(at.Child("serviceAccount"), "SP101", "a gateway that exists already needs its serviceAccount: clients check for it").
			WithHint("kubectl get pods -o jsonpath={..serviceAccountName} says it")
	}
	if g.Credentials != nil {
		c.awsCredentials(at.Child("credentials"), g.Credentials)
	}
}

func (c *checker) awsCredentials(at *field.Path, a *v1alpha1.AWSCredentials) {
	given := 0
	for _, set := range []bool{a.RoleARN != "", a.Secret != "", a.File != ""} {
		if set {
			given++
		}
	}
	if given != 1 {
		c.errorf(at, "SP108", "exactly one of roleARN, secret and file is needed, not %d", given).
			WithHint("keep one of them, or remove credentials: the gateway then takes what it finds in its pod")
	}
	c.short(at.Child("roleARN"), a.RoleARN, 2048)
	if a.Secret != "" {
		c.objectName(at.Child("secret"), a.Secret)
	}
	if a.File != "" {
		c.file(at.Child("file"), a.File)
	}
}

func (c *checker) waypoint(at *field.Path, w *v1alpha1.Waypoint) {
	if w.Namespace != "" {
		c.dnsLabel(at.Child("namespace"), w.Namespace, longestLabel)
	}
	if w.Name != "" {
		c.dnsLabel(at.Child("name"), w.Name, longestLabel)
	}
}

// platformGateway checks the gateway of the platform and the ports that it gives away.
func (c *checker) platformGateway(at *field.Path, g *v1alpha1.PlatformEgressGateway) {
	c.egressGateway(at, &g.EgressGateway)
	choice(c, at.Child("envoyFilter"), g.EnvoyFilter, false, v1alpha1.EnvoyFilterAllowed, v1alpha1.EnvoyFilterForbidden)
	switch {
	case (g.FirstPort == 0) != (g.LastPort == 0):
		c.errorf(at.Child("firstPort"), "SP101", "firstPort and lastPort bound a range together").WithHint("give both, or none")
	case g.FirstPort == 0:
	case g.FirstPort < 1024 || g.LastPort > 65535:
		c.errorf(at.Child("firstPort"), "SP104", "%d to %d is not a range of unprivileged ports", g.FirstPort, g.LastPort).
			WithHint("write ports from 1024 to 65535")
	case g.LastPort-g.FirstPort < 255:
		c.errorf(at.Child("lastPort"), "SP104", "%d to %d has room for %d ports, at least 256 are needed", g.FirstPort, g.LastPort,
			max(g.LastPort-g.FirstPort+1, 0)).WithHint("widen the range")
	}
}
