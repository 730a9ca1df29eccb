package test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	clusterv3 "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	networking "istio.io/api/networking/v1alpha3"
)

// safetyRule says one thing that must be true of a set of objects before anybody may apply it. The rules are stated from the
// outside, from what Istio and Envoy do, and know nothing of how Spillway plans or writes.
type safetyRule struct {
	name  string
	check func(all []object) []string
}

func safetyRules() []safetyRule {
	return []safetyRule{
		{"every host has its DestinationRule in the same namespace", ruleBesideEntry},
		{"objects are visible to listed namespaces only", limitedExport},
		{"a host outside the mesh is resolved by DNS", dnsEntries},
		{"a dead region can be left as a whole", ejection},
		{"a dead connection is given up quickly", quickConnect},
		{"TLS checks the name it asks for", checkedNames},
		{"a secret is read by selected pods only", selectedSecrets},
		{"failover names localities that exist", knownLocalities},
		{"every HTTP port has a route for every request", coveringRoutes},
		{"what may have been processed is repeated for matched requests only", safeRepeats},
		{"a route that repeats in full is bounded", boundedRepeats},
		{"every client namespace has its EnvoyFilters", filtersEverywhere},
		{"a transport socket is alone in its patch", aloneSocket},
		{"each endpoint gets its own TLS name", ownNames},
		{"the first retry leaves the region", leavingRetries},
		{"a TCP connection is tried in the next region", tcpAttempts},
		{"a probe asks for a legal host and takes 4xx for life", legalProbes},
	}
}

// unsafe lists what is wrong with a set of objects.
func unsafe(all []object) []string {
	var problems []string
	ask := func(rules []safetyRule, objects []object) {
		for _, rule := range rules {
			for _, problem := range rule.check(objects) {
				problems = append(problems, rule.name+": "+problem)
			}
		}
	}
	front, behind := parted(all)
	ask(safetyRules(), front)
	ask(gatewayRules(), behind)
	return problems
}

func ruleBesideEntry(all []object) []string {
	rules := map[string]bool{}
	for _, o := range all {
		if rule, ok := o.Spec.(*networking.DestinationRule); ok {
			rules[o.Namespace+"/"+rule.GetHost()] = true
		}
	}
	var problems []string
	for _, o := range all {
		if entry, ok := o.Spec.(*networking.ServiceEntry); ok {
			for _, host := range entry.GetHosts() {
				if !rules[o.Namespace+"/"+host] {
					problems = append(problems, o.Namespace+"/"+host+" has none")
				}
			}
		}
	}
	if len(rules) == 0 {
		problems = append(problems, "there is none at all")
	}
	return problems
}

func limitedExport(all []object) []string {
	var problems []string
	for _, o := range all {
		if rule, ok := o.Spec.(*networking.DestinationRule); ok && rule.GetWorkloadSelector() != nil {
			continue // Istio never looks for it from another namespace
		}
		spec, ok := o.Spec.(interface{ GetExportTo() []string })
		if ok && (len(spec.GetExportTo()) == 0 || slices.Contains(spec.GetExportTo(), "*")) {
			problems = append(problems, fmt.Sprintf("%s %s is exported to %q", o.Kind, o.Name, spec.GetExportTo()))
		}
	}
	return problems
}

func dnsEntries(all []object) []string {
	var problems []string
	for _, entry := range specs[*networking.ServiceEntry](all) {
		location := networking.ServiceEntry_MESH_EXTERNAL
		if inMesh(all, entry.GetHosts()[0]) {
			location = networking.ServiceEntry_MESH_INTERNAL
		}
		if entry.GetResolution() != networking.ServiceEntry_DNS || entry.GetLocation() != location {
			problems = append(problems, fmt.Sprintf("%v is %v, %v", entry.GetHosts(), entry.GetLocation(), entry.GetResolution()))
		}
	}
	return problems
}

// inMesh says that a host's endpoints are proxies of the mesh: a gateway.
func inMesh(all []object, host string) bool {
	return slices.ContainsFunc(specs[*networking.DestinationRule](all), func(rule *networking.DestinationRule) bool {
		return rule.GetHost() == host && rule.GetTrafficPolicy().GetTls().GetMode() == networking.ClientTLSSettings_ISTIO_MUTUAL
	})
}

// eachPolicy asks a question of everything that a DestinationRule can lead to.
func eachPolicy(all []object, ask func(p policy) string) []string {
	var problems []string
	for _, rule := range specs[*networking.DestinationRule](all) {
		for _, p := range policies(rule) {
			if wrong := ask(p); wrong != "" {
				problems = append(problems, fmt.Sprintf("%s, %s: %s", rule.GetHost(), p.where, wrong))
			}
		}
	}
	return problems
}

func ejection(all []object) []string {
	return eachPolicy(all, func(p policy) string {
		out := p.GetOutlierDetection()
		switch {
		case out == nil:
			return "no outlierDetection"
		case out.GetMaxEjectionPercent() != 100:
			return fmt.Sprintf("maxEjectionPercent %d", out.GetMaxEjectionPercent())
		case out.GetMinHealthPercent() < 1:
			return "minHealthPercent 0: with every region dead none is tried"
		case out.GetConsecutiveGatewayErrors().GetValue() == 0 || out.GetConsecutive_5XxErrors().GetValue() == 0:
			return "errors in a row are not counted"
		case out.GetSplitExternalLocalOriginErrors():
			return "splitExternalLocalOriginErrors hides hangs and resets"
		case out.GetInterval().AsDuration() > 5*time.Second || out.GetInterval().AsDuration() == 0:
			return "no short interval"
		case out.GetBaseEjectionTime().AsDuration() == 0:
			return "no baseEjectionTime"
		}
		return ""
	})
}

func quickConnect(all []object) []string {
	return eachPolicy(all, func(p policy) string {
		tcp := p.GetConnectionPool().GetTcp()
		if timeout := tcp.GetConnectTimeout().AsDuration(); timeout == 0 || timeout > time.Second {
			return fmt.Sprintf("connectTimeout %v", timeout)
		}
		if tcp.GetTcpKeepalive().GetTime().AsDuration() == 0 {
			return "no keepalive"
		}
		return ""
	})
}

func checkedNames(all []object) []string {
	return eachPolicy(all, func(p policy) string {
		tls := p.GetTls()
		switch {
		case tls == nil || tls.GetMode() == networking.ClientTLSSettings_DISABLE:
			return ""
		case tls.GetInsecureSkipVerify().GetValue():
			return "insecureSkipVerify"
		case tls.GetSni() == "" || len(tls.GetSubjectAltNames()) == 0:
			return fmt.Sprintf("sni %q with subjectAltNames %q", tls.GetSni(), tls.GetSubjectAltNames())
		case tls.GetMode() == networking.ClientTLSSettings_ISTIO_MUTUAL:
			if !strings.HasPrefix(tls.GetSubjectAltNames()[0], "spiffe://") {
				return "no identity of the mesh"
			}
		case tls.GetCaCertificates() == "" && tls.GetCredentialName() == "":
			return "no CA"
		}
		return ""
	})
}

func selectedSecrets(all []object) []string {
	var problems []string
	for _, rule := range specs[*networking.DestinationRule](all) {
		for _, p := range policies(rule) {
			name := p.GetTls().GetCredentialName()
			if name != "" && !strings.HasPrefix(name, "configmap://") && len(rule.GetWorkloadSelector().GetMatchLabels()) == 0 {
				problems = append(problems, fmt.Sprintf("%s: %s without a selector sends plain text", rule.GetHost(), name))
			}
		}
	}
	return problems
}

func knownLocalities(all []object) []string {
	known := map[string]bool{}
	for _, entry := range specs[*networking.ServiceEntry](all) {
		for _, endpoint := range entry.GetEndpoints() {
			known[endpoint.GetLocality()] = endpoint.GetLocality() != ""
		}
	}
	return eachPolicy(all, func(p policy) string {
		setting := p.GetLoadBalancer().GetLocalityLbSetting()
		if len(setting.GetFailoverPriority()) > 0 {
			return "failoverPriority crashes istiod on a host resolved by DNS"
		}
		if !setting.GetEnabled().GetValue() {
			return "localityLbSetting is not enabled"
		}
		seen := map[string]bool{}
		for _, entry := range setting.GetFailover() {
			if seen[entry.GetFrom()] || !known[entry.GetTo()] {
				return fmt.Sprintf("from %q to %q: said twice, or no endpoint is there", entry.GetFrom(), entry.GetTo())
			}
			seen[entry.GetFrom()] = true
		}
		return ""
	})
}

// eachRoute asks a question of every HTTP route.
func eachRoute(all []object, ask func(route *networking.HTTPRoute) string) []string {
	var problems []string
	for _, service := range specs[*networking.VirtualService](all) {
		for _, route := range service.GetHttp() {
			if wrong := ask(route); wrong != "" {
				problems = append(problems, fmt.Sprintf("%v, %s: %s", service.GetHosts(), route.GetName(), wrong))
			}
		}
	}
	return problems
}

// looksAt says whether a match tells requests apart, not only ports and clients.
func looksAt(match *networking.HTTPMatchRequest) bool {
	return match.GetMethod() != nil || match.GetUri() != nil || len(match.GetHeaders()) > 0
}

func coveringRoutes(all []object) []string {
	var problems []string
	for _, entry := range specs[*networking.ServiceEntry](all) {
		for _, port := range entry.GetPorts() {
			covered := !isHTTP(port)
			for _, service := range specs[*networking.VirtualService](all) {
				if slices.Equal(service.GetHosts(), entry.GetHosts()) && len(service.GetHttp()) > 0 {
					covered = covered || slices.ContainsFunc(service.GetHttp(), func(r *networking.HTTPRoute) bool { return takesRest(r, port.GetNumber()) })
				}
			}
			if !covered {
				problems = append(problems, fmt.Sprintf("%v, port %d", entry.GetHosts(), port.GetNumber()))
			}
		}
	}
	return problems
}

// takesRest says whether a route takes every request of every client to a port.
func takesRest(route *networking.HTTPRoute, port uint32) bool {
	all := len(route.GetMatch()) == 0
	for _, match := range route.GetMatch() {
		all = all || !looksAt(match) && len(match.GetSourceLabels()) == 0 && (match.GetPort() == 0 || match.GetPort() == port)
	}
	return all && slices.ContainsFunc(route.GetRoute(), func(d *networking.HTTPRouteDestination) bool {
		return d.GetDestination().GetPort().GetNumber() == port
	})
}

// repeats says whether a route sends a request again that a server may have processed.
func repeats(route *networking.HTTPRoute) bool {
	if route.GetRetries() != nil && route.GetRetries().GetAttempts() == 0 {
		return false
	}
	safe := []string{"connect-failure", "refused-stream", "reset-before-request"}
	if retriesOnMark(route) {
		safe = append(safe, "retriable-headers")
	}
	for on := range strings.SplitSeq(route.GetRetries().GetRetryOn(), ",") {
		if !slices.Contains(safe, strings.TrimSpace(on)) {
			return true
		}
	}
	return false
}

func safeRepeats(all []object) []string {
	return eachRoute(all, func(route *networking.HTTPRoute) string {
		if !repeats(route) {
			return ""
		}
		if len(route.GetMatch()) == 0 {
			return "repeats everything"
		}
		for _, match := range route.GetMatch() {
			method := match.GetMethod().GetRegex() + match.GetMethod().GetExact()
			for m := range strings.SplitSeq(method, "|") {
				if !slices.Contains([]string{"", "GET", "HEAD", "OPTIONS"}, m) || !looksAt(match) {
					return fmt.Sprintf("repeats %q", m)
				}
			}
		}
		return ""
	})
}

func boundedRepeats(all []object) []string {
	return eachRoute(all, func(route *networking.HTTPRoute) string {
		retries := route.GetRetries()
		perTry, timeout := retries.GetPerTryTimeout().AsDuration(), route.GetTimeout().AsDuration()
		switch {
		case !repeats(route):
			return ""
		case perTry <= 0 || timeout < 2*perTry:
			return fmt.Sprintf("timeout %v with perTryTimeout %v leaves no time for a second try", timeout, perTry)
		case retries.GetAttempts() < 2:
			return fmt.Sprintf("%d attempts", retries.GetAttempts())
		case !retries.GetRetryRemoteLocalities().GetValue():
			return "retries stay in the region"
		}
		return ""
	})
}

// eachClient asks a question of the EnvoyFilters of every namespace that an entry is exported to.
func eachClient(all []object, ask func(entry *networking.ServiceEntry, filters []*networking.EnvoyFilter) string) []string {
	var problems []string
	for _, o := range all {
		entry, ok := o.Spec.(*networking.ServiceEntry)
		if !ok || o.Waypoint {
			continue // a waypoint applies no patches
		}
		for _, namespace := range entry.GetExportTo() {
			if wrong := ask(entry, filtersIn(all, namespace)); wrong != "" {
				problems = append(problems, namespace+": "+wrong)
			}
		}
	}
	return problems
}

func filtersEverywhere(all []object) []string {
	return eachClient(all, func(entry *networking.ServiceEntry, filters []*networking.EnvoyFilter) string {
		for _, filter := range filters {
			if filter.GetPriority() == 0 {
				return "a filter without a priority"
			}
		}
		for _, port := range entry.GetPorts() {
			quick := func(c *clusterv3.Cluster) bool {
				window := c.GetCommonLbConfig().GetUpdateMergeWindow()
				return window != nil && window.AsDuration() == 0 && c.GetOutlierDetection().GetMaxEjectionTime().AsDuration() > 0
			}
			if !slices.ContainsFunc(clusterPatches(filters, entry.GetHosts()[0], port.GetNumber()), quick) {
				return fmt.Sprintf("port %d has no update_merge_window 0s with a max_ejection_time", port.GetNumber())
			}
		}
		return ""
	})
}
