// Package effective holds what the analysis works out against what a real istiod sends: for random ServiceEntries,
// DestinationRules, VirtualServices, WorkloadEntries and Sidecars, which host a client sees, led by which ServiceEntry,
// which DestinationRule is in force, which endpoints it gets at which priority, which names are in its TLS, and whether
// outlier detection is on.
//
// Every host of a world is a set of objects of its own and counts as one case; a world adds the Sidecars and wildcard
// DestinationRules that act on all its hosts. Start reading at Random, then at Compare.
//
// What is left out, and why:
//   - ServiceEntries for one host made in the same second: istiod then takes now the one and now the other (it says so
//     itself, in the comment of SortServicesByCreationTime);
//   - a gateway in a namespace that has sidecars: it gets what istiod has worked out for those if any asked before it, and
//     something else if none did (doGetSidecarScope keeps one default scope of a namespace for both);
//   - failoverPriority for names in several localities: istiod exits;
//   - what the model does not know: delegates of VirtualServices, waypoints, the annotation traffic-distribution, and hosts
//     that are Kubernetes Services too.
package effective

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// Object is one YAML document.
type Object struct {
	Text string
	// Late objects are made in a later second than the others: of ServiceEntries for one host the oldest counts, and
	// of those made in one second istiod takes now the one and now the other.
	Late bool
}

// World is objects in two namespaces. In their texts world-a stands for the first namespace, world-b for the second, and
// world-g for one with a gateway's proxies alone, to which hosts and rules are exported.
type World struct {
	Objects []Object
	Hosts   []string
}

// The namespaces in the texts of a world, and those that stand for them.
const (
	first    = "world-a"
	second   = "world-b"
	gateways = "world-g"
)

// Text is the world as objects of the namespaces of a number: all of it, or what is made at first, or what is made later.
func (w World) Text(number int, which ...bool) string {
	var texts []string
	for _, o := range w.Objects {
		if len(which) == 0 || o.Late == which[0] {
			texts = append(texts, o.Text)
		}
	}
	return in(number).Replace(strings.Join(texts, "---\n"))
}

// Names are the hosts of a world in the namespaces of a number.
func (w World) Names(number int) []string {
	out := make([]string, len(w.Hosts))
	for i, h := range w.Hosts {
		out[i] = in(number).Replace(h)
	}
	return out
}

func in(number int) *strings.Replacer {
	return strings.NewReplacer(first, Namespaces(number)[0], second, Namespaces(number)[1], gateways, GatewayNamespace(number))
}

// Namespaces are those of a world's objects.
func Namespaces(number int) [2]string {
	return [2]string{fmt.Sprintf("w%d-a", number), fmt.Sprintf("w%d-b", number)}
}

// GatewayNamespace is where the gateway of a world runs. No sidecar may: istiod gives a gateway what it has worked out for
// the sidecars of its namespace, if any asked before.
func GatewayNamespace(number int) string { return fmt.Sprintf("w%d-g", number) }

// maker draws the objects of one world.
type maker struct {
	*rand.Rand
	world  World
	rules  int
	labels bool // policies may order endpoints by labels
}

// Random draws a world with so many hosts.
func Random(r *rand.Rand, hosts int) World {
	m := &maker{Rand: r}
	for i := range hosts {
		m.world.Hosts = append(m.world.Hosts, hostName(i))
	}
	for i := range hosts {
		m.host(i)
	}
	for _, ns := range []string{first, second} {
		if m.chance(30) {
			m.sidecar(ns, "default", "")
		}
		if m.chance(15) {
			m.sidecar(ns, "selected", "  workloadSelector: {labels: {app: "+m.one("client", "other")+"}}\n")
		}
	}
	if m.chance(30) {
		m.rule(m.namespace(), "wild", "'*.shop.world-a.example'")
	}
	return m.world
}

func hostName(i int) string { return fmt.Sprintf("h%d.shop.world-a.example", i) }

func (m *maker) chance(percent int) bool { return m.IntN(100) < percent }

func (m *maker) namespace() string { return m.one(first, second) }

func (m *maker) one(of ...string) string { return of[m.IntN(len(of))] }

func (m *maker) add(late bool, format string, args ...any) {
	m.world.Objects = append(m.world.Objects, Object{Text: fmt.Sprintf(format, args...), Late: late})
}

// exportTo keeps objects within their world, so that worlds do not see each other. Few are for everybody: the hosts of
// those are in the configuration of every client of every world.
func (m *maker) exportTo() string {
	if m.chance(2) {
		return "['*']"
	}
	return m.one("['.']", "["+first+", "+second+"]", "["+first+", "+second+", "+gateways+"]", "["+second+"]", "['.', "+second+"]",
		"["+gateways+"]")
}

// host draws all objects of one host. Of some all endpoints are addresses: only those may be ordered by labels, since
// istiod does not survive that for names in several localities.
func (m *maker) host(i int) {
	addresses := m.chance(20)
	for n := range 1 + m.IntN(2)*m.IntN(2) {
		m.entry(i, n, addresses)
	}
	m.labels = addresses
	for n := range m.IntN(4) {
		m.rule(m.namespace(), fmt.Sprintf("h%d-%d", i, n), hostName(i))
	}
	m.labels = false
	if m.chance(30) {
		m.routes(i)
	}
}

func (m *maker) routes(i int) {
	to := i
	if m.chance(30) {
		to = m.IntN(len(m.world.Hosts))
	}
	port, match := m.one("", "", ", port: {number: 80}", ", port: {number: 81}", ", port: {number: 99}"), ""
	if m.chance(20) {
		match = "match: [{sourceNamespace: " + m.namespace() + "}], "
	}
	route := fmt.Sprintf("http: [{%sroute: [{destination: {host: %s%s}}]}]", match, hostName(to), port)
	switch m.IntN(8) {
	case 0:
		route = fmt.Sprintf("tcp: [{route: [{destination: {host: %s%s}}]}]", hostName(to), port)
	case 1:
		route = fmt.Sprintf("http: [{route: [{destination: {host: elsewhere.example.net}}], mirror: {host: %s}}]", hostName(to))
	}
	m.add(false, `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: h%d, namespace: %s}
spec:
  hosts: [%s]
  exportTo: %s
  gateways: [%s]
  %s
`, i, m.namespace(), hostName(i), m.exportTo(), m.one("mesh", "mesh", "mesh", "some-gateway"), route)
}

func (m *maker) entry(i, n int, addresses bool) {
	namespace, exportTo := first, m.exportTo()
	if m.chance(20) {
		namespace = second
	}
	resolution := m.one("DNS", "DNS", "DNS", "STATIC")
	if addresses {
		resolution = "STATIC"
	}
	name, names := fmt.Sprintf("h%d-%d", i, n), ""
	if m.chance(15) {
		names = "  subjectAltNames: [entry.example.net]\n"
	}
	ports := m.one("{number: 80, name: http, protocol: HTTP%s}, {number: 81, name: more, protocol: HTTP}",
		"{number: 80, name: http, protocol: HTTP%s}, {number: 81, name: more, protocol: HTTP}", "{number: 80, name: http, protocol: HTTP%s}",
		"{number: 82, name: third, protocol: TCP}, {number: 80, name: http, protocol: HTTP%s}")
	m.add(n > 0, `apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: %s, namespace: %s}
spec:
  hosts: [%s]
  exportTo: %s
  location: MESH_EXTERNAL
  ports: [%s]
  resolution: %s
%s%s`, name, namespace, hostName(i), exportTo, fmt.Sprintf(ports, m.one("", ", targetPort: 443")), resolution, names,
		m.endpoints(name, namespace, resolution, fmt.Sprintf("%d.%d", 1+n, i)))
}

// endpoints are those of a ServiceEntry: its own, or WorkloadEntries that it selects.
func (m *maker) endpoints(name, namespace, resolution, number string) string {
	selected := m.chance(10)
	list := make([]string, 0, 4)
	for e := range 1 + m.IntN(4) {
		address := fmt.Sprintf("e%d.%s.example.net", e, name)
		if resolution == "STATIC" {
			address = fmt.Sprintf("10.%s.%d", number, 1+e)
		}
		locality := fmt.Sprintf(", locality: '%s'", m.one("us-east1", "us-east1/us-east1-b", "us-east1/us-east1-c", "us-west1", "us-west1", "europe-west1", ""))
		labels := "tier: " + m.one("one", "two")
		if m.chance(10) {
			locality, labels = "", labels+", topology.kubernetes.io/region: us-east1"
		}
		if selected {
			labels += ", of: " + name
		}
		port := ""
		if m.chance(20) {
			port = ", ports: {http: 8443}"
		}
		list = append(list, fmt.Sprintf("{address: %s%s, labels: {%s}%s}", address, locality, labels, port))
	}
	if !selected {
		return "  endpoints:\n  - " + strings.Join(list, "\n  - ") + "\n"
	}
	for e, w := range list {
		m.add(false, "apiVersion: networking.istio.io/v1\nkind: WorkloadEntry\nmetadata: {name: %s-%d, namespace: %s}\nspec: %s\n", name, e, namespace, w)
	}
	return "  workloadSelector: {labels: {of: " + name + "}}\n"
}

func (m *maker) rule(namespace, name, host string) {
	var spec strings.Builder
	switch {
	case m.chance(20):
		fmt.Fprintf(&spec, "  workloadSelector: {matchLabels: {app: %s}}\n", m.one("client", "other"))
	case m.chance(80):
		fmt.Fprintf(&spec, "  exportTo: %s\n", m.exportTo())
	default:
		spec.WriteString("  exportTo: ['.']\n")
	}
	if m.chance(85) {
		spec.WriteString("  trafficPolicy:\n" + m.policy("    "))
		if m.chance(25) {
			fmt.Fprintf(&spec, "    portLevelSettings:\n    - port: {number: %s}\n%s", m.one("80", "81"), m.policy("      "))
		}
	}
	if m.chance(25) {
		fmt.Fprintf(&spec, "  subsets:\n  - name: %s\n    labels: {tier: %s}\n", m.one("one", "two"), m.one("one", "two", "x"))
		if m.chance(50) {
			spec.WriteString("    trafficPolicy:\n" + m.policy("      "))
		}
	}
	m.add(false, `apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: %s, namespace: %s}
spec:
  host: %s
%s`, name, namespace, host, spec.String())
}
