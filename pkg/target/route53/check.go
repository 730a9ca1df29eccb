package route53

import (
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/spillway-mesh/spillway/pkg/diag"
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/target"
	"github.com/spillway-mesh/spillway/pkg/target/internal/aws"
)

// CheckFleet holds the design against Route 53's own rules, and against what the chosen form cannot say.
func (Target) CheckFleet(f *plan.Fleet, at *field.Path) diag.List {
	o, edge := target.Options[Options](f, Target{})
	at = target.OptionsAt(at, edge)
	d := newDesign(f, o)
	ds := make(diag.List, 0, 1)
	d.known(&ds, at)
	d.order(&ds, at)
	d.form(&ds, at)
	if o.Owner == ownerClusters && o.Form == formEndpoint {
		ds = append(ds, aws.CheckKept(d.fleet, d.policy)...)
	}
	if o.Form == formEndpoint && d.missing() != "" {
		d.zone.Records = nil // none is written
	}
	return append(ds, d.zone.Verify(at)...)
}

// known refuses options for clusters that there are not.
func (d *design) known(ds *diag.List, at *field.Path) {
	clusters := make([]string, len(d.fleet.Clusters))
	for i, c := range d.fleet.Clusters {
		clusters[i] = c.Name
	}
	o := d.options
	for name, keys := range map[string][]string{
		"weights": slices.Sorted(maps.Keys(o.Weights)), "healthCheckIDs": slices.Sorted(maps.Keys(o.HealthCheckIDs)),
		"alsoHealthy": slices.Sorted(maps.Keys(o.AlsoHealthy)), "aliasZones": slices.Sorted(maps.Keys(o.AliasZones)),
	} {
		for _, key := range keys {
			if slices.Contains(clusters, key) {
				continue
			}
			found := ds.Errorf(at.Child(name).Key(key), "SP360", "the fleet has no cluster %q", key)
			if meant, near := diag.Closest(key, clusters); near {
				found.WithHint("did you mean %s?", meant)
			}
		}
	}
	ds.Sort()
}

// order looks at which cluster is used first.
func (d *design) order(ds *diag.List, at *field.Path) {
	clusters := d.ordered()
	if len(clusters) == 0 {
		ds.Errorf(at, "SP361", "no cluster has a record: all are out, or standing by with a policy that has no standby").
			WithHint("set rotation: Serving for one")
		return
	}
	switch d.policy {
	case aws.Failover:
		if len(clusters) > 1 && rankOf(clusters[0]) == rankOf(clusters[1]) {
			ds.Errorf(at.Child("policy"), "SP362", "the clusters %q and %q are alike, so it is open which one is the PRIMARY",
				clusters[0].Name, clusters[1].Name).WithHint("give one the role Primary and the others Secondary, or use MultiValue or Weighted")
		}
	case aws.MultiValue:
		for i, c := range d.fleet.Clusters {
			if c.Rotation == "Standby" {
				ds.Warnf(field.NewPath("spec", "clusters").Index(i).Child("rotation"), "SP363",
					"%q gets no record: a multivalue answer has no standby", c.Name).
					WithHint("use policy: Weighted, where a standby has the weight 0, or Failover")
			}
		}
	}
}

// form says what the chosen language cannot express.
func (d *design) form(ds *diag.List, at *field.Path) {
	switch d.options.Form {
	case formACK:
		for _, name := range slices.Sorted(maps.Keys(d.options.AlsoHealthy)) {
			if d.options.HealthCheckIDs[name] == "" {
				ds.Errorf(at.Child("alsoHealthy").Key(name), "SP364", "a calculated check names its children by their IDs, which ACK gives only later").
					WithHint("use form: Terraform, or give healthCheckIDs[%s]", name)
			}
		}
		if d.policy == aws.Failover && len(d.ordered()) > 2 && d.options.HostedZoneID == "" {
			ds.Errorf(at.Child("hostedZoneID"), "SP366", "failover over %d clusters needs an alias within the zone, and its ID for that", len(d.ordered())).
				WithHint("give hostedZoneID, or use form: Terraform")
		}
	case formEndpoint:
		if name := d.missing(); name != "" {
			ds.Warnf(at.Child("healthCheckIDs"), "SP365", "no DNSEndpoint is written: the health check of %q has no ID yet, and external-dns makes none", name).
				WithHint("apply the Terraform file with the checks, and put its output health_check_ids here")
		}
		if d.policy == aws.Failover && len(d.ordered()) > 2 {
			ds.Errorf(at.Child("form"), "SP366", "failover over %d clusters needs an alias within the zone, which external-dns also writes for AAAA, where it leads nowhere",
				len(d.ordered())).WithHint("use form: ACK or Terraform, or a policy without an order")
		}
	}
	for _, c := range d.ordered() {
		if balancer(c.Address) && d.options.AliasZones[c.Name] == "" && d.options.Form == formEndpoint {
			ds.Warnf(at.Child("ttl"), "SP367", "%q is a load balancer's name, whose answers live for %s whatever ttl says", c.Name, balancerTTL).
				WithHint("give aliasZones[%s] to have the times worked out with it", c.Name)
		}
	}
}

// missing is the first cluster without the ID of a health check.
func (d *design) missing() string {
	for _, c := range d.ordered() {
		if d.options.HealthCheckIDs[c.Name] == "" {
			return c.Name
		}
	}
	return ""
}

// rankOf orders clusters by what they say of themselves.
func rankOf(c *plan.FleetCluster) int {
	switch {
	case c.Role == "Primary":
		return 0
	case c.Role == "Active" && c.Rotation == "Serving":
		return 1
	default:
		return 2
	}
}
