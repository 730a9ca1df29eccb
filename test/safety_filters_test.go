package test

import (
	"fmt"
	"slices"
	"strings"

	clusterv3 "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	listenerv3 "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	routev3 "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	tcpv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/tcp_proxy/v3"
	priorityv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/retry/priority/previous_priorities/v3"
	tlsv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/transport_sockets/tls/v3"
	typev3 "github.com/envoyproxy/go-control-plane/envoy/type/v3"
	"google.golang.org/protobuf/proto"
	networking "istio.io/api/networking/v1alpha3"
)

func aloneSocket(all []object) []string {
	var problems []string
	for _, filter := range specs[*networking.EnvoyFilter](all) {
		for i, patch := range filter.GetConfigPatches() {
			fields := patch.GetPatch().GetValue().GetFields()
			if fields["transport_socket"] != nil && len(fields) > 1 {
				problems = append(problems, fmt.Sprintf("patch %d: Istio drops the other fields", i))
			}
		}
	}
	return problems
}

// tlsPort says whether the proxy adds TLS on a port, and with how many names.
func tlsPort(all []object, host string, port uint32) (adds bool, names int) {
	for _, rule := range specs[*networking.DestinationRule](all) {
		if rule.GetHost() != host {
			continue
		}
		tls := rule.GetTrafficPolicy().GetTls()
		for _, level := range rule.GetTrafficPolicy().GetPortLevelSettings() {
			if level.GetPort().GetNumber() == port {
				tls = level.GetTls()
			}
		}
		if tls != nil && tls.GetMode() != networking.ClientTLSSettings_DISABLE {
			adds, names = true, max(names, len(tls.GetSubjectAltNames()))
		}
	}
	return adds, names
}

func ownNames(all []object) []string {
	return eachClient(all, func(entry *networking.ServiceEntry, filters []*networking.EnvoyFilter) string {
		host := entry.GetHosts()[0]
		for _, port := range entry.GetPorts() {
			own := func(c *clusterv3.Cluster) bool {
				var tls tlsv3.UpstreamTlsContext
				err := c.GetTransportSocket().GetTypedConfig().UnmarshalTo(&tls)
				return err == nil && tls.GetAutoHostSni() && tls.GetAutoSniSanValidation()
			}
			adds, names := tlsPort(all, host, port.GetNumber())
			if adds && names > 1 && !slices.ContainsFunc(clusterPatches(filters, host, port.GetNumber()), own) {
				return fmt.Sprintf("port %d sends one name to %d servers", port.GetNumber(), names)
			}
		}
		return ""
	})
}

// patched are the values that filters write for one kind of object.
func patched[T proto.Message](filters []*networking.EnvoyFilter) map[*networking.EnvoyFilter_EnvoyConfigObjectMatch]T {
	found := map[*networking.EnvoyFilter_EnvoyConfigObjectMatch]T{}
	for _, filter := range filters {
		for _, patch := range filter.GetConfigPatches() {
			value, err := patchValue(patch)
			if typed, ok := value.(T); ok && err == nil {
				found[patch.GetMatch()] = typed
			}
		}
	}
	return found
}

func leavingRetries(all []object) []string {
	return eachClient(all, func(entry *networking.ServiceEntry, filters []*networking.EnvoyFilter) string {
		routes := patched[*routev3.Route](filters)
		for _, port := range entry.GetPorts() {
			vhost := fmt.Sprintf("%s:%d", entry.GetHosts()[0], port.GetNumber())
			leaves := !isHTTP(port)
			for match, route := range routes {
				var priorities priorityv3.PreviousPrioritiesConfig
				err := route.GetRoute().GetRetryPolicy().GetRetryPriority().GetTypedConfig().UnmarshalTo(&priorities)
				leaves = leaves || err == nil && priorities.GetUpdateFrequency() == 1 && match.GetRouteConfiguration().GetVhost().GetName() == vhost
			}
			if !leaves {
				return vhost + " has no retry priority with update_frequency 1"
			}
		}
		return ""
	})
}

func tcpAttempts(all []object) []string {
	return eachClient(all, func(entry *networking.ServiceEntry, filters []*networking.EnvoyFilter) string {
		proxies := patched[*listenerv3.Filter](filters)
		for _, port := range entry.GetPorts() {
			if isHTTP(port) {
				continue
			}
			if len(entry.GetAddresses()) == 0 {
				return fmt.Sprintf("port %d has no address of its own", port.GetNumber())
			}
			for _, address := range entry.GetAddresses() {
				listener := fmt.Sprintf("%s_%d", address, port.GetNumber())
				tries := uint32(0)
				for match, filter := range proxies {
					var proxy tcpv3.TcpProxy
					if match.GetListener().GetName() == listener && filter.GetTypedConfig().UnmarshalTo(&proxy) == nil {
						tries = max(tries, proxy.GetMaxConnectAttempts().GetValue())
					}
				}
				if tries < 2 {
					return fmt.Sprintf("%s tries %d times", listener, tries)
				}
			}
		}
		return ""
	})
}

func legalProbes(all []object) []string {
	var problems []string
	for _, cluster := range patched[*clusterv3.Cluster](specs[*networking.EnvoyFilter](all)) {
		for _, check := range cluster.GetHealthChecks() {
			probe := check.GetHttpHealthCheck()
			if probe.GetHost() == "" || strings.ContainsAny(probe.GetHost(), "|/ ") {
				problems = append(problems, fmt.Sprintf("host %q", probe.GetHost()))
			}
			alive := func(r *typev3.Int64Range) bool { return r.GetStart() <= 200 && r.GetEnd() >= 500 }
			if !slices.ContainsFunc(probe.GetExpectedStatuses(), alive) {
				problems = append(problems, fmt.Sprintf("statuses %v", probe.GetExpectedStatuses()))
			}
		}
	}
	slices.Sort(problems)
	return problems
}
