package validate

import (
	"net/netip"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
)

func (c *checker) host(at *field.Path, host string) {
	if !c.required(at, host, longestName) {
		return
	}
	lower := strings.TrimSuffix(strings.ToLower(host), ".")
	switch {
	case strings.Contains(host, "*"):
		c.errorf(at, "SP103", "the host %s has a wildcard", quote(host)).
			WithHint("write the one exact name that the application dials, and one ExternalFailover for each name")
	case isIP(host):
		c.errorf(at, "SP103", "the host %s is an IP address", quote(host)).
			WithHint("write a name that the application dials, such as orders-db.internal")
	case strings.HasSuffix(lower, ".svc") || strings.Contains(lower, ".svc."):
		c.errorf(at, "SP103", "the host %s is a service of the cluster", quote(host)).
			WithHint("the host is outside the cluster; a name under .internal is right")
	case strings.HasSuffix(lower, ".local"):
		c.errorf(at, "SP103", "the host %s ends with .local, which belongs to the cluster and to multicast DNS", quote(host)).
			WithHint("a name under .internal is right")
	case isLabel(host):
		c.errorf(at, "SP103", "the host %s has no dot; Istio and the resolver add the namespace to such a name", quote(host)).
			WithHint("write a name with a dot, such as %s.internal", host)
	default:
		c.dnsName(at, "SP103", host)
	}
}

// addresses are virtual: proxies catch them, nobody else ever sees them.
func (c *checker) addresses(at *field.Path, addresses []string) {
	c.count(at, len(addresses), 0, 8)
	before := seen{}
	for i, a := range addresses {
		at := at.Index(i)
		if !c.required(at, a, 64) || c.twice(before, at, a, "the address") {
			continue
		}
		ip, err := netip.ParseAddr(a)
		switch {
		case err != nil && strings.Contains(a, "/"):
			c.errorf(at, "SP112", "%s is a range, not one address", quote(a)).WithHint("write a single IPv4 address")
		case err != nil:
			c.errorf(at, "SP112", "%s is not an IPv4 address", quote(a)).WithHint("such as 240.200.10.1")
		case !ip.Is4():
			c.errorf(at, "SP112", "%s is an IPv6 address", quote(a)).WithHint("write an IPv4 address, such as 240.200.10.1")
		case ip.IsUnspecified() || ip.IsMulticast() || ip.IsLoopback() || a == "255.255.255.255":
			c.errorf(at, "SP112", "%s cannot be the virtual address of a host", quote(a)).
				WithHint("choose one that nothing else uses, such as 240.200.10.1; without addresses one is chosen")
		}
	}
}

func (c *checker) clients(at *field.Path, clients *v1alpha1.Clients) {
	c.namespaces(at.Child("namespaces"), clients.Namespaces)
	c.count(at.Child("regions"), len(clients.Regions), 0, 16)
	before := seen{}
	for i, r := range clients.Regions {
		at := at.Child("regions").Index(i)
		switch {
		case r == "":
			c.errorf(at, "SP125", "a region is required").WithHint("clients without a locality are named by failover[].from: \"\"")
		case r == v1alpha1.FromAnyone:
			c.errorf(at, "SP125", "\"*\" is not a region").WithHint("everyone else is named by failover[].from: \"*\"")
		case c.region(at, r):
			c.twice(before, at, r, "the region")
		}
	}
	if n := len(clients.Selector); n > 16 {
		c.errorf(at.Child("selector"), "SP105", "the selector has %d labels; at most 16 are allowed", n).WithHint("remove some")
	}
	c.labels(at.Child("selector"), clients.Selector)
	accounts := at.Child("serviceAccounts")
	c.count(accounts, len(clients.ServiceAccounts), 0, 32)
	before = seen{}
	for i, a := range clients.ServiceAccounts {
		if at := accounts.Index(i); c.required(at, a, longestName) && !c.twice(before, at, a, "the service account") {
			c.objectName(at, a)
		}
	}
}

// namespaces are names, or "*" alone.
func (c *checker) namespaces(at *field.Path, namespaces []string) {
	const all = "*"
	c.count(at, len(namespaces), 0, 64)
	before := seen{}
	for i, n := range namespaces {
		at := at.Index(i)
		switch {
		case n == all && len(namespaces) > 1:
			c.errorf(at, "SP124", "\"*\" means all namespaces and stands alone").WithHint("remove it, or the other namespaces")
		case n == all:
		case strings.ContainsAny(n, "*?"):
			c.errorf(at, "SP124", "%s is a pattern, not a namespace", quote(n)).WithHint("list the namespaces, or write \"*\" alone for all")
		case c.dnsLabel(at, n, longestLabel):
			c.twice(before, at, n, "the namespace")
		}
	}
}
