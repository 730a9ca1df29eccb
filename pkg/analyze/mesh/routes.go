package mesh

import (
	"slices"
	"strings"

	networking "istio.io/api/networking/v1alpha3"

	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
)

// Route is a way for requests to a cluster. A Route without an Object is Istio's own, for a host without VirtualService:
// no timeout, two retries.
type Route struct {
	Object *manifest.VirtualService
	HTTP   *networking.HTTPRoute
	Path   string // in Object, such as spec.http[0]
}

// HasService says whether a VirtualService covers the host for the cluster's clients.
func (c *Cluster) HasService() bool { return len(c.model.routesOf(c.Host.Name, c.Clients[0])) > 0 }

// Routes are the ways for requests to get to the cluster.
func (c *Cluster) Routes() []Route {
	if !c.Port.Protocol.IsHTTP() && c.Port.Protocol != "" {
		return nil
	}
	services := c.model.routesOf(c.Host.Name, c.Clients[0])
	own := slices.ContainsFunc(services, func(vs *manifest.VirtualService) bool { return covers(vs, c.Host.Name) })
	var out []Route
	if !own && c.Subset == "" {
		out = append(out, Route{})
	}
	for _, vs := range services {
		for i, h := range vs.Spec.GetHttp() {
			if sidecarsTake(vs, h) && c.takes(vs, h) {
				out = append(out, Route{Object: vs, HTTP: h, Path: indexed("spec.http", i)})
			}
		}
	}
	return out
}

// takes says whether a route leads to the cluster.
func (c *Cluster) takes(vs *manifest.VirtualService, h *networking.HTTPRoute) bool {
	return slices.ContainsFunc(h.GetRoute(), func(d *networking.HTTPRouteDestination) bool { return c.isAt(vs, d.GetDestination()) })
}

// sidecarsTake says whether a route is among those of sidecars: a match may be for gateways alone.
func sidecarsTake(vs *manifest.VirtualService, h *networking.HTTPRoute) bool {
	return forMesh(vs) && (len(h.GetMatch()) == 0 || slices.ContainsFunc(h.GetMatch(), func(m *networking.HTTPMatchRequest) bool {
		return len(m.GetGateways()) == 0 || slices.Contains(m.GetGateways(), "mesh")
	}))
}

// ThroughGateway says whether a gateway's routes lead to the host, so that its clients are perhaps gateways only.
func (c *Cluster) ThroughGateway() bool {
	return slices.ContainsFunc(c.model.routes[c.Host.Name], func(vs *manifest.VirtualService) bool {
		gateways := slices.DeleteFunc(slices.Clone(vs.Spec.GetGateways()), func(g string) bool { return g == "mesh" })
		return len(gateways) > 0 && leadsTo(vs, c.Host.Name)
	})
}

// PlainTraffic says whether HTTP routes, of sidecars or gateways, lead to the cluster: its traffic is then plain HTTP until
// it gets there, whatever its port says.
func (c *Cluster) PlainTraffic() bool {
	return slices.ContainsFunc(c.model.routes[c.Host.Name], func(vs *manifest.VirtualService) bool {
		return slices.ContainsFunc(vs.Spec.GetHttp(), func(h *networking.HTTPRoute) bool { return c.takes(vs, h) })
	})
}

// isAt says whether a destination is the cluster.
func (c *Cluster) isAt(vs *manifest.VirtualService, d *networking.Destination) bool {
	if FullHost(d.GetHost(), vs.Namespace) != c.Host.Name || d.GetSubset() != c.Subset {
		return false
	}
	port := int(d.GetPort().GetNumber())
	return port == 0 || port == c.Port.Number
}

func covers(vs *manifest.VirtualService, host string) bool {
	return slices.ContainsFunc(vs.Spec.GetHosts(), func(h string) bool { return hostMatches(FullHost(h, vs.Namespace), host) })
}

// leadsTo says whether any route of a VirtualService has the host as its destination.
func leadsTo(vs *manifest.VirtualService, host string) bool {
	is := func(d *networking.Destination) bool { return FullHost(d.GetHost(), vs.Namespace) == host }
	for _, r := range vs.Spec.GetHttp() {
		if slices.ContainsFunc(r.GetRoute(), func(d *networking.HTTPRouteDestination) bool { return is(d.GetDestination()) }) {
			return true
		}
	}
	for _, r := range vs.Spec.GetTcp() {
		if slices.ContainsFunc(r.GetRoute(), func(d *networking.RouteDestination) bool { return is(d.GetDestination()) }) {
			return true
		}
	}
	for _, r := range vs.Spec.GetTls() {
		if slices.ContainsFunc(r.GetRoute(), func(d *networking.RouteDestination) bool { return is(d.GetDestination()) }) {
			return true
		}
	}
	return false
}

// buildRoutes indexes VirtualServices by the hosts that they cover and those that they lead to.
func (m *Model) buildRoutes() {
	m.routes, m.leading = map[string][]*manifest.VirtualService{}, map[string][]*manifest.VirtualService{}
	for _, vs := range m.Snapshot.VirtualServices {
		seen := map[string]bool{}
		add := func(host string) {
			if host = FullHost(host, vs.Namespace); !seen[host] {
				seen[host] = true
				m.routes[host] = append(m.routes[host], vs)
				m.addOwner(host, vs.Namespace)
			}
		}
		for _, h := range vs.Spec.GetHosts() {
			if strings.HasPrefix(h, "*") {
				m.wildRoutes = append(m.wildRoutes, vs)
			} else {
				add(h)
			}
		}
		eachDestination(vs, func(_ *networking.HTTPRoute, d *networking.Destination) {
			host := FullHost(d.GetHost(), vs.Namespace)
			add(host)
			if of := m.leading[host]; len(of) == 0 || of[len(of)-1] != vs {
				m.leading[host] = append(of, vs)
			}
		})
	}
}

// routesOf are the VirtualServices that cover the host or lead to it, for the sidecars of a namespace. Of several that
// cover it the first alone acts.
func (m *Model) routesOf(host, namespace string) []*manifest.VirtualService {
	var out []*manifest.VirtualService
	covered := false
	for _, vs := range m.routes[host] {
		if !m.routeVisible(vs, namespace) || !forMesh(vs) {
			continue
		}
		if covers(vs, host) {
			if covered {
				continue
			}
			covered = true
		}
		out = append(out, vs)
	}
	for _, vs := range m.wildRoutes {
		if !covered && covers(vs, host) && forMesh(vs) && m.routeVisible(vs, namespace) && !slices.Contains(out, vs) {
			out, covered = append(out, vs), true
		}
	}
	return out
}

func forMesh(vs *manifest.VirtualService) bool {
	return len(vs.Spec.GetGateways()) == 0 || slices.Contains(vs.Spec.GetGateways(), "mesh")
}

func (m *Model) routeVisible(vs *manifest.VirtualService, namespace string) bool {
	return exported(vs.Spec.GetExportTo(), m.Mesh.GetDefaultVirtualServiceExportTo(), vs.Namespace, namespace)
}

// ReachedFrom says whether requests of clients in a region can get to the cluster: routes may ask for the region by the
// labels of the client, and the first that fits is taken.
func (c *Cluster) ReachedFrom(region string) bool {
	services := c.model.routesOf(c.Host.Name, c.Clients[0])
	covered := false
	for _, vs := range services {
		own := covers(vs, c.Host.Name)
		covered = covered || own
		for _, h := range vs.Spec.GetHttp() {
			some, all := fromRegion(h, region)
			if some && sidecarsTake(vs, h) && c.takes(vs, h) {
				return true
			}
			if all {
				break
			}
		}
		covered = covered || len(vs.Spec.GetTcp())+len(vs.Spec.GetTls()) > 0
	}
	if c.Port.Protocol.IsHTTP() || c.Port.Protocol == "" {
		return !covered && c.Subset == ""
	}
	return true
}

// fromRegion says whether a route takes some requests of clients in a region, and whether it takes all of them.
func fromRegion(h *networking.HTTPRoute, region string) (some, all bool) {
	if len(h.GetMatch()) == 0 {
		return true, true
	}
	for _, m := range h.GetMatch() {
		want, asked := m.GetSourceLabels()[RegionLabel]
		if asked && want != region {
			continue
		}
		some = true
		anything := m.GetUri() == nil && m.GetMethod() == nil && m.GetAuthority() == nil && m.GetScheme() == nil &&
			len(m.GetHeaders())+len(m.GetWithoutHeaders())+len(m.GetQueryParams()) == 0 && m.GetPort() == 0 && m.GetSourceNamespace() == ""
		all = all || anything && (len(m.GetSourceLabels()) == 0 || asked && len(m.GetSourceLabels()) == 1)
	}
	return some, all
}

// LimitedTo are the regions that alone may come to the cluster by the labels that routes ask for; nil if any may.
func (c *Cluster) LimitedTo() []string {
	var out []string
	for _, r := range c.Routes() {
		if r.HTTP == nil || len(r.HTTP.GetMatch()) == 0 {
			return nil
		}
		for _, m := range r.HTTP.GetMatch() {
			region, asked := m.GetSourceLabels()[RegionLabel]
			if !asked {
				return nil
			}
			out = append(out, region)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
