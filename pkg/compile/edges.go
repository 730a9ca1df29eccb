package compile

import (
	"time"

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
			timings[i] = unwritten()[e.Type]
			notWritten(&diags, at, e.Type, timings[i].Probes)
			continue
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

func notWritten(diags *diag.List, at *field.Path, kind v1alpha1.EdgeType, probes bool) {
	d := diags.Warnf(at, "SP283", "this release writes no objects for the edge %s", kind)
	if probes {
		d.WithHint("set its health check by hand: the probe path of each cluster, status 200 and the cluster's token in the body")
	}
}

// unwritten are the times of edges that no target writes, with health checks as one sets them by hand. Ten seconds to spread
// the news are in each.
func unwritten() map[v1alpha1.EdgeType]plan.EdgeTiming {
	balancer := plan.EdgeTiming{
		Probes: true, Interval: 5 * time.Second, Timeout: 3 * time.Second, Unhealthy: 2, Healthy: 2, Spread: 10 * time.Second,
	}
	aws := balancer
	aws.FailsOpen, aws.Beyond = true, plan.BeyondKeepAlive
	return map[v1alpha1.EdgeType]plan.EdgeTiming{
		v1alpha1.EdgeGKEIngress:          balancer,
		v1alpha1.EdgeGKEGateway:          balancer,
		v1alpha1.EdgeMultiClusterGateway: balancer,
		v1alpha1.EdgeMultiClusterIngress: balancer,
		v1alpha1.EdgeALB:                 aws,
		v1alpha1.EdgeNLB:                 aws,
		v1alpha1.EdgeRoute53: {
			Probes: true, Interval: 10 * time.Second, Timeout: 6 * time.Second, Unhealthy: 3, Healthy: 3, FromEnd: true,
			Spread: 10 * time.Second, TTL: 30 * time.Second, FailsOpen: true, Beyond: plan.BeyondTTL,
		},
		v1alpha1.EdgeCloudDNS: {
			Probes: true, Interval: 30 * time.Second, Timeout: 5 * time.Second, Unhealthy: 2, Healthy: 2,
			Spread: 10 * time.Second, TTL: 30 * time.Second, Beyond: plan.BeyondTTL,
		},
		v1alpha1.EdgeExternalDNS: {Probes: true, Beyond: plan.BeyondTTL}, // the provider behind it decides
	}
}
