// Package google holds what the load balancers of Google Cloud have in common, however they are configured: how they probe,
// what they take for healthy, how much they send to one gateway pod, and what a fleet must say of its clusters.
//
// It is for the targets of Google's edges and imports what they may import. Start reading at Probe and at Check.
package google

import (
	"fmt"
	"time"

	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
	"github.com/spillway-mesh/spillway/pkg/target"
)

// Ranks of the objects of Google's edges: what is referred to comes first.
const (
	RankConfig  = 50
	RankService = 52
	RankPolicy  = 54
	RankFront   = 56
)

// spread is how long a change takes until all of the load balancer knows it; Google publishes no figure.
const spread = 10 * time.Second

// Probe is the options of the health check.
type Probe struct {
	Interval  time.Duration `json:"interval" min:"1s" max:"5m"`
	Timeout   time.Duration `json:"timeout" min:"1s" max:"5m"`
	Healthy   int           `json:"healthy" min:"1" max:"10"`
	Unhealthy int           `json:"unhealthy" min:"1" max:"10"`
	Expect    string        `json:"expect"` // Google's load balancers take 200 and nothing else
}

// DefaultProbe is tighter than Google's own defaults, which notice a dead gateway after 45 seconds.
func DefaultProbe() Probe {
	return Probe{Interval: 5 * time.Second, Timeout: 3 * time.Second, Healthy: 2, Unhealthy: 2, Expect: "200"}
}

// Timing is what the probe means for a failover.
func (p Probe) Timing() plan.EdgeTiming {
	return plan.EdgeTiming{
		Probes: true, Interval: p.Interval, Timeout: p.Timeout, Unhealthy: p.Unhealthy, Healthy: p.Healthy, Spread: spread,
	}
}

// Detection is the longest until a gateway pod that died is left.
func (p Probe) Detection() time.Duration { return time.Duration(p.Unhealthy)*p.Interval + p.Timeout }

// Backend is the options of what the load balancer sends to: the gateway pods of each cluster.
type Backend struct {
	Port         int           `json:"port" min:"1" max:"65535"`
	TargetPort   int           `json:"targetPort" min:"1" max:"65535"` // of the gateway's container
	Protocol     string        `json:"protocol" enum:"HTTP,HTTPS,HTTP2"`
	Pods         int           `json:"pods" min:"1" max:"1000"` // gateway pods of a cluster, which share its capacity
	MaxRate      int           `json:"maxRate" min:"1" max:"1000000000"`
	Timeout      time.Duration `json:"timeout" min:"1s" max:"24h"`
	Drain        time.Duration `json:"drain" min:"0s" max:"1h"`
	GatewayDrain time.Duration `json:"gatewayDrain" min:"1s" max:"1h"` // how long a gateway pod still serves that is to stop
}

// DefaultBackend is Istio's gateway in plain HTTP.
func DefaultBackend() Backend {
	return Backend{Port: 80, TargetPort: 8080, Protocol: "HTTP", Pods: 3, MaxRate: 1000, Timeout: 30 * time.Second, Drain: time.Minute}
}

// Rate is how many requests a second one gateway pod of a cluster gets: a share of the cluster's capacity.
func (b Backend) Rate(c *plan.FleetCluster) int {
	if c.MaxRPS == 0 {
		return b.MaxRate
	}
	return max(1, (c.MaxRPS+b.Pods-1)/b.Pods)
}

// Share is how much of its capacity a cluster is given, in percent: nothing to one that is out, and to one that stands by as
// little as leaves it a backend that takes over.
func Share(c *plan.FleetCluster) int {
	switch c.Rotation {
	case "Out":
		return 0
	case "Standby":
		return 1
	default:
		return 100
	}
}

// Seconds is a duration as the APIs of Google have it, rounded up.
func Seconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }

// PortName is the name of the port of a Service, by which Istio knows its protocol.
func (b Backend) PortName() string {
	return map[string]string{"HTTP": "http", "HTTPS": "https", "HTTP2": "http2"}[b.Protocol]
}

// Service selects the gateway pods of a cluster. It is one of its own, so that the gateway's own Service is left alone.
func (b Backend) Service(f *plan.Fleet, cluster, name string, annotations map[string]string) target.Object {
	return target.OfFleet(f, target.Object{
		APIVersion: "v1", Kind: "Service", Namespace: f.Namespace, Name: name, Cluster: cluster, Rank: RankService,
		Annotations: annotations,
		Body: target.Spec(
			target.Why("the load balancer reaches the pods themselves", "type", "ClusterIP"),
			target.KV("selector", f.Gateway.Selector),
			target.KV("ports", render.List{b.ServicePort()}),
		),
	})
}

// ServicePort is the one port of the Service.
func (b Backend) ServicePort() render.Map {
	return render.Map{
		target.KV("name", b.PortName()), target.KV("protocol", "TCP"), target.KV("port", b.Port), target.KV("targetPort", b.TargetPort),
	}
}

// CloudName names something in a project of Google Cloud, where other fleets may be, too.
func CloudName(f *plan.Fleet, parts ...string) string {
	if c := f.Namespace[0]; c >= '0' && c <= '9' {
		renamed := *f
		renamed.Namespace = "f-" + f.Namespace
		return renamed.CloudName(parts...)
	}
	return f.CloudName(parts...)
}

// Link names a cluster as Google's multi-cluster objects do: by where it is and its own name, not that of its membership.
func Link(c *plan.FleetCluster) string { return c.GKE.Location + "/" + c.Name }

// MembershipName is the resource name of a cluster in the fleet of its project.
func MembershipName(c *plan.FleetCluster) string {
	return fmt.Sprintf("projects/%s/locations/%s/memberships/%s", c.GKE.Project, membershipLocation(c), c.GKE.Membership)
}

// membershipLocation is where a membership lives: in the region of its cluster.
func membershipLocation(c *plan.FleetCluster) string {
	const zoned = 2 // hyphens in us-central1-a
	hyphens, last := 0, 0
	for i, r := range c.GKE.Location {
		if r == '-' {
			hyphens, last = hyphens+1, i
		}
	}
	if hyphens == zoned && last == len(c.GKE.Location)-2 {
		return c.GKE.Location[:last]
	}
	return c.GKE.Location
}

// ProbeRanges are where Google's load balancers and their probes come from. Firewalls, network policies and rules by source
// address must let them reach the port of the gateway's container.
func ProbeRanges() []string { return []string{"35.191.0.0/16", "130.211.0.0/22"} }
