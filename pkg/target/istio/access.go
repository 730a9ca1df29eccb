package istio

import (
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
	"github.com/spillway-mesh/spillway/pkg/target"
)

// access keeps others than the clients from what a waypoint carries. Sidecars are told by exportTo what there is; ztunnel sends
// on whatever is dialled.
func (w writer) access() []target.Object {
	if w.Waypoint == nil || w.everywhere() {
		return nil
	}
	return []target.Object{w.object("AuthorizationPolicy", plan.RankPolicy, w.Namespace, w.Name, render.Map{kv("spec", render.Map{
		why("ztunnel does not go by exportTo, so that the waypoint must know whom to refuse", "targetRefs", render.List{
			render.Inline{kv("group", "networking.istio.io"), kv("kind", "ServiceEntry"), kv("name", w.Name)},
		}),
		kv("action", "DENY"),
		kv("rules", render.List{render.Map{
			kv("from", render.List{render.Map{kv("source", render.Map{kv("notNamespaces", render.Strings(w.Clients.Namespaces...))})}}),
		}}),
	})})}
}
