package plan

import "time"

// Edge is one thing that stands before the clusters of a fleet.
type Edge struct {
	Index   int    // its place in spec.edge
	Options string // as JSON; empty if none are given. The edge's target knows what they mean
	Timing  EdgeTiming
	EdgeTime
}

// EdgeTiming is how an edge looks at the clusters, and how what it saw reaches the users. The edge's target works it out
// from its options.
type EdgeTiming struct {
	Probes    bool          // it asks the probe path
	Interval  time.Duration // between two probes of one prober; 0: nobody has worked out how long the edge takes
	Timeout   time.Duration // of one probe
	Unhealthy int           // probes in a row that must fail
	Healthy   int           // and pass, before it comes back
	FromEnd   bool          // the interval begins when a probe has ended
	Spread    time.Duration // until all of the edge knows what one prober saw
	TTL       time.Duration // of a DNS answer
	FailsOpen bool          // where every cluster is unhealthy, it serves users from them all the same
	Beyond    string        // what comes on top and nobody can bound; may be empty
}

// What comes on top of the times of an edge and nobody can bound.
const (
	BeyondKeepAlive = "clients that keep their connections alive"
	BeyondTTL       = "clients and resolvers that keep an answer beyond its TTL"
)

// Dead is the longest until users are elsewhere after the gateway stopped answering.
func (t EdgeTiming) Dead() time.Duration {
	n := time.Duration(t.Unhealthy)
	if t.FromEnd {
		return n*(t.Interval+t.Timeout) + t.Interval + t.Spread + t.TTL
	}
	return n*t.Interval + t.Timeout + t.Spread + t.TTL
}

// Leave is the longest until users are elsewhere after the first 503, which answers at once.
func (t EdgeTiming) Leave() time.Duration {
	n := time.Duration(t.Unhealthy)
	if t.FromEnd {
		n++
	}
	return n*t.Interval + t.Spread + t.TTL
}

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
func (h *Health) timeOf(kind string, facts EdgeTiming) EdgeTime {
	t := EdgeTime{Type: kind, Beyond: facts.Beyond}
	if facts.Interval == 0 {
		return t
	}
	t.Known = true
	t.Gateway = facts.Dead()
	t.Strict = h.leavingStrict() + facts.Leave()
	t.Drain = h.leavingDrain() + facts.Leave()
	return t
}
