// Package clouddns writes the edge CloudDNS: one health check, and for every host a record set of Google Cloud DNS that leads
// to the healthy clusters, for Config Connector or Terraform.
//
// It imports target, plan, diag and render. Start reading at newDesign.
package clouddns

import (
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/spillway-mesh/spillway/pkg/diag"
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
	"github.com/spillway-mesh/spillway/pkg/target"
)

var (
	_ target.EdgeTarget = Target{}
	_ target.FileTarget = Target{}
)

// Target writes records and health checks of Cloud DNS.
type Target struct{}

// New is the target clouddns.
func New() Target { return Target{} }

// Info says what the target is.
func (Target) Info() target.Info {
	return target.Info{
		Name: "clouddns", Edge: "CloudDNS", Stability: "Alpha",
		Summary: "records and a health check of Google Cloud DNS: primary and backup, or weights",
		Kinds: target.Kinds(target.OwnSubset(),
			"ComputeHealthCheck.compute.cnrm.cloud.google.com", "DNSRecordSet.dns.cnrm.cloud.google.com", "Terraform"),
	}
}

// Options points to the defaults.
func (Target) Options() any {
	o := defaults()
	return &o
}

// spread is how long the news of a health check takes to all name servers: not published.
const spread = 10 * time.Second

// Timing follows from the health check and the TTL.
func (Target) Timing(options any) plan.EdgeTiming {
	o := *options.(*Options)
	h := o.HealthCheck
	return plan.EdgeTiming{
		Probes: true, Interval: h.Interval, Timeout: h.Timeout, Unhealthy: h.UnhealthyThreshold, Healthy: h.HealthyThreshold,
		Spread: spread, TTL: o.TTL, Beyond: plan.BeyondTTL,
	}
}

// RenderFleet writes objects of Config Connector.
func (Target) RenderFleet(f *plan.Fleet) ([]target.Object, error) {
	d := newDesign(f)
	if d.options.Form == formTerraform {
		return nil, nil
	}
	return d.connector(), nil
}

// Files writes Terraform.
func (Target) Files(f *plan.Fleet) ([]target.File, error) {
	d := newDesign(f)
	if d.options.Form != formTerraform {
		return nil, nil
	}
	return []target.File{{Name: "clouddns.tf", Content: string(render.HCL(nil, d.terraform()...))}}, nil
}

// design is what is written, in either form. A failover has a primary, by the roles, or where one cluster
// stands by; without one the load is shared by weights.
type design struct {
	fleet    *plan.Fleet
	options  Options
	failover bool
	primary  []*plan.FleetCluster
	others   []*plan.FleetCluster
}

func newDesign(f *plan.Fleet) *design {
	o, _ := target.Options[Options](f, Target{})
	d := &design{fleet: f, options: o}
	roles := slices.ContainsFunc(f.Clusters, func(c plan.FleetCluster) bool { return c.Role == "Primary" })
	d.failover = roles || slices.ContainsFunc(f.Clusters, func(c plan.FleetCluster) bool { return c.Rotation == "Standby" })
	for i := range f.Clusters {
		c := &f.Clusters[i]
		switch {
		case c.Rotation == "Out":
		case roles && c.Role == "Primary", d.failover && !roles && c.Rotation == "Serving":
			d.primary = append(d.primary, c)
		default:
			d.others = append(d.others, c)
		}
	}
	return d
}

// zone is the name of the managed zone, which has no dots.
func (d *design) zone() string {
	if d.options.ManagedZone != "" {
		return d.options.ManagedZone
	}
	_, parent, _ := strings.Cut(d.fleet.Hosts[0], ".")
	return strings.ReplaceAll(parent, ".", "-")
}

// kind is the type of the records; the addresses are all of it.
func (d *design) kind() string {
	ip, err := netip.ParseAddr(d.fleet.Clusters[0].Address)
	if err == nil && ip.Is6() {
		return "AAAA"
	}
	return "A"
}

// weight of a cluster: the same for all unless it is given.
func (d *design) weight(c *plan.FleetCluster) float64 {
	if w, given := d.options.Weights[c.Name]; given {
		return w
	}
	return 1
}

func (d *design) location(c *plan.FleetCluster) string {
	if at := d.options.Locations[c.Name]; at != "" {
		return at
	}
	return c.Region
}

// backups are the addresses of the standby clusters by their location, in the order in which a location comes first.
func (d *design) backups() (locations []string, addresses map[string][]string) {
	addresses = map[string][]string{}
	for _, c := range d.others {
		at := d.location(c)
		if addresses[at] == nil {
			locations = append(locations, at)
		}
		addresses[at] = append(addresses[at], c.Address)
	}
	return locations, addresses
}

// CheckFleet says what Cloud DNS does not take, and what it cannot see.
func (Target) CheckFleet(f *plan.Fleet, at *field.Path) diag.List {
	_, edge := target.Options[Options](f, Target{})
	d := newDesign(f)
	options := target.OptionsAt(at, edge)
	ds := make(diag.List, 0, 1)
	d.known(&ds, options)
	d.addresses(&ds, at)
	d.rules(&ds, options)
	ds.Notef(options.Child("healthCheck"), "SP370", "one health check stands for all clusters, so that it cannot match their tokens: any 200 counts").
		WithHint("let no host of the gateway be answered by an application on %s", f.Health.Path)
	return ds
}

func (d *design) known(ds *diag.List, at *field.Path) {
	names := make([]string, len(d.fleet.Clusters))
	for i, c := range d.fleet.Clusters {
		names[i] = c.Name
	}
	refuse := func(option string, keys []string) {
		for _, key := range keys {
			if !slices.Contains(names, key) {
				ds.Errorf(at.Child(option).Key(key), "SP360", "the fleet has no cluster %q", key)
			}
		}
	}
	refuse("locations", slices.Sorted(maps.Keys(d.options.Locations)))
	refuse("weights", slices.Sorted(maps.Keys(d.options.Weights)))
}

func (d *design) addresses(ds *diag.List, at *field.Path) {
	for i, c := range d.fleet.Clusters {
		where := at.Child("clusters").Index(i).Child("ingress", "address")
		ip, err := netip.ParseAddr(c.Address)
		switch {
		case err != nil:
			ds.Errorf(where, "HC045", "Cloud DNS checks addresses, not names such as %q", c.Address).WithHint("give the gateway's own external address")
		case ip.IsPrivate() || ip.IsLoopback():
			ds.Errorf(where, "HC049", "%s is not reached from the internet, so it cannot be checked", c.Address).
				WithHint("internal load balancers are not written here")
		case ip.Is6() != (d.kind() == "AAAA"):
			ds.Errorf(where, "HC045", "%s is of another family than the first cluster's address", c.Address).WithHint("one record set holds one family")
		}
	}
}

// rules are those of Cloud DNS for health checks of external endpoints.
func (d *design) rules(ds *diag.List, at *field.Path) {
	h := d.options.HealthCheck
	distinct := slices.Compact(slices.Sorted(slices.Values(h.SourceRegions)))
	if len(distinct) != 3 || len(h.SourceRegions) != 3 {
		ds.Errorf(at.Child("healthCheck", "sourceRegions"), "HC048", "%d regions to check from; Cloud DNS takes exactly three different ones", len(distinct))
	}
	if h.Protocol == "HTTPS" {
		ds.Warnf(at.Child("healthCheck", "protocol"), "SP372", "Google's HTTPS probes name no host in the handshake, so that a gateway's server for a host by name closes them").
			WithHint("probe HTTP, on which the probe path is answered; or give the gateway a default certificate for *")
	}
	if h.Timeout > h.Interval {
		ds.Errorf(at.Child("healthCheck", "timeout"), "HC047", "a timeout of %s is longer than the interval", h.Timeout)
	}
	if d.options.TTL > time.Minute {
		ds.Warnf(at.Child("ttl"), "HC013", "a TTL of %s: clients keep the address of a dead cluster for as long", d.options.TTL).WithHint("use 60s or less")
	}
	if len(d.primary)+len(d.others) == 0 {
		ds.Errorf(at, "SP361", "no cluster has a record: all are out").WithHint("set rotation: Serving for one")
	}
	if !d.failover {
		return
	}
	switch {
	case len(d.primary) == 0 || len(d.others) == 0:
		ds.Errorf(at, "HC041", "primary and backup need a cluster each").WithHint("leave the roles out while one of them is out, and let none stand by")
	default:
		for _, c := range d.others {
			if d.location(c) == "" {
				ds.Errorf(at.Child("locations"), "SP371", "the backup %q has no location", c.Name).WithHint("give locations[%s], a region of Google Cloud near its users", c.Name)
			}
		}
	}
}
