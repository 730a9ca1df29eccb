// Package behaviour says what objects make the proxies do for one host, in this project's own words: who may see it,
// which endpoints a client of each region uses in which order, what ejects them, which names are sent and checked, what
// becomes of a request. Two behaviours can be compared; what came of hand-written objects and what a spec generates then
// differ in sentences, not in fields.
//
// It imports analyze/manifest and analyze/mesh, which work out what is in force, plan for names, and Istio's API types; it
// judges nothing. Start reading at View, then at Facts and Compare.
package behaviour

import (
	"cmp"
	"slices"

	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
	"github.com/spillway-mesh/spillway/pkg/analyze/mesh"
	"github.com/spillway-mesh/spillway/pkg/plan"
)

// View is a host as the clients of one namespace get it.
type View struct {
	Model *mesh.Model
	Host  *mesh.Host
	// Namespace is the clients'.
	Namespace string
}

// Of is the view of the clients in a namespace; empty stands for the host's own.
func Of(m *mesh.Model, h *mesh.Host, namespace string) *View {
	return &View{Model: m, Host: h, Namespace: cmp.Or(namespace, h.Namespace)}
}

// Cluster is a port of the host, or a subset of it, with all that is in force; nil if there is none. Of clients that a
// selector tells apart, those that it picks stand for all.
func (v *View) Cluster(port int, subset string) *mesh.Cluster {
	var best *mesh.Cluster
	better := func(c *mesh.Cluster) bool {
		if best == nil {
			return true
		}
		if mine, his := v.near(c), v.near(best); mine != his {
			return mine > his
		}
		return c.Labels != nil && best.Labels == nil
	}
	for _, c := range v.Model.Clusters() {
		if c.Host.Is(v.Host) && c.Port.Number == port && c.Subset == subset && better(c) {
			best = c
		}
	}
	return best
}

// near is how well a cluster fits the view: namespaces without rules of their own stand under the host's.
func (v *View) near(c *mesh.Cluster) int {
	switch {
	case slices.Contains(c.Clients, v.Namespace):
		return 2
	case slices.Contains(c.Clients, v.Host.Namespace):
		return 1
	default:
		return 0
	}
}

// Main is the host's first port.
func (v *View) Main() *mesh.Cluster {
	if len(v.Host.Ports) == 0 {
		return nil
	}
	return v.Cluster(v.Host.Ports[0].Number, "")
}

// Services are the VirtualServices in force for the host.
func (v *View) Services() []*manifest.VirtualService {
	if c := v.Main(); c != nil {
		return c.Services()
	}
	return nil
}

// Regions are the client regions that the objects name, sorted: those that an order is written for.
func (v *View) Regions() []string {
	set := map[string]bool{}
	for _, c := range v.Model.Clusters() {
		if !c.Host.Is(v.Host) {
			continue
		}
		for _, f := range c.LocalityLB().GetFailover() {
			set[f.GetFrom()] = true
		}
		for _, d := range c.LocalityLB().GetDistribute() {
			set[mesh.ParseLocality(d.GetFrom()).Region] = true
		}
		for _, p := range c.ClusterPatches() {
			if region := p.Filter.Spec.GetWorkloadSelector().GetLabels()[plan.LabelRegion]; region != "" {
				set[region] = true
			}
		}
	}
	for _, vs := range v.Services() {
		for _, region := range sourceRegions(vs) {
			set[region] = true
		}
	}
	delete(set, "*")
	out := make([]string, 0, len(set))
	for region := range set {
		out = append(out, region)
	}
	slices.Sort(out)
	return out
}
