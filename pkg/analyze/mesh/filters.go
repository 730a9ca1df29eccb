package mesh

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"

	networking "istio.io/api/networking/v1alpha3"

	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
)

// Patch is one patch of an EnvoyFilter that applies.
type Patch struct {
	Filter *manifest.EnvoyFilter
	Spec   *networking.EnvoyFilter_EnvoyConfigObjectPatch
	Path   string         // in Filter, such as spec.configPatches[0]
	Value  manifest.Value // of the patch

	rank int // of the filter, in the order in which they act
}

// Selected says that the patch acts on some of the clients only.
func (p Patch) Selected() bool {
	return len(p.Filter.Spec.GetWorkloadSelector().GetLabels()) > 0 || len(p.Filter.Spec.GetTargetRefs()) > 0
}

// ForVersion says whether the patch acts on proxies of the version.
func (p Patch) ForVersion(v Version) bool {
	pattern := p.Spec.GetMatch().GetProxy().GetProxyVersion()
	if pattern == "" {
		return true
	}
	re, err := regexp.Compile(pattern)
	return err == nil && re.MatchString(v.String()+".0")
}

// Patches are all patches of an EnvoyFilter.
func Patches(f *manifest.EnvoyFilter) []Patch {
	out := make([]Patch, len(f.Spec.GetConfigPatches()))
	trees := f.Tree.At("spec", "configPatches").Items()
	for i, p := range f.Spec.GetConfigPatches() {
		out[i] = Patch{Filter: f, Spec: p, Path: indexed("spec.configPatches", i)}
		if i < len(trees) {
			out[i].Value = trees[i].At("patch", "value")
		}
	}
	return out
}

// patchIndex are the patches of one namespace: those that name a host, and all others.
type patchIndex struct {
	byHost map[string][]Patch
	rest   []Patch
}

// buildFilters puts EnvoyFilters into the order in which they act: by priority, those of the root namespace first.
func (m *Model) buildFilters() {
	m.filters, m.patches = map[string][]*manifest.EnvoyFilter{}, map[string]*patchIndex{}
	ordered := slices.Clone(m.Snapshot.EnvoyFilters)
	slices.SortStableFunc(ordered, func(a, b *manifest.EnvoyFilter) int {
		return cmp.Or(cmp.Compare(a.Spec.GetPriority(), b.Spec.GetPriority()), boolean(a.Namespace != m.Root)-boolean(b.Namespace != m.Root))
	})
	for rank, f := range ordered {
		m.filters[f.Namespace] = append(m.filters[f.Namespace], f)
		index := m.patches[f.Namespace]
		if index == nil {
			index = &patchIndex{byHost: map[string][]Patch{}}
			m.patches[f.Namespace] = index
		}
		for _, p := range Patches(f) {
			p.rank = rank
			if host := namedHost(p.Spec.GetMatch()); host != "" {
				index.byHost[host] = append(index.byHost[host], p)
				m.addOwner(host, f.Namespace)
			} else {
				index.rest = append(index.rest, p)
			}
		}
	}
}

// namedHost is the host that a patch names, "" if it may be for any.
func namedHost(m *networking.EnvoyFilter_EnvoyConfigObjectMatch) string {
	if host := m.GetCluster().GetService(); host != "" {
		return host
	}
	if parts := strings.SplitN(m.GetCluster().GetName(), "|", 4); len(parts) == 4 {
		return parts[3]
	}
	host, _, _ := strings.Cut(m.GetRouteConfiguration().GetVhost().GetName(), ":")
	return host
}

// Filters are the EnvoyFilters that act on proxies of a namespace: those of the root namespace and its own.
func (m *Model) Filters(namespace string) []*manifest.EnvoyFilter {
	if namespace == m.Root {
		return m.filters[m.Root]
	}
	return slices.Concat(m.filters[m.Root], m.filters[namespace])
}

// patchesFor are the patches that may act on the host for clients of a namespace, in order.
func (m *Model) patchesFor(namespace, host string) []Patch {
	var out []Patch
	spaces := []string{m.Root, namespace}
	for _, ns := range slices.Compact(spaces) {
		if index := m.patches[ns]; index != nil {
			out = slices.Concat(out, index.rest, index.byHost[host])
		}
	}
	slices.SortStableFunc(out, func(a, b Patch) int { return cmp.Compare(a.rank, b.rank) })
	return out
}

// ClusterPatches are the patches of the cluster itself that act on its clients' sidecars, in order.
func (c *Cluster) ClusterPatches() []Patch {
	return c.patchesOf(func(p *networking.EnvoyFilter_EnvoyConfigObjectPatch) bool {
		m := p.GetMatch().GetCluster()
		if m.GetName() != "" {
			return m.GetName() == c.Name()
		}
		return (m.GetService() == "" || m.GetService() == c.Host.Name) &&
			(m.GetPortNumber() == 0 || int(m.GetPortNumber()) == c.Port.Number) &&
			(m.GetSubset() == "" || m.GetSubset() == c.Subset)
	}, networking.EnvoyFilter_CLUSTER)
}

// RoutePatches are the patches of routes to the host that act on its clients' sidecars, in order.
func (c *Cluster) RoutePatches() []Patch {
	return c.patchesOf(c.routedBy, networking.EnvoyFilter_HTTP_ROUTE)
}

// RequestPatches are the patches of all that a request to the host meets in its clients' sidecars: the filters of the
// listener, the routes, the cluster.
func (c *Cluster) RequestPatches() []Patch {
	return slices.Concat(
		c.patchesOf(c.takenBy, networking.EnvoyFilter_LISTENER, networking.EnvoyFilter_FILTER_CHAIN, networking.EnvoyFilter_NETWORK_FILTER, networking.EnvoyFilter_HTTP_FILTER),
		c.patchesOf(c.routedBy, networking.EnvoyFilter_ROUTE_CONFIGURATION, networking.EnvoyFilter_VIRTUAL_HOST, networking.EnvoyFilter_HTTP_ROUTE),
		c.ClusterPatches())
}

// routedBy says whether a patch may act on routes to the host.
func (c *Cluster) routedBy(p *networking.EnvoyFilter_EnvoyConfigObjectPatch) bool {
	number := strconv.Itoa(c.Port.Number)
	m := p.GetMatch().GetRouteConfiguration()
	vhost := m.GetVhost().GetName()
	return (m.GetName() == "" || m.GetName() == number) && (m.GetPortNumber() == 0 || int(m.GetPortNumber()) == c.Port.Number) &&
		(vhost == "" || vhost == c.Host.Name+":"+number)
}

// takenBy says whether a patch may act on a listener that takes requests to the host: one for all addresses of the port, or
// for one of the host's own.
func (c *Cluster) takenBy(p *networking.EnvoyFilter_EnvoyConfigObjectPatch) bool {
	m := p.GetMatch().GetListener()
	sni := m.GetFilterChain().GetSni()
	own := m.GetName() == "" || slices.ContainsFunc(append([]string{"0.0.0.0"}, c.Host.Addresses...), func(address string) bool {
		return m.GetName() == address+"_"+strconv.Itoa(c.Port.Number)
	})
	return own && (m.GetPortNumber() == 0 || int(m.GetPortNumber()) == c.Port.Number) && (sni == "" || sni == c.Host.Name)
}

func (c *Cluster) patchesOf(fits func(*networking.EnvoyFilter_EnvoyConfigObjectPatch) bool, to ...networking.EnvoyFilter_ApplyTo) []Patch {
	var out []Patch
	for _, p := range c.patches {
		context := p.Spec.GetMatch().GetContext()
		sidecars := context == networking.EnvoyFilter_ANY || context == networking.EnvoyFilter_SIDECAR_OUTBOUND
		if slices.Contains(to, p.Spec.GetApplyTo()) && sidecars && fits(p.Spec) {
			out = append(out, p)
		}
	}
	return out
}
