package plan

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"slices"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
)

// Gateway is the egress gateway of pattern C: a port for each endpoint, and behind it that endpoint's own name, certificate
// check and signature. To the clients' proxies each port is an address of its own, which they leave when it fails.
type Gateway struct {
	Namespace      string
	Name           string
	Address        string // of all its pods, in DNS
	ServiceAccount string
	Identity       string // in its certificate
	Selector       map[string]string
	Exists         bool // somebody else runs it
	// Marks says that its own 503 tells that nothing was sent to a region, so that every request may be tried elsewhere.
	Marks bool
	// The IAM role of its service account, or where a file with credentials lies; at most one.
	RoleARN           string
	CredentialsSecret string
	CredentialsFile   string
	// Relay is the name by which a waypoint dials the gateway; empty where sidecars do.
	Relay string
	Hops  []Hop // by endpoint, in the order of the spec
}

// Hop is the way of one endpoint through the gateway.
type Hop struct {
	Endpoint string
	Host     string         // what the gateway calls it, known nowhere else
	Listen   map[string]int // the gateway's port, by port name
	// ServerName is sent as SNI, and one of SubjectAltNames must be in the certificate.
	ServerName      string
	SubjectAltNames []string
	HostHeader      string // sent; empty: the application's
	SigningRegion   string // with signing
}

// Signing is the AWS signature that the gateway gives to each request.
type Signing struct {
	Service string
	// UnsignedPayload leaves the body out of the signature, so that it need not be held in memory.
	UnsignedPayload bool
	// BodyLimit is the longest body, in bytes, that is held to be signed; 0 with UnsignedPayload.
	BodyLimit int
}

// Waypoint is who carries the host for clients without sidecars.
type Waypoint struct {
	Namespace string
	Name      string
}

const (
	defaultGateway  = "spillway-egress"
	labelGateway    = "spillway.dev/egress-gateway"
	credentialsFile = "/var/run/secrets/spillway/aws/credentials" //nolint:gosec // where the file is, not what it says
	signedBodyLimit = 17 << 20                                    // DynamoDB takes 16 MB, and others less
	hopDomain       = "spillway.internal"
	longestHopName  = 40
)

// gatewayOf fills in the gateway of a spec.
func (b *builder) gatewayOf(n needs) *Gateway {
	if n.streams {
		for i := range b.plan.Ports {
			if p := &b.plan.Ports[i]; !p.Protocol.IsHTTP() {
				b.diags.Errorf(b.at("ports").Index(i).Child("protocol"), codeDelivery, "through a gateway a %s connection is made before "+
					"it is known whether a region answers: those to a dead one would be cut, not moved", p.Protocol).WithHint(
					"give port %q a spec of its own with delivery: Sidecar", p.Name)
			}
		}
	}
	s := b.gatewaySettings()
	g := &Gateway{
		Namespace: s.Namespace, Name: s.Name, ServiceAccount: s.ServiceAccount, Selector: s.Selector, Exists: len(s.Selector) > 0,
		Marks: b.gatewayFilter(),
	}
	if !g.Exists {
		g.Selector = map[string]string{labelGateway: s.Name}
	}
	g.Address = g.Name + "." + g.Namespace + ".svc.cluster.local"
	if b.plan.Delivery == DeliveryWaypoint {
		g.Relay = "gateway." + shorten(b.plan.Name, maxLabel) + "." + b.namespace + "." + hopDomain
	}
	g.Identity = "spiffe://" + b.platform.TrustDomain + "/ns/" + g.Namespace + "/sa/" + g.ServiceAccount
	if a := s.Credentials; a != nil {
		g.RoleARN, g.CredentialsSecret, g.CredentialsFile = a.RoleARN, a.Secret, a.File
		if a.Secret != "" {
			g.CredentialsFile = credentialsFile
		}
	}
	if g.Exists && (g.RoleARN != "" || g.CredentialsSecret != "") {
		b.diags.Errorf(b.at("egressGateway", "credentials"), codeSigner, "the gateway exists already, and neither its pods nor its "+
			"service account are written here").WithHint("mount the credentials there and name the file, or give its service account " +
			"the role by hand and drop credentials")
	}
	for _, cluster := range b.platform.Spread {
		b.diags.Warnf(b.at("delivery"), codeGatewayFar, "the nodes of cluster %s are in several regions, and a client takes any of "+
			"the gateway's pods, near or far", cluster).WithHint("run one cluster for each region, or keep the gateway's pods in the " +
			"region of the clients")
	}
	return g
}

// gatewaySettings are those of the spec over those of the platform, all defaults filled in. A spec that names a gateway of
// its own takes nothing from the platform's.
func (b *builder) gatewaySettings() v1alpha1.EgressGateway {
	s := b.platform.Gateway
	if own := b.spec.EgressGateway; own != nil {
		s = *own
	}
	s.Namespace, s.Name = or(s.Namespace, b.namespace), or(s.Name, defaultGateway)
	s.ServiceAccount = or(s.ServiceAccount, s.Name)
	return s
}

// gatewayFilter says that the gateway's namespace may hold EnvoyFilters: as any other, unless it is the platform's own and
// the platform says otherwise.
func (b *builder) gatewayFilter() bool {
	if b.spec.EgressGateway != nil || b.platform.Gateway.Namespace == "" {
		return b.platform.EnvoyFilter
	}
	return b.platform.GatewayFilter
}

// hops give each endpoint its way through the gateway.
func (b *builder) hops() {
	g, owner := b.plan.Gateway, b.plan.Owner()
	ports := gatewayPorts(owner, b.hopKeys(), b.platform.FirstPort, b.platform.LastPort)
	g.Hops = make([]Hop, len(b.names))
	for i := range b.names {
		n, e := &b.names[i], &b.plan.Endpoints[i]
		h := Hop{
			Endpoint: e.Name, Host: shorten(e.Name, longestHopName) + "." + shorten(b.plan.Name, maxLabel) + "." + b.namespace + "." + hopDomain,
			Listen: make(map[string]int, len(b.plan.Ports)), HostHeader: n.header,
		}
		if b.kinds.httpTLS {
			h.ServerName, h.SubjectAltNames = n.server, sortedSet(n.accepts())
		}
		for j := range b.plan.Ports {
			name := b.plan.Ports[j].Name
			h.Listen[name] = ports[hopKey{e.Name, name}]
		}
		e.ServerName = n.server
		if !b.kinds.httpTLS && n.header != "" {
			e.ServerName = n.header
		}
		g.Hops[i] = h
	}
}

// hopKey is a port of the host at one endpoint.
type hopKey struct{ endpoint, port string }

func (b *builder) hopKeys() []hopKey {
	keys := make([]hopKey, 0, len(b.plan.Endpoints)*len(b.plan.Ports))
	for i := range b.plan.Endpoints {
		for j := range b.plan.Ports {
			keys = append(keys, hopKey{b.plan.Endpoints[i].Name, b.plan.Ports[j].Name})
		}
	}
	return keys
}

// gatewayPorts gives each key of one spec the first free of hash(owner/key, 0), hash(owner/key, 1), … in a range; only the
// spec's own keys can be in each other's way. Specs that share a gateway may meet on one port and are told apart there by
// the host in TLS, so that no port ever moves because another spec came or went.
func gatewayPorts(owner string, keys []hopKey, first, last int) map[hopKey]int {
	ordered := slices.Clone(keys)
	slices.SortFunc(ordered, func(a, b hopKey) int { return cmp.Or(cmp.Compare(a.endpoint, b.endpoint), cmp.Compare(a.port, b.port)) })
	out, taken, room := make(map[hopKey]int, len(keys)), make(map[int]bool, len(keys)), last-first+1
	for _, k := range ordered {
		at := portHash(owner, k, 0) % room
		for try := 1; taken[at] && try < hashTries; try++ {
			at = portHash(owner, k, try) % room
		}
		for taken[at] && len(taken) < room {
			at = (at + 1) % room
		}
		taken[at] = true
		out[k] = first + at
	}
	return out
}

func portHash(owner string, k hopKey, try int) int {
	h := fnv.New32a()
	_, _ = fmt.Fprintf(h, "%s %s %s#%d", owner, k.endpoint, k.port, try) // a hash never fails to write
	return int(h.Sum32() >> 1)
}

// Dial is where the clients' proxies reach an endpoint for a port: at its own address, or at its port of the gateway.
func (p *Plan) Dial(e *Endpoint, port *Port) (address string, number int) {
	if p.Gateway == nil {
		return e.Address, e.target(port)
	}
	for i := range p.Gateway.Hops {
		if h := &p.Gateway.Hops[i]; h.Endpoint == e.Name {
			return p.Gateway.Address, h.Listen[port.Name]
		}
	}
	return p.Gateway.Address, 0 // cannot be: every endpoint has a hop
}

// Target is the endpoint's own port number for a port of the host.
func (e *Endpoint) target(port *Port) int {
	if n, ok := e.Ports[port.Name]; ok {
		return n
	}
	return port.TargetPort
}

// Target is the port on which an endpoint itself serves a port of the host.
func (p *Plan) Target(e *Endpoint, port *Port) int { return e.target(port) }

// OwnerLabel is the gateway as a label value; no namespace begins with a capital, so it is never a spec's.
func (g *Gateway) OwnerLabel() string { return shorten("Gateway."+g.Namespace+"."+g.Name, maxLabel) }
