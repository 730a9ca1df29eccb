package mesh

import (
	"maps"
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
	return c.TiersFor(Client{Locality: client, Labels: c.Labels})
}

// TiersFor is Tiers for a client whose labels are known: failoverPriority compares them with those of endpoints.
func (c *Cluster) TiersFor(client Client) Tiers {
	all := make([]int, len(c.Endpoints))
	for i := range all {
		all[i] = i
	}
	if len(all) == 0 {
		return Tiers{}
	}
	if z := c.zoneAware(); z != nil {
		if z.GetEnabled() != nil && !z.GetEnabled().GetValue() {
			return Tiers{Groups: [][]int{all}}
		}
		return c.inOrder(client, z.GetFailoverPriority(), func(e Locality) int { return inZoneAware(client.Locality, e, z.GetFailover()) })
	}
	s := c.LocalityLB()
	switch {
	case s == nil:
		return Tiers{Groups: [][]int{all}}
	case s.GetDistribute() != nil:
		return c.weighted(s.GetDistribute(), client.Locality, all)
	case !c.prioritises():
		return Tiers{Groups: [][]int{all}}
	case len(s.GetFailoverPriority()) > 0 && len(s.GetFailover()) == 0:
		return c.inOrder(client, s.GetFailoverPriority(), func(Locality) int { return 0 })
	}
	return c.inOrder(client, s.GetFailoverPriority(), func(e Locality) int { return priority(client.Locality, e, s.GetFailover()) })
}

// zoneAware is the zoneAwareLbSetting in force, which comes before any localityLbSetting of the same place; nil if none.
func (c *Cluster) zoneAware() *networking.ZoneAwareLoadBalancerSetting {
	lb := c.Policy.LoadBalancer.Value
	if z := lb.GetZoneAwareLbSetting(); z != nil || lb.GetLocalityLbSetting() != nil {
		return z
	}
	return c.model.Mesh.GetZoneAwareLbSetting()
}

// inOrder groups the endpoints by how many labels they have in common with the client, and within that by place.
func (c *Cluster) inOrder(client Client, labels []string, place func(Locality) int) Tiers {
	if c.Host.IsDNS() && (c.Subset != "" || c.model.Versions.Istiod < firstLabelsOfNames) {
		labels = nil // istiod orders by labels only what it has looked up itself
	}
	const most = 16 // places
	groups := map[int][]int{}
	for i, e := range c.Endpoints {
		p := byLabels(client, e, labels)*most + place(e.Locality)
		groups[p] = append(groups[p], i)
	}
	var out Tiers
	for _, p := range slices.Sorted(maps.Keys(groups)) {
		out.Groups = append(out.Groups, groups[p])
	}
	return out
}

// firstLabelsOfNames is the first istiod that orders names by labels; with several localities it does not survive that.
const firstLabelsOfNames Version = 30

const networkLabel = "topology.istio.io/network"

// byLabels is how far an endpoint is from a client by labels, each of them name or name=value: the first that differs
// decides. A network that differs and stands first moves all behind those of the client's own.
func byLabels(client Client, e Endpoint, labels []string) int {
	extra := 0
	for i, label := range labels {
		name, want, given := strings.Cut(label, "=")
		if !given {
			want = labelOf(client.Labels, client.Locality, "", name)
		}
		if want == labelOf(e.Labels, e.Locality, e.Network, name) {
			continue
		}
		if i == 0 && name == networkLabel {
			extra = len(labels)
			continue
		}
		return len(labels) - i + extra
	}
	return extra
}

// labelOf is a label of a proxy or an endpoint; where it runs is among them.
func labelOf(labels map[string]string, at Locality, network, name string) string {
	switch place := map[string]string{RegionLabel: at.Region, ZoneLabel: at.Zone, SubzoneLabel: at.Subzone}[name]; {
	case place != "":
		return place
	case name == networkLabel && network != "" && labels[name] == "":
		return network
	default:
		return labels[name]
	}
}

// inZoneAware is how near an endpoint is to a client by region alone.
func inZoneAware(client, endpoint Locality, failover []*networking.ZoneAwareLoadBalancerSetting_Failover) int {
	if client.Region == endpoint.Region {
		return 0
	}
	for _, f := range failover {
		if f.GetFrom() == client.Region {
			if f.GetTo() == endpoint.Region {
				return 1
			}
			break
		}
	}
	return 2
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
