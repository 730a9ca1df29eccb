package mesh

import (
	"slices"
	"strings"

	networking "istio.io/api/networking/v1alpha3"

	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
)

// scope is what a Sidecar lets proxies see.
type scope struct {
	sidecar   *manifest.Sidecar // nil where there is none
	selector  map[string]string // nil for one that is for all others
	listeners []listener
}

// listener is one egress listener of a Sidecar.
type listener struct {
	hosts []importedHost
	port  int // the only one that it takes from hosts; 0 for all
}

// importedHost is one entry of a listener's hosts.
type importedHost struct {
	namespace, host string
	excluded        bool
}

// everything is what is seen where no Sidecar says anything.
func everything() []listener { return []listener{{hosts: []importedHost{{namespace: "*", host: "*"}}}} }

// Scope is the Sidecar that is in force for a client; nil if there is none.
func (m *Model) Scope(client Client) *manifest.Sidecar {
	if client.Gateway {
		return nil
	}
	return m.scopeFor(client).sidecar
}

// scopeFor finds the first Sidecar whose selector fits, or else the first without one, of the client's namespace; that of
// the root namespace is for all namespaces that have none which fits.
func (m *Model) scopeFor(client Client) *scope {
	for _, s := range m.scopes[client.Namespace] {
		if s.selector == nil || within(s.selector, client.Labels) {
			return s
		}
	}
	for _, s := range m.scopes[m.Root] {
		if s.selector == nil {
			return s
		}
	}
	return &scope{listeners: everything()}
}

// buildScopes puts the Sidecars of each namespace into the order in which they are asked: those with a selector first.
func (m *Model) buildScopes() {
	m.scopes = map[string][]*scope{}
	ordered := slices.Clone(m.Snapshot.Sidecars)
	slices.SortStableFunc(ordered, func(a, b *manifest.Sidecar) int {
		return boolean(a.Spec.GetWorkloadSelector() == nil) - boolean(b.Spec.GetWorkloadSelector() == nil)
	})
	for _, s := range ordered {
		sc := &scope{sidecar: s}
		if w := s.Spec.GetWorkloadSelector(); w != nil {
			sc.selector = w.GetLabels()
			if sc.selector == nil {
				sc.selector = map[string]string{}
			}
		}
		for _, e := range s.Spec.GetEgress() {
			sc.listeners = append(sc.listeners, listenerOf(e))
		}
		if len(sc.listeners) == 0 {
			sc.listeners = everything()
		}
		m.scopes[s.Namespace] = append(m.scopes[s.Namespace], sc)
	}
}

func listenerOf(e *networking.IstioEgressListener) listener {
	var out listener
	if p := e.GetPort(); p != nil && !strings.EqualFold(p.GetProtocol(), "HTTP_PROXY") {
		out.port = int(p.GetNumber())
	}
	for _, h := range e.GetHosts() {
		ns, name, found := strings.Cut(h, "/")
		if !found {
			continue
		}
		i := importedHost{namespace: ns, host: name}
		if rest, cut := strings.CutPrefix(ns, "~"); cut {
			i.excluded, i.namespace = true, rest
			if rest == "" {
				i.namespace = "*"
			}
		}
		out.hosts = append(out.hosts, i)
	}
	return out
}

// in says whether an entry is about a namespace, for clients of another.
func (i importedHost) in(of, client string) bool {
	return i.namespace == "*" || i.namespace == of || i.namespace == "." && of == client
}

// exact says that all hosts are full names of one namespace each.
func (l listener) exact() bool {
	return !slices.ContainsFunc(l.hosts, func(i importedHost) bool {
		return !i.excluded && (i.namespace == "*" || strings.HasPrefix(i.host, "*"))
	})
}

// trim leaves the ports that the listener takes.
func (l listener) trim(ports []Port) []Port {
	if l.port == 0 {
		return ports
	}
	return portsAmong(ports, []int{l.port})
}

func (l listener) excludes(client, of, host string) bool {
	return slices.ContainsFunc(l.hosts, func(i importedHost) bool { return i.excluded && i.in(of, client) && hostMatches(i.host, host) })
}

// takes says whether the listener imports a host of a namespace, for clients of another.
func (l listener) takes(client, of, host string) bool {
	return !l.excludes(client, of, host) &&
		slices.ContainsFunc(l.hosts, func(i importedHost) bool { return !i.excluded && i.in(of, client) && hostMatches(i.host, host) })
}

// takesRoutes says whether the listener imports a VirtualService: any host of it is enough, and a wildcard on either side.
func (l listener) takesRoutes(vs *manifest.VirtualService, client string) bool {
	return slices.ContainsFunc(vs.Spec.GetHosts(), func(name string) bool {
		host := FullHost(name, vs.Namespace)
		return !l.excludes(client, vs.Namespace, host) && slices.ContainsFunc(l.hosts, func(i importedHost) bool {
			return !i.excluded && i.in(vs.Namespace, client) && (hostMatches(i.host, host) || hostMatches(host, i.host))
		})
	})
}

// destinationPorts are the ports of a host that the routes of a VirtualService lead to, for clients of a namespace: 0
// stands for all of them. It is nil if no route leads there.
func destinationPorts(vs *manifest.VirtualService, host, client string) []int {
	var out []int
	eachDestination(vs, func(r *networking.HTTPRoute, d *networking.Destination) {
		if FullHost(d.GetHost(), vs.Namespace) == host && (r == nil || takesFrom(r, client)) {
			out = append(out, int(d.GetPort().GetNumber()))
		}
	})
	return out
}

// takesFrom says whether a route takes requests of clients of a namespace, as istiod asks it: the last match that names a
// namespace decides, unless one names the right one.
func takesFrom(r *networking.HTTPRoute, client string) bool {
	taken := true
	for _, m := range r.GetMatch() {
		if m.GetSourceNamespace() == client {
			return true
		}
		taken = taken && m.GetSourceNamespace() == ""
	}
	return taken
}

// eachDestination hands over all destinations of a VirtualService, mirrors among them, with the HTTP route of each.
func eachDestination(vs *manifest.VirtualService, do func(*networking.HTTPRoute, *networking.Destination)) {
	for _, r := range vs.Spec.GetHttp() {
		for _, d := range r.GetRoute() {
			do(r, d.GetDestination())
		}
		if r.GetMirror() != nil {
			do(r, r.GetMirror())
		}
		for _, d := range r.GetMirrors() {
			do(r, d.GetDestination())
		}
	}
	for _, r := range vs.Spec.GetTcp() {
		for _, d := range r.GetRoute() {
			do(nil, d.GetDestination())
		}
	}
	for _, r := range vs.Spec.GetTls() {
		for _, d := range r.GetRoute() {
			do(nil, d.GetDestination())
		}
	}
}
