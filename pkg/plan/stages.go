package plan

import (
	"strconv"
	"time"
)

// Reach is how long something takes.
type Reach struct {
	Least   time.Duration
	Typical time.Duration // nine of ten are faster
	Worst   time.Duration
}

// reach takes each moment between the least and the worst for as likely as any other.
func reach(least, worst time.Duration) Reach {
	const typical = 90 // percent
	return Reach{Least: least, Typical: least + (worst-least)*typical/100, Worst: worst}
}

func (r Reach) plus(o Reach) Reach {
	return Reach{Least: r.Least + o.Least, Typical: r.Typical + o.Typical, Worst: r.Worst + o.Worst}
}

// Stages are what a failover of clusters is made of. Each is bounded; what is not stands in EdgeTime.Beyond.
type Stages struct {
	Notice Reach // until the cluster itself answers 503, or until its gateway is dead
	Detect Reach // until a prober has seen it often enough
	Switch Reach // until all of the edge knows
	Cached Reach // until clients have forgotten the old answer of DNS
}

// Total is all of it. The sum of what is typical is an upper bound of what is typical for the sum.
func (s Stages) Total() Reach { return s.Notice.plus(s.Detect).plus(s.Switch).plus(s.Cached) }

// ClusterFailure is how a cluster fails, as its users meet it.
type ClusterFailure string

// The failures, and the drain, which is none: the cluster serves until all have left.
const (
	GatewayDead ClusterFailure = "dead gateway"
	CheckFails  ClusterFailure = "check fails, mode Strict"
	Drained     ClusterFailure = "drain"
)

// ClusterFailures lists them.
func ClusterFailures() []ClusterFailure { return []ClusterFailure{GatewayDead, CheckFails, Drained} }

// leastSpread is how soon an edge may know what one prober saw.
const leastSpread = time.Second

// Stages says how long each stage takes with an edge; nothing is said of one whose times are not known. The worst of all
// together is what EdgeTime says.
func (h *Health) Stages(t EdgeTiming, failure ClusterFailure) Stages {
	if t.Interval == 0 {
		return Stages{}
	}
	var s Stages
	last := time.Duration(t.Unhealthy-1) * t.Interval
	switch failure {
	case GatewayDead: // a probe that hangs takes its whole timeout
		s.Detect = reach(last, t.Dead()-t.Spread-t.TTL)
	case CheckFails:
		s.Notice = reach(time.Duration(h.Fall-1)*h.Interval, h.leavingStrict())
		s.Detect = reach(last, t.Leave()-t.Spread-t.TTL)
	case Drained:
		s.Notice = reach(0, h.leavingDrain())
		s.Detect = reach(last, t.Leave()-t.Spread-t.TTL)
	}
	s.Switch = reach(min(leastSpread, t.Spread), t.Spread)
	s.Cached = reach(0, t.TTL)
	return s
}

// month is what an availability is counted over.
const month = 30 * 24 * time.Hour

// Allowance is how long a month's availability may be missed; false if none is asked for.
func (f *Fleet) Allowance() (time.Duration, bool) {
	percent, err := strconv.ParseFloat(f.Availability, 64)
	if err != nil || f.Availability == "" {
		return 0, false
	}
	return time.Duration((100 - percent) / 100 * float64(month)).Round(time.Second), true
}

// availability refuses one that a single failover would break.
func (b *fleetBuilder) availability() {
	allowed, asked := b.fleet.Allowance()
	if !asked {
		return
	}
	for _, e := range b.fleet.Edges {
		if e.Known && e.Slowest() > allowed {
			b.diags.Errorf(b.at("objective", "availability"), codeAvailability,
				"%s%% leaves %s of a month, and one failover over the edge %s takes %s in the worst case", b.fleet.Availability, allowed, e.Type, e.Slowest()).
				WithHint("choose a faster edge, or lower the objective")
		}
	}
}

// Inner is how long, at the longest, a client of a host outside the mesh goes on asking endpoints that are dead, before it
// asks the last one that it may: request after request runs into the timeout of one try, until the address is left; and so
// in every tier but the last.
func (p *Plan) Inner() time.Duration {
	tiers := time.Duration(max(p.mostTiers()-1, 0))
	one := time.Duration(p.Detect.GatewayErrors) * p.Detect.ConnectTimeout
	for i := range p.Routes {
		one = max(one, time.Duration(max(p.Detect.GatewayErrors, p.Detect.ServerErrors))*p.Routes[i].PerTryTimeout)
	}
	if a := p.Detect.Active; a != nil {
		one = min(one, time.Duration(a.Unhealthy)*a.Interval+a.Timeout)
	}
	return tiers * one
}

// Outer is how soon, at the least, a cluster may be left for a check that fails.
func (f *Fleet) Outer() time.Duration {
	return time.Duration(f.Health.Fall-1) * f.Health.Interval
}
