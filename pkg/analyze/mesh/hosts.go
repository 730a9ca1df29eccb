package mesh

import (
	"cmp"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	networking "istio.io/api/networking/v1alpha3"

	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
)

// Host is a host outside Kubernetes: all ServiceEntries of one namespace that name it, merged as istiod does.
type Host struct {
	Name       string
	Namespace  string
	Entries    []*manifest.ServiceEntry // the first one decides ports, resolution and exportTo
	Resolution networking.ServiceEntry_Resolution
	Location   networking.ServiceEntry_Location
	Ports      []Port
	Endpoints  []Endpoint
	Addresses  []string
	// Selects says that endpoints come from a workloadSelector, so that those known are perhaps not all.
	Selects bool

	youngest *manifest.ServiceEntry // of Entries, however a client sees them
}

// Port is a port that clients dial.
type Port struct {
	Number     int
	Name       string
	Protocol   Protocol
	TargetPort int // 0 if not set
	Entry      *manifest.ServiceEntry
	Path       string // in Entry, such as spec.ports[0]
}

// Protocol is a port's protocol in upper case; "" is left to sniffing.
type Protocol string

// IsHTTP says whether the proxy sees requests.
func (p Protocol) IsHTTP() bool {
	return slices.Contains([]Protocol{"HTTP", "HTTP2", "GRPC", "GRPC-WEB"}, p)
}

// IsTLS says whether the application's own TLS passes through.
func (p Protocol) IsTLS() bool { return p == "TLS" || p == "HTTPS" }

// Endpoint is one address behind a host.
type Endpoint struct {
	Address  string
	Ports    map[string]uint32
	Labels   map[string]string
	Weight   int
	Network  string
	Locality Locality
	Entry    *manifest.ServiceEntry // whose ports it has
	Object   *manifest.Object       // the ServiceEntry or WorkloadEntry it is from
	Path     string                 // in Object, such as spec.endpoints[1]; "spec.hosts[0]" if the host is its own endpoint
}

// IsName says whether the address is a DNS name.
func (e Endpoint) IsName() bool {
	_, err := netip.ParseAddr(e.Address)
	return err != nil && !strings.HasPrefix(e.Address, "unix://")
}

// IsDNS says whether endpoints are looked up by name.
func (h *Host) IsDNS() bool {
	return h.Resolution == networking.ServiceEntry_DNS || h.Resolution == networking.ServiceEntry_DNS_ROUND_ROBIN
}

// Entry is the ServiceEntry that decides.
func (h *Host) Entry() *manifest.ServiceEntry { return h.Entries[0] }

// Localities are the different localities of the endpoints, sorted; "" stands for endpoints without one.
func (h *Host) Localities() []string {
	out := make([]string, 0, len(h.Endpoints))
	for _, e := range h.Endpoints {
		out = append(out, e.Locality.String())
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Regions are the different regions of the endpoints, sorted, without "".
func (h *Host) Regions() []string {
	var out []string
	for _, e := range h.Endpoints {
		if e.Locality.Region != "" {
			out = append(out, e.Locality.Region)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// TargetPort is the port that an endpoint is dialled at: its own, or that of the ServiceEntry it comes from, which need not
// be the one that decides the host's ports.
func (h *Host) TargetPort(e Endpoint, p Port) int {
	if own, ok := e.Ports[p.Name]; ok && own != 0 {
		return int(own)
	}
	if e.Entry != nil {
		for _, x := range e.Entry.Spec.GetPorts() {
			if x.GetName() == p.Name {
				return int(cmp.Or(x.GetTargetPort(), x.GetNumber()))
			}
		}
	}
	return cmp.Or(p.TargetPort, p.Number)
}

// has says whether an endpoint's ServiceEntry names the port: of several for a host each brings its endpoints to its own
// ports only.
func (e Endpoint) has(p Port) bool {
	return e.Entry == nil || slices.ContainsFunc(e.Entry.Spec.GetPorts(), func(x *networking.ServicePort) bool { return x.GetName() == p.Name })
}

// Hosts are all hosts of ServiceEntries, by name and namespace.
func (m *Model) Hosts() []*Host { return m.hosts }

// HostsNamed are the hosts of that name, in all namespaces.
func (m *Model) HostsNamed(name string) []*Host { return m.byName[name] }

func (m *Model) buildHosts() {
	m.byName, m.offers = map[string][]*Host{}, map[string][]offer{}
	for _, se := range m.Snapshot.ServiceEntries {
		seen := map[string]bool{}
		for i, name := range se.Spec.GetHosts() {
			if !seen[name] {
				seen[name] = true
				m.mergeHost(se, name, i)
			}
		}
	}
	slices.SortStableFunc(m.hosts, func(a, b *Host) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Namespace, b.Namespace))
	})
}

func (m *Model) mergeHost(se *manifest.ServiceEntry, name string, index int) {
	i := slices.IndexFunc(m.byName[name], func(h *Host) bool { return h.Namespace == se.Namespace })
	var h *Host
	if i >= 0 {
		h = m.byName[name][i]
	} else {
		h = &Host{Name: name, Namespace: se.Namespace, Resolution: se.Spec.GetResolution(), Location: se.Spec.GetLocation()}
		m.hosts = append(m.hosts, h)
		m.byName[name] = append(m.byName[name], h)
	}
	h.Entries, h.youngest = append(h.Entries, se), se
	h.Addresses = append(h.Addresses, se.Spec.GetAddresses()...)
	h.Selects = h.Selects || len(se.Spec.GetWorkloadSelector().GetLabels()) > 0
	h.addPorts(m, se)
	m.offers[name] = append(m.offers[name], offer{host: h, entry: se})
	for _, e := range m.endpointsOf(se, name, index) {
		e.Entry = se
		h.Endpoints = append(h.Endpoints, e)
	}
}

// addPorts adds the ports that the host does not have yet, if the ServiceEntry is enough like the first.
func (h *Host) addPorts(m *Model, se *manifest.ServiceEntry) {
	if len(h.Entries) == 1 || m.alike(h.Entry(), se) {
		h.Ports = withPorts(h.Ports, portsOf(se))
	}
}

// withPorts adds the ports whose numbers are not there.
func withPorts(have, more []Port) []Port {
	for _, p := range more {
		if !slices.ContainsFunc(have, func(h Port) bool { return h.Number == p.Number }) {
			have = append(have, p)
		}
	}
	return have
}

func portsOf(se *manifest.ServiceEntry) []Port {
	out := make([]Port, 0, len(se.Spec.GetPorts()))
	for i, p := range se.Spec.GetPorts() {
		out = append(out, Port{
			Number: int(p.GetNumber()), Name: p.GetName(), Protocol: Protocol(strings.ToUpper(p.GetProtocol())),
			TargetPort: int(p.GetTargetPort()), Entry: se, Path: "spec.ports[" + strconv.Itoa(i) + "]",
		})
	}
	return out
}

func (m *Model) endpointsOf(se *manifest.ServiceEntry, host string, index int) []Endpoint {
	var out []Endpoint
	for i, e := range se.Spec.GetEndpoints() {
		out = append(out, endpoint(e, se.Object, "spec.endpoints["+strconv.Itoa(i)+"]"))
	}
	if len(out) > 0 {
		return out
	}
	if selector := se.Spec.GetWorkloadSelector().GetLabels(); len(selector) > 0 {
		for _, w := range m.Snapshot.WorkloadEntries {
			if w.Namespace == se.Namespace && within(selector, w.Spec.GetLabels()) {
				out = append(out, endpoint(w.Spec, w.Object, "spec"))
			}
		}
		return out
	}
	if r := se.Spec.GetResolution(); r == networking.ServiceEntry_DNS || r == networking.ServiceEntry_DNS_ROUND_ROBIN {
		return []Endpoint{{Address: host, Object: se.Object, Path: "spec.hosts[" + strconv.Itoa(index) + "]"}}
	}
	return nil
}

func endpoint(w *networking.WorkloadEntry, o *manifest.Object, path string) Endpoint {
	e := Endpoint{
		Address: w.GetAddress(), Ports: w.GetPorts(), Labels: w.GetLabels(), Weight: int(w.GetWeight()), Network: w.GetNetwork(), Object: o, Path: path,
		Locality: ParseLocality(w.GetLocality()),
	}
	if w.GetLocality() == "" {
		e.Locality = localityOfLabels(w.GetLabels())
	}
	return e
}

// localityOfLabels is where labels say that an endpoint runs. Those that nodes have are not asked: they count only where
// failoverPriority compares labels.
func localityOfLabels(labels map[string]string) Locality {
	text := cmp.Or(labels["topology.istio.io/locality"], labels["istio-locality"])
	return ParseLocality(strings.ReplaceAll(text, ".", "/"))
}

// within says whether labels hold all of the selector.
func within(selector, labels map[string]string) bool {
	for k, v := range selector {
		if got, ok := labels[k]; !ok || got != v {
			return false
		}
	}
	return true
}
