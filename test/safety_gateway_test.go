package test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	listenerv3 "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	managerv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	"google.golang.org/protobuf/proto"
	networking "istio.io/api/networking/v1alpha3"
)

const (
	notSent     = "x-spillway-not-sent"
	namesHeader = "x-envoy-retriable-header-names"
)

// gatewayRules are about what an egress gateway does behind its ports; stated from the outside like the others.
func gatewayRules() []safetyRule {
	return []safetyRule{
		{"a gateway dials each endpoint under its own name", ownNameBehind},
		{"a gateway tries a request once", onceBehind},
		{"only clients with a certificate of the mesh get in", mutualServers},
		{"nobody but the gateway says that nothing was sent", honestMarks},
	}
}

// parted tells what clients' proxies see from what a gateway does for them. What a waypoint dials for a host stands for the
// host itself.
func parted(all []object) (front, behind []object) {
	relays := map[string]string{}
	for _, service := range specs[*networking.VirtualService](all) {
		for _, route := range service.GetHttp() {
			if to := route.GetRoute()[0].GetDestination().GetHost(); len(service.GetGateways()) == 0 && to != service.GetHosts()[0] {
				relays[to] = service.GetHosts()[0]
			}
		}
	}
	for _, o := range all {
		exported, ok := o.Spec.(interface{ GetExportTo() []string })
		filter, isFilter := o.Spec.(*networking.EnvoyFilter)
		_, isGateway := o.Spec.(*networking.Gateway)
		switch {
		case isGateway, ok && slices.Equal(exported.GetExportTo(), []string{"."}), isFilter && atGateways(filter):
			behind = append(behind, o)
		default:
			front = append(front, relayed(o, relays)...)
		}
	}
	return front, behind
}

func atGateways(filter *networking.EnvoyFilter) bool {
	return !slices.ContainsFunc(filter.GetConfigPatches(), func(p *networking.EnvoyFilter_EnvoyConfigObjectPatch) bool {
		return p.GetMatch().GetContext() != networking.EnvoyFilter_GATEWAY
	})
}

// relayed gives a rule for what a waypoint dials to the host it is dialled for.
func relayed(o object, relays map[string]string) []object {
	switch spec := o.Spec.(type) {
	case *networking.ServiceEntry:
		if relays[spec.GetHosts()[0]] != "" {
			return nil
		}
	case *networking.DestinationRule:
		if host := relays[spec.GetHost()]; host != "" {
			rule := proto.CloneOf(spec)
			rule.Host, o.Spec = host, rule
		}
	}
	return []object{o}
}

func ownNameBehind(all []object) []string {
	problems := eachPolicy(all, func(p policy) string {
		names := p.GetTls().GetSubjectAltNames()
		if p.GetTls().GetMode() != networking.ClientTLSSettings_DISABLE && !slices.Contains(names, p.GetTls().GetSni()) {
			return fmt.Sprintf("sni %q, accepted are %q", p.GetTls().GetSni(), names)
		}
		return ""
	})
	rules := map[string]int{}
	for _, rule := range specs[*networking.DestinationRule](all) {
		rules[rule.GetHost()]++
	}
	for _, entry := range specs[*networking.ServiceEntry](all) {
		if n := rules[entry.GetHosts()[0]]; n != 1 || len(entry.GetEndpoints()) != 1 {
			problems = append(problems, fmt.Sprintf("%v has %d rules and %d endpoints", entry.GetHosts(), n, len(entry.GetEndpoints())))
		}
	}
	return problems
}

func onceBehind(all []object) []string {
	return eachRoute(all, func(route *networking.HTTPRoute) string {
		if route.GetRetries() == nil || route.GetRetries().GetAttempts() != 0 {
			return "repeats requests itself"
		}
		if len(route.GetMatch()) != 1 || route.GetMatch()[0].GetPort() == 0 {
			return "takes more than its own port"
		}
		return ""
	})
}

func mutualServers(all []object) []string {
	var problems []string
	for _, gateway := range specs[*networking.Gateway](all) {
		seen := map[uint32]bool{}
		for _, server := range gateway.GetServers() {
			if server.GetTls().GetMode() != networking.ServerTLSSettings_ISTIO_MUTUAL || seen[server.GetPort().GetNumber()] {
				problems = append(problems, fmt.Sprintf("port %d: %v, or given twice", server.GetPort().GetNumber(), server.GetTls().GetMode()))
			}
			seen[server.GetPort().GetNumber()] = true
		}
	}
	return problems
}

// honestMarks wants the mark on failures before anything was sent, and taken off what regions answer.
func honestMarks(all []object) []string {
	var problems []string
	marked := false
	for _, filter := range patched[*listenerv3.Filter](specs[*networking.EnvoyFilter](all)) {
		var manager managerv3.HttpConnectionManager
		if filter.GetTypedConfig().UnmarshalTo(&manager) != nil {
			continue
		}
		for _, mapper := range manager.GetLocalReplyConfig().GetMappers() {
			marked = true
			for _, flag := range mapper.GetFilter().GetResponseFlagFilter().GetFlags() {
				if !slices.Contains([]string{"UF", "UH", "UO", "NC", "NR"}, flag) {
					problems = append(problems, "marks "+flag+", after which a region may have acted")
				}
			}
			if len(mapper.GetFilter().GetResponseFlagFilter().GetFlags()) == 0 {
				problems = append(problems, "marks everything")
			}
		}
	}
	return append(problems, eachRoute(all, func(route *networking.HTTPRoute) string {
		if marked && !slices.Contains(route.GetHeaders().GetResponse().GetRemove(), notSent) {
			return "lets a region say that nothing was sent"
		}
		return ""
	})...)
}

// retriesOnMark says that a route repeats what the gateway marked, and nothing else that a header says.
func retriesOnMark(route *networking.HTTPRoute) bool {
	return strings.EqualFold(route.GetHeaders().GetRequest().GetSet()[namesHeader], notSent)
}

// TestGatewayRulesFind breaks the objects of a sample in the ways that the rules are about.
func TestGatewayRulesFind(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rule  string
		spoil func(o object)
	}{
		"a wrong name": {"under its own name", func(o object) {
			if rule, ok := o.Spec.(*networking.DestinationRule); ok {
				rule.GetTrafficPolicy().GetTls().SubjectAltNames = nil
			}
		}},
		"retries": {"tries a request once", func(o object) {
			if service, ok := o.Spec.(*networking.VirtualService); ok {
				service.GetHttp()[0].GetRetries().Attempts = 2
			}
		}},
		"plain text": {"certificate of the mesh", func(o object) {
			if gateway, ok := o.Spec.(*networking.Gateway); ok {
				gateway.GetServers()[0].GetTls().Mode = networking.ServerTLSSettings_SIMPLE
			}
		}},
		"a mark that passes": {"nobody but the gateway", func(o object) {
			if service, ok := o.Spec.(*networking.VirtualService); ok {
				service.GetHttp()[0].Headers = nil
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := objects(t, "egress-gateway")
			_, behind := parted(all)
			for _, o := range behind {
				c.spoil(o)
			}
			if found := strings.Join(unsafe(all), "\n"); !strings.Contains(found, c.rule) {
				t.Errorf("it is not found:\n%s", found)
			}
		})
	}
}
