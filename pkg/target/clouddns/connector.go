package clouddns

import (
	"strings"
	"time"

	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
	"github.com/spillway-mesh/spillway/pkg/target"
)

// connector writes the objects of Config Connector.
func (d *design) connector() []target.Object {
	objects := make([]target.Object, 0, 1+len(d.fleet.Hosts))
	objects = append(objects, d.object("compute.cnrm.cloud.google.com/v1beta1", "ComputeHealthCheck", rankCheck, d.fleet.ObjectName("dns"), d.check()))
	for _, host := range d.fleet.Hosts {
		name := d.fleet.ObjectName(strings.NewReplacer(".", "-", "*", "any").Replace(host))
		objects = append(objects, d.object("dns.cnrm.cloud.google.com/v1beta1", "DNSRecordSet", rankRecord, name, d.record(host)))
	}
	return objects
}

func (d *design) object(version, kind string, rank int, name string, spec render.Map) target.Object {
	o := target.Object{
		APIVersion: version, Kind: kind, Namespace: d.fleet.Namespace, Name: name, Rank: rank, Body: render.Map{target.KV("spec", spec)},
	}
	if d.options.Project != "" {
		o.Annotations = map[string]string{"cnrm.cloud.google.com/project-id": d.options.Project}
	}
	return target.OfFleet(d.fleet, o)
}

func seconds(t time.Duration) int { return int(t / time.Second) }

func (d *design) check() render.Map {
	h := d.options.HealthCheck
	return render.Map{
		target.Why("only a global check with exactly three regions may check addresses outside", "location", "global"),
		target.KV("sourceRegions", render.Strings(h.SourceRegions...)),
		target.KV("checkIntervalSec", seconds(h.Interval)), target.KV("timeoutSec", seconds(h.Timeout)),
		target.KV("healthyThreshold", h.HealthyThreshold), target.KV("unhealthyThreshold", h.UnhealthyThreshold),
		target.KV(strings.ToLower(h.Protocol)+"HealthCheck", render.Map{
			target.KV("host", d.fleet.Hosts[0]), target.KV("port", h.Port), target.KV("requestPath", d.fleet.Health.Path),
		}),
	}
}

func (d *design) record(host string) render.Map {
	policy := render.Map{target.KV("healthCheckRef", render.Map{target.KV("name", d.fleet.ObjectName("dns"))})}
	if d.failover {
		locations, addresses := d.backups()
		geo := make(render.List, 0, len(locations))
		for _, at := range locations {
			geo = append(geo, render.Map{
				target.KV("location", at),
				target.KV("healthCheckedTargets", render.Map{target.KV("externalEndpoints", render.Strings(addresses[at]...))}),
			})
		}
		backup := render.Map{
			target.KV("primary", render.Map{target.KV("externalEndpoints", render.Strings(addressesOf(d.primary)...))}),
			target.KV("backupGeo", geo),
		}
		if d.options.TrickleRatio > 0 {
			backup = append(backup, target.Why("keeps the standby warm", "trickleRatio", d.options.TrickleRatio))
		}
		policy = append(policy, target.KV("primaryBackup", backup))
	} else {
		shares := make(render.List, 0, len(d.others))
		for _, c := range d.others {
			shares = append(shares, render.Map{
				target.KV("weight", d.weight(c)),
				target.KV("healthCheckedTargets", render.Map{target.KV("externalEndpoints", render.Strings(c.Address))}),
			})
		}
		policy = append(policy, target.KV("wrr", shares))
	}
	return render.Map{
		target.KV("name", host+"."), target.KV("type", d.kind()), target.KV("ttl", seconds(d.options.TTL)),
		target.KV("managedZoneRef", render.Map{target.KV("external", d.zone())}),
		target.KV("routingPolicy", policy),
	}
}

func addressesOf(clusters []*plan.FleetCluster) []string {
	out := make([]string, len(clusters))
	for i, c := range clusters {
		out[i] = c.Address
	}
	return out
}

// The ranks of objects: a record refers to the check.
const (
	rankCheck  = 50
	rankRecord = 55
)
