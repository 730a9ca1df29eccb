package zone

import (
	"slices"
)

// group holds the records of one name and type against each other.
func (v *verifier) group(g group) {
	v.policies(g)
	ids := map[string]bool{}
	for _, r := range g.records {
		if r.ID != "" && ids[r.ID] {
			v.diags.Errorf(v.pathOf(r), "HC043", "two records of %s have the set identifier %q", g.name, r.ID)
		}
		ids[r.ID] = true
	}
	if g.records[0].Policy.Failover != "" {
		v.failover(g)
	}
	if g.records[0].Policy.Weight != nil {
		v.weights(g)
	}
	v.unchecked(g)
}

func (v *verifier) policies(g group) {
	first := g.records[0].Policy.String()
	for _, r := range g.records[1:] {
		switch policy := r.Policy.String(); {
		case policy != first:
			v.diags.Errorf(v.pathOf(r), "HC042", "a %s record stands beside a %s one of the same name and type", policy, first).
				WithHint("give all records of %s the same policy", g.name)
		case policy == simple:
			v.diags.Errorf(v.pathOf(r), "HC042", "there are two simple records of the same name and type").
				WithHint("put all values into one, or give both a policy")
		}
	}
}

func (v *verifier) failover(g group) {
	for _, role := range []string{"PRIMARY", "SECONDARY"} {
		n := 0
		var last *Record
		for _, r := range g.records {
			if r.Policy.Failover == role {
				n, last = n+1, r
			}
		}
		switch {
		case n == 0:
			v.diags.Warnf(v.pathOf(g.records[0]), "HC041", "%s has no %s: there is nothing to fail over to", g.name, role)
		case n > 1:
			v.diags.Errorf(v.pathOf(last), "HC041", "%s has %d %s records; Route 53 takes one", g.name, n, role).
				WithHint("gather the others under a name of their own, and let an alias lead there")
		}
	}
}

func (v *verifier) weights(g group) {
	if len(g.records) > maxWeighted {
		v.diags.Errorf(v.pathOf(g.records[0]), "HC046", "%s has %d weighted records; Route 53 takes %d", g.name, len(g.records), maxWeighted)
	}
	plain := slices.DeleteFunc(slices.Clone(g.records), func(r *Record) bool { return r.Alias != nil || r.Policy.String() != weighted })
	for _, r := range plain {
		if r.TTL != plain[0].TTL {
			v.diags.Errorf(v.pathOf(r), "HC046", "a TTL of %d beside one of %d: the weighted records of a name share theirs", r.TTL, plain[0].TTL)
		}
	}
}

// unchecked finds records that are always healthy among others that are checked: users are sent to them even when they are
// dead.
func (v *verifier) unchecked(g group) {
	for _, r := range g.records {
		follows := r.Alias != nil && r.Alias.EvaluateHealth
		if r.Policy.count() == 0 || r.Check != "" || follows {
			continue
		}
		v.diags.Errorf(v.pathOf(r), "HC012", "the record has no health check: Route 53 answers with it even when it is dead").
			WithHint("give every record of %s a health check, the SECONDARY too", g.name)
	}
}

// names finds a CNAME beside other types of the same name.
func (v *verifier) names() {
	first := map[string]string{}
	for _, g := range v.zone.groups() {
		other, known := first[g.name]
		if !known {
			first[g.name] = g.kind
			continue
		}
		if g.kind == "CNAME" || other == "CNAME" {
			v.diags.Errorf(v.pathOf(g.records[0]), "HC045", "%s has a record of type %s and one of type %s: a CNAME stands alone", g.name, other, g.kind)
		}
	}
}
