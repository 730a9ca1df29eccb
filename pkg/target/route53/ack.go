package route53

import (
	"strings"

	"github.com/spillway-mesh/spillway/pkg/render"
	"github.com/spillway-mesh/spillway/pkg/target"
	"github.com/spillway-mesh/spillway/pkg/zone"
)

const ackVersion = "route53.services.k8s.aws/v1alpha1"

// ack writes objects of the ACK controller. They live outside of the clusters that they are about: whichever cluster dies,
// Route 53 answers by what is there.
func (d *design) ack() []target.Object {
	objects := make([]target.Object, 0, len(d.zone.Checks)+len(d.zone.Records))
	for i := range d.zone.Checks {
		c := &d.zone.Checks[i]
		o := d.object(ackVersion, "HealthCheck", "", c.ID)
		o.Rank = rankCheck
		o.Body = render.Map{target.KV("spec", render.Map{
			target.KV("healthCheckConfig", ackConfig(c)),
			target.KV("tags", render.List{render.Inline{target.KV("key", "Name"), target.KV("value", o.Name)}}),
		})}
		objects = append(objects, o)
	}
	for i := range d.zone.Records {
		r := &d.zone.Records[i]
		o := d.object(ackVersion, "RecordSet", "", recordParts(d, r)...)
		o.Rank = rankRecord
		o.Body = render.Map{target.KV("spec", d.ackRecord(r))}
		objects = append(objects, o)
	}
	return objects
}

// object is one of the fleet's.
func (d *design) object(version, kind, cluster string, parts ...string) target.Object {
	f := d.fleet
	return target.OfFleet(f, target.Object{
		APIVersion: version, Kind: kind, Namespace: f.Namespace, Name: f.ObjectName(parts...), Cluster: cluster,
	})
}

// recordParts tell a record's object from others: its name, and whose it is.
func recordParts(d *design, r *zone.Record) []string {
	name := strings.NewReplacer(".", "-", "*", "any").Replace(zone.Fold(r.Name))
	if r.ID == "" {
		return []string{name}
	}
	return []string{name, strings.TrimPrefix(r.ID, d.fleet.ObjectName()+"-")}
}

func ackConfig(c *zone.Check) render.Map {
	m := render.Map{target.KV("type", c.Type)}
	if c.Type == "CALCULATED" {
		return append(m, target.KV("childHealthChecks", render.Strings(c.Children...)), target.KV("healthThreshold", c.Healthy))
	}
	if c.IP != "" {
		m = append(m, target.Why("the cluster's own address, never a name that the records decide about", "ipAddress", c.IP))
	}
	m = append(m,
		target.KV("fullyQualifiedDomainName", c.FQDN), target.KV("enableSNI", c.SNI), target.KV("port", c.Port), target.KV("resourcePath", c.Path),
		target.Why("the cluster's token: without it every 2xx and 3xx would count as healthy", "searchString", c.Search),
		target.KV("requestInterval", c.Interval), target.KV("failureThreshold", c.Threshold),
	)
	if len(c.Regions) > 0 {
		m = append(m, target.KV("regions", render.Strings(c.Regions...)))
	}
	return m
}

func (d *design) ackRecord(r *zone.Record) render.Map {
	m := render.Map{
		target.Why("with a dot at the end it is the full name", "name", zone.Fold(r.Name)+"."),
		target.KV("recordType", r.Type),
	}
	if d.options.HostedZoneID != "" {
		m = append(m, target.KV("hostedZoneID", d.options.HostedZoneID))
	} else {
		m = append(m, target.KV("hostedZoneRef", from(strings.ReplaceAll(zone.Fold(d.zone.Name), ".", "-"))))
	}
	if r.ID != "" {
		m = append(m, target.KV("setIdentifier", r.ID))
	}
	switch p := r.Policy; {
	case p.Failover != "":
		m = append(m, target.KV("failover", p.Failover))
	case p.MultiValue:
		m = append(m, target.KV("multiValueAnswer", true))
	case p.Weight != nil:
		m = append(m, target.KV("weight", *p.Weight))
	}
	switch {
	case r.Check == "":
	case d.made(r.Check):
		m = append(m, target.KV("healthCheckRef", from(d.fleet.ObjectName(r.Check))))
	default:
		m = append(m, target.KV("healthCheckID", r.Check))
	}
	if r.Alias == nil {
		values := make(render.List, len(r.Values))
		for i, v := range r.Values {
			values[i] = render.Inline{target.KV("value", v)}
		}
		return append(m, target.KV("ttl", r.TTL), target.KV("resourceRecords", values))
	}
	id := r.Alias.Zone
	if id == zone.Same {
		id = d.options.HostedZoneID
	}
	return append(m, target.KV("aliasTarget", render.Map{
		target.KV("dnsName", zone.Fold(r.Alias.Name)+"."), target.KV("hostedZoneID", id), target.KV("evaluateTargetHealth", r.Alias.EvaluateHealth),
	}))
}

// from is how ACK refers to another object.
func from(name string) render.Map {
	return render.Map{target.KV("from", render.Inline{target.KV("name", name)})}
}
