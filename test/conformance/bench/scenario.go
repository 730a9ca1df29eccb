// Package bench is the live bench: one region of clients with a real Envoy as its sidecar, configured by a real istiod,
// and the regions it dials, all inside one network namespace. The suite starts this same program again as a child in a
// new namespace (Run); the child (Main) plays DNS, the regions and the load, breaks what the scenario says, and reports
// what became of every single request. It knows nothing of specs or of Istio's objects. Start reading at Scenario.
package bench

import (
	"time"

	"github.com/spillway-mesh/spillway/test/conformance/pki"
	"github.com/spillway-mesh/spillway/test/conformance/sigv4"
)

// Driver is the protocol in which the load is driven.
type Driver string

// The drivers.
const (
	DriverHTTP  Driver = "http"
	DriverHTTP2 Driver = "h2"
	DriverGRPC  Driver = "grpc"
	DriverTCP   Driver = "tcp"
	DriverTLS   Driver = "tls"
	// DriverSDK is the AWS SDK for Go, on DynamoDB.
	DriverSDK Driver = "sdk"
)

// Class says what may be done with a request that failed; the words are those of the spec.
type Class string

// The classes.
const (
	Full        Class = "Full"
	Unprocessed Class = "Unprocessed"
	Never       Class = "Never"
)

// Kind is a way in which an endpoint can fail.
type Kind string

// The kinds of failure.
const (
	Refuse    Kind = "refuse"    // port closed, established connections reset
	Blackhole Kind = "blackhole" // packets dropped, of established connections too
	Hang      Kind = "hang"      // request taken, never answered
	Silent    Kind = "silent"    // connection accepted, nothing read
	Error503  Kind = "503"
	Error500  Kind = "500"
	Reset     Kind = "reset"    // request taken, connection reset
	BadCert   Kind = "badcert"  // a certificate for another name
	SwapCert  Kind = "swapcert" // the valid certificate of another endpoint
	Expired   Kind = "expired"
	Refused   Kind = "refused-stream" // HTTP/2: connections taken, each stream refused
	DNSEmpty  Kind = "dns-empty"
	NXDomain  Kind = "nxdomain"
	Flap      Kind = "flap"     // refused for 3 s, fine for 3 s
	Slow      Kind = "slow"     // answers after 2 s
	Throttle  Kind = "throttle" // DynamoDB: 400 ProvisionedThroughputExceededException
	// GatewayDies and GatewayGone take one pod of the egress gateway: its process ends, or its packets are dropped.
	GatewayDies Kind = "gateway-dies"
	GatewayGone Kind = "gateway-gone"
	// None breaks nothing: for configurations that fail on a good day.
	None Kind = "none"
)

// Scenario is one run, complete in itself: it travels to the child as JSON.
type Scenario struct {
	Name string
	// Envoy is the binary, XDS the unix socket that leads to istiod's secure port.
	Envoy string
	XDS   string
	Node  Node
	// World signs the regions' certificates and, under CN=client, the client's own.
	World pki.Authority
	// Host and VIP are what the application dials, on Port.
	Host      string
	VIP       string
	Port      int
	Driver    Driver
	Endpoints []Endpoint
	// Dynamo is the folder of DynamoDB Local's jars, if it is to run. ClientSigns has the application sign for us-east-1.
	Dynamo      string
	ClientSigns *sigv4.Key
	// SignedHost is the Host that the application signs, if it is not the one that it dials.
	SignedHost string
	// SDKRetries leaves the SDK's own retries on.
	SDKRetries bool
	// Programs run one after the other from the begin of the outage, each ProgramRuns times.
	Programs    []Program
	ProgramRuns int
	// Egress is the gateway that endpoints are reached through, if there is one.
	Egress Egress
	// CostTime, if set, has the run measure for so long what requests take, with nothing broken; Direct leaves all proxies out.
	CostTime time.Duration
	Direct   bool
	// Home names the endpoints that serve this client on a good day.
	Home     []string
	Calls    []Call
	Rate     int // requests per second, open loop
	Failures []Failure
	DNS      DNS
	Timing   Timing
}

// GatewayPort is where a gateway of a run listens: the port of its Gateway object.
const GatewayPort = 8080

// Node is the client's sidecar, or the gateway that is the client.
type Node struct {
	// Gateway listens on GatewayPort for what it forwards; a sidecar takes what the application dials.
	Gateway        bool
	Namespace      string
	ServiceAccount string
	Region         string
	Labels         map[string]string
	// Identity is the proxy's mesh certificate, MeshRoot what it trusts.
	Identity pki.Pair
	MeshRoot []byte
}

// Egress is an egress gateway: one Envoy for each pod.
type Egress struct {
	Name string // of all pods, in DNS
	Pods []Pod
}

// Pod is one pod of the gateway. Its listeners are bound to its own address by an object of the test's, since all pods share
// the run's network.
type Pod struct {
	Node    Node
	Address string
	Env     []string // of its container
}

// Endpoint is one region's front end.
type Endpoint struct {
	Name    string
	Address string // a DNS name, or an IP address that the namespace gets
	Port    int
	TLS     bool
	// ServerName is the only SNI that is served; Names are in the certificate.
	ServerName string
	Names      []string
	// HostHeader is the only Host that is served; empty accepts any.
	HostHeader string
	// ClientCert asks for the client's certificate.
	ClientCert bool
	// Signed wants every request signed with this key, and passes it to DynamoDB Local.
	Signed *sigv4.Key
}

// Call is one sort of request; the load takes them in turn.
type Call struct {
	Class   Class
	Method  string
	Path    string
	Headers map[string]string
	// Timeout is the route's; 0 means none.
	Timeout time.Duration
	// Stream asks for a server stream (gRPC).
	Stream bool
}

// Failure breaks one endpoint, or one of its addresses, for a while; times count from the begin of the outage.
type Failure struct {
	Kind     Kind
	Endpoint string // of a gateway's failures none
	Address  int    // 1-based, of an endpoint or a pod; 0 means all of them
	From     time.Duration
	Until    time.Duration
}

// DNS says how names are answered.
type DNS struct {
	Addresses int // per name
	Rotate    bool
	TTL       time.Duration
}

// Timing bounds the phases of a run.
type Timing struct {
	Before  time.Duration
	Recover time.Duration // at most; a run ends early once home serves again
}

// Result is what became of a run.
type Result struct {
	Name    string
	Kind    Kind
	Classes map[Class]*Tally
	// Before, During and After count who answered, per endpoint.
	Before, During, After map[string]int
	// Steady is how long after the failure requests were lost or slow; Back how long after its end home served again.
	// Seconds; -1 means never.
	Steady, Back float64
	// InFlight is how many requests and pooled connections were open to the failing endpoints when they failed.
	InFlight int
	// WrongSNI and WrongHost count what strict regions refused.
	WrongSNI, WrongHost int
	// Hellos and Plaintext count how connections to regions with TLS began.
	Hellos, Plaintext   int
	Ejections, Overflow int
	Retries             int
	// Cut counts connections of the client's proxy that the other side ended.
	Cut int
	// BadSignatures counts requests whose signature a region refused; WritesGone and WritesDoubled compare what clients were
	// told with what the regions hold.
	BadSignatures, WritesGone, WritesDoubled int
	Runs                                     []ProgramRun
	// Cost is what was measured instead of all that.
	Cost *Cost
	// Examples are a few of the errors clients saw.
	Examples []string
}

// ProgramRun is one run of a program: what it said on failing, empty if it did not, and the regions that hold what it wrote.
type ProgramRun struct {
	Program, Key, Failed string
	Regions              []string
}

// Tally sums up one class of requests.
type Tally struct {
	Sent, LostBefore, LostDuring, LostAfter int
	// Twice counts requests that reached a server more than once.
	Twice int
	// Late counts answers later than the route's timeout.
	Late          int
	P50, P99, Max float64 // milliseconds, of the outage
	// Unsteady counts requests between the failure and the new steady state.
	Unsteady int
}

// Lost is what was lost from the failure on.
func (t *Tally) Lost() int { return t.LostDuring + t.LostAfter }

// Outage is when the last failure ends.
func (s *Scenario) Outage() time.Duration {
	var d time.Duration
	for _, f := range s.Failures {
		d = max(d, f.Until)
	}
	return d
}
