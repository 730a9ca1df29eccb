package mesh

import (
	"slices"
	"strings"

	networking "istio.io/api/networking/v1alpha3"
)

// Tiers is in which order a client uses the endpoints of a cluster.
type Tiers struct {
	// Groups are endpoints by priority, as places in Cluster.Endpoints: the second group gets traffic when the first is dead.
	Groups [][]int
	// Weighted says that a distribution of weights matched the client: there are no priorities.
	Weighted bool
	// Without are endpoints that the client never uses.
	Without []int
}

// AnyZone in a client's locality is a zone that no endpoint has, which is how clients mostly are.
const AnyZone = "\x00"

// InRegion is a client somewhere in a region; "" is one without a locality.
func InRegion(region string) Locality {
	if region == "" {
		return Locality{}
	}
	return Locality{Region: region, Zone: AnyZone, Subzone: AnyZone}
}

// Tiers are the priorities that a client at a place gets from Istio's own objects; EnvoyFilters can change them further.
func (c *Cluster) Tiers(client Locality) Tiers {
	all := make([]int, len(c.Endpoints))
	for i := range all {
		all[i] = i
	}
	s := c.LocalityLB()
	switch {
	case len(all) == 0:
		return Tiers{}
	case s == nil:
		return Tiers{Groups: [][]int{all}}
	case s.GetDistribute() != nil:
		return c.weighted(s.GetDistribute(), client, all)
	case !c.prioritises():
		return Tiers{Groups: [][]int{all}}
	}
	byPriority := make([][]int, 5)
	for _, i := range all {
		p := priority(client, c.Endpoints[i].Locality, s.GetFailover())
		byPriority[p] = append(byPriority[p], i)
	}
	return Tiers{Groups: slices.DeleteFunc(byPriority, func(g []int) bool { return len(g) == 0 })}
}

// prioritises says whether istiod sets priorities: only with outlier detection, and for endpoints that are not looked up
// only with the DestinationRule's own.
func (c *Cluster) prioritises() bool {
	if c.Host.IsDNS() {
		return c.OutlierDetection() != nil
	}
	return c.Policy.OutlierDetection.Object != nil
}

// priority is how near an endpoint is to a client: 0 to 2 within the region, 3 for the region it fails over to, 4 beyond;
// without a rule for the client's region all others are at 3.
func priority(client, endpoint Locality, failover []*networking.LocalityLoadBalancerSetting_Failover) int {
	switch {
	case client.Region != endpoint.Region:
	case client.Zone != endpoint.Zone:
		return 2
	case client.Subzone != endpoint.Subzone:
		return 1
	default:
		return 0
	}
	for _, f := range failover {
		if f.GetFrom() == client.Region { // the first entry for a region is the only one that counts
			if endpoint.Region != f.GetTo() {
				return 4
			}
			break
		}
	}
	return 3
}

// weighted is what a distribution leaves: localities that it does not name get nothing.
func (c *Cluster) weighted(rules []*networking.LocalityLoadBalancerSetting_Distribute, client Locality, all []int) Tiers {
	for _, r := range rules {
		if !localityMatches(r.GetFrom(), client) {
			continue
		}
		out := Tiers{Weighted: true}
		var used []int
		for _, i := range all {
			if namedIn(r.GetTo(), c.Endpoints[i].Locality) {
				used = append(used, i)
			} else {
				out.Without = append(out.Without, i)
			}
		}
		out.Groups = [][]int{used}
		return out
	}
	return Tiers{Groups: [][]int{all}}
}

func namedIn(to map[string]uint32, l Locality) bool {
	for pattern := range to {
		if localityMatches(pattern, l) {
			return true
		}
	}
	return false
}

// localityMatches says whether a pattern such as us-east-1/* covers a locality.
func localityMatches(pattern string, l Locality) bool {
	parts := strings.SplitN(pattern, "/", 3)
	for i, have := range []string{l.Region, l.Zone, l.Subzone} {
		if i >= len(parts) || parts[i] == "*" || parts[i] == "" {
			return true
		}
		if parts[i] != have {
			return false
		}
	}
	return true
}
