// Package plan holds what an ExternalFailover means, in this project's own words: hosts, identities, tiers, retry and
// time budgets. A Plan is what every target writes from and what explain prints.
//
// It imports api, diag and region; no Kubernetes, Istio or Envoy type is inside a Plan. Everything is pure: the same
// spec and platform give the same plan. Start reading at Plan, then at Build.
package plan

import "time"

// Pattern is how each endpoint gets its own name on the wire.
type Pattern string

// The patterns.
const (
	// PatternPlain shares one server name and one Host among all endpoints.
	PatternPlain Pattern = "Plain"
	// PatternA gives each endpoint its own name, equal to its DNS address.
	PatternA Pattern = "A"
	// PatternAPlus gives each endpoint its own name, other than its address.
	PatternAPlus Pattern = "A+"
	// PatternC gives each endpoint a port of an egress gateway, and behind it all names of its own.
	PatternC Pattern = "C"
)

// Mechanism is how each client region gets its order of tiers.
type Mechanism string

// The mechanisms, in the order in which they are tried.
const (
	// MechanismFailover is M1: one cluster, localities and failover entries.
	MechanismFailover Mechanism = "M1"
	// MechanismSubsets is M2: one subset per order, clients routed to it by their region.
	MechanismSubsets Mechanism = "M2"
	// MechanismPriorities is M3: explicit priorities written into the proxy's cluster.
	MechanismPriorities Mechanism = "M3"
)

// Anyone as a client region is every client that is not named, and those without a locality.
const Anyone = "*"

// Plan is what one ExternalFailover means.
type Plan struct {
	Namespace string
	Name      string
	Host      string
	Addresses []string // virtual addresses of the host, the first is the main one
	Pattern   Pattern
	// PatternReason says why this pattern, for people.
	PatternReason string
	Delivery      Delivery
	// DeliveryReason says why this delivery, for people.
	DeliveryReason string
	Gateway        *Gateway  // with pattern C
	Waypoint       *Waypoint // with delivery Waypoint
	Signing        *Signing  // nil: nobody signs on the way
	Clients        Clients
	Ports          []Port
	TLS            TLS
	Identity       Identity
	Endpoints      []Endpoint
	Order          Order
	Tiers          []ClientTiers // one entry per client region that is known, sorted: named, then "", then "*"
	Routes         []Route       // for HTTP, HTTP2 and GRPC ports; the last has no match
	Detect         Detect
	// ConnectAttempts of one new TCP connection over all its tries; 0 where no port is TCP or TLS.
	ConnectAttempts int
	Budget          []BudgetLine
	Recovery        Recovery
	// EnvoyFilter says that EnvoyFilters may be written for clients: then they are, also where only speed is won.
	EnvoyFilter bool
	// RootNamespace is set where objects for all namespaces must go there.
	RootNamespace string
	// Asked is what the spec says beyond what its objects say, as JSON; empty if it is too long to be kept with them.
	Asked string
}

// Clients says who dials the host.
type Clients struct {
	Namespaces      []string // sorted; or just "*"
	Selector        map[string]string
	ServiceAccounts []string // sorted
	Gateways        bool
}

// Protocol of a port.
type Protocol string

// The protocols.
const (
	HTTP  Protocol = "HTTP"
	HTTP2 Protocol = "HTTP2"
	GRPC  Protocol = "GRPC"
	TCP   Protocol = "TCP"
	TLSPT Protocol = "TLS" // pass-through
)

// IsHTTP says that requests can be told apart, timed and repeated.
func (p Protocol) IsHTTP() bool { return p == HTTP || p == HTTP2 || p == GRPC }

// Port is one port of the host.
type Port struct {
	Name       string
	Number     int
	TargetPort int // of endpoints that name no other
	Protocol   Protocol
	TLS        bool // the proxy originates TLS on it
}

// TLSMode is how the proxy originates TLS.
type TLSMode string

// The TLS modes.
const (
	TLSNone   TLSMode = "None"
	TLSSimple TLSMode = "Simple"
	TLSMutual TLSMode = "Mutual"
)

// TLS is where the proxy's trust and own certificate come from. At most one Trust field is set; none means the system's.
type TLS struct {
	Mode           TLSMode
	TrustConfigMap string
	TrustSecret    string
	TrustFile      string
	ClientSecret   string // secret with tls.crt and tls.key
	ClientCert     string // path
	ClientKey      string // path
}

// NeedsSecret says that proxies must read a secret, which needs a selector and RBAC.
func (t TLS) NeedsSecret() bool { return t.TrustSecret != "" || t.ClientSecret != "" }

// HostMode is what happens to the Host header.
type HostMode string

// The host modes.
const (
	HostKeep        HostMode = "Keep"        // the application's, untouched
	HostShared      HostMode = "Shared"      // rewritten to one name for all endpoints
	HostPerEndpoint HostMode = "PerEndpoint" // rewritten to the endpoint's own name, on retries too
)

// Identity is which names are sent to the endpoints and checked in their certificates.
type Identity struct {
	HostMode   HostMode
	SharedHost string // with HostShared
	// PerEndpointSNI sends each endpoint's own server name and checks the certificate for it.
	PerEndpointSNI bool
	// ServerName sent to all, or, with PerEndpointSNI, the first endpoint's (only to switch the proxy's own guess off).
	ServerName string
	// SubjectAltNames any of which a certificate must hold; with PerEndpointSNI its own server name must be there too.
	SubjectAltNames []string
}

// Endpoint is one place that can serve the host.
type Endpoint struct {
	Name    string
	Tier    string // its group, or its own name: what failover[].to names
	Address string
	IP      bool
	Region  string         // as its cloud spells it; may be empty
	Ports   map[string]int // own port numbers by port name; empty where the port's targetPort holds
	// ServerName is what the endpoint is called on the wire; with pattern A+ the host name to give it.
	ServerName string
	Weight     int // ≥ 1
}

// ClientTiers is the order promised to the clients of one region.
type ClientTiers struct {
	Region string // "*" for everyone else, "" for clients without a locality
	Tiers  [][]string
	// OnlyListed says that the endpoints not in Tiers are never used.
	OnlyListed bool
	// Expanded says that the order came from "*", written out for a region that is known.
	Expanded bool
}

// Order is how the tiers are written down.
type Order struct {
	Mechanism Mechanism
	Reason    string
	// Sets become one cluster each: a single one without a name for M1 and M3, one per order for M2.
	// With M3 the set gives what clients get whom no explicit priorities reach.
	Sets []Set
	// Entries counts what the ServiceEntry lists: endpoints times the sets they are in.
	Entries int
	// OthersNeedNames says that clients without explicit priorities get the endpoints' names all the same (A+).
	OthersNeedNames bool
}

// Set is one group of endpoints with localities of our own and the failover entries that order them.
type Set struct {
	Name     string   // the subset; empty for the whole host
	Regions  []string // M2: the client regions routed to it, sorted
	Default  bool     // M2: clients of no listed region are routed to it
	Members  []Member
	Failover []FromTo // sorted by From
}

// Member is an endpoint in a set.
type Member struct {
	Endpoint string
	Locality string
}

// FromTo sends clients of one region to the members of a locality.
type FromTo struct {
	From string
	To   string
}

// Retry is which failed requests may be sent again.
type Retry string

// The retry classes.
const (
	RetryNever       Retry = "Never"
	RetryUnprocessed Retry = "Unprocessed"
	RetryFull        Retry = "Full"
)

// Route is a class of requests.
type Route struct {
	Name          string
	Match         *Match // nil for the rest
	Retry         Retry
	Attempts      int           // retries after the first try; 0 with RetryNever
	Timeout       time.Duration // 0 is none
	PerTryTimeout time.Duration // 0 is none
}

// Match picks requests; all fields that are set must match.
type Match struct {
	Methods    []string
	Headers    []HeaderMatch // sorted by name
	Path       string
	PathPrefix string
}

// HeaderMatch is an RE2 expression for the whole value of a header.
type HeaderMatch struct {
	Name  string
	Regex string
}

// Detect says when an address counts as dead and when it is tried again.
type Detect struct {
	Profile            string
	GatewayErrors      int
	ServerErrors       int
	Interval           time.Duration
	Ejection           time.Duration
	MaxEjection        time.Duration
	ConnectTimeout     time.Duration
	MaxEjectionPercent int
	MinHealthPercent   int
	IdleTimeout        time.Duration
	Streams            int // at once on one HTTP/2 connection; 0: no HTTP2 or GRPC port
	Keepalive          Keepalive
	DNSRefresh         time.Duration // after an empty answer
	DNSFailureBase     time.Duration
	DNSFailureMax      time.Duration
	RetryBackoff       time.Duration
	// FirstRetryLeaves says that the first retry goes to the next tier (EnvoyFilter allowed), not the third.
	FirstRetryLeaves bool
	Active           *Active
}

// Keepalive of TCP connections.
type Keepalive struct {
	Time     time.Duration
	Interval time.Duration
	Probes   int
}

// Active is the probe each proxy sends to each address.
type Active struct {
	Path string
	Host string
	// OwnHosts says that probes carry each endpoint's own Host instead.
	OwnHosts bool
	// GRPCHealth says that GRPC ports are asked by the gRPC health protocol, not for Path.
	GRPCHealth bool
	ExpectMin  int // inclusive
	ExpectMax  int // inclusive
	Interval   time.Duration
	Timeout    time.Duration
	Unhealthy  int
	Healthy    int
}

// Failure is a way in which a region dies.
type Failure string

// The failures the time budget speaks of.
const (
	FailureRefused        Failure = "refused"
	FailureBlackHole      Failure = "black hole"
	FailureHang           Failure = "hang"
	FailureServerError    Failure = "5xx"
	FailureReset          Failure = "reset"
	FailureBadCertificate Failure = "bad certificate"
	FailureDNS            Failure = "dns"
)

// BudgetLine says what one failure of one region costs the requests of one class. Requests are given for a rate of
// Rate requests per second and proxy.
type BudgetLine struct {
	Failure Failure
	Class   string        // route name, or the port's name for TCP and TLS
	Typical time.Duration // added to the slowest request when one tier is dead
	Worst   time.Duration // when all tiers but the last are dead
	Slow    int           // requests that feel it per outage
	Failed  int           // requests lost per outage, or Endless
	Rate    int
	Formula string // how Typical, Slow and Failed come about, in the spec's numbers
}

// Endless as BudgetLine.Failed means that every request fails until the endpoint answers again: nothing detects it.
const Endless = -1

// Recovery says how long after its own recovery an endpoint serves again.
type Recovery struct {
	Typical time.Duration // after a first ejection, or by active checks
	Worst   time.Duration // after many ejections in a row
	Formula string        // how the two come about, in the spec's numbers
}
