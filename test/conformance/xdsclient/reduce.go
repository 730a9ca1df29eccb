package xdsclient

import (
	"fmt"
	"slices"
	"strings"

	clusterv3 "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	corev3 "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	endpointv3 "github.com/envoyproxy/go-control-plane/envoy/config/endpoint/v3"
	listenerv3 "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	routev3 "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	tcpproxyv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/tcp_proxy/v3"
	previousv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/retry/priority/previous_priorities/v3"
	internalv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/transport_sockets/internal_upstream/v3"
	rawv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/transport_sockets/raw_buffer/v3"
	tlsv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/transport_sockets/tls/v3"
)

// Tiers are the endpoints of a cluster as address:port, sorted, by priority.
func Tiers(c *clusterv3.Cluster) ([][]string, error) {
	var tiers [][]string
	for _, group := range c.GetLoadAssignment().GetEndpoints() {
		if c.GetCommonLbConfig().GetLocalityWeightedLbConfig() != nil && group.GetLoadBalancingWeight().GetValue() == 0 {
			return nil, fmt.Errorf("cluster %s: priority %d has no weight and would get no traffic", c.GetName(), group.GetPriority())
		}
		for len(tiers) <= int(group.GetPriority()) {
			tiers = append(tiers, nil)
		}
		for _, e := range group.GetLbEndpoints() {
			tiers[group.GetPriority()] = append(tiers[group.GetPriority()], addressOf(e))
		}
	}
	for i := range tiers {
		slices.Sort(tiers[i])
	}
	return tiers, nil
}

func addressOf(e *endpointv3.LbEndpoint) string {
	a := e.GetEndpoint().GetAddress().GetSocketAddress()
	return fmt.Sprintf("%s:%d", a.GetAddress(), a.GetPortValue())
}

// Hostnames are the names that endpoints carry besides their addresses, by address:port.
func Hostnames(c *clusterv3.Cluster) map[string]string {
	out := map[string]string{}
	for _, group := range c.GetLoadAssignment().GetEndpoints() {
		for _, e := range group.GetLbEndpoints() {
			out[addressOf(e)] = e.GetEndpoint().GetHostname()
		}
	}
	return out
}

// TLS is the upstream TLS context of a cluster, nil for plaintext.
func TLS(c *clusterv3.Cluster) (*tlsv3.UpstreamTlsContext, error) {
	socket, err := socketOf(c)
	if err != nil {
		return nil, err
	}
	config, out := socket.GetTypedConfig(), &tlsv3.UpstreamTlsContext{}
	if config == nil || config.MessageIs(&rawv3.RawBuffer{}) {
		return nil, nil //nolint:nilnil // no TLS is an answer
	}
	if err := config.UnmarshalTo(out); err != nil {
		return nil, fmt.Errorf("cluster %s: unpacking its TLS context: %w", c.GetName(), err)
	}
	return out, nil
}

// socketOf is the transport socket of a cluster's endpoints: a waypoint's is the one that all match which are not in the mesh,
// or wrapped in one that carries on what is known of the request.
func socketOf(c *clusterv3.Cluster) (*corev3.TransportSocket, error) {
	socket := c.GetTransportSocket()
	for _, m := range c.GetTransportSocketMatches() {
		if socket == nil && len(m.GetMatch().GetFields()) == 0 {
			socket = m.GetTransportSocket()
		}
	}
	if wrapped := (&internalv3.InternalUpstreamTransport{}); socket.GetTypedConfig().MessageIs(wrapped) {
		if err := socket.GetTypedConfig().UnmarshalTo(wrapped); err != nil {
			return nil, fmt.Errorf("cluster %s: unpacking its transport socket: %w", c.GetName(), err)
		}
		socket = wrapped.GetTransportSocket()
	}
	return socket, nil
}

// SubjectAltNames are the names any of which a certificate must hold, sorted.
func SubjectAltNames(c *tlsv3.UpstreamTlsContext) []string {
	v := c.GetCommonTlsContext().GetCombinedValidationContext().GetDefaultValidationContext()
	out := make([]string, 0, len(v.GetMatchTypedSubjectAltNames()))
	for _, m := range v.GetMatchTypedSubjectAltNames() {
		out = append(out, m.GetMatcher().GetExact())
	}
	for _, m := range v.GetMatchSubjectAltNames() { //nolint:staticcheck // what istiod still writes
		out = append(out, m.GetExact())
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// VirtualHost finds the virtual host of host:port.
func (s *Snapshot) VirtualHost(host string, port int) *routev3.VirtualHost {
	number := fmt.Sprint(port)
	for _, vh := range s.Routes[number].GetVirtualHosts() {
		if vh.GetName() == host+":"+number {
			return vh
		}
	}
	return nil
}

// UpdateFrequency is after how many retries a route moves on to the next priority; 0 if it never does.
func UpdateFrequency(r *routev3.Route) (int, error) {
	config := r.GetRoute().GetRetryPolicy().GetRetryPriority().GetTypedConfig()
	if config == nil {
		return 0, nil
	}
	out := &previousv3.PreviousPrioritiesConfig{}
	if err := config.UnmarshalTo(out); err != nil {
		return 0, fmt.Errorf("route %s: unpacking its retry priority: %w", r.GetName(), err)
	}
	return int(out.GetUpdateFrequency()), nil
}

// TCPProxies are the TCP proxies of the listener address_port that lead to the host.
func (s *Snapshot) TCPProxies(address string, port int, host string) ([]*tcpproxyv3.TcpProxy, error) {
	listener := s.Listeners[fmt.Sprintf("%s_%d", address, port)]
	chains := slices.Clone(listener.GetFilterChains())
	if d := listener.GetDefaultFilterChain(); d != nil {
		chains = append(chains, d)
	}
	var out []*tcpproxyv3.TcpProxy
	for _, chain := range chains {
		p, err := tcpProxy(chain)
		if err != nil {
			return nil, err
		}
		if p != nil && strings.HasSuffix(p.GetCluster(), "|"+host) {
			out = append(out, p)
		}
	}
	return out, nil
}

func tcpProxy(chain *listenerv3.FilterChain) (*tcpproxyv3.TcpProxy, error) {
	for _, f := range chain.GetFilters() {
		if !f.GetTypedConfig().MessageIs(&tcpproxyv3.TcpProxy{}) {
			continue
		}
		p := &tcpproxyv3.TcpProxy{}
		if err := f.GetTypedConfig().UnmarshalTo(p); err != nil {
			return nil, fmt.Errorf("unpacking a TCP proxy: %w", err)
		}
		return p, nil
	}
	return nil, nil //nolint:nilnil // a chain without one
}
