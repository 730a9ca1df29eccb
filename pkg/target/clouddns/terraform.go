package clouddns

import (
	"strings"

	"github.com/spillway-mesh/spillway/pkg/render"
	"github.com/spillway-mesh/spillway/pkg/target"
)

// terraform writes the same for Terraform's provider google.
func (d *design) terraform() []render.Block {
	h := d.options.HealthCheck
	label := strings.ReplaceAll(d.fleet.ObjectName("dns"), "-", "_")
	blocks := make([]render.Block, 0, 1+len(d.fleet.Hosts))
	blocks = append(blocks, render.Block{
		Type: "resource", Labels: []string{"google_compute_health_check", label},
		Body: target.Set(render.Map{
			target.KV("name", d.fleet.ObjectName("dns")), target.KV("project", d.options.Project),
			target.Why("only a check with exactly three regions may check addresses outside", "source_regions", render.Strings(h.SourceRegions...)),
			target.KV("check_interval_sec", seconds(h.Interval)), target.KV("timeout_sec", seconds(h.Timeout)),
			target.KV("healthy_threshold", h.HealthyThreshold), target.KV("unhealthy_threshold", h.UnhealthyThreshold),
			target.KV(strings.ToLower(h.Protocol)+"_health_check", render.Nested{
				target.KV("host", d.fleet.Hosts[0]), target.KV("port", h.Port), target.KV("request_path", d.fleet.Health.Path),
			}),
		}),
	})
	for _, host := range d.fleet.Hosts {
		name := strings.NewReplacer(".", "_", "-", "_", "*", "any").Replace(d.fleet.ObjectName(host))
		blocks = append(blocks, render.Block{
			Type: "resource", Labels: []string{"google_dns_record_set", name},
			Body: target.Set(render.Map{
				target.KV("name", host+"."), target.KV("project", d.options.Project), target.KV("managed_zone", d.zone()),
				target.KV("type", d.kind()), target.KV("ttl", seconds(d.options.TTL)),
				target.KV("routing_policy", d.terraformPolicy(label)),
			}),
		})
	}
	return blocks
}

func (d *design) terraformPolicy(check string) render.Nested {
	policy := render.Nested{target.KV("health_check", render.Expression("google_compute_health_check."+check+".id"))}
	if !d.failover {
		shares := make(render.Blocks, 0, len(d.others))
		for _, c := range d.others {
			shares = append(shares, render.Map{
				target.KV("weight", d.weight(c)),
				target.KV("health_checked_targets", render.Nested{target.KV("external_endpoints", render.Strings(c.Address))}),
			})
		}
		return append(policy, target.KV("wrr", shares))
	}
	var backup render.Nested
	if d.options.TrickleRatio > 0 {
		backup = append(backup, target.Why("keeps the standby warm", "trickle_ratio", d.options.TrickleRatio))
	}
	locations, addresses := d.backups()
	geo := make(render.Blocks, 0, len(locations))
	for _, at := range locations {
		geo = append(geo, render.Map{
			target.KV("location", at),
			target.KV("health_checked_targets", render.Nested{target.KV("external_endpoints", render.Strings(addresses[at]...))}),
		})
	}
	return append(policy, target.KV("primary_backup", append(backup,
		target.KV("primary", render.Nested{target.KV("external_endpoints", render.Strings(addressesOf(d.primary)...))}),
		target.KV("backup_geo", geo),
	)))
}
