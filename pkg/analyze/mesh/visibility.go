package mesh

import (
	"slices"
	"strings"

	networking "istio.io/api/networking/v1alpha3"

	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
)

// exported says whether an object of one namespace is visible in another.
func exported(exportTo, defaults []string, from, to string) bool {
	if len(exportTo) == 0 {
		exportTo = defaults
	}
	if len(exportTo) == 0 {
		return true
	}
	return slices.ContainsFunc(exportTo, func(x string) bool {
		return x == "*" || x == to || x == "." && from == to
	})
}

// VisibleTo says whether clients of the namespace see the host, by its exportTo alone.
func (m *Model) VisibleTo(h *Host, namespace string) bool {
	return exported(h.Entry().Spec.GetExportTo(), m.Mesh.GetDefaultServiceExportTo(), h.Namespace, namespace)
}

// Sees says whether clients of the namespace have the host in their configuration, and get this one rather than that of
// another namespace.
func (m *Model) Sees(namespace string, h *Host) bool { return m.Resolve(namespace, h.Name) == h }

// Resolve is the host of that name that clients of the namespace get; nil if none.
func (m *Model) Resolve(namespace, name string) *Host {
	var best *Host
	for _, h := range m.byName[name] {
		if !m.VisibleTo(h, namespace) || !m.imported(namespace, h) {
			continue
		}
		if best == nil || h.Namespace == namespace {
			best = h
		}
	}
	return best
}

// scope is what the Sidecar objects of a namespace let its proxies see.
type scope struct {
	sidecar *manifest.Sidecar
	hosts   []importedHost
}

// importedHost is one entry of a Sidecar's egress hosts.
type importedHost struct {
	namespace, host string
	excluded        bool
	port            int // of the listener; 0 for all
}

// Scope is the Sidecar that is in force for the clients of a namespace which none selects by label; nil if there is none.
func (m *Model) Scope(namespace string) *manifest.Sidecar {
	if s := m.scopeOf(namespace); s != nil {
		return s.sidecar
	}
	return nil
}

func (m *Model) scopeOf(namespace string) *scope {
	if s := m.scopes[namespace]; s != nil {
		return s
	}
	return m.scopes[m.Root]
}

// buildScopes takes the first Sidecar without a selector in each namespace: the root namespace's is for all others.
func (m *Model) buildScopes() {
	m.scopes = map[string]*scope{}
	for _, s := range m.Snapshot.Sidecars {
		if len(s.Spec.GetWorkloadSelector().GetLabels()) > 0 || m.scopes[s.Namespace] != nil {
			continue
		}
		sc := &scope{sidecar: s}
		for _, e := range s.Spec.GetEgress() {
			sc.hosts = append(sc.hosts, importsOf(e)...)
		}
		m.scopes[s.Namespace] = sc
	}
}

func importsOf(e *networking.IstioEgressListener) []importedHost {
	var out []importedHost
	for _, h := range e.GetHosts() {
		ns, name, found := strings.Cut(h, "/")
		if !found {
			continue
		}
		i := importedHost{namespace: ns, host: name, port: int(e.GetPort().GetNumber())}
		if rest, cut := strings.CutPrefix(ns, "~"); cut {
			i.excluded, i.namespace = true, rest
			if rest == "" {
				i.namespace = "*"
			}
		}
		out = append(out, i)
	}
	return out
}

// imported says whether the Sidecar in force for a namespace lets its clients see the host.
func (m *Model) imported(namespace string, h *Host) bool {
	s := m.scopeOf(namespace)
	if s == nil || len(s.hosts) == 0 {
		return true
	}
	fits := func(i importedHost) bool {
		ns := i.namespace
		if ns == "." {
			ns = namespace
		}
		return (ns == "*" || ns == h.Namespace) && hostMatches(i.host, h.Name)
	}
	if slices.ContainsFunc(s.hosts, func(i importedHost) bool { return i.excluded && fits(i) }) {
		return false
	}
	if slices.ContainsFunc(s.hosts, func(i importedHost) bool { return !i.excluded && fits(i) }) {
		return true
	}
	return m.routedTo(namespace, h)
}

// routedTo says whether a VirtualService that the Sidecar imports leads to the host: its destinations come along.
func (m *Model) routedTo(namespace string, h *Host) bool {
	if own := slices.ContainsFunc(m.byName[h.Name], func(o *Host) bool { return o.Namespace == namespace }); own && h.Namespace != namespace {
		return false
	}
	for _, vs := range m.Snapshot.VirtualServices {
		if m.routeVisible(vs, namespace) && m.routeImported(vs, namespace) && leadsTo(vs, h.Name) {
			return true
		}
	}
	return false
}

// hostMatches says whether a name is covered by a host that may be a wildcard.
func hostMatches(pattern, name string) bool {
	if pattern == "*" || pattern == name {
		return true
	}
	rest, wild := strings.CutPrefix(pattern, "*")
	return wild && strings.HasSuffix(name, rest)
}
