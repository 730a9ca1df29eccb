package effective

import (
	"fmt"
	"strings"
)

// policy is a policy whose connectTimeout, if it has one, tells which it is.
func (m *maker) policy(indent string) string {
	m.rules++
	var out strings.Builder
	line := func(percent int, format string, args ...any) {
		if m.chance(percent) {
			fmt.Fprintf(&out, indent+format+"\n", args...)
		}
	}
	line(80, "connectionPool: {tcp: {connectTimeout: %dms}}", 1000+m.rules)
	line(60, "outlierDetection: {consecutive5xxErrors: %d, maxEjectionPercent: %s}", 1+m.IntN(5), m.one("10", "100"))
	line(50, "loadBalancer: %s", m.loadBalancer())
	line(50, "tls: %s", m.one("{mode: DISABLE}", "{mode: SIMPLE}", "{mode: SIMPLE, sni: sni.example.net}",
		"{mode: SIMPLE, sni: sni.example.net, subjectAltNames: [a.example.net, b.example.net]}", "{mode: SIMPLE, subjectAltNames: [a.example.net]}"))
	if out.Len() == 0 {
		fmt.Fprintf(&out, indent+"connectionPool: {tcp: {connectTimeout: %dms}}\n", 1000+m.rules)
	}
	return out.String()
}

func (m *maker) loadBalancer() string {
	all := []string{
		"{simple: RANDOM}", "{localityLbSetting: {enabled: false}}",
		"{localityLbSetting: {failover: [{from: us-east1, to: us-west1}]}}",
		"{localityLbSetting: {failover: [{from: asia-east1, to: us-west1}, {from: us-west1, to: europe-west1}, {from: asia-east1, to: us-east1}]}}",
		"{localityLbSetting: {distribute: [{from: 'us-east1/*', to: {'us-east1/*': 80, 'us-west1/*': 20}}]}}",
		"{zoneAwareLbSetting: {failover: [{from: us-east1, to: us-west1}]}}", "{zoneAwareLbSetting: {enabled: false}}",
	}
	if m.labels {
		all = append(all, "{localityLbSetting: {failoverPriority: [topology.kubernetes.io/region, topology.kubernetes.io/zone]}}",
			"{localityLbSetting: {failoverPriority: [tier=one, topology.kubernetes.io/region]}}",
			"{localityLbSetting: {failoverPriority: [tier=two], failover: [{from: us-east1, to: us-west1}]}}",
			"{zoneAwareLbSetting: {failoverPriority: [tier=two]}}")
	}
	return m.one(all...)
}

func (m *maker) sidecar(namespace, name, selector string) {
	hosts := []string{
		"'./*'", "'" + first + "/*'", "'*/*'", "'" + second + "/*'", "'" + first + "/" + hostName(1) + "'", "'*/" + hostName(0) + "'",
		"'*/*.shop.world-a.example'", "'~" + second + "/*'", "'~*/" + hostName(1) + "'",
	}
	listener := func(port string) string {
		m.Shuffle(len(hosts), func(i, j int) { hosts[i], hosts[j] = hosts[j], hosts[i] })
		return "  - {" + port + "hosts: [" + strings.Join(hosts[:1+m.IntN(3)], ", ") + "]}\n"
	}
	listeners := ""
	if m.chance(25) {
		listeners += listener("port: {number: 80, name: http, protocol: HTTP}, ")
	}
	listeners += listener("")
	m.add(false, `apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {name: %s, namespace: %s}
spec:
%s  egress:
%s`, name, namespace, selector, listeners)
}
