package rules

import (
	"slices"

	networking "istio.io/api/networking/v1alpha3"
	typev1beta1 "istio.io/api/type/v1beta1"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
	"github.com/spillway-mesh/spillway/pkg/analyze/mesh"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "FX042", Name: "waypoint-context", Severity: diag.Warning,
		Inputs:  analyze.Kinds{"EnvoyFilter"},
		Summary: "a cluster added for a waypoint, in a context that waypoints are not in",
		Why: "A waypoint is built like the inbound side of a sidecar. A patch that adds a cluster there is taken " +
			"with context SIDECAR_INBOUND only; with ANY or SIDECAR_OUTBOUND it is passed over without a word.",
		Fix:   "set match.context: SIDECAR_INBOUND",
		Check: checkWaypointContext,
	})
}

func checkWaypointContext(p *analyze.Pass) {
	for _, f := range p.Snapshot.EnvoyFilters {
		if !slices.ContainsFunc(f.Spec.GetTargetRefs(), func(ref *typev1beta1.PolicyTargetReference) bool { return isWaypoint(p, f.Namespace, ref) }) {
			continue
		}
		for _, patch := range mesh.Patches(f) {
			context := patch.Spec.GetMatch().GetContext()
			adds := patch.Spec.GetApplyTo() == networking.EnvoyFilter_CLUSTER && patch.Spec.GetPatch().GetOperation() == networking.EnvoyFilter_Patch_ADD
			if adds && context != networking.EnvoyFilter_SIDECAR_INBOUND {
				p.Report(f.Object, patch.Path+".match.context", "the waypoint never gets this cluster: its context is %s", context).
					Set(patch.Path+".match.context", "SIDECAR_INBOUND")
			}
		}
	}
}

// isWaypoint says whether a reference is to a Gateway that is known to be a waypoint.
func isWaypoint(p *analyze.Pass, namespace string, ref *typev1beta1.PolicyTargetReference) bool {
	return ref.GetKind() == "Gateway" && slices.ContainsFunc(p.Snapshot.OfKind("gateway.networking.k8s.io", "Gateway"), func(o *manifest.Object) bool {
		return o.Name == ref.GetName() && o.Namespace == namespace && o.Tree.At("spec", "gatewayClassName").Text() == "istio-waypoint"
	})
}
