package mesh

import (
	networking "istio.io/api/networking/v1alpha3"

	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
)

// envoyEjectionPercent is Envoy's own default: of fewer than ten hosts none may be ejected.
const envoyEjectionPercent = 10

// EjectionPercent is how much of the cluster may be ejected at once, with what EnvoyFilters add.
func (c *Cluster) EjectionPercent() int {
	percent := int(c.OutlierDetection().GetMaxEjectionPercent())
	if v, ok := c.Patched("outlier_detection", "max_ejection_percent").Number(); ok {
		percent = int(v)
	}
	if percent == 0 {
		return envoyEjectionPercent
	}
	return percent
}

// Patched is the value that the EnvoyFilters in force merge into a field of the cluster; nothing if none does.
func (c *Cluster) Patched(names ...string) manifest.Value {
	return merged(c.ClusterPatches(), names)
}

// RoutePatched is the value that the EnvoyFilters in force merge into a field of every route to the host.
func (c *Cluster) RoutePatched(names ...string) manifest.Value {
	return merged(c.RoutePatches(), names)
}

func merged(patches []Patch, names []string) manifest.Value {
	var out manifest.Value
	for _, p := range patches {
		switch p.Spec.GetPatch().GetOperation() {
		case networking.EnvoyFilter_Patch_MERGE, networking.EnvoyFilter_Patch_MERGE_AND_REPLACE_LIST:
			if v := p.Value.At(names...); v.Exists() && !p.Selected() {
				out = v
			}
		default: // others take the place of a whole, and say nothing about a field
		}
	}
	return out
}

// OrderedByFilter says that an EnvoyFilter writes the priorities of the endpoints itself.
func (c *Cluster) OrderedByFilter() bool {
	for _, p := range c.ClusterPatches() {
		if p.Value.At("load_assignment", "endpoints").Exists() {
			return true
		}
	}
	return false
}
