package importer

import (
	"cmp"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/spillway-mesh/spillway/pkg/analyze/mesh"
	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/region"
)

// endpoint is one address of the host. With subsets the objects list it several times.
type endpoint struct {
	mesh.Endpoint
	name string
}

// places lifts the endpoints: their addresses, and names and regions for them.
func (l *lifter) places() {
	for _, e := range l.host.Endpoints {
		if slices.ContainsFunc(l.endpoints, func(have endpoint) bool { return have.Address == e.Address }) {
			continue
		}
		out := v1alpha1.Endpoint{Address: e.Address, Locality: l.locality(e)}
		if e.Weight > 1 {
			out.Weight = new(int32(min(e.Weight, 128))) //nolint:gosec // bounded
			if e.Weight > 128 {
				l.lost(e.Object, e.Path+".weight", "the weight %d is cut to 128", e.Weight)
			}
		}
		if k := l.knownAs(e.Address); k != nil {
			out.Name, out.Group, out.Locality, out.SigningRegion = k.Name, k.Group, k.Locality, k.SigningRegion
		} else {
			out.Name = unique(label(l.nameOf(e, out.Locality), 40), 40, l.endpointNamed)
		}
		l.ownPorts(&out, e)
		l.endpoints = append(l.endpoints, endpoint{e, out.Name})
		l.spec.Spec.Endpoints = append(l.spec.Spec.Endpoints, out)
	}
}

// knownAs is what the annotation says of an address.
func (l *lifter) knownAs(address string) *v1alpha1.Endpoint {
	if l.known == nil {
		return nil
	}
	i := slices.IndexFunc(l.known.Endpoints, func(e v1alpha1.Endpoint) bool { return e.Address == address })
	if i < 0 {
		return nil
	}
	return &l.known.Endpoints[i]
}

func (l *lifter) endpointNamed(name string) bool {
	return slices.ContainsFunc(l.spec.Spec.Endpoints, func(e v1alpha1.Endpoint) bool { return e.Name == name }) ||
		l.known != nil && slices.ContainsFunc(l.known.Endpoints, func(e v1alpha1.Endpoint) bool { return e.Name == name })
}

// nameOf is the endpoint's region if it is alone there, else its zone, else the first part of its address.
func (l *lifter) nameOf(e mesh.Endpoint, locality string) string {
	alone, aloneInZone := true, e.Locality.Zone != ""
	for _, o := range l.host.Endpoints {
		if o.Address != e.Address && o.Locality.Region == e.Locality.Region {
			alone = false
			aloneInZone = aloneInZone && o.Locality.Zone != e.Locality.Zone
		}
	}
	switch {
	case locality != "" && alone:
		return locality
	case aloneInZone:
		return e.Locality.Zone
	case !e.IsName():
		return "ip-" + e.Address
	}
	first, _, _ := strings.Cut(e.Address, ".")
	return first
}

// locality is the cloud region an endpoint is in: the one in its name, else the one that the ServiceEntry says.
func (l *lifter) locality(e mesh.Endpoint) string {
	for part := range strings.SplitSeq(e.Address, ".") {
		if _, found := region.Lookup(part); found {
			return part
		}
	}
	if found := regionWithin(e.Address); found != "" {
		return found
	}
	return e.Locality.Region
}

// regionWithin finds a region's name among the words of an address, as in vpce-1-us-east-1a.example.com.
func regionWithin(address string) string {
	best := ""
	for _, r := range region.All() {
		if !strings.Contains(r.Name, "-") || len(r.Name) <= len(best) || !strings.Contains(address, r.Name) {
			continue
		}
		if regexp.MustCompile(`(^|[.-])` + regexp.QuoteMeta(r.Name) + `[a-f]?([.-]|$)`).MatchString(address) {
			best = r.Name
		}
	}
	return best
}

// ownPorts keeps what differs from the target ports of the host's ports.
func (l *lifter) ownPorts(out *v1alpha1.Endpoint, e mesh.Endpoint) {
	for i, p := range l.host.Ports {
		s := &l.spec.Spec.Ports[i]
		target := s.Number
		if s.TargetPort != nil {
			target = *s.TargetPort
		}
		if n := int32(l.reached(p).TargetPort(e)); n != target { //nolint:gosec // a port number
			if out.Ports == nil {
				out.Ports = map[string]int32{}
			}
			out.Ports[s.Name] = n
		}
	}
}

// identity lifts which names are sent and checked, and what becomes of the Host header.
func (l *lifter) identity() {
	header := l.hostHeader()
	c := l.tlsPort()
	for i := range l.spec.Spec.Endpoints {
		e := &l.spec.Spec.Endpoints[i]
		e.HostHeader = header
		if c != nil {
			l.serverName(c, e)
		}
		own := cmp.Or(e.ServerName, ownName(e, l.spec.Spec.Host))
		if e.HostHeader == own || e.HostHeader == v1alpha1.HostHeaderKeep && own == l.spec.Spec.Host {
			e.HostHeader = "" // what it is without a word
		}
	}
	if c == nil && header == "" {
		return
	}
	l.tellNames(c)
}

// ownName is the server name of an endpoint that gives none.
func ownName(e *v1alpha1.Endpoint, host string) string {
	if _, err := netip.ParseAddr(e.Address); err == nil {
		return host
	}
	return e.Address
}

// hostHeader is what endpoints get as Host: "" for each its own, Keep for the application's, or a name.
func (l *lifter) hostHeader() string {
	http := l.firstHTTP()
	if http == nil {
		return ""
	}
	if http.RoutePatched("route", "auto_host_rewrite").Bool() {
		return ""
	}
	for _, c := range l.classes() {
		if c.Rewrite != "" {
			return c.Rewrite
		}
	}
	if l.foreign() {
		return ""
	}
	return v1alpha1.HostHeaderKeep
}

func (l *lifter) firstHTTP() *mesh.Cluster {
	for _, p := range l.host.Ports {
		if p.Protocol.IsHTTP() {
			return l.view.Cluster(p.Number, "")
		}
	}
	return nil
}

// foreign says that the host is a name of one's own for endpoints of somebody else's: they know nothing of it, neither as
// Host nor in their certificates.
func (l *lifter) foreign() bool {
	for _, e := range l.host.Endpoints {
		if e.Address == l.host.Name || !e.IsName() || domain(e.Address) == domain(l.host.Name) {
			return false
		}
	}
	return true
}

// domain is the last two parts of a name; enough to tell one's own names from another's.
func domain(name string) string {
	parts := strings.Split(strings.TrimSuffix(name, "."), ".")
	return strings.Join(parts[max(0, len(parts)-2):], ".")
}

// serverName is which name goes to an endpoint, and which ones its certificate may hold.
func (l *lifter) serverName(c *mesh.Cluster, e *v1alpha1.Endpoint) {
	n := c.Names()
	switch {
	case n.PerEndpoint:
		if own := l.patchedName(c, e.Address); own != "" && own != e.Address {
			e.ServerName = own
		}
		return
	case n.SNI != "":
		e.ServerName = n.SNI
	case !l.foreign():
		e.ServerName = l.host.Name
	}
	name := cmp.Or(e.ServerName, ownName(e, l.spec.Spec.Host))
	if sans := c.TLS().GetSubjectAltNames(); len(sans) > 0 && (len(sans) > 1 || sans[0] != name) && n.SNI != "" {
		e.SubjectAltNames = slices.Compact(slices.Sorted(slices.Values(sans)))
	}
	if name == ownName(e, l.spec.Spec.Host) {
		e.ServerName = ""
	}
}

// patchedName is the host name that an EnvoyFilter gives an endpoint.
func (l *lifter) patchedName(c *mesh.Cluster, address string) string {
	for _, p := range c.ClusterPatches() {
		for _, g := range p.Value.At("load_assignment", "endpoints").Items() {
			for _, e := range g.At("lb_endpoints").Items() {
				if e.At("endpoint", "address", "socket_address", "address").Text() == address {
					if name := e.At("endpoint", "hostname").Text(); name != "" {
						return name
					}
				}
			}
		}
	}
	return ""
}

// tellNames says what is decided about names, where the objects could not have worked.
func (l *lifter) tellNames(c *mesh.Cluster) {
	if l.known != nil || !l.foreign() {
		return
	}
	e := l.host.Entry()
	if c == nil {
		l.decide(e.Object, "spec.endpoints", "requests carried the Host %s to endpoints of another domain; the spec sends each its own name",
			l.host.Name).WithHint("set hostHeader: Keep on every endpoint if they do serve %s", l.host.Name)
		return
	}
	if n := c.Names(); n.FromHost {
		dr, path := c.Policy.TLS.At()
		l.decide(dr, path, "%s was sent as server name and looked for in the certificates of another domain; the spec sends and checks each "+
			"endpoint's own name", l.host.Name)
	}
}
