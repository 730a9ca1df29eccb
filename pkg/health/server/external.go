package server

import (
	"context"
	"net"
	"net/http"
	"reflect"
	"strconv"
	"sync"
	"time"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/health"
	"github.com/spillway-mesh/spillway/pkg/health/probe"
)

// external asks an ExternalFailover as it is now: the object may come, change and go while the check stays.
type external struct {
	namespace, name string
	direct          bool
	find            func(namespace, name string) (*v1alpha1.ExternalFailover, bool)
	now             func() time.Duration
	wall            func() time.Time

	mu     sync.Mutex
	spec   *v1alpha1.ExternalFailoverSpec
	prober probe.Prober
}

func (c *checker) external(s *v1alpha1.ExternalFailoverCheck, namespace string) probe.Prober {
	if c.around.Failover == nil {
		return cannotAsk("an ExternalFailover is known inside a cluster only")
	}
	e := &external{namespace: s.Namespace, name: s.Name, direct: s.Via == v1alpha1.ViaDirect, find: c.around.Failover, now: c.now, wall: c.wall}
	if e.namespace == "" {
		e.namespace = namespace
	}
	return e
}

// Probe asks once, or repeats what was said a moment ago.
func (e *external) Probe(ctx context.Context) probe.Outcome {
	x, found := e.find(e.namespace, e.name)
	if !found {
		return probe.Outcome{Result: health.Unknown, Reason: "no such ExternalFailover"}
	}
	return e.of(&x.Spec).Probe(ctx)
}

func (e *external) of(spec *v1alpha1.ExternalFailoverSpec) probe.Prober {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.spec == nil || !reflect.DeepEqual(e.spec, spec) {
		e.spec = spec.DeepCopy()
		e.prober = &probe.ExternalFailover{Of: e.probers(spec), Every: externalEvery, Now: e.now}
	}
	return e.prober
}

// probers ask the first port: through the sidecar as an app would, or each endpoint as the sidecar would.
func (e *external) probers(spec *v1alpha1.ExternalFailoverSpec) []probe.Prober {
	if len(spec.Ports) == 0 {
		return nil
	}
	port := &spec.Ports[0]
	if !e.direct {
		return []probe.Prober{e.throughMesh(spec, port)}
	}
	out := make([]probe.Prober, 0, len(spec.Endpoints))
	for i := range spec.Endpoints {
		out = append(out, directly(spec, port, &spec.Endpoints[i], e.wall))
	}
	return out
}

// throughMesh dials the host. Of a port that is not HTTP only the sidecar is reached for certain: a TLS port is asked for its
// certificate, which comes from beyond; of a TCP port no more can be known than that something takes connections.
func (e *external) throughMesh(spec *v1alpha1.ExternalFailoverSpec, port *v1alpha1.Port) probe.Prober {
	address := net.JoinHostPort(spec.Host, strconv.Itoa(int(port.Number)))
	switch port.Protocol {
	case v1alpha1.ProtocolHTTP, v1alpha1.ProtocolHTTP2, v1alpha1.ProtocolGRPC:
		return anyAnswer("http://"+address+activePath(spec), "", probe.Names{})
	case v1alpha1.ProtocolTLS:
		return &probe.Certificate{Address: address, ServerName: spec.Host, Now: e.wall}
	default:
		return &probe.TCP{Address: address}
	}
}

// directly asks one endpoint with the name, the Host and the trust that the sidecar uses.
func directly(spec *v1alpha1.ExternalFailoverSpec, port *v1alpha1.Port, at *v1alpha1.Endpoint, wall func() time.Time) probe.Prober {
	number := port.Number
	if port.TargetPort != nil {
		number = *port.TargetPort
	}
	if own, found := at.Ports[port.Name]; found {
		number = own
	}
	address := net.JoinHostPort(at.Address, strconv.Itoa(int(number)))
	names := namesOf(spec, at)
	secured := spec.TLS != nil && spec.TLS.Mode != v1alpha1.TLSNone && port.TLS != v1alpha1.PortTLSNone
	switch {
	case secured && (spec.TLS.Mode == v1alpha1.TLSMutual || spec.TLS.Trust != nil):
		return cannotAsk("its keys and its trust are the proxy's: ask via Mesh")
	case port.Protocol == v1alpha1.ProtocolTLS: // passed through: the endpoint must be what the application dials
		return &probe.Certificate{Address: address, ServerName: spec.Host, Now: wall}
	case secured && port.Protocol == v1alpha1.ProtocolTCP:
		return &probe.Handshake{Address: address, Names: names}
	case port.Protocol == v1alpha1.ProtocolTCP:
		return &probe.TCP{Address: address}
	case secured:
		return anyAnswer("https://"+address+activePath(spec), hostOf(spec, at), names)
	default:
		return anyAnswer("http://"+address+activePath(spec), hostOf(spec, at), probe.Names{})
	}
}

// namesOf are those of an endpoint over TLS, as the sidecar sends and checks them.
func namesOf(spec *v1alpha1.ExternalFailoverSpec, at *v1alpha1.Endpoint) probe.Names {
	n := probe.Names{ServerName: spec.Host, Accepted: at.SubjectAltNames}
	switch {
	case at.ServerName != "":
		n.ServerName = at.ServerName
	case net.ParseIP(at.Address) == nil:
		n.ServerName = at.Address
	}
	return n
}

// hostOf is the Host that an endpoint is sent: its own, the application's where that is kept, else its name over TLS.
func hostOf(spec *v1alpha1.ExternalFailoverSpec, at *v1alpha1.Endpoint) string {
	switch at.HostHeader {
	case "":
		return namesOf(spec, at).ServerName
	case v1alpha1.HostHeaderKeep:
		return spec.Host
	default:
		return at.HostHeader
	}
}

func activePath(spec *v1alpha1.ExternalFailoverSpec) string {
	if spec.Detect != nil && spec.Detect.Active != nil && spec.Detect.Active.Path != "" {
		return spec.Detect.Active.Path
	}
	return "/"
}

// anyAnswer passes on every answer below 500: whether anything answers at all is what is asked.
func anyAnswer(url, host string, names probe.Names) probe.Prober {
	spec := probe.HTTPSpec{URL: url, Host: host, Names: names}
	for code := http.StatusContinue; code < http.StatusInternalServerError; code++ {
		spec.Expect = append(spec.Expect, code)
	}
	p, err := probe.NewHTTP(spec)
	if err != nil {
		return cannotAsk("the URL is not valid")
	}
	return p
}
