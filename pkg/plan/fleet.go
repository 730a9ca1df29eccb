package plan

import (
	"strings"
	"time"
)

// Fleet is what one ClusterFailover means: its clusters, what each must know of the others, the health that they share,
// what stands before them and how long that takes to leave one.
type Fleet struct {
	Namespace    string
	Name         string
	ID           string        // namespace/name in full, part of every message between the clusters
	Hosts        []string      // that users dial
	Objective    time.Duration // the longest that users may wait for another cluster; 0: none is given
	Availability string        // in percent, such as 99.5; empty: none is given
	PeerAccess   string        // PerClusterHost, InternalLoadBalancer or Address
	Gateway      FleetGateway
	Maintenance  FleetMaintenance
	Clusters     []FleetCluster
	Edges        []Edge // at most one of each type
	Health       Health
	Route        FleetRoute // of the probe path
	Server       FleetServer
}

// FleetGateway is the gateway through which every cluster is entered.
type FleetGateway struct {
	API      string            // Istio or GatewayAPI
	Selector map[string]string // the labels of its pods
}

// FleetCluster is one cluster of a fleet.
type FleetCluster struct {
	Name     string
	Region   string // as its nodes spell it; may be empty
	Role     string // Active, Primary or Secondary
	GKE      *FleetGKE
	Address  string       // of its gateway, its own; empty where there is no other cluster to use it
	Rotation string       // Serving, Standby or Out
	Token    string       // the body of its 200
	MaxRPS   int          // how many requests a second it can serve; 0: not known
	Window   *FleetWindow // nil: it may be worked on at any time
	Peers    []FleetPeer

	PeerAddress string   // where the other clusters reach it
	Internal    bool     // that is an internal load balancer's, which is written too
	Egress      []string // networks that its own requests to other clusters come from; none: not known
}

// FleetGKE names a cluster in Google Cloud.
type FleetGKE struct {
	Project    string
	Location   string // a region or a zone
	Membership string // its name in the fleet of the project
}

// FleetPeer is another cluster, as one of the fleet sees it.
type FleetPeer struct {
	Name     string
	URLs     []string
	Host     string // sent as Host and TLS server name, and in its certificate
	Rotation string
	Token    string
}

// Health is what all clusters of a fleet go by, every default filled in.
type Health struct {
	Path         string
	Rest         string        // the mode without an operator's word: Relaxed or Guard
	CheckerDown  string        // Stay or Leave
	Interval     time.Duration // between rounds of checks
	Timeout      time.Duration // of one check
	Fall         int
	Rise         int
	Quorum       int // percent
	Guard        FleetGuard
	Checks       []HealthCheck
	Discover     string // the label of services that opt in; empty: none do
	KeysSecret   string // where the keys are that sign messages: a secret,
	KeysFolder   string // or a folder
	ExpectProbes bool   // something outside probes each cluster
}

// FleetGuard bounds departures from a fleet.
type FleetGuard struct {
	MaxOut         int // clusters that may be out at once
	Poll           time.Duration
	Confirm        int
	Hold           time.Duration
	MinIn          time.Duration
	MinOut         time.Duration // at least as long as the slowest edge takes to see it
	MaxOutsPerHour int
	Verify         time.Duration
	MaxChange      time.Duration
	Capacity       string // RequireForDrain, Warn or Ignore
}

// HealthCheck is one thing that a cluster needs; exactly one of the kinds is set. What a kind leaves out is left to the
// health server's default.
type HealthCheck struct {
	Name       string
	Importance string // Required, Weighted or Informational
	Weight     int
	Shared     bool // all clusters depend on the same thing

	HTTP        *HTTPCheck
	GRPC        *GRPCCheck
	TCP         *TCPCheck
	Service     *ServiceCheck
	Failover    *FailoverCheck
	Certificate *CertificateCheck
	Prometheus  *PrometheusCheck
}

// HTTPCheck asks a URL.
type HTTPCheck struct {
	URL     string
	Method  string
	Host    string
	Headers map[string]string
	Expect  []int
	Body    string
}

// GRPCCheck asks a server for its health.
type GRPCCheck struct {
	Address string
	Service string
	TLS     bool
	Host    string
}

// TCPCheck opens a connection.
type TCPCheck struct{ Address string }

// ServiceCheck looks at the ready endpoints of a service of the cluster.
type ServiceCheck struct {
	Name      string
	Namespace string
	MinReady  int // percent; 0: the default
}

// FailoverCheck asks whether any endpoint of an ExternalFailover answers.
type FailoverCheck struct {
	Name      string
	Namespace string
	Via       string
}

// CertificateCheck warns of a certificate that expires.
type CertificateCheck struct {
	Address    string
	ServerName string
	MinDays    int // 0: the default
}

// PrometheusCheck compares the result of a query.
type PrometheusCheck struct {
	URL   string
	Query string
	Above string
	Below string
}

// Owner is the spec that the fleet came from, as namespace/name.
func (f *Fleet) Owner() string { return f.ID }

// OwnerLabel is the owner as a label value.
func (f *Fleet) OwnerLabel() string { return ownerLabel(f.Namespace, f.Name) }

// ObjectName names an object of the fleet; parts tell several of one kind apart. It is a DNS label, as Services and what
// clouds make of objects need.
func (f *Fleet) ObjectName(parts ...string) string {
	return shorten(strings.Join(append([]string{strings.ReplaceAll(f.Name, ".", "-")}, parts...), "-"), maxLabel)
}

// CloudName names something outside of the clusters, where other fleets may be, too.
func (f *Fleet) CloudName(parts ...string) string {
	name := strings.ReplaceAll(strings.Join(append([]string{f.Namespace, f.Name}, parts...), "-"), ".", "-")
	return shorten(name, maxLabel)
}

// EdgeOf is the edge of a type.
func (f *Fleet) EdgeOf(kind string) (Edge, bool) {
	for _, e := range f.Edges {
		if e.Type == kind {
			return e, true
		}
	}
	return Edge{}, false
}
