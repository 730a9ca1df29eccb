package plan

import (
	"time"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
)

// EdgeTime says how long users wait in the worst case until an edge sends them to another cluster.
type EdgeTime struct {
	Type    string
	Known   bool          // false: nobody has worked out how long this edge takes
	Gateway time.Duration // a gateway is dead
	Strict  time.Duration // a check fails, with the mode Strict
	Drain   time.Duration // an operator drains the cluster
	Beyond  string        // what comes on top and nobody can bound; may be empty
}

// Slowest is the longest that a failure takes. A drain is no failure: the cluster serves until all have left.
func (t EdgeTime) Slowest() time.Duration { return max(t.Gateway, t.Strict) }

// edgeFacts are the times of an edge by itself, with the health check that its target writes by default.
type edgeFacts struct {
	dead   time.Duration // until users are elsewhere after the gateway stopped answering
	leave  time.Duration // and after the first 503
	beyond string
	probes bool // it asks the probe path
}

const (
	beyondKeepAlive = "clients that keep their connections alive"
	beyondTTL       = "clients and resolvers that keep an answer beyond its TTL"
)

// edgesKnown is what each edge takes. Ten seconds for a load balancer to spread the news are in it, and for DNS the TTL.
func edgesKnown() map[v1alpha1.EdgeType]edgeFacts {
	balancer := edgeFacts{dead: 23 * time.Second, leave: 20 * time.Second, probes: true} // every 5s, timeout 3s, unhealthy 2
	aws := balancer
	aws.beyond = beyondKeepAlive
	return map[v1alpha1.EdgeType]edgeFacts{
		v1alpha1.EdgeGKEIngress:          balancer,
		v1alpha1.EdgeGKEGateway:          balancer,
		v1alpha1.EdgeMultiClusterGateway: balancer,
		v1alpha1.EdgeMultiClusterIngress: balancer,
		v1alpha1.EdgeALB:                 aws,
		v1alpha1.EdgeNLB:                 aws,
		// every 10s three times, TTL 30
		v1alpha1.EdgeRoute53: {dead: 98 * time.Second, leave: 80 * time.Second, beyond: beyondTTL, probes: true},
		// every 30s twice, timeout 5s, TTL 30
		v1alpha1.EdgeCloudDNS: {dead: 105 * time.Second, leave: 100 * time.Second, beyond: beyondTTL, probes: true},
		// the provider behind it decides
		v1alpha1.EdgeExternalDNS: {beyond: beyondTTL, probes: true},
		// other clusters' proxies look at the traffic itself
		v1alpha1.EdgeMesh: {},
	}
}

// voting is the least time between siblings' votes and a changed answer.
const voting = time.Second

// leavingStrict is the longest from a failure to the first 503 in the mode Strict: a check that fails so many rounds in a
// row, then a promise asked for between two polls, then the vote.
func (h *Health) leavingStrict() time.Duration {
	return h.Interval + h.Timeout + time.Duration(h.Fall-1)*h.Interval + h.leavingDrain()
}

// leavingDrain is the longest from an order to the first 503.
func (h *Health) leavingDrain() time.Duration { return 2*h.Guard.Poll + voting }

// timeOf is what an edge takes with the health that the fleet goes by.
func (h *Health) timeOf(kind v1alpha1.EdgeType) EdgeTime {
	facts := edgesKnown()[kind]
	t := EdgeTime{Type: string(kind), Beyond: facts.beyond}
	if facts.dead == 0 {
		return t
	}
	t.Known = true
	t.Gateway = facts.dead
	t.Strict = h.leavingStrict() + facts.leave
	t.Drain = h.leavingDrain() + facts.leave
	return t
}
