package plan

import "slices"

// M3: the endpoints of the proxy's cluster are replaced by an EnvoyFilter, with the priorities of Plan.Tiers written
// out: one for everyone, one per region that picks clients by the region label of their pods.
//
// It is therefore exact for any number of tiers and any order, also where units are left out, and for "*". Clients
// without a locality cannot be picked by label: they get what everyone gets, so that from: "" and from: "*" can only be
// had with the same order. It needs sidecars, EnvoyFilters and an istiod that replaces lists.

// tryPriorities writes the order with M3. The set is for proxies that no EnvoyFilter reaches: as near to the orders as
// one cluster comes.
func tryPriorities(in *orderInput) (Order, *obstacle) {
	if in.cannot != "" {
		return Order{}, &obstacle{-1, in.cannot}
	}
	if anyone := in.anyone(); anyone != nil && len(in.wants) > 1 {
		i := len(in.wants) - 2
		if w := &in.wants[i]; w.region == "" && !slices.Equal(w.tiers, anyone.tiers) {
			return Order{}, &obstacle{i, "clients without a locality cannot be told from those of regions that nobody " +
				`named, and from: "" and from: "*" want different orders`}
		}
	}
	localities := make([]string, len(in.units))
	in.nearLocalities(localities)
	set, members := in.oneSet(localities)
	return Order{Mechanism: MechanismPriorities, Sets: []Set{set}, Entries: len(members)}, nil
}

// nearLocalities is localities where regions may be in each other's way: the first one wins.
func (in *orderInput) nearLocalities(out []string) {
	for i := range in.wants {
		w := &in.wants[i]
		if len(w.tiers) < 3 || w.region == "" || w.region == Anyone {
			continue
		}
		if first := w.tiers[0].first(); out[first] == "" {
			out[first] = w.region
		}
	}
	in.fillLocalities(out)
}
