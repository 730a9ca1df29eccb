package istio

import (
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
)

// subsets are the orders of mechanism M2, one cluster each. A subset's policy is merged field by field into the rule's,
// so it needs no more than its own load balancing.
func (w writer) subsets() render.List {
	var out render.List
	for _, set := range w.Order.Sets {
		if set.Name == "" {
			continue
		}
		out = append(out, render.Map{
			kv("name", set.Name),
			kv("labels", render.Inline{kv(plan.LabelOrder, set.Name)}),
			kv("trafficPolicy", render.Map{kv("loadBalancer", w.loadBalancer(set))}),
		})
	}
	return out
}

// hostSet orders the endpoints of the host as a whole; with subsets it has no order, and nobody of note is sent there.
func (w writer) hostSet() plan.Set {
	if set := w.Order.Sets[0]; set.Name == "" {
		return set
	}
	return plan.Set{}
}
