package plan

import "slices"

// M1: one DestinationRule with `failover`; localities are ours to choose. With Istio's rule a client region gets
//
//	own region's endpoints, then those of `to`, then the rest       where an endpoint's locality is that region
//	those of `to`, then the rest                                    where none is
//	all at once                                                     where, besides, no entry is from there
//
// It is therefore exact for every named region of two tiers, for clients without a locality (from: "") of two tiers,
// and for regions of three tiers as long as no two of them start at the same unit. It cannot leave a unit out, and has
// no order for regions that nobody named.

// ownPrefix keeps a locality that is called after its unit from ever being a client's region.
const ownPrefix = "tier-"

// tryFailover writes the order with M1.
func tryFailover(in *orderInput) (Order, *obstacle) {
	for i := range in.wants {
		w := &in.wants[i]
		switch {
		case w.leaves:
			return Order{}, &obstacle{i, "clients of " + describe(w.region) + " would reach endpoints that onlyListed leaves out"}
		case w.region == Anyone && len(w.tiers) > 1:
			return Order{}, &obstacle{i, "regions that nobody named get all endpoints at once"}
		case w.region == "" && len(w.tiers) > 2:
			return Order{}, &obstacle{i, "clients without a locality get two tiers at most"}
		case len(w.tiers) > 3:
			return Order{}, &obstacle{i, "clients of a region get three tiers at most"}
		}
	}
	localities, not := in.localities()
	if not != nil {
		return Order{}, not
	}
	set, members := in.oneSet(localities)
	for i := range in.wants {
		w := &in.wants[i]
		if !in.exact(w, w.region, &set, members) {
			return Order{}, &obstacle{i, "clients of " + describe(w.region) + " get another order"}
		}
	}
	return Order{Mechanism: MechanismFailover, Sets: []Set{set}, Entries: len(members)}, nil
}

// localities chooses a locality for each unit: the region that must find it as its own (three tiers), else the first
// region that starts at it, else its own name.
func (in *orderInput) localities() ([]string, *obstacle) {
	out := make([]string, len(in.units))
	for i := range in.wants {
		w := &in.wants[i]
		if len(w.tiers) < 3 || w.region == Anyone {
			continue
		}
		first := w.tiers[0].first()
		if other := out[first]; other != "" {
			return out, &obstacle{i, "clients of " + other + " and " + w.region + " both start at " + in.units[first].name +
				" and need three tiers, which only one of them can get"}
		}
		out[first] = w.region
	}
	in.fillLocalities(out)
	return out, nil
}

// fillLocalities names the units that no region of three tiers starts at.
func (in *orderInput) fillLocalities(out []string) {
	for i := range in.wants {
		w := &in.wants[i]
		if w.region == "" || w.region == Anyone || len(w.tiers) > 2 {
			continue
		}
		if first := w.tiers[0].first(); out[first] == "" {
			out[first] = w.region
		}
	}
	for u := range out {
		if out[u] == "" {
			out[u] = in.ownLocality(u, out)
		}
	}
}

// ownLocality is the unit's own name, made different from every region a client may be in and from the other localities.
func (in *orderInput) ownLocality(u int, others []string) string {
	name := in.units[u].name
	for in.taken(name) || slices.Contains(others, name) {
		name = ownPrefix + name
	}
	return name
}

// oneSet puts every endpoint into one set, with an entry for each client region whose order hangs on it, or whose
// second tier it names.
func (in *orderInput) oneSet(localities []string) (Set, []int) {
	set := Set{Members: make([]Member, len(in.endpoints)), Failover: make([]FromTo, 0, len(in.wants))}
	members := make([]int, len(in.endpoints))
	for e := range in.endpoints {
		members[e] = e
		set.Members[e] = Member{Endpoint: in.endpoints[e].Name, Locality: localities[in.unitOf[e]]}
	}
	for i := range in.wants {
		w := &in.wants[i]
		if len(w.tiers) < 2 || w.region == Anyone {
			continue
		}
		to := w.tiers[0]
		if localities[to.first()] == w.region {
			if to = w.tiers[1]; len(w.tiers) == 2 && to.size() > 1 {
				continue // all others come second without an entry
			}
		}
		set.Failover = append(set.Failover, FromTo{From: w.region, To: localities[to.first()]})
	}
	sortFailover(set.Failover)
	return set, members
}
