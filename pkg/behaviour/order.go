package behaviour

import (
	"cmp"
	"slices"

	networking "istio.io/api/networking/v1alpha3"

	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
	"github.com/spillway-mesh/spillway/pkg/analyze/mesh"
	"github.com/spillway-mesh/spillway/pkg/plan"
)

// Order is in which order clients of a region use the endpoints.
type Order struct {
	// Tiers are addresses, sorted within a tier; an endpoint listed twice is one.
	Tiers [][]string
	// Shares are the weights by address where a distribution is written instead of tiers.
	Shares map[string]int
	// Listed says that the endpoints that no tier holds are never used; otherwise there are none.
	Listed bool
}

// Order is what clients of a region get at a port; region "" is clients without a locality.
func (v *View) Order(port int, region string) Order {
	c := v.routed(port, region)
	if c == nil {
		return Order{}
	}
	if tiers := explicit(c, region); tiers != nil {
		return v.complete(Order{Tiers: tiers})
	}
	t := c.Tiers(mesh.InRegion(region))
	var o Order
	for _, group := range t.Groups {
		var tier []string
		for _, i := range group {
			tier = append(tier, c.Endpoints[i].Address)
		}
		slices.Sort(tier)
		if len(tier) > 0 {
			o.Tiers = append(o.Tiers, slices.Compact(tier))
		}
	}
	if t.Weighted {
		o.Shares = shares(c, region)
	}
	return v.complete(o)
}

// complete says whether the order leaves endpoints of the host out.
func (v *View) complete(o Order) Order {
	for _, e := range v.Host.Endpoints {
		used := slices.ContainsFunc(o.Tiers, func(t []string) bool { return slices.Contains(t, e.Address) })
		o.Listed = o.Listed || !used
	}
	return o
}

// shares are the weights that a distribution gives to the endpoints of a cluster.
func shares(c *mesh.Cluster, region string) map[string]int {
	out := map[string]int{}
	for _, d := range c.LocalityLB().GetDistribute() {
		if from := mesh.ParseLocality(d.GetFrom()).Region; from != region && from != "*" {
			continue
		}
		for _, e := range c.Endpoints {
			for to, weight := range d.GetTo() {
				if l := mesh.ParseLocality(to).Region; l == e.Locality.Region || l == "*" {
					out[e.Address] = max(out[e.Address], int(weight))
				}
			}
		}
		break
	}
	return out
}

// explicit are the priorities that EnvoyFilters write out: those for the region, else those for everyone.
func explicit(c *mesh.Cluster, region string) [][]string {
	var common, own [][]string
	for _, p := range c.ClusterPatches() {
		if p.Spec.GetPatch().GetOperation() != networking.EnvoyFilter_Patch_MERGE_AND_REPLACE_LIST {
			continue
		}
		groups := p.Value.At("load_assignment", "endpoints")
		if !groups.Exists() {
			continue
		}
		selector := p.Filter.Spec.GetWorkloadSelector().GetLabels()
		switch {
		case len(selector) == 0:
			common = byPriority(groups.Items())
		case len(selector) == 1 && region != "" && selector[plan.LabelRegion] == region:
			own = byPriority(groups.Items())
		}
	}
	if own != nil {
		return own
	}
	return common
}

func byPriority(groups []manifest.Value) [][]string {
	tiers := map[int64][]string{}
	for _, g := range groups {
		priority, _ := g.At("priority").Number()
		for _, e := range g.At("lb_endpoints").Items() {
			if address := e.At("endpoint", "address", "socket_address", "address").Text(); address != "" {
				tiers[priority] = append(tiers[priority], address)
			}
		}
	}
	out := make([][]string, 0, len(tiers))
	for _, p := range sortedKeys(tiers) {
		slices.Sort(tiers[p])
		out = append(out, slices.Compact(tiers[p]))
	}
	return out
}

// routed is the cluster that requests of clients in a region get to: the host's, or a subset that a route chooses.
func (v *View) routed(port int, region string) *mesh.Cluster {
	host := v.Cluster(port, "")
	if host == nil {
		return nil
	}
	for _, vs := range host.Services() {
		if subset, found := subsetOf(vs, v.Host.Name, port, region); found {
			return cmp.Or(v.Cluster(port, subset), host)
		}
	}
	return host
}

// subsetOf finds the first route to the host that clients of the region take.
func subsetOf(vs *manifest.VirtualService, host string, port int, region string) (string, bool) {
	for _, w := range ways(vs) {
		here := w.to != nil && mesh.FullHost(w.to.GetHost(), vs.Namespace) == host
		if here && slices.ContainsFunc(w.takes, func(t taken) bool {
			return (t.port == 0 || int(t.port) == port) && inRegion(t.labels, region)
		}) {
			return w.to.GetSubset(), true
		}
	}
	return "", false
}

// way is a route of any kind: its first destination, and which clients it takes.
type way struct {
	to    *networking.Destination
	takes []taken
}

type taken struct {
	labels map[string]string
	port   uint32
}

func ways(vs *manifest.VirtualService) []way {
	out := make([]way, 0, len(vs.Spec.GetHttp())+len(vs.Spec.GetTls())+len(vs.Spec.GetTcp()))
	for _, r := range vs.Spec.GetHttp() {
		w := way{}
		if len(r.GetRoute()) > 0 {
			w.to = r.GetRoute()[0].GetDestination()
		}
		for _, m := range r.GetMatch() {
			w.takes = append(w.takes, taken{m.GetSourceLabels(), m.GetPort()})
		}
		out = append(out, w.orAll())
	}
	for _, r := range vs.Spec.GetTls() {
		w := way{to: first(r.GetRoute())}
		for _, m := range r.GetMatch() {
			w.takes = append(w.takes, taken{m.GetSourceLabels(), m.GetPort()})
		}
		out = append(out, w)
	}
	for _, r := range vs.Spec.GetTcp() {
		w := way{to: first(r.GetRoute())}
		for _, m := range r.GetMatch() {
			w.takes = append(w.takes, taken{m.GetSourceLabels(), m.GetPort()})
		}
		out = append(out, w.orAll())
	}
	return out
}

// orAll is a route without a match: it takes every client.
func (w way) orAll() way {
	if len(w.takes) == 0 {
		w.takes = []taken{{}}
	}
	return w
}

func first(routes []*networking.RouteDestination) *networking.Destination {
	if len(routes) == 0 {
		return nil
	}
	return routes[0].GetDestination()
}

// inRegion says whether a client of which only the region is known matches labels.
func inRegion(labels map[string]string, region string) bool {
	if len(labels) == 0 {
		return true
	}
	return len(labels) == 1 && region != "" && labels[plan.LabelRegion] == region
}

// sourceRegions are the regions that a VirtualService routes by.
func sourceRegions(vs *manifest.VirtualService) []string {
	var out []string
	for _, w := range ways(vs) {
		for _, t := range w.takes {
			if region := t.labels[plan.LabelRegion]; region != "" {
				out = append(out, region)
			}
		}
	}
	return out
}

// Explicit says whether EnvoyFilters write the priorities at a port.
func (v *View) Explicit(port int) bool {
	c := v.Cluster(port, "")
	return c != nil && c.OrderedByFilter()
}

// BySubset says whether routes send the clients of a region to a subset of their own.
func (v *View) BySubset() bool {
	return slices.ContainsFunc(v.Services(), func(vs *manifest.VirtualService) bool { return len(sourceRegions(vs)) > 0 })
}
