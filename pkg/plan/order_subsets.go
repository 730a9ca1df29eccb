package plan

import (
	"cmp"
	"slices"
	"strconv"
)

// M2: one subset for each order; the ServiceEntry lists an endpoint once per subset it is in, and the VirtualService
// routes clients to their subset by the region label of their pods. Inside a subset the rule of M1 holds, so that
//
//	up to two tiers: tier1, then tier2, from each region to tier1; regions with the same order share the subset
//	three tiers:     the region itself, then tier1, then tier2; a subset for each region
//
// It is therefore exact for every named region of up to three tiers, also where units are left out (onlyListed). Clients
// without a locality match no label: they take the default route, with two tiers at most; so do clients of regions
// that nobody named, who get the default subset's endpoints at once, which is exact for "*" only with a single unit.
// Gateways are not routed by our VirtualService and so choose no subset.

// maxEntries bounds how many endpoints a ServiceEntry lists.
const maxEntries = 64

// trySubsets writes the order with M2.
func trySubsets(in *orderInput) (Order, *obstacle) {
	if in.gateways {
		return Order{}, &obstacle{-1, "gateways are not routed to their subset"}
	}
	if in.waypoint {
		return Order{}, &obstacle{-1, "a waypoint does not see the labels of the caller"}
	}
	s := subsets{in: in}
	for i := range in.wants {
		if not := s.add(i); not != nil {
			return Order{}, not
		}
	}
	order := Order{Mechanism: MechanismSubsets, Sets: make([]Set, len(s.orders))}
	for i := range s.orders {
		o := &s.orders[i]
		set, members := in.subset(o)
		set.Name = setName(i)
		order.Entries += len(members)
		for _, w := range o.wants {
			if want := &in.wants[w]; !in.exact(want, want.region, &set, members) {
				return Order{}, &obstacle{w, "clients of " + describe(want.region) + " get another order"}
			}
		}
		order.Sets[i] = set
	}
	if order.Entries > maxEntries {
		return Order{}, &obstacle{-1, "the endpoints would be listed " + strconv.Itoa(order.Entries) + " times, over " +
			strconv.Itoa(maxEntries)}
	}
	return order, nil
}

// subsets gathers the wants by their order.
type subsets struct {
	in     *orderInput
	orders []subsetOrder
	others int // 1 + index of the default order
}

type subsetOrder struct {
	tiers []tier
	wants []int
	other bool // clients of no listed region come here
}

func (s *subsets) add(i int) *obstacle {
	w := &s.in.wants[i]
	unlabelled := w.region == "" || w.region == Anyone
	switch {
	case w.region == Anyone && (len(w.tiers) > 1 || w.tiers[0].size() > 1):
		return &obstacle{i, "regions that nobody named get all endpoints at once"}
	case w.region == "" && len(w.tiers) > 2:
		return &obstacle{i, "clients without a locality get two tiers at most"}
	case len(w.tiers) > 3:
		return &obstacle{i, "clients of a region get three tiers at most"}
	}
	at := slices.IndexFunc(s.orders, func(o subsetOrder) bool { return len(o.tiers) < 3 && slices.Equal(o.tiers, w.tiers) })
	if at < 0 {
		at = len(s.orders)
		s.orders = append(s.orders, subsetOrder{tiers: w.tiers})
	}
	s.orders[at].wants = append(s.orders[at].wants, i)
	if !unlabelled {
		return nil
	}
	if s.others != 0 && s.others != at+1 {
		return &obstacle{i, "clients without a locality and those of regions that nobody named take the same route"}
	}
	s.others, s.orders[at].other = at+1, true
	return nil
}

// subset writes one order.
func (in *orderInput) subset(o *subsetOrder) (Set, []int) {
	set := Set{Default: o.other}
	localities := []string{"tier1", "tier2"}
	if len(o.tiers) == 3 {
		localities = []string{in.wants[o.wants[0]].region, "tier1", "tier2"}
	}
	var members []int
	for e := range in.endpoints {
		for t := range o.tiers {
			if o.tiers[t].has(in.unitOf[e]) {
				members = append(members, e)
				set.Members = append(set.Members, Member{Endpoint: in.endpoints[e].Name, Locality: localities[t]})
			}
		}
	}
	for _, i := range o.wants {
		region := in.wants[i].region
		if region != "" && region != Anyone {
			set.Regions = append(set.Regions, region)
		}
		if region != Anyone && len(o.tiers) > 1 {
			set.Failover = append(set.Failover, FromTo{From: region, To: "tier1"})
		}
	}
	slices.Sort(set.Regions)
	sortFailover(set.Failover)
	return set, members
}

func sortFailover(f []FromTo) {
	slices.SortFunc(f, func(a, b FromTo) int { return cmp.Compare(a.From, b.From) })
}
