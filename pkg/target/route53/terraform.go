package route53

import (
	"strings"

	"github.com/spillway-mesh/spillway/pkg/render"
	"github.com/spillway-mesh/spillway/pkg/target"
	"github.com/spillway-mesh/spillway/pkg/zone"
)

// terraform writes checks and records for Terraform's provider aws.
func (d *design) terraform() []render.Block {
	blocks := d.terraformChecks()
	if d.options.HostedZoneID == "" {
		blocks = append(blocks, render.Block{
			Type: "data", Labels: []string{"aws_route53_zone", "main"}, Body: render.Map{target.KV("name", zone.Fold(d.zone.Name))},
		})
	}
	for i := range d.zone.Records {
		blocks = append(blocks, d.terraformRecord(&d.zone.Records[i]))
	}
	return blocks
}

// terraformChecks writes the checks, and what their IDs are.
func (d *design) terraformChecks() []render.Block {
	blocks := make([]render.Block, 0, len(d.zone.Checks)+1)
	var ids render.Map
	for i := range d.zone.Checks {
		c := &d.zone.Checks[i]
		blocks = append(blocks, render.Block{
			Type: "resource", Labels: []string{"aws_route53_health_check", label(d.fleet.ObjectName(c.ID))}, Body: d.terraformCheck(c),
		})
	}
	for i := range d.fleet.Clusters {
		name := d.fleet.Clusters[i].Name
		id := name
		if d.made(joined(name)) {
			id = joined(name)
		}
		if d.made(id) {
			ids = append(ids, target.KV(label(name), d.terraformID(id)))
		}
	}
	if len(ids) == 0 {
		return blocks
	}
	return append(blocks, render.Block{
		Type: "output", Labels: []string{label(d.fleet.ObjectName()) + "_health_check_ids"}, Body: render.Map{target.KV("value", ids)},
	})
}

func (d *design) terraformCheck(c *zone.Check) render.Map {
	m := render.Map{target.KV("type", c.Type)}
	if c.Type == "CALCULATED" {
		children := make(render.Flow, len(c.Children))
		for i, id := range c.Children {
			children[i] = d.terraformID(id)
		}
		m = append(m, target.KV("child_healthchecks", children), target.KV("child_health_threshold", c.Healthy))
	} else {
		if c.IP != "" {
			m = append(m, target.KV("ip_address", c.IP))
		}
		m = append(m,
			target.KV("fqdn", c.FQDN), target.KV("enable_sni", c.SNI), target.KV("port", c.Port), target.KV("resource_path", c.Path),
			target.Why("the cluster's token: without it every 2xx and 3xx would count as healthy", "search_string", c.Search),
			target.KV("request_interval", c.Interval), target.KV("failure_threshold", c.Threshold),
		)
		if len(c.Regions) > 0 {
			m = append(m, target.KV("regions", render.Strings(c.Regions...)))
		}
	}
	return append(m, target.KV("tags", render.Map{target.KV("Name", d.fleet.ObjectName(c.ID))}))
}

// terraformID is the ID of a check: of one that is written here it is known only when it is there.
func (d *design) terraformID(id string) any {
	if !d.made(id) {
		return id
	}
	return render.Expression("aws_route53_health_check." + label(d.fleet.ObjectName(id)) + ".id")
}

func (d *design) terraformRecord(r *zone.Record) render.Block {
	parts := recordParts(d, r)
	m := render.Map{target.KV("zone_id", d.terraformZone()), target.KV("name", zone.Fold(r.Name)), target.KV("type", r.Type)}
	if r.Alias == nil {
		m = append(m, target.KV("ttl", r.TTL), target.KV("records", render.Strings(r.Values...)))
	}
	if r.ID != "" {
		m = append(m, target.KV("set_identifier", r.ID))
	}
	if r.Check != "" {
		m = append(m, target.KV("health_check_id", d.terraformID(r.Check)))
	}
	switch p := r.Policy; {
	case p.Failover != "":
		m = append(m, target.KV("failover_routing_policy", render.Nested{target.KV("type", p.Failover)}))
	case p.MultiValue:
		m = append(m, target.KV("multivalue_answer_routing_policy", true))
	case p.Weight != nil:
		m = append(m, target.KV("weighted_routing_policy", render.Nested{target.KV("weight", *p.Weight)}))
	}
	if a := r.Alias; a != nil {
		var id any = a.Zone
		if a.Zone == zone.Same {
			id = d.terraformZone()
		}
		m = append(m, target.KV("alias", render.Nested{
			target.KV("name", zone.Fold(a.Name)), target.KV("zone_id", id), target.KV("evaluate_target_health", a.EvaluateHealth),
		}))
	}
	return render.Block{Type: "resource", Labels: []string{"aws_route53_record", label(d.fleet.ObjectName(parts...))}, Body: m}
}

func (d *design) terraformZone() any {
	if d.options.HostedZoneID != "" {
		return d.options.HostedZoneID
	}
	return render.Expression("data.aws_route53_zone.main.zone_id")
}

// label is a name as Terraform takes it.
func label(s string) string {
	s = strings.ReplaceAll(s, "-", "_")
	if s[0] >= '0' && s[0] <= '9' {
		return "_" + s
	}
	return s
}
