package istio

import (
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
	"github.com/spillway-mesh/spillway/pkg/target"
)

const (
	commonPriority = 10 // for every client
	regionPriority = 20 // for the clients of one region, after the common one

	contextSidecar = "SIDECAR_OUTBOUND"
	contextGateway = "GATEWAY"
)

// envoyFilters are one for all clients, one for those with a client certificate whose CA comes from elsewhere and, with
// mechanism M3, one per client region; each in every client namespace, since proxies read EnvoyFilters from their own
// namespace and the root namespace only.
func (w writer) envoyFilters() []target.Object {
	if !w.EnvoyFilter {
		return nil
	}
	namespaces := w.Clients.Namespaces
	if w.everywhere() {
		namespaces = []string{w.RootNamespace}
	}
	common, trust, regions := w.commonPatches(), w.trustPatches(), w.regionFilters()
	var out []target.Object
	for _, ns := range namespaces {
		if len(common) > 0 {
			out = append(out, w.envoyFilter(ns, w.ObjectName(ns), render.Map{
				kv("priority", commonPriority),
				kv("configPatches", common),
			}))
		}
		if len(trust) > 0 {
			out = append(out, w.envoyFilter(ns, w.ObjectName(ns, "trust"), render.Map{
				why("only pods that get the client certificate; for the others their rule names the CA",
					"workloadSelector", render.Map{kv("labels", w.Clients.Selector)}),
				kv("priority", commonPriority),
				kv("configPatches", trust),
			}))
		}
		for _, r := range regions {
			out = append(out, w.envoyFilter(ns, w.ObjectName(ns, plan.RegionPart(r.region)), render.Map{
				kv("workloadSelector", render.Map{kv("labels", render.Inline{kv(plan.LabelRegion, r.region)})}),
				why("after the filter for all clients, whose endpoints it replaces", "priority", regionPriority),
				kv("configPatches", r.patches),
			}))
		}
	}
	return out
}

func (w writer) envoyFilter(namespace, name string, spec render.Map) target.Object {
	return w.object("EnvoyFilter", plan.RankEnvoyFilter, namespace, name, render.Map{kv("spec", spec)})
}

// commonPatches are those of every client. Envoy applies them in this order.
func (w writer) commonPatches() render.List {
	var out render.List
	for _, context := range w.contexts() {
		for _, p := range w.Ports {
			out = append(out, w.clusterPatches(context, p)...)
		}
	}
	for _, context := range w.contexts() {
		out = append(out, w.routePatches(context)...)
	}
	return append(out, w.tcpPatches()...)
}

// contexts are the kinds of proxies that dial the host.
func (w writer) contexts() []string {
	if w.Clients.Gateways {
		return []string{contextSidecar, contextGateway}
	}
	return []string{contextSidecar}
}

// patch is one entry of configPatches.
func patch(applyTo string, match render.Map, operation, comment string, value render.Map) render.Item {
	return render.Item{Comment: comment, Value: render.Map{
		kv("applyTo", applyTo),
		kv("match", match),
		kv("patch", render.Map{kv("operation", operation), kv("value", value)}),
	}}
}
