package manifest

import (
	"cmp"

	"github.com/spillway-mesh/spillway/pkg/load"
)

// Health is what one cluster of a fleet says of itself, in a ClusterHealth.
type Health struct {
	*Object

	Cluster string
	Fleet   string
	Mode    string // that is set for a time; empty at rest
	MaxRPS  int64  // 0 if it is not given
}

// Healths are the ClusterHealths of all clusters: those of one fleet are never in one cluster together.
func (s *Snapshot) Healths() []Health { return s.healths }

func healthsOf(loaded load.Result) []Health {
	out := make([]Health, len(loaded.Healths))
	for i, h := range loaded.Healths {
		x := h.Object
		out[i] = Health{Cluster: x.Spec.Cluster, Fleet: cmp.Or(x.Spec.Fleet, x.Name), Object: &Object{
			Group: "spillway.dev", Kind: "ClusterHealth", Namespace: x.Namespace, Name: x.Name, Labels: x.Labels, Annotations: x.Annotations, Source: h.Source,
		}}
		if x.Spec.Mode != nil {
			out[i].Mode = string(x.Spec.Mode.Name)
		}
		if x.Spec.Capacity != nil {
			out[i].MaxRPS = int64(x.Spec.Capacity.MaxRPS)
		}
	}
	return out
}
