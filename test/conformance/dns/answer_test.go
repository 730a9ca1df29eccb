package dns_test

import (
	"math/rand/v2"
	"slices"

	"github.com/spillway-mesh/spillway/pkg/zone"
)

// answerer says what Route 53 answers by the records of a zone and the health of its checks, as far as the records here
// need it: simple records, failover, multivalue answers, weights, and aliases within the zone.
type answerer struct {
	zone    *zone.Zone
	healthy func(check string) bool
}

// most is how many records a multivalue answer holds.
const most = 8

// answer is what a query of that name and type gets.
func (a *answerer) answer(name, kind string) (values []string, ttl int) {
	for range 8 { // an alias may lead to an alias
		chosen := a.choose(a.group(name, kind))
		if len(chosen) == 1 && chosen[0].Alias != nil {
			name = chosen[0].Alias.Name
			continue
		}
		for _, r := range chosen {
			values, ttl = append(values, r.Values...), r.TTL
		}
		return values, ttl
	}
	return nil, 0
}

func (a *answerer) group(name, kind string) []zone.Record {
	var out []zone.Record
	for _, r := range a.zone.Records {
		if zone.Fold(r.Name) == zone.Fold(name) && r.Type == kind {
			out = append(out, r)
		}
	}
	return out
}

// ok is a record's health: that of its check, and of what an alias leads to. Without either it is always healthy.
func (a *answerer) ok(r zone.Record) bool {
	if r.Check != "" && !a.passes(r.Check) {
		return false
	}
	if r.Alias == nil || !r.Alias.EvaluateHealth {
		return true
	}
	targets := a.group(r.Alias.Name, r.Type)
	return len(targets) == 0 || slices.ContainsFunc(targets, a.ok) // without any it is a load balancer, not looked into here
}

// passes counts the children of a calculated check.
func (a *answerer) passes(id string) bool {
	for _, c := range a.zone.Checks {
		if c.ID != id || c.Type != "CALCULATED" {
			continue
		}
		n := 0
		for _, child := range c.Children {
			if a.healthy(child) {
				n++
			}
		}
		return n >= c.Healthy
	}
	return a.healthy(id)
}

func (a *answerer) choose(group []zone.Record) []zone.Record {
	var healthy []zone.Record
	for _, r := range group {
		if a.ok(r) {
			healthy = append(healthy, r)
		}
	}
	switch {
	case len(group) == 0:
		return nil
	case group[0].Policy.Failover != "":
		return failover(group, healthy)
	}
	if len(healthy) == 0 {
		healthy = group // all unhealthy counts as all healthy
	}
	switch {
	case group[0].Policy.MultiValue:
		rand.Shuffle(len(healthy), func(i, j int) { healthy[i], healthy[j] = healthy[j], healthy[i] })
		return healthy[:min(len(healthy), most)]
	case group[0].Policy.Weight != nil:
		return []zone.Record{weighted(healthy)}
	default:
		return healthy[:1]
	}
}

// failover answers the PRIMARY while it is healthy, and also when the SECONDARY is not.
func failover(group, healthy []zone.Record) []zone.Record {
	for _, role := range []string{"PRIMARY", "SECONDARY"} {
		for _, r := range healthy {
			if r.Policy.Failover == role {
				return []zone.Record{r}
			}
		}
	}
	for _, r := range group {
		if r.Policy.Failover == "PRIMARY" {
			return []zone.Record{r}
		}
	}
	return group[:1]
}

// weighted draws by weights; records of the weight 0 count only where there are no others.
func weighted(healthy []zone.Record) zone.Record {
	sum := 0
	for _, r := range healthy {
		sum += *r.Policy.Weight
	}
	if sum == 0 {
		return healthy[rand.IntN(len(healthy))]
	}
	at := rand.IntN(sum)
	for _, r := range healthy {
		if at -= *r.Policy.Weight; at < 0 {
			return r
		}
	}
	return healthy[0]
}
