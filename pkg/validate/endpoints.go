package validate

import (
	"maps"
	"net/netip"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

// longestEndpoint is shorter than a label may be, since names are made from it.
const longestEndpoint = 40

func (c *checker) endpoints(at *field.Path, s *v1alpha1.ExternalFailoverSpec) {
	c.count(at, len(s.Endpoints), 1, 16)
	ports := make([]string, 0, len(s.Ports))
	for _, p := range s.Ports {
		ports = append(ports, p.Name)
	}
	names, groups, places := seen{}, seen{}, map[string]string{}
	for i := range s.Endpoints {
		e, at := &s.Endpoints[i], at.Index(i)
		c.endpoint(at, e, ports)
		if e.Name != "" {
			c.twice(names, at.Child("name"), e.Name, "the endpoint")
		}
		if e.Group != "" && groups[e.Group] == nil {
			groups[e.Group] = at.Child("group")
		}
		c.samePlace(at, e, places)
	}
	for _, group := range slices.Sorted(maps.Keys(groups)) {
		if names[group] != nil {
			c.errorf(groups[group], "SP110", "%s is the name of an endpoint and of a group; failover[].to could mean either", quote(group)).
				WithHint("give the group another name")
		}
	}
}

func (c *checker) endpoint(at *field.Path, e *v1alpha1.Endpoint, ports []string) {
	c.dnsLabel(at.Child("name"), e.Name, longestEndpoint)
	c.address(at.Child("address"), e.Address)
	if e.Locality != "" {
		c.region(at.Child("locality"), e.Locality)
	}
	if e.Group != "" {
		c.dnsLabel(at.Child("group"), e.Group, longestEndpoint)
	}
	c.endpointPorts(at.Child("ports"), e.Ports, ports)
	c.serverName(at.Child("serverName"), e.ServerName)
	c.subjectAltNames(at.Child("subjectAltNames"), e.SubjectAltNames)
	if e.HostHeader != "" && e.HostHeader != v1alpha1.HostHeaderKeep {
		c.hostHeader(at.Child("hostHeader"), e.HostHeader)
	}
	c.upTo(at.Child("weight"), e.Weight, 128)
	if e.Weight != nil && e.Group == "" {
		c.diags.Warnf(at.Child("weight"), "SP128", "a weight counts among the endpoints of one group, and this one has no group").
			WithHint("remove weight, or add the group")
	}
	if e.SigningRegion != "" {
		c.region(at.Child("signingRegion"), e.SigningRegion)
	}
}

// samePlace warns about a failover that ends where it began.
func (c *checker) samePlace(at *field.Path, e *v1alpha1.Endpoint, places map[string]string) {
	if e.Address == "" || len(e.Ports) > 0 {
		return
	}
	if other, found := places[e.Address]; found {
		c.diags.Warnf(at.Child("address"), "SP129", "endpoint %s has the same address; when one is dead, so is the other", quote(other)).
			WithHint("give another address, or remove one of the two")
		return
	}
	places[e.Address] = e.Name
}

func (c *checker) address(at *field.Path, address string) {
	if !c.required(at, address, longestName) {
		return
	}
	ip, err := netip.ParseAddr(address)
	switch {
	case err == nil && (ip.IsUnspecified() || ip.IsMulticast() || ip.Zone() != ""):
		c.errorf(at, "SP111", "%s is not the address of an endpoint", quote(address)).WithHint("write the IP address of one server, without a zone")
	case err == nil:
	case inCluster(address):
		c.errorf(at, "SP111", "%s is a service of the cluster, which Istio finds by itself and fails over by locality", quote(address)).
			WithHint("write the address of an endpoint outside the mesh")
	case isDNSName(address):
	default:
		c.errorf(at, "SP111", "%s is neither a DNS name nor an IP address", quote(address)).WithHint("%s", hintName(address))
	}
}

// inCluster says that a name belongs to a service of the cluster.
func inCluster(name string) bool {
	lower := strings.ToLower(strings.TrimSuffix(name, "."))
	return strings.HasSuffix(lower, ".svc") || strings.Contains(lower, ".svc.")
}

func (c *checker) serverName(at *field.Path, name string) {
	switch {
	case name == "":
	case isIP(name):
		c.errorf(at, "SP111", "the server name %s is an IP address, which TLS cannot send", quote(name)).
			WithHint("write the DNS name in the endpoint's certificate")
	default:
		c.dnsName(at, "SP111", name)
	}
}

func (c *checker) hostHeader(at *field.Path, value string) {
	if strings.EqualFold(value, v1alpha1.HostHeaderKeep) {
		c.errorf(at, "SP106", "%s is not a value of this field", quote(value)).WithHint("did you mean %s?", v1alpha1.HostHeaderKeep)
		return
	}
	c.hostPort(at, value)
}

func (c *checker) subjectAltNames(at *field.Path, names []string) {
	c.count(at, len(names), 0, 16)
	before := seen{}
	for i, n := range names {
		at := at.Index(i)
		switch {
		case !c.required(at, n, longestName) || c.twice(before, at, n, "the name"):
		case isIP(n) || isDNSName(strings.TrimPrefix(n, "*.")) || isURI(n):
		default:
			c.errorf(at, "SP111", "%s cannot stand in a certificate", quote(n)).
				WithHint("write a DNS name, an IP address or a URI such as spiffe://cluster.local/ns/shop/sa/orders")
		}
	}
}

func isURI(s string) bool {
	scheme, rest, found := strings.Cut(s, "://")
	return found && isLabel(scheme) && rest != "" && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

// endpointPorts are numbers by the names of the spec's ports.
func (c *checker) endpointPorts(at *field.Path, ports map[string]int32, known []string) {
	if n := len(ports); n > 16 {
		c.errorf(at, "SP105", "the list has %d ports; at most 16 are allowed", n).WithHint("remove some")
	}
	for _, name := range slices.Sorted(maps.Keys(ports)) {
		number, at := ports[name], at.Key(name)
		c.upTo(at, &number, highestPort)
		if !slices.Contains(known, name) {
			c.unknownName(at, "port", name, known)
		}
	}
}

// unknownName tells about a name that refers to nothing, and which one was probably meant.
func (c *checker) unknownName(at *field.Path, what, name string, known []string) {
	d := c.errorf(at, "SP109", "there is no %s %s", what, quote(name))
	if meant, found := diag.Closest(name, known); found {
		d.WithHint("did you mean %s?", meant)
	} else if len(known) > 0 {
		d.WithHint("there is %s", strings.Join(known, ", "))
	} else {
		d.WithHint("there is none at all")
	}
}

// failover checks the orders of the client regions against the endpoints.
func (c *checker) failover(at *field.Path, s *v1alpha1.ExternalFailoverSpec) {
	c.count(at, len(s.Failover), 0, 16)
	units, members := unitsOf(s.Endpoints)
	before := seen{}
	for i := range s.Failover {
		rule, at := &s.Failover[i], at.Index(i)
		if from := at.Child("from"); !c.twice(before, from, rule.From, "the client region") &&
			rule.From != "" && rule.From != v1alpha1.FromAnyone {
			c.region(from, rule.From)
		}
		c.to(at.Child("to"), rule.To, units, members)
	}
}

// unitsOf are the names that failover[].to may use, and for each endpoint in a group its group.
func unitsOf(endpoints []v1alpha1.Endpoint) (units []string, members map[string]string) {
	members = map[string]string{}
	for _, e := range endpoints {
		unit := e.Name
		if e.Group != "" {
			unit, members[e.Name] = e.Group, e.Group
		}
		if unit != "" && !slices.Contains(units, unit) {
			units = append(units, unit)
		}
	}
	return units, members
}

func (c *checker) to(at *field.Path, to, units []string, members map[string]string) {
	c.count(at, len(to), 1, 16)
	before := seen{}
	for i, name := range to {
		at := at.Index(i)
		if !c.required(at, name, longestEndpoint) || c.twice(before, at, name, "the endpoint") || slices.Contains(units, name) {
			continue
		}
		if group, found := members[name]; found {
			c.errorf(at, "SP109", "the endpoint %s is part of the group %s, which is one tier", quote(name), quote(group)).
				WithHint("write %s, or take the endpoint out of the group", group)
			continue
		}
		c.unknownName(at, "endpoint or group", name, units)
	}
}
