package generated

import (
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/test/conformance/bench"
)

// anyVIP is what the application dials where the host has no address: an HTTP listener takes any.
const anyVIP = "203.0.113.99"

// Scenario is the world and the load of one port for clients of a region, without failures. Who runs it adds the
// sidecar, the authority and the timing.
func (c *Case) Scenario(port v1alpha1.Port, region string) (*bench.Scenario, error) {
	driver, err := driverOf(port.Protocol)
	if err != nil {
		return nil, err
	}
	s := &bench.Scenario{
		Host: c.Spec.Spec.Host, VIP: c.vip(), Port: int(port.Number), Driver: driver,
		Calls: c.calls(port), DNS: bench.DNS{Addresses: 1, TTL: 5 * time.Second}, Rate: 30,
	}
	for _, e := range c.Spec.Spec.Endpoints {
		s.Endpoints = append(s.Endpoints, c.endpoint(port, e))
	}
	tiers := c.Plan.TiersFor(region)
	if len(tiers) == 0 {
		return nil, fmt.Errorf("clients of %q have no tiers", region)
	}
	s.Home = tiers[0]
	return s, nil
}

func driverOf(p v1alpha1.Protocol) (bench.Driver, error) {
	switch p {
	case v1alpha1.ProtocolHTTP:
		return bench.DriverHTTP, nil
	case v1alpha1.ProtocolHTTP2:
		return bench.DriverHTTP2, nil
	case v1alpha1.ProtocolGRPC:
		return bench.DriverGRPC, nil
	case v1alpha1.ProtocolTCP:
		return bench.DriverTCP, nil
	case v1alpha1.ProtocolTLS:
		return bench.DriverTLS, nil
	default:
		return "", fmt.Errorf("no driver for protocol %q", p)
	}
}

func (c *Case) vip() string {
	for _, o := range c.Objects {
		if o.GetKind() != "ServiceEntry" {
			continue
		}
		if a, ok, _ := unstructured.NestedStringSlice(o.Object, "spec", "addresses"); ok && len(a) > 0 {
			return a[0]
		}
	}
	return anyVIP
}

// endpoint is a region that insists on its own names.
func (c *Case) endpoint(port v1alpha1.Port, e v1alpha1.Endpoint) bench.Endpoint {
	spec := c.Spec.Spec
	name := e.ServerName
	if name == "" {
		name = spec.Host
		if _, err := netip.ParseAddr(e.Address); err != nil {
			name = e.Address
		}
	}
	b := bench.Endpoint{Name: e.Name, Address: e.Address, Port: int(targetPort(port, e)), ServerName: name, Names: e.SubjectAltNames}
	if len(b.Names) == 0 {
		b.Names = []string{name}
	}
	b.HostHeader = name
	switch e.HostHeader {
	case "":
	case v1alpha1.HostHeaderKeep:
		b.HostHeader = spec.Host
	default:
		b.HostHeader = e.HostHeader
	}
	switch {
	case port.Protocol == v1alpha1.ProtocolTLS: // the application itself speaks TLS, to the host
		b.TLS, b.ServerName, b.Names = true, spec.Host, []string{spec.Host}
	case spec.TLS != nil && spec.TLS.Mode != v1alpha1.TLSNone && inheritsTLS(port):
		b.TLS, b.ClientCert = true, spec.TLS.Mode == v1alpha1.TLSMutual
	}
	return b
}

func inheritsTLS(p v1alpha1.Port) bool {
	if p.TLS != "" {
		return p.TLS == v1alpha1.PortTLSInherit
	}
	return p.Protocol != v1alpha1.ProtocolTCP
}

func targetPort(p v1alpha1.Port, e v1alpha1.Endpoint) int32 {
	if n, ok := e.Ports[p.Name]; ok {
		return n
	}
	if p.TargetPort != nil {
		return *p.TargetPort
	}
	return p.Number
}

// calls are requests of the kind that the port's clients send, each with the class that the spec gives it.
func (c *Case) calls(port v1alpha1.Port) []bench.Call {
	if port.Protocol == v1alpha1.ProtocolTCP || port.Protocol == v1alpha1.ProtocolTLS {
		return []bench.Call{{Class: bench.Unprocessed, Method: "CONNECT"}} // a new connection, and one line over it
	}
	calls := c.typical(port)
	for i := range calls {
		class := classOf(&c.Spec.Spec, port, &calls[i])
		calls[i].Class = bench.Class(class.Retry)
		calls[i].Timeout = defaultTimeout(port)
		if class.Timeout != nil {
			calls[i].Timeout = class.Timeout.Duration
		}
	}
	return calls
}

func defaultTimeout(port v1alpha1.Port) time.Duration {
	if port.Protocol == v1alpha1.ProtocolGRPC {
		return 0
	}
	return 8 * time.Second
}

func (c *Case) typical(port v1alpha1.Port) []bench.Call {
	switch {
	case port.Protocol == v1alpha1.ProtocolGRPC:
		calls := []bench.Call{
			{Method: http.MethodPost, Path: "/bench.Service/Call"},
			{Method: http.MethodPost, Path: "/bench.Service/Watch", Stream: true},
		}
		for _, r := range c.Spec.Spec.Requests {
			if r.Match != nil && r.Match.Path != "" {
				calls = append(calls, bench.Call{Method: http.MethodPost, Path: r.Match.Path})
			}
		}
		return calls
	case c.Spec.Spec.Preset == v1alpha1.PresetDynamoDB:
		return []bench.Call{dynamo("GetItem"), dynamo("PutItem")}
	case c.Spec.Spec.Preset == v1alpha1.PresetS3:
		return []bench.Call{{Method: http.MethodGet, Path: "/bucket/key"}, {Method: http.MethodPut, Path: "/bucket/key"}}
	default:
		return []bench.Call{{Method: http.MethodGet, Path: "/items/1"}, {Method: http.MethodPost, Path: "/items"}}
	}
}

func dynamo(operation string) bench.Call {
	return bench.Call{Method: http.MethodPost, Path: "/", Headers: map[string]string{
		"X-Amz-Target": "DynamoDB_20120810." + operation, "Content-Type": "application/x-amz-json-1.0",
	}}
}

// Regions are the client regions the spec names, without "*".
func (c *Case) Regions() []string {
	var out []string
	for _, f := range c.Spec.Spec.Failover {
		if f.From != v1alpha1.FromAnyone {
			out = append(out, f.From)
		}
	}
	if cl := c.Spec.Spec.Clients; cl != nil {
		out = append(out, cl.Regions...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Back is how long after its recovery the home region may take to serve again: the longest ejection and the sweep that
// ends it, or, with active checks, as many good ones as the spec asks for. The checks speak HTTP: no TCP port has them.
func (c *Case) Back(port v1alpha1.Port) time.Duration {
	d := v1alpha1.Detect{}
	if c.Spec.Spec.Detect != nil {
		d = *c.Spec.Spec.Detect
	}
	if d.Active != nil && port.Protocol != v1alpha1.ProtocolTCP && port.Protocol != v1alpha1.ProtocolTLS {
		interval, healthy := 5*time.Second, int32(3)
		if d.Active.Interval != nil {
			interval = d.Active.Interval.Duration
		}
		if d.Active.Healthy != nil {
			healthy = *d.Active.Healthy
		}
		return interval * time.Duration(healthy)
	}
	back := map[v1alpha1.Profile]time.Duration{v1alpha1.ProfileFast: 7 * time.Second, v1alpha1.ProfilePatient: 66 * time.Second}[d.Profile]
	if back == 0 {
		back = 12 * time.Second
	}
	if d.MaxEjection != nil {
		back = d.MaxEjection.Duration + 2*time.Second
	}
	return back
}
