// Package aws holds what the targets of AWS' edges have in common: how its load balancers probe, what they cannot do, and by
// which policy DNS chooses among the clusters of a fleet.
//
// It is for the targets and imports what they may import. Start reading at Probe and at Policy.
package aws

import (
	"net/netip"
	"slices"
	"strconv"
	"time"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/spillway-mesh/spillway/pkg/diag"
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/target"
)

// Probe is the options of the health check of a target group.
type Probe struct {
	Interval  time.Duration `json:"interval" min:"5s" max:"300s"`
	Timeout   time.Duration `json:"timeout" min:"2s" max:"120s"`
	Healthy   int           `json:"healthy" min:"2" max:"10"`
	Unhealthy int           `json:"unhealthy" min:"2" max:"10"`
}

// DefaultProbe is tighter than the controller's own defaults.
func DefaultProbe() Probe {
	return Probe{Interval: 5 * time.Second, Timeout: 3 * time.Second, Healthy: 2, Unhealthy: 2}
}

// spread is how long the nodes of a load balancer take to follow: not published.
const spread = 10 * time.Second

// Timing is what the probe means for a failover.
func (p Probe) Timing() plan.EdgeTiming {
	return plan.EdgeTiming{
		Probes: true, Interval: p.Interval, Timeout: p.Timeout, Unhealthy: p.Unhealthy, Healthy: p.Healthy, Spread: spread,
		FailsOpen: true, Beyond: plan.BeyondKeepAlive,
	}
}

// CheckBalancer says what a load balancer of AWS cannot do for a fleet.
func CheckBalancer(f *plan.Fleet, at *field.Path, e plan.Edge, p Probe) diag.List {
	options := target.OptionsAt(at, e)
	ds := make(diag.List, 0, 1)
	if p.Timeout >= p.Interval {
		ds.Errorf(options.Child("healthCheck", "timeout"), "SP380", "a timeout of %s is not shorter than the interval of %s", p.Timeout, p.Interval)
	}
	chosen := slices.ContainsFunc(f.Edges, func(e plan.Edge) bool {
		return e.Type == "Route53" || e.Type == "ExternalDNS" || e.Type == "CloudDNS"
	})
	if len(f.Clusters) > 1 && !chosen {
		ds.Warnf(at.Child("edge").Index(e.Index), "SP381", "an %s stands before one cluster: nothing here chooses among the %d", e.Type, len(f.Clusters)).
			WithHint("list the edge Route53 too")
	}
	if f.Gateway.API != "Istio" {
		ds.Errorf(at.Child("gateway", "api"), "SP382", "the gateway pods are found by the labels of Istio's gateway, and the API is %s", f.Gateway.API).
			WithHint("give gateway.selector with api: Istio")
	}
	ds.Notef(options.Child("healthCheck"), "SP383", "an %s cannot match the body of the answer: any 200 counts for the token", e.Type).
		WithHint("let no host of the gateway be answered by an application on %s", f.Health.Path)
	return ds
}

// Seconds is a duration as annotations have it.
func Seconds(t time.Duration) string { return strconv.Itoa(int(t / time.Second)) }

// RankService and RankIngress are the ranks of what becomes a load balancer; the latter refers to the former.
const (
	RankService = 52
	RankIngress = 56
)

// The policies by which DNS chooses.
const (
	Auto       = "Auto"
	Failover   = "Failover"
	MultiValue = "MultiValue"
	Weighted   = "Weighted"
)

// Policy follows the roles of the clusters; where all share the load, every address is answered if all are addresses.
func Policy(f *plan.Fleet, given string, weights bool) string {
	if given != Auto {
		return given
	}
	if slices.ContainsFunc(f.Clusters, func(c plan.FleetCluster) bool { return c.Role == "Primary" }) {
		return Failover
	}
	names := slices.ContainsFunc(f.Clusters, func(c plan.FleetCluster) bool { return !IsAddress(c.Address) })
	if names || weights {
		return Weighted
	}
	return MultiValue
}

// IsAddress tells an IP address from a name.
func IsAddress(s string) bool {
	_, err := netip.ParseAddr(s)
	return err == nil
}

// CheckKept tells of records that nobody deletes: where each cluster's own external-dns writes and never deletes, the record of a
// cluster that is out stays. With roles no other may become the PRIMARY beside it.
func CheckKept(f *plan.Fleet, policy string) diag.List {
	ds := make(diag.List, 0, 1)
	for i := range f.Clusters {
		c := &f.Clusters[i]
		if c.Rotation != "Out" {
			continue
		}
		at := field.NewPath("spec", "clusters").Index(i).Child("rotation")
		if policy == Failover && c.Role == "Primary" {
			ds.Errorf(at, "SP368", "the PRIMARY record of %q stays when it is out, and Route 53 refuses a second PRIMARY", c.Name).
				WithHint("drain it with `spillway edge drain`, or delete its record first and take its role away")
			continue
		}
		ds.Warnf(at, "SP368", "the record of %q stays when it is out: what writes it never deletes", c.Name).
			WithHint("delete the record with the set identifier %s, or drain the cluster", f.ObjectName(c.Name))
	}
	return ds
}
