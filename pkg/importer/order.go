package importer

import (
	"cmp"
	"slices"
	"strings"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/behaviour"
)

// order lifts who goes where: for each client region that the objects know, the tiers it gets, or where nothing makes
// tiers of them, those that the localities were meant to give.
func (l *lifter) order() {
	wants := l.wants()
	if len(wants) == 0 {
		l.together()
		return
	}
	l.groups(wants)
	for _, w := range wants {
		rule := v1alpha1.FailoverRule{From: w.from, OnlyListed: w.order.Listed}
		for i, t := range w.order.Tiers {
			units := l.unitsOf(t)
			if last := i == len(w.order.Tiers)-1; last && i > 0 && !w.order.Listed && len(units) > 1 {
				break // the others together: the spec says so by not listing them
			}
			if len(units) > 1 {
				l.decide(l.host.Entry().Object, "spec.endpoints", "clients of %s used %s at once; the spec uses them one after the other",
					regionName(w.from), listOf(units))
			}
			rule.To = append(rule.To, units...)
		}
		l.spec.Spec.Failover = append(l.spec.Spec.Failover, rule)
	}
}

// want is the order of one client region.
type want struct {
	from  string
	order behaviour.Order
}

func (l *lifter) wants() []want {
	var out []want
	port := l.host.Ports[0].Number
	for _, region := range l.clientRegions() {
		o := l.view.Order(port, region)
		if len(o.Shares) > 0 {
			o = l.byShare(o)
		} else if len(o.Tiers) < 2 && !o.Listed {
			o = l.intended(region, o)
		}
		if len(o.Tiers) > 0 {
			out = append(out, want{region, o})
		}
	}
	if anyone := l.anyone(port, out); anyone != nil {
		out = append(out, *anyone)
	}
	return out
}

// anyone is the order for clients that nobody named, where the objects give them one.
func (l *lifter) anyone(port int, named []want) *want {
	const nowhere = "\x00"
	if o := l.view.Order(port, nowhere); len(o.Shares) > 0 {
		return &want{v1alpha1.FromAnyone, l.byShare(o)}
	} else if len(o.Tiers) > 1 && l.view.Explicit(port) || o.Listed {
		same := slices.ContainsFunc(named, func(w want) bool { return w.from == v1alpha1.FromAnyone })
		if !same {
			return &want{v1alpha1.FromAnyone, o}
		}
	}
	return nil
}

// clientRegions are those that the objects name, and those of the endpoints: a client finds its own region there.
func (l *lifter) clientRegions() []string {
	out := l.view.Regions()
	if !l.view.Explicit(l.host.Ports[0].Number) && !l.view.BySubset() {
		out = append(out, l.host.Regions()...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// byShare makes an order of weights: the largest first.
func (l *lifter) byShare(o behaviour.Order) behaviour.Order {
	addresses := make([]string, 0, len(o.Shares))
	for a, share := range o.Shares {
		if share > 0 {
			addresses = append(addresses, a)
		}
	}
	slices.SortFunc(addresses, func(a, b string) int {
		return cmp.Or(cmp.Compare(o.Shares[b], o.Shares[a]), cmp.Compare(a, b))
	})
	out := behaviour.Order{Listed: o.Listed}
	for _, a := range addresses {
		last := len(out.Tiers) - 1
		if last >= 0 && l.region(a) == l.region(out.Tiers[last][0]) {
			out.Tiers[last] = append(out.Tiers[last], a)
			continue
		}
		out.Tiers = append(out.Tiers, []string{a})
	}
	if len(addresses) > 1 {
		o, path := l.view.Main().Where(l.view.Main().LocalityPath())
		l.decide(o, path, "traffic was distributed by weight; the spec makes an order of it, the largest "+
			"share first")
	}
	return out
}

// intended is the order that the localities say, had anything made tiers of them.
func (l *lifter) intended(region string, now behaviour.Order) behaviour.Order {
	if len(l.host.Regions()) < 2 {
		return now
	}
	to := ""
	if c := l.view.Main(); c != nil {
		for _, f := range c.Policy.LoadBalancer.Value.GetLocalityLbSetting().GetFailover() {
			if f.GetFrom() == region {
				to = f.GetTo()
				break
			}
		}
	}
	tiers := make([][]string, 3)
	for _, e := range l.endpoints {
		switch r := e.Locality.Region; {
		case r == region:
			tiers[0] = append(tiers[0], e.Address)
		case to != "" && r == to:
			tiers[1] = append(tiers[1], e.Address)
		default:
			tiers[2] = append(tiers[2], e.Address)
		}
	}
	for _, t := range tiers {
		slices.Sort(t)
	}
	return behaviour.Order{Tiers: slices.DeleteFunc(tiers, func(t []string) bool { return len(t) == 0 })}
}

func (l *lifter) region(address string) string {
	for _, e := range l.endpoints {
		if e.Address == address {
			return e.Locality.Region
		}
	}
	return ""
}

// groups joins endpoints that share a tier in every order into a group, where a tier is not just the rest.
func (l *lifter) groups(wants []want) {
	if l.known != nil {
		return
	}
	l.zones()
	needed := map[string]bool{} // by group of addresses that are never apart
	members := map[string][]int{}
	for i, e := range l.endpoints {
		key := l.tierVector(e.Address, wants)
		members[key] = append(members[key], i)
	}
	for _, w := range wants {
		for n, t := range w.order.Tiers {
			if len(t) < 2 || n == len(w.order.Tiers)-1 && n > 0 && !w.order.Listed {
				continue
			}
			for _, a := range t {
				needed[l.tierVector(a, wants)] = true
			}
		}
	}
	for _, key := range sortedKeys(needed) {
		if len(members[key]) < 2 {
			continue
		}
		name := l.groupName(members[key])
		for _, i := range members[key] {
			l.spec.Spec.Endpoints[i].Group = name
		}
	}
}

// zones tells that endpoints of one region are used alike: a spec orders regions.
func (l *lifter) zones() {
	for i, e := range l.endpoints {
		for _, o := range l.endpoints[:i] {
			if o.Locality.Region == e.Locality.Region && o.Locality.Zone != e.Locality.Zone {
				l.decide(e.Object, e.Path+".locality", "clients used the endpoint in their own zone of %s first; a spec orders regions, and uses the "+
					"endpoints of one together", e.Locality.Region).WithHint("list the endpoints without group under failover for an order among them")
				return
			}
		}
	}
}

// groupName is the region that all members are in, or else made of the first one's name.
func (l *lifter) groupName(members []int) string {
	name := l.endpoints[members[0]].Locality.Region
	for _, i := range members {
		if l.endpoints[i].Locality.Region != name {
			name = ""
		}
	}
	if name == "" {
		name = l.endpoints[members[0]].name + "-all"
	}
	return unique(label(name, 40), 40, func(n string) bool {
		return slices.ContainsFunc(l.spec.Spec.Endpoints, func(e v1alpha1.Endpoint) bool { return e.Name == n || e.Group == n })
	})
}

// tierVector says in which tier of each order an address is; the same for addresses that are never apart.
func (l *lifter) tierVector(address string, wants []want) string {
	var b strings.Builder
	for _, w := range wants {
		n := slices.IndexFunc(w.order.Tiers, func(t []string) bool { return slices.Contains(t, address) })
		b.WriteByte(byte('a' + n + 1)) //nolint:gosec // a place among few tiers
	}
	return b.String()
}

// unitsOf names the endpoints and groups of a tier.
func (l *lifter) unitsOf(addresses []string) []string {
	var out []string
	for _, e := range l.spec.Spec.Endpoints {
		if !slices.Contains(addresses, e.Address) {
			continue
		}
		if unit := cmp.Or(e.Group, e.Name); !slices.Contains(out, unit) {
			out = append(out, unit)
		}
	}
	return out
}

// together is for endpoints of which nothing says where they are: everybody uses all of them at once.
func (l *lifter) together() {
	name := unique("all", 40, l.endpointNamed)
	for i := range l.spec.Spec.Endpoints {
		l.spec.Spec.Endpoints[i].Group = name
	}
	l.spec.Spec.Failover = []v1alpha1.FailoverRule{{From: v1alpha1.FromAnyone, To: []string{name}}}
	l.decide(l.host.Entry().Object, "spec.endpoints", "no endpoint has a locality, so that all are used at once; the spec keeps that").WithHint(
		"take the group off the endpoints, and list them under failover in the order in which they are to be used")
}

func regionName(region string) string {
	switch region {
	case "":
		return "no region"
	case v1alpha1.FromAnyone:
		return "every other region"
	default:
		return region
	}
}
