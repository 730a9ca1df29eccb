package plan

import "slices"

// Istio's raw priorities of an endpoint for a client; its zones are left out, because our localities have none.
const (
	sameRegion  = 0
	otherRegion = 3 // or the region the client's failover entry names
	lastRegion  = 4 // what a failover entry for the client's region passes over
)

// simulate gives the priority that Istio computes for each member of a set, for clients of one region (Istio source:
// pilot/pkg/networking/core/loadbalancer, applyLocalityFailover). It is what the exactness of M1 and M2 is checked
// against and what TiersFor answers from, so that both tell the same story. The result lies in buf if that is large
// enough.
func simulate(region string, set *Set, buf []uint8) []uint8 {
	out := buf[:0]
	to, listed := set.to(region)
	var seen [lastRegion + 1]bool
	for _, m := range set.Members {
		raw := uint8(otherRegion)
		switch {
		case m.Locality == region:
			raw = sameRegion
		case listed && m.Locality != to:
			raw = lastRegion
		}
		seen[raw] = true
		out = append(out, raw)
	}
	var dense [lastRegion + 1]uint8
	next := uint8(0)
	for raw, any := range seen {
		dense[raw] = next
		if any {
			next++
		}
	}
	for i, raw := range out {
		out[i] = dense[raw]
	}
	return out
}

// to is the locality that the first failover entry for the region names.
func (s *Set) to(region string) (string, bool) {
	for _, f := range s.Failover {
		if f.From == region {
			return f.To, true
		}
	}
	return "", false
}

// simulatedTiers is simulate with the endpoints' names, sorted inside a tier.
func simulatedTiers(region string, set *Set) [][]string {
	var tiers [][]string
	for i, p := range simulate(region, set, nil) {
		for len(tiers) <= int(p) {
			tiers = append(tiers, nil)
		}
		tiers[p] = append(tiers[p], set.Members[i].Endpoint)
	}
	for _, t := range tiers {
		slices.Sort(t)
	}
	return tiers
}

// TiersFor says what the clients of any region get, whether the spec names it or not: the endpoints of each tier, sorted
// by name. The result belongs to the plan and must not be changed.
func (p *Plan) TiersFor(region string) [][]string {
	for _, t := range p.Tiers {
		if t.Region == region {
			return t.Tiers
		}
	}
	if others, ok := p.Others(); ok {
		return others
	}
	if p.Order.Mechanism != MechanismSubsets {
		return simulatedTiers(region, &p.Order.Sets[0])
	}
	for i := range p.Order.Sets {
		if p.Order.Sets[i].Default {
			return simulatedTiers(region, &p.Order.Sets[i])
		}
	}
	return [][]string{p.listed()}
}

// Others is the order promised to every client that no other entry of Tiers names. With M3 it is what explicit
// priorities without a region must say: those of "*", else those of clients without a locality (who cannot be picked by
// label), else, where the endpoints' names must reach everyone (A+), one tier of all. False means that nobody is
// promised anything.
func (p *Plan) Others() ([][]string, bool) {
	var unlocated [][]string
	for _, t := range p.Tiers {
		switch t.Region {
		case Anyone:
			return t.Tiers, true
		case "":
			unlocated = t.Tiers
		}
	}
	if p.Order.Mechanism != MechanismPriorities {
		return nil, false
	}
	if unlocated != nil {
		return unlocated, true
	}
	if p.Order.OthersNeedNames {
		return [][]string{p.listed()}, true
	}
	return nil, false
}

// listed are the endpoints that are in any set, sorted.
func (p *Plan) listed() []string {
	var all []string
	for _, s := range p.Order.Sets {
		for _, m := range s.Members {
			all = append(all, m.Endpoint)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
