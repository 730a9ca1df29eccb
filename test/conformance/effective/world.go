// Package effective holds what the analysis works out against what a real istiod sends: for random ServiceEntries,
// DestinationRules, VirtualServices and Sidecars, which host a client sees, which DestinationRule is in force, which
// endpoints it gets at which priority, which names are in its TLS, and whether outlier detection is on.
// Start reading at Random, then at Compare.
package effective

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// World is two namespaces of objects, as YAML documents. The text A stands for the first namespace, B for the second.
type World struct {
	Objects []string
	Hosts   []string
}

// The namespaces in the texts of a world, and those that stand for them.
const (
	first  = "world-a"
	second = "world-b"
)

// Text is the world as objects of the namespaces of a number.
func (w World) Text(number int) string {
	text := strings.Join(w.Objects, "---\n")
	return strings.NewReplacer(first, Namespaces(number)[0], second, Namespaces(number)[1]).Replace(text)
}

// Namespaces are those of a world's objects.
func Namespaces(number int) [2]string {
	return [2]string{fmt.Sprintf("w%d-a", number), fmt.Sprintf("w%d-b", number)}
}

// maker draws the objects of one world.
type maker struct {
	*rand.Rand
	world World
	rules int
}

// Random draws a world with so many hosts.
func Random(r *rand.Rand, hosts int) World {
	m := &maker{Rand: r}
	for i := range hosts {
		host := fmt.Sprintf("h%d.shop.world-a.example", i)
		m.world.Hosts = append(m.world.Hosts, host)
		m.host(i, host)
	}
	for _, ns := range []string{first, second} {
		if m.chance(30) {
			m.sidecar(ns)
		}
	}
	if m.chance(30) {
		m.rule(m.namespace(), "wild", "'*.shop.world-a.example'")
	}
	return m.world
}

func (m *maker) chance(percent int) bool { return m.IntN(100) < percent }

func (m *maker) namespace() string { return m.one(first, second) }

func (m *maker) one(of ...string) string { return of[m.IntN(len(of))] }

func (m *maker) add(format string, args ...any) {
	m.world.Objects = append(m.world.Objects, fmt.Sprintf(format, args...))
}

// exportTo keeps objects within their world, so that worlds do not see each other.
func (m *maker) exportTo() string {
	return m.one("['.']", "["+first+", "+second+"]", "["+first+", "+second+"]", "["+second+"]", "['.', "+second+"]")
}

func (m *maker) host(i int, host string) {
	for n := range 1 + m.IntN(2)*m.IntN(2) {
		m.entry(i, n, host)
	}
	for n := range m.IntN(4) {
		m.rule(m.namespace(), fmt.Sprintf("h%d-%d", i, n), host)
	}
	if m.chance(25) {
		m.add(`apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: h%d, namespace: %s}
spec:
  hosts: [%s]
  exportTo: %s
  http: [{route: [{destination: {host: %s}}]}]
`, i, m.namespace(), host, m.exportTo(), host)
	}
}

func (m *maker) entry(i, n int, host string) {
	namespace, exportTo := first, m.exportTo()
	if m.chance(20) {
		namespace = second
	}
	resolution := m.one("DNS", "DNS", "DNS", "STATIC")
	var endpoints strings.Builder
	for e := range 1 + m.IntN(4) {
		address := fmt.Sprintf("e%d.h%d-%d.example.net", e, i, n)
		if resolution == "STATIC" {
			address = fmt.Sprintf("10.%d.%d.%d", 1+n, i, 1+e)
		}
		locality := m.one("us-east1", "us-east1/us-east1-b", "us-east1/us-east1-c", "us-west1", "us-west1", "europe-west1", "")
		port := ""
		if m.chance(20) {
			port = ", ports: {http: 8443}"
		}
		fmt.Fprintf(&endpoints, "  - {address: %s, locality: '%s', labels: {tier: %s}%s}\n", address, locality, m.one("one", "two"), port)
	}
	names := ""
	if m.chance(15) {
		names = "  subjectAltNames: [entry.example.net]\n"
	}
	m.add(`apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: h%d-%d, namespace: %s}
spec:
  hosts: [%s]
  exportTo: %s
  location: MESH_EXTERNAL
  ports: [{number: 80, name: http, protocol: HTTP%s}, {number: 81, name: more, protocol: HTTP}]
  resolution: %s
%s  endpoints:
%s`, i, n, namespace, host, exportTo, m.one("", ", targetPort: 443"), resolution, names, endpoints.String())
}

func (m *maker) rule(namespace, name, host string) {
	var spec strings.Builder
	if m.chance(20) {
		fmt.Fprintf(&spec, "  workloadSelector: {matchLabels: {app: %s}}\n", m.one("client", "other"))
	} else if m.chance(80) {
		fmt.Fprintf(&spec, "  exportTo: %s\n", m.exportTo())
	} else {
		spec.WriteString("  exportTo: ['.']\n")
	}
	if m.chance(85) {
		spec.WriteString("  trafficPolicy:\n" + m.policy("    "))
		if m.chance(25) {
			fmt.Fprintf(&spec, "    portLevelSettings:\n    - port: {number: %s}\n%s", m.one("80", "81"), m.policy("      "))
		}
	}
	if m.chance(25) {
		fmt.Fprintf(&spec, "  subsets:\n  - name: %s\n    labels: {tier: x}\n", m.one("one", "two"))
		if m.chance(50) {
			spec.WriteString("    trafficPolicy:\n" + m.policy("      "))
		}
	}
	m.add(`apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: %s, namespace: %s}
spec:
  host: %s
%s`, name, namespace, host, spec.String())
}

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
	line(50, "loadBalancer: %s", m.one("{simple: RANDOM}", "{localityLbSetting: {enabled: false}}",
		"{localityLbSetting: {failover: [{from: us-east1, to: us-west1}]}}",
		"{localityLbSetting: {failover: [{from: asia-east1, to: us-west1}, {from: us-west1, to: europe-west1}, {from: asia-east1, to: us-east1}]}}",
		"{localityLbSetting: {distribute: [{from: 'us-east1/*', to: {'us-east1/*': 80, 'us-west1/*': 20}}]}}"))
	line(50, "tls: %s", m.one("{mode: DISABLE}", "{mode: SIMPLE}", "{mode: SIMPLE, sni: sni.example.net}",
		"{mode: SIMPLE, sni: sni.example.net, subjectAltNames: [a.example.net, b.example.net]}", "{mode: SIMPLE, subjectAltNames: [a.example.net]}"))
	if out.Len() == 0 {
		fmt.Fprintf(&out, indent+"connectionPool: {tcp: {connectTimeout: %dms}}\n", 1000+m.rules)
	}
	return out.String()
}

func (m *maker) sidecar(namespace string) {
	hosts := []string{"'./*'", "'" + first + "/*'", "'*/*'", "'" + second + "/*'", "'" + first + "/h1.shop.world-a.example'", "'*/h0.shop.world-a.example'"}
	m.Shuffle(len(hosts), func(i, j int) { hosts[i], hosts[j] = hosts[j], hosts[i] })
	m.add(`apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {name: default, namespace: %s}
spec:
  egress: [{hosts: [%s]}]
`, namespace, strings.Join(hosts[:1+m.IntN(2)], ", "))
}
