package compile

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/diag"
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/target"
	"github.com/spillway-mesh/spillway/pkg/target/all"
)

// Fleet says what a ClusterFailover means, with the times that the targets of its edges give: how long a cluster must stay
// out follows from what stands before it, whichever targets are chosen.
func Fleet(spec *v1alpha1.ClusterFailover) (*plan.Fleet, diag.List) {
	timings, diags := timingsOf(spec)
	if diags.HasErrors() {
		return nil, diags
	}
	f, found := plan.BuildFleet(spec, timings...)
	return f, append(diags, found...)
}

// timingsOf reads the options of every edge.
func timingsOf(spec *v1alpha1.ClusterFailover) ([]plan.EdgeTiming, diag.List) {
	var diags diag.List
	timings := make([]plan.EdgeTiming, len(spec.Spec.Edge))
	for i, e := range spec.Spec.Edge {
		at := field.NewPath("spec", "edge").Index(i)
		t, known := edgeTarget(e.Type)
		if !known {
			continue // refused by validation: every type that there is has a target
		}
		options := t.Options()
		if e.Options != nil {
			diags = append(diags, target.DecodeOptions(e.Options.Raw, options, at.Child("options"))...)
		}
		timings[i] = t.Timing(options)
	}
	return timings, diags
}

func edgeTarget(kind v1alpha1.EdgeType) (target.EdgeTarget, bool) {
	for _, t := range all.Fleets() {
		if edge, ok := t.(target.EdgeTarget); ok && edge.Info().Edge == string(kind) {
			return edge, true
		}
	}
	return nil, false
}

// asked are the targets that have something to say of a fleet: all but those of edges that it does not list.
func asked(targets []target.FleetTarget, f *plan.Fleet) []target.FleetTarget {
	out := make([]target.FleetTarget, 0, len(targets))
	for _, t := range targets {
		if kind := t.Info().Edge; kind != "" {
			if _, listed := f.EdgeOf(kind); !listed {
				continue
			}
		}
		out = append(out, t)
	}
	return out
}

// writes says that a target is asked about a spec.
func writes(t target.FleetTarget, spec *v1alpha1.ClusterFailover) bool {
	kind := t.Info().Edge
	for _, e := range spec.Spec.Edge {
		if string(e.Type) == kind {
			return true
		}
	}
	return kind == ""
}
