package route53

import (
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/target/internal/aws"
	"github.com/spillway-mesh/spillway/pkg/zone"
)

const (
	primary   = "PRIMARY"
	secondary = "SECONDARY"
	standby   = "standby"

	// fullWeight is that of a cluster that serves, unless the options give another: room for finer steps below it.
	fullWeight = 100
)

// design is everything that is written, in any of the forms.
type design struct {
	fleet   *plan.Fleet
	options Options
	policy  string
	zone    zone.Zone
	owners  map[string]string // of each record, by its set identifier: the cluster whose record it is
}

// newDesign makes the records of every host, in the order of the hosts and of the clusters.
func newDesign(f *plan.Fleet, o Options) *design {
	d := &design{fleet: f, options: o, policy: aws.Policy(f, o.Policy, len(o.Weights) > 0), owners: map[string]string{}}
	d.zone.Name = o.Zone
	if d.zone.Name == "" && len(f.Hosts) > 0 {
		_, d.zone.Name, _ = strings.Cut(f.Hosts[0], ".")
	}
	d.zone.Foreign = slices.Concat(
		slices.Sorted(maps.Values(o.HealthCheckIDs)), slices.Sorted(maps.Values(o.AlsoHealthy)))
	for i := range f.Clusters {
		d.checks(&f.Clusters[i])
	}
	for _, host := range f.Hosts {
		d.records(host)
	}
	return d
}

// identifier tells the records of a cluster from those of others, and is the owner under which its external-dns writes.
func (d *design) identifier(part string) string { return d.fleet.ObjectName(part) }

// ordered are the clusters that have a record under the hosts, the one that is to be used first in front.
func (d *design) ordered() []*plan.FleetCluster {
	var out []*plan.FleetCluster
	for i := range d.fleet.Clusters {
		c := &d.fleet.Clusters[i]
		if c.Rotation == "Out" || d.policy == aws.MultiValue && c.Rotation == "Standby" {
			continue
		}
		out = append(out, c)
	}
	if d.policy == aws.Failover {
		slices.SortStableFunc(out, func(a, b *plan.FleetCluster) int { return rankOf(a) - rankOf(b) })
	}
	return out
}

func (d *design) records(host string) {
	clusters := d.ordered()
	switch {
	case d.policy == aws.Failover && len(clusters) > 2:
		d.tree(host, clusters)
	default:
		for i, c := range clusters {
			d.add(host, c, d.place(c, i))
		}
	}
	if !d.options.OwnNames {
		return
	}
	for i := range d.fleet.Clusters {
		c := &d.fleet.Clusters[i]
		r := d.record(c.Name+"."+host, c)
		r.ID, r.Check = "", ""
		d.zone.Records = append(d.zone.Records, r)
	}
}

// tree lets the SECONDARY be an alias that leads to the standby clusters, gathered under a name of their own: Route 53 takes
// one SECONDARY only.
func (d *design) tree(host string, clusters []*plan.FleetCluster) {
	d.add(host, clusters[0], zone.Policy{Failover: primary})
	name := standby + "." + host
	kind := recordType(clusters[1].Address, d.options.AliasZones[clusters[1].Name])
	d.zone.Records = append(d.zone.Records, zone.Record{
		Name: host, Type: kind, ID: d.identifier(standby), Policy: zone.Policy{Failover: secondary},
		Alias: &zone.Alias{Name: name, Zone: zone.Same, EvaluateHealth: true},
	})
	for _, c := range clusters[1:] {
		weight := 1
		if w, given := d.options.Weights[c.Name]; given {
			weight = w
		}
		d.add(name, c, zone.Policy{Weight: new(weight)})
	}
}

// place is the policy of the i-th cluster's record.
func (d *design) place(c *plan.FleetCluster, i int) zone.Policy {
	switch d.policy {
	case aws.Failover:
		if i == 0 {
			return zone.Policy{Failover: primary}
		}
		return zone.Policy{Failover: secondary}
	case aws.MultiValue:
		return zone.Policy{MultiValue: true}
	default:
		weight, given := d.options.Weights[c.Name]
		switch {
		case c.Rotation == "Standby":
			weight = 0
		case !given:
			weight = fullWeight
		}
		return zone.Policy{Weight: new(weight)}
	}
}

func (d *design) add(name string, c *plan.FleetCluster, p zone.Policy) {
	r := d.record(name, c)
	r.Policy = p
	d.owners[r.ID] = c.Name
	d.zone.Records = append(d.zone.Records, r)
}

// record is what leads a name to a cluster.
func (d *design) record(name string, c *plan.FleetCluster) zone.Record {
	r := zone.Record{Name: name, Type: recordType(c.Address, d.options.AliasZones[c.Name]), ID: d.identifier(c.Name), Check: d.checkOf(c)}
	if balancer(c.Address) || d.options.AliasZones[c.Name] != "" {
		r.Alias = &zone.Alias{Name: c.Address, Zone: d.options.AliasZones[c.Name], EvaluateHealth: true}
		if d.options.Form == formEndpoint {
			r.Alias.Zone = "known to external-dns"
		}
		return r
	}
	r.TTL, r.Values = int(d.options.TTL/time.Second), []string{c.Address}
	return r
}

// balancer says that a name is a load balancer's of AWS, which is better led to by an alias: it costs nothing and knows the
// balancer's addresses.
func balancer(address string) bool {
	name := zone.Fold(address)
	return strings.HasSuffix(name, ".amazonaws.com") && strings.Contains(name, "elb.") || strings.HasSuffix(name, ".awsglobalaccelerator.com")
}

func recordType(address, aliasZone string) string {
	ip, err := netip.ParseAddr(address)
	switch {
	case err == nil && ip.Is6():
		return "AAAA"
	case err != nil && aliasZone == "" && !balancer(address):
		return "CNAME"
	default:
		return "A"
	}
}

// checks makes the health check of a cluster, unless there is one, and joins it with another that must be healthy as well.
// external-dns makes none: what it writes names checks that exist, and those made here lie beside it.
func (d *design) checks(c *plan.FleetCluster) {
	endpoint := d.options.HealthCheckIDs[c.Name]
	if endpoint == "" || d.options.Form == formEndpoint {
		endpoint = c.Name
		d.zone.Checks = append(d.zone.Checks, d.check(c))
	}
	if also := d.options.AlsoHealthy[c.Name]; also != "" {
		d.zone.Checks = append(d.zone.Checks, zone.Check{
			ID: joined(c.Name), Type: "CALCULATED", Children: []string{endpoint, also}, Healthy: 2,
		})
	}
}

func joined(cluster string) string { return cluster + "-and-more" }

// checkOf is the check that decides about the records of a cluster; empty if there is none yet.
func (d *design) checkOf(c *plan.FleetCluster) string {
	switch id := d.options.HealthCheckIDs[c.Name]; {
	case d.options.Form == formEndpoint:
		return id
	case d.options.AlsoHealthy[c.Name] != "":
		return joined(c.Name)
	case id == "":
		return c.Name
	default:
		return id
	}
}

// made says that a check is among those written here.
func (d *design) made(id string) bool {
	return slices.ContainsFunc(d.zone.Checks, func(c zone.Check) bool { return c.ID == id })
}

// check asks the probe path of a cluster at its own address, and wants its token in the answer: status alone would take any
// redirect, and any other server's 200.
func (d *design) check(c *plan.FleetCluster) zone.Check {
	h := d.options.HealthCheck
	out := zone.Check{
		ID: c.Name, Type: "HTTPS_STR_MATCH", FQDN: d.fleet.Hosts[0], SNI: true, Port: h.Port, Path: d.fleet.Health.Path,
		Search: c.Token, Interval: int(h.Interval / time.Second), Threshold: h.FailureThreshold, Regions: slices.Clone(h.Regions),
	}
	if aws.IsAddress(c.Address) {
		out.IP = c.Address
	} else {
		out.FQDN = c.Address
	}
	return out
}
