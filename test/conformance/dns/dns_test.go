package dns_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/external-dns/apis/v1alpha1"
	"sigs.k8s.io/external-dns/endpoint"
	"sigs.k8s.io/yaml"

	"github.com/spillway-mesh/spillway/pkg/compile"
	"github.com/spillway-mesh/spillway/pkg/load"
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/target"
	target53 "github.com/spillway-mesh/spillway/pkg/target/route53"
	"github.com/spillway-mesh/spillway/pkg/target/targettest"
	"github.com/spillway-mesh/spillway/pkg/zone"
)

const (
	withRoles  = "{name: blue, role: Primary, ingress: {address: 203.0.113.10}}, {name: green, role: Secondary, ingress: {address: 203.0.113.20}}"
	swapped    = "{name: blue, role: Secondary, ingress: {address: 203.0.113.10}}, {name: green, role: Primary, ingress: {address: 203.0.113.20}}"
	active     = "{name: blue, ingress: {address: 203.0.113.10}}, {name: green, ingress: {address: 203.0.113.20}}"
	greenOut   = "{name: blue, ingress: {address: 203.0.113.10}}, {name: green, rotation: Out, ingress: {address: 203.0.113.20}}"
	balancers  = "{name: blue, ingress: {address: k8s-b.elb.us-east-1.amazonaws.com}}, {name: green, ingress: {address: k8s-g.elb.us-west-2.amazonaws.com}}"
	standingBy = "{name: blue, ingress: {address: k8s-b.elb.us-east-1.amazonaws.com}}, {name: green, rotation: Standby, ingress: {address: k8s-g.elb.us-west-2.amazonaws.com}}"
)

// fleetOf is a fleet whose host lies in the zone, so that tests do not meet.
func fleetOf(t *testing.T, domain, clusters, options string) *plan.Fleet {
	t.Helper()
	spec := "apiVersion: spillway.dev/v1alpha1\nkind: ClusterFailover\nmetadata: {name: shop, namespace: edge}\nspec:\n" +
		"  hosts: [shop." + domain + "]\n  clusters: [" + clusters + "]\n  health: {peerKeys: {secret: {name: keys}}}\n" +
		"  edge: [{type: Route53, options: " + options + "}]\n"
	loaded, diags := load.Bytes("fleet.yaml", []byte(spec))
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	f, diags := compile.Fleet(loaded.Fleets[0].Object)
	diags = append(diags, target53.New().CheckFleet(f, nil)...)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return f
}

// objectsOf are what the target writes.
func objectsOf(t *testing.T, f *plan.Fleet) []target.Object {
	t.Helper()
	objects, err := target53.New().RenderFleet(f)
	if err != nil {
		t.Fatal(err)
	}
	return objects
}

// makeChecks makes the health checks that the objects for ACK describe, and gives their IDs as options.
func makeChecks(t *testing.T, h *hosted, clusters, options string) string {
	t.Helper()
	var ids []string
	for _, o := range objectsOf(t, fleetOf(t, h.name, clusters, "{"+options+"}")) {
		if o.Kind != "HealthCheck" {
			continue
		}
		var object struct {
			Spec struct {
				HealthCheckConfig types.HealthCheckConfig `json:"healthCheckConfig"`
			} `json:"spec"`
		}
		text, err := targettest.JSON(o)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &object); err != nil { // Go matches ipAddress and IPAddress
			t.Fatal(err)
		}
		made, err := h.client.CreateHealthCheck(t.Context(), &route53.CreateHealthCheckInput{
			CallerReference: new(h.name + "/" + o.Name), HealthCheckConfig: &object.Spec.HealthCheckConfig,
		})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, strings.TrimPrefix(o.Name, "shop-")+": "+*made.HealthCheck.Id)
	}
	return "healthCheckIDs: {" + strings.Join(ids, ", ") + "}"
}

// endpointsOf are the endpoints of the DNSEndpoints, decoded strictly into external-dns' own type; by the cluster that they are
// for.
func endpointsOf(t *testing.T, f *plan.Fleet) map[string][]*endpoint.Endpoint {
	t.Helper()
	out := map[string][]*endpoint.Endpoint{}
	for _, o := range objectsOf(t, f) {
		text, err := targettest.JSON(o)
		if err != nil {
			t.Fatal(err)
		}
		var object v1alpha1.DNSEndpoint
		if err := yaml.UnmarshalStrict(text, &object); err != nil {
			t.Fatal(err)
		}
		out[o.Cluster] = append(out[o.Cluster], object.Spec.Endpoints...)
	}
	return out
}

// table is the records on one line each, with the names of the clusters for the IDs of their checks.
func table(z *zone.Zone) []string {
	var out []string
	for _, r := range z.Records {
		line := strings.TrimSuffix(r.Name, "."+z.Name) + " " + r.Type + " " + r.ID
		switch p := r.Policy; {
		case p.Failover != "":
			line += " " + p.Failover
		case p.MultiValue:
			line += " multivalue"
		case p.Weight != nil:
			line += fmt.Sprintf(" weight=%d", *p.Weight)
		}
		if r.Alias != nil {
			line += fmt.Sprintf(" -> %s %s evaluate=%t", r.Alias.Name, r.Alias.Zone, r.Alias.EvaluateHealth)
		} else {
			line += fmt.Sprintf(" %ds %s", r.TTL, strings.Join(r.Values, " "))
		}
		for _, c := range z.Checks {
			if c.ID == r.Check {
				line += " check=" + strings.TrimPrefix(c.IP+c.FQDN, "203.0.113.")
			}
		}
		out = append(out, line)
	}
	slices.Sort(out)
	return out
}

// holds wants exactly these records, and nothing that Route 53 would refuse.
func (h *hosted) holds(t *testing.T, want ...string) {
	t.Helper()
	z := h.zone(t)
	if diff := cmp.Diff(want, table(z)); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
	if ds := z.Verify(nil); ds.HasErrors() {
		t.Errorf("Route 53 would refuse it: %v", ds)
	}
}

// TestFailover: one external-dns writes both records with their checks, in a second round nothing, and swaps the roles in
// one batch.
func TestFailover(t *testing.T) {
	h := newZone(t, "failover.example")
	ids := makeChecks(t, h, withRoles, "")
	dns := newController(t, h.name, "shop", "sync")
	wanted := endpointsOf(t, fleetOf(t, h.name, withRoles, "{form: DNSEndpoint, "+ids+"}"))[""]
	dns.round(t, wanted)
	h.holds(t, "shop A shop-blue PRIMARY 30s 203.0.113.10 check=10shop.failover.example",
		"shop A shop-green SECONDARY 30s 203.0.113.20 check=20shop.failover.example")
	want := []string{"ed-a-shop.failover.example shop-blue shop", "ed-a-shop.failover.example shop-green shop"}
	if diff := cmp.Diff(want, h.owned(t)); diff != "" {
		t.Errorf("owners (-want +got):\n%s", diff)
	}
	dns.settled(t, wanted)

	wanted = endpointsOf(t, fleetOf(t, h.name, swapped, "{form: DNSEndpoint, "+ids+"}"))[""]
	if changes := dns.round(t, wanted); len(changes.UpdateNew) != 2 || len(changes.Create)+len(changes.Delete) != 0 {
		t.Errorf("a swap is two updates, not %s", said(changes))
	}
	h.holds(t, "shop A shop-blue SECONDARY 30s 203.0.113.10 check=10shop.failover.example",
		"shop A shop-green PRIMARY 30s 203.0.113.20 check=20shop.failover.example")
	dns.settled(t, wanted)
}

// TestMultiValue: each cluster's external-dns writes its own record alone, whoever comes first, and none undoes another's. A
// cluster that lost its objects keeps its record.
func TestMultiValue(t *testing.T) {
	h := newZone(t, "multivalue.example")
	wanted := endpointsOf(t, fleetOf(t, h.name, active, "{form: DNSEndpoint, owner: Clusters, "+makeChecks(t, h, active, "")+"}"))
	blue, green := newController(t, h.name, "shop-blue", "upsert-only"), newController(t, h.name, "shop-green", "upsert-only")
	both := []string{
		"shop A shop-blue multivalue 30s 203.0.113.10 check=10shop.multivalue.example",
		"shop A shop-green multivalue 30s 203.0.113.20 check=20shop.multivalue.example",
	}
	blue.round(t, wanted["blue"])
	h.holds(t, both[0])
	green.round(t, wanted["green"])
	h.holds(t, both...)
	want := []string{"ed-a-shop.multivalue.example shop-blue shop-blue", "ed-a-shop.multivalue.example shop-green shop-green"}
	if diff := cmp.Diff(want, h.owned(t)); diff != "" {
		t.Errorf("owners (-want +got):\n%s", diff)
	}
	blue.settled(t, wanted["blue"])
	green.settled(t, wanted["green"])
	blue.round(t, nil)
	green.settled(t, wanted["green"])
	h.holds(t, both...)
}

// TestClusterRemoved: written for the whole fleet, a cluster that is out loses its record and the other keeps its own.
func TestClusterRemoved(t *testing.T) {
	h := newZone(t, "removed.example")
	ids := makeChecks(t, h, active, "")
	dns := newController(t, h.name, "shop", "sync")
	dns.round(t, endpointsOf(t, fleetOf(t, h.name, active, "{form: DNSEndpoint, "+ids+"}"))[""])
	wanted := endpointsOf(t, fleetOf(t, h.name, greenOut, "{form: DNSEndpoint, "+ids+"}"))[""]
	if changes := dns.round(t, wanted); len(changes.Delete) != 1 || len(changes.Create)+len(changes.UpdateNew) != 0 {
		t.Errorf("a removal is one deletion, not %s", said(changes))
	}
	h.holds(t, "shop A shop-blue multivalue 30s 203.0.113.10 check=10shop.removed.example")
	dns.settled(t, wanted)
}

// TestWeights: load balancers' names become aliases with weights and checks; a cluster that joins goes from 0 to its weight by
// an update of its own record.
func TestWeights(t *testing.T) {
	h := newZone(t, "weights.example")
	const zones = "aliasZones: {blue: Z35SXDOTRQ7X7K, green: Z1H1FL5HABSF5}"
	ids := makeChecks(t, h, balancers, zones)
	dns := newController(t, h.name, "shop", "sync")
	wanted := endpointsOf(t, fleetOf(t, h.name, standingBy, "{form: DNSEndpoint, "+ids+"}"))[""]
	dns.round(t, wanted)
	lines := func(weight int) []string {
		var out []string
		for _, kind := range []string{"A", "AAAA"} {
			out = append(out,
				"shop "+kind+" shop-blue weight=100 -> k8s-b.elb.us-east-1.amazonaws.com Z26RNL4JYFTOTI evaluate=true check=k8s-b.elb.us-east-1.amazonaws.com",
				fmt.Sprintf("shop %s shop-green weight=%d -> k8s-g.elb.us-west-2.amazonaws.com Z18D5FSROUN65G evaluate=true check=k8s-g.elb.us-west-2.amazonaws.com", kind, weight))
		}
		return out
	}
	h.holds(t, lines(0)...)
	dns.settled(t, wanted)
	wanted = endpointsOf(t, fleetOf(t, h.name, balancers, "{form: DNSEndpoint, weights: {green: 5}, policy: Weighted, "+ids+"}"))[""]
	changes := dns.round(t, wanted)
	for _, e := range changes.UpdateNew {
		if e.SetIdentifier != "shop-green" {
			t.Errorf("the record %s of another cluster is changed", e.SetIdentifier)
		}
	}
	h.holds(t, lines(5)...)
	dns.settled(t, wanted)
}

// TestNewCluster lets a cluster in beside one that serves, and the old one out, by the steps of the page: an address of its own,
// the weight 0, a small weight, the full weight, the old one out. No step but its own touches a cluster's record.
func TestNewCluster(t *testing.T) {
	h := newZone(t, "beside.example")
	clusters := func(blue, green string) string {
		return "{name: blue, rotation: " + blue + ", ingress: {address: 203.0.113.10}}, {name: green, rotation: " + green + ", ingress: {address: 203.0.113.20}}"
	}
	ids := makeChecks(t, h, clusters("Serving", "Serving"), "policy: Weighted")
	dns := newController(t, h.name, "shop", "sync")
	blue := func(weight string) string {
		return "shop A shop-blue weight=" + weight + " 30s 203.0.113.10 check=10shop." + h.name
	}
	green := func(weight string) string {
		return "shop A shop-green weight=" + weight + " 30s 203.0.113.20 check=20shop." + h.name
	}
	own := []string{"blue.shop A  30s 203.0.113.10", "green.shop A  30s 203.0.113.20"}
	for _, step := range []struct {
		name, blue, green, weights string
		touched                    []string
		want                       []string
	}{
		{"its own address", "Serving", "Out", "", []string{"shop-blue", ""}, []string{blue("100")}},
		{"weight 0", "Serving", "Standby", "", []string{"shop-green"}, []string{blue("100"), green("0")}},
		{"a small weight", "Serving", "Serving", "weights: {green: 5}, ", []string{"shop-green"}, []string{blue("100"), green("5")}},
		{"serving", "Serving", "Serving", "", []string{"shop-green"}, []string{blue("100"), green("100")}},
		{"the old one out", "Out", "Serving", "", []string{"shop-blue"}, []string{green("100")}},
	} {
		options := "{form: DNSEndpoint, policy: Weighted, ownNames: true, " + step.weights + ids + "}"
		wanted := endpointsOf(t, fleetOf(t, h.name, clusters(step.blue, step.green), options))[""]
		changes := dns.round(t, wanted)
		for _, e := range slices.Concat(changes.Create, changes.UpdateNew, changes.Delete) {
			if !slices.Contains(step.touched, e.SetIdentifier) {
				t.Errorf("%s touches the record %s of %s", step.name, e.SetIdentifier, e.DNSName)
			}
		}
		h.holds(t, slices.Sorted(slices.Values(slices.Concat(own, step.want)))...)
		dns.settled(t, wanted)
	}
}

// TestSwapByTwoOwners is why the roles are not swapped where each cluster writes its own record: between the two writers'
// rounds there are two SECONDARY, which Route 53 refuses, so that the other's turn never helps.
func TestSwapByTwoOwners(t *testing.T) {
	h := newZone(t, "owners.example")
	ids := makeChecks(t, h, withRoles, "")
	options := "{form: DNSEndpoint, owner: Clusters, " + ids + "}"
	blue, green := newController(t, h.name, "shop-blue", "upsert-only"), newController(t, h.name, "shop-green", "upsert-only")
	before, after := endpointsOf(t, fleetOf(t, h.name, withRoles, options)), endpointsOf(t, fleetOf(t, h.name, swapped, options))
	blue.round(t, before["blue"])
	green.round(t, before["green"])
	if ds := h.zone(t).Verify(nil); ds.HasErrors() {
		t.Fatal(ds)
	}
	blue.round(t, after["blue"])
	if ds := h.zone(t).Verify(nil); !ds.HasErrors() || ds[0].Code != "HC041" {
		t.Errorf("two SECONDARY pass: %v", ds)
	}
}

// TestNeverSettling is the negative control: forms that external-dns writes anew in every round, for ever.
func TestNeverSettling(t *testing.T) {
	for name, change := range map[string]func(e *endpoint.Endpoint){
		"value":      func(e *endpoint.Endpoint) { e.SetProviderSpecificProperty("aws/multi-value-answer", "true") },
		"identifier": func(e *endpoint.Endpoint) { e.SetIdentifier = "" },
	} {
		t.Run(name, func(t *testing.T) {
			h := newZone(t, name+".never.example")
			wanted := endpointsOf(t, fleetOf(t, h.name, greenOut, "{form: DNSEndpoint, "+makeChecks(t, h, greenOut, "")+"}"))[""]
			dns := newController(t, h.name, "shop", "sync")
			change(wanted[0])
			for range 3 {
				if changes := dns.round(t, wanted); !changes.HasChanges() {
					t.Fatal("it settles, so the settled rounds of the other tests prove nothing")
				}
			}
		})
	}
}
