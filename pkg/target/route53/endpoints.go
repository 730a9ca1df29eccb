package route53

import (
	"strconv"

	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
	"github.com/spillway-mesh/spillway/pkg/target"
	"github.com/spillway-mesh/spillway/pkg/zone"
)

// endpoints writes DNSEndpoints: one with all records, or in each cluster one with its own. None is written before the IDs
// of the health checks are known: records without them would send users to dead clusters.
func (d *design) endpoints() []target.Object {
	if d.missing() != "" {
		return nil
	}
	if d.options.Owner == ownerFleet {
		return []target.Object{d.endpoint("", d.zone.Records)}
	}
	var objects []target.Object
	for i := range d.fleet.Clusters {
		c := &d.fleet.Clusters[i]
		var own []zone.Record
		for _, r := range d.zone.Records {
			if d.owners[r.ID] == c.Name || r.ID == "" && r.Name == c.Name+"."+parent(d.fleet, r.Name, c.Name) {
				own = append(own, r)
			}
		}
		if len(own) > 0 {
			objects = append(objects, d.endpoint(c.Name, own))
		}
	}
	return objects
}

// parent is the host whose own name of a cluster this is.
func parent(f *plan.Fleet, name, cluster string) string {
	for _, host := range f.Hosts {
		if name == cluster+"."+host {
			return host
		}
	}
	return ""
}

func (d *design) endpoint(cluster string, records []zone.Record) target.Object {
	var parts []string
	owner, policy := d.fleet.ObjectName(), "sync"
	if cluster != "" {
		parts, owner, policy = []string{cluster}, d.identifier(cluster), "upsert-only"
	}
	o := d.object("externaldns.k8s.io/v1alpha1", "DNSEndpoint", cluster, parts...)
	o.Rank = rankRecord
	list := make(render.List, 0, len(records))
	for i := range records {
		list = append(list, endpointOf(&records[i]))
	}
	o.Body = render.Map{target.Why("read by external-dns with --source=crd --registry=txt\n--txt-owner-id="+owner+" --policy="+policy,
		"spec", render.Map{target.KV("endpoints", list)})}
	return o
}

func endpointOf(r *zone.Record) render.Map {
	m := render.Map{target.KV("dnsName", zone.Fold(r.Name))}
	if r.Alias != nil {
		m = append(m, target.Why("a name of a load balancer becomes an alias", "recordType", "CNAME"), target.KV("targets", render.Strings(r.Alias.Name)))
	} else {
		m = append(m, target.KV("recordType", r.Type), target.KV("recordTTL", r.TTL), target.KV("targets", render.Strings(r.Values...)))
	}
	if r.ID != "" {
		m = append(m, target.KV("setIdentifier", r.ID))
	}
	var properties render.List
	add := func(name, value string) {
		properties = append(properties, render.Inline{target.KV("name", name), target.KV("value", value)})
	}
	switch p := r.Policy; {
	case p.Failover != "":
		add("aws/failover", p.Failover)
	case p.MultiValue:
		properties = append(properties, render.Item{
			Value:   render.Inline{target.KV("name", "aws/multi-value-answer"), target.KV("value", "")},
			Comment: "that it is there is enough; with any value external-dns would write it anew in every round",
		})
	case p.Weight != nil:
		add("aws/weight", strconv.Itoa(*p.Weight))
	}
	if r.Check != "" {
		add("aws/health-check-id", r.Check)
	}
	if r.Alias != nil {
		add("aws/evaluate-target-health", strconv.FormatBool(r.Alias.EvaluateHealth))
	}
	if len(properties) > 0 {
		m = append(m, target.KV("providerSpecific", properties))
	}
	return m
}
