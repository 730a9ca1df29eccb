package mesh

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"

	networking "istio.io/api/networking/v1alpha3"

	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
)

// Patch is one patch of an EnvoyFilter that applies.
type Patch struct {
	Filter *manifest.EnvoyFilter
	Spec   *networking.EnvoyFilter_EnvoyConfigObjectPatch
	Path   string         // in Filter, such as spec.configPatches[0]
	Value  manifest.Value // of the patch
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

// buildFilters puts EnvoyFilters into the order in which they act.
func (m *Model) buildFilters() {
	m.filters = map[string][]*manifest.EnvoyFilter{}
	for _, f := range m.Snapshot.EnvoyFilters {
		m.filters[f.Namespace] = append(m.filters[f.Namespace], f)
	}
	for _, list := range m.filters {
		slices.SortStableFunc(list, func(a, b *manifest.EnvoyFilter) int { return cmp.Compare(a.Spec.GetPriority(), b.Spec.GetPriority()) })
	}
}

// Filters are the EnvoyFilters that act on proxies of a namespace, in order: those of the root namespace and its own.
func (m *Model) Filters(namespace string) []*manifest.EnvoyFilter {
	out := slices.Clone(m.filters[m.Root])
	if namespace != m.Root {
		out = append(out, m.filters[namespace]...)
	}
	slices.SortStableFunc(out, func(a, b *manifest.EnvoyFilter) int { return cmp.Compare(a.Spec.GetPriority(), b.Spec.GetPriority()) })
	return out
}

// filtersFor are those that mention the host, or match clusters or routes of any.
func (m *Model) filtersFor(namespace, host string) []*manifest.EnvoyFilter {
	return slices.DeleteFunc(m.Filters(namespace), func(f *manifest.EnvoyFilter) bool { return !mentions(f, host) })
}

func mentions(f *manifest.EnvoyFilter, host string) bool {
	return slices.ContainsFunc(f.Spec.GetConfigPatches(), func(p *networking.EnvoyFilter_EnvoyConfigObjectPatch) bool {
		c := p.GetMatch().GetCluster()
		return c.GetService() == "" || c.GetService() == host
	})
}

// ClusterPatches are the patches of the cluster itself that act on its clients' sidecars, in order.
func (c *Cluster) ClusterPatches() []Patch {
	return c.patches(networking.EnvoyFilter_CLUSTER, func(p *networking.EnvoyFilter_EnvoyConfigObjectPatch) bool {
		m := p.GetMatch().GetCluster()
		if m.GetName() != "" {
			return m.GetName() == c.Name()
		}
		return (m.GetService() == "" || m.GetService() == c.Host.Name) &&
			(m.GetPortNumber() == 0 || int(m.GetPortNumber()) == c.Port.Number) &&
			(m.GetSubset() == "" || m.GetSubset() == c.Subset)
	})
}

// RoutePatches are the patches of routes to the host that act on its clients' sidecars, in order.
func (c *Cluster) RoutePatches() []Patch {
	number := strconv.Itoa(c.Port.Number)
	return c.patches(networking.EnvoyFilter_HTTP_ROUTE, func(p *networking.EnvoyFilter_EnvoyConfigObjectPatch) bool {
		m := p.GetMatch().GetRouteConfiguration()
		vhost := m.GetVhost().GetName()
		return (m.GetName() == "" || m.GetName() == number) && (m.GetPortNumber() == 0 || int(m.GetPortNumber()) == c.Port.Number) &&
			(vhost == "" || vhost == c.Host.Name+":"+number)
	})
}

func (c *Cluster) patches(to networking.EnvoyFilter_ApplyTo, fits func(*networking.EnvoyFilter_EnvoyConfigObjectPatch) bool) []Patch {
	var out []Patch
	for _, f := range c.model.Filters(c.Clients[0]) {
		for _, p := range Patches(f) {
			context := p.Spec.GetMatch().GetContext()
			sidecars := context == networking.EnvoyFilter_ANY || context == networking.EnvoyFilter_SIDECAR_OUTBOUND
			if p.Spec.GetApplyTo() == to && sidecars && fits(p.Spec) {
				out = append(out, p)
			}
		}
	}
	return out
}
