package mesh

import (
	"cmp"
	"slices"
	"strings"

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
	return m.entryVisible(h.Entry(), namespace)
}

func (m *Model) entryVisible(se *manifest.ServiceEntry, namespace string) bool {
	return exported(se.Spec.GetExportTo(), m.Mesh.GetDefaultServiceExportTo(), se.Namespace, namespace)
}

func (m *Model) public(se *manifest.ServiceEntry) bool {
	exportTo := se.Spec.GetExportTo()
	if len(exportTo) == 0 {
		exportTo = m.Mesh.GetDefaultServiceExportTo()
	}
	return len(exportTo) == 0 || slices.Contains(exportTo, "*")
}

// offer is one ServiceEntry's part in a host. istiod keeps one service for each of them; their endpoints are in common.
type offer struct {
	host  *Host
	entry *manifest.ServiceEntry
}

// Sees says whether clients of the namespace have the host in their configuration, and get this one rather than that of
// another namespace.
func (m *Model) Sees(namespace string, h *Host) bool {
	return slices.ContainsFunc(m.kindsOf(namespace), func(c Client) bool { return m.ResolveFor(c, h.Name).Is(h) })
}

// Is says whether a host is that of the same name and namespace, perhaps led by another of its ServiceEntries.
func (h *Host) Is(o *Host) bool { return h != nil && h.Name == o.Name && h.Namespace == o.Namespace }

// kindsOf are the clients of a namespace as far as Sidecars tell them apart: those without labels, and those that each
// selector is for.
func (m *Model) kindsOf(namespace string) []Client {
	out := []Client{{Namespace: namespace}}
	for _, s := range m.scopes[namespace] {
		if s.selector != nil {
			out = append(out, Client{Namespace: namespace, Labels: s.selector})
		}
	}
	return out
}

// Resolve is the host of that name that clients of the namespace get who have no labels; nil if none.
func (m *Model) Resolve(namespace, name string) *Host {
	return m.ResolveFor(Client{Namespace: namespace}, name)
}

// ResolveFor is the host of that name that a client gets; nil if none. Where the client does not see the ServiceEntry that
// leads the host, another leads it: the ports and the resolution are then that one's, the endpoints are the same.
func (m *Model) ResolveFor(client Client, name string) *Host {
	if len(m.offers[name]) == 0 {
		return nil
	}
	var v view
	if client.Gateway { // no Sidecar acts on a gateway, and its own namespace has no preference
		for _, o := range m.exportedOffers(name, client.Namespace) {
			v.add(m, o, o.ports())
		}
		return v.result()
	}
	for _, l := range m.scopeFor(client).listeners {
		for _, o := range m.imports(l, client.Namespace, name) {
			v.add(m, o, l.trim(o.ports()))
		}
		m.addRouted(&v, l, client.Namespace, name)
	}
	return v.result()
}

// exportedOffers are those that a namespace sees, in the order in which istiod looks at them: those exported to it by
// name before those exported to all.
func (m *Model) exportedOffers(name, namespace string) []offer {
	var named, all []offer
	for _, o := range m.offers[name] {
		switch {
		case m.public(o.entry):
			all = append(all, o)
		case m.entryVisible(o.entry, namespace):
			named = append(named, o)
		}
	}
	return append(named, all...)
}

// imports are the offers that a listener of a Sidecar imports itself: those of one namespace, the client's own if it is
// among them, or else that of the first.
func (m *Model) imports(l listener, namespace, name string) []offer {
	candidates := m.exportedOffers(name, namespace)
	if l.exact() { // then istiod looks at the oldest ServiceEntry of a namespace only
		candidates = nil
		for _, o := range m.offers[name] {
			if o.entry == o.host.Entry() && m.entryVisible(o.entry, namespace) {
				candidates = append(candidates, o)
			}
		}
	}
	var out []offer
	from := ""
	for _, o := range candidates {
		if !l.takes(namespace, o.host.Namespace, name) || len(l.trim(o.ports())) == 0 {
			continue
		}
		out = append(out, o)
		if from == "" || o.host.Namespace == namespace {
			from = o.host.Namespace
		}
	}
	return slices.DeleteFunc(out, func(o offer) bool { return o.host.Namespace != from })
}

// addRouted adds the host if a VirtualService that the listener imports leads to it: destinations come along, those of the
// client's own namespace whatever their exportTo, or else the oldest that is exported to it.
func (m *Model) addRouted(v *view, l listener, namespace, name string) {
	for _, vs := range m.leading[name] {
		if !forMesh(vs) || !m.routeVisible(vs, namespace) || !l.takesRoutes(vs, namespace) {
			continue
		}
		ports := destinationPorts(vs, name, namespace)
		if ports == nil {
			continue
		}
		if o, found := m.destination(namespace, name); found {
			if l.port != 0 { // a listener of one port takes that one, whatever the route asks for
				ports = []int{l.port}
			}
			v.add(m, o, portsAmong(o.ports(), ports))
		}
	}
}

func (m *Model) destination(namespace, name string) (offer, bool) {
	var best offer
	for _, o := range m.offers[name] {
		if o.entry != o.host.Entry() { // only the oldest of a namespace is looked at
			continue
		}
		if o.host.Namespace == namespace {
			return o, true
		}
		if best.host == nil && m.entryVisible(o.entry, namespace) {
			best = o
		}
	}
	return best, best.host != nil
}

// portsAmong are the ports that a VirtualService asks for; 0 among those stands for all.
func portsAmong(all []Port, wanted []int) []Port {
	if slices.Contains(wanted, 0) {
		return all
	}
	return slices.DeleteFunc(slices.Clone(all), func(p Port) bool { return !slices.Contains(wanted, p.Number) })
}

func (o offer) ports() []Port { return portsOf(o.entry) }

// view is what a client has gathered of one host.
type view struct {
	offer
	ports []Port
}

// add takes an offer if it is the first, and else its ports only if it is so much like the first that istiod merges them.
func (v *view) add(m *Model, o offer, ports []Port) {
	switch {
	case len(ports) == 0:
	case v.host == nil:
		v.offer, v.ports = o, ports
	case v.entry == o.entry || v.host == o.host && m.alike(v.entry, o.entry):
		v.ports = withPorts(slices.Clone(v.ports), ports)
	}
}

// alike says whether istiod lets the ports of two ServiceEntries for a host be those of one service.
func (m *Model) alike(a, b *manifest.ServiceEntry) bool {
	set := func(list []string) []string { return slices.Compact(slices.Sorted(slices.Values(list))) }
	return a.Spec.GetResolution() == b.Spec.GetResolution() && equalLabels(a.Labels, b.Labels) &&
		equalLabels(a.Spec.GetWorkloadSelector().GetLabels(), b.Spec.GetWorkloadSelector().GetLabels()) &&
		slices.Equal(set(a.Spec.GetExportTo()), set(b.Spec.GetExportTo()))
}

func equalLabels(a, b map[string]string) bool { return len(a) == len(b) && within(a, b) }

// result is the host as it was gathered: the host itself where nothing differs from it.
func (v *view) result() *Host {
	if v.host == nil {
		return nil
	}
	slices.SortFunc(v.ports, func(a, b Port) int { return cmp.Compare(a.Number, b.Number) })
	if v.entry == v.host.Entry() && slices.Equal(numbers(v.ports), numbers(v.host.Ports)) {
		return v.host
	}
	out := *v.host
	out.Entries = append([]*manifest.ServiceEntry{v.entry}, slices.DeleteFunc(slices.Clone(v.host.Entries), func(se *manifest.ServiceEntry) bool { return se == v.entry })...)
	out.Resolution, out.Location, out.Ports = v.entry.Spec.GetResolution(), v.entry.Spec.GetLocation(), v.ports
	return &out
}

func numbers(ports []Port) []int {
	out := make([]int, len(ports))
	for i, p := range ports {
		out[i] = p.Number
	}
	slices.Sort(out)
	return out
}

// hostMatches says whether a name is covered by a host that may be a wildcard.
func hostMatches(pattern, name string) bool {
	if pattern == "*" || pattern == name {
		return true
	}
	rest, wild := strings.CutPrefix(pattern, "*")
	return wild && strings.HasSuffix(name, rest)
}
