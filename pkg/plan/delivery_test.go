package plan_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/plan/plantest"
)

// deliveryTable is the page whose table says what `delivery: Auto` comes to.
const deliveryTable = "../target/istio/egress/README.md"

// TestDeliveryTable holds the documented table against the planner, row by row.
func TestDeliveryTable(t *testing.T) {
	t.Parallel()
	rows := deliveryRows(t)
	if len(rows) < 10 {
		t.Fatalf("the table of %s has %d rows", deliveryTable, len(rows))
	}
	seen := map[string]bool{}
	for _, row := range rows {
		t.Run(strings.Join(row[:4], ", "), func(t *testing.T) {
			spec, platform := deliverySpec(t, row)
			p, diags := plan.Build(plan.Input{Spec: spec, Platform: platform})
			want := row[4] + ", " + row[5]
			got := "refused"
			if p != nil {
				got = fmt.Sprintf("%s, %s", p.Delivery, p.Pattern)
			}
			if row[4] == "refused" {
				want = "refused"
				if len(diags) == 0 || !strings.Contains(fmt.Sprint(diags), row[5]) {
					t.Errorf("the findings do not hold %s: %v", row[5], diags)
				}
			}
			if got != want {
				t.Errorf("it comes to %s, the table says %s (%v)", got, want, diags)
			}
		})
		seen[row[4]] = true
	}
	for _, d := range []string{"Sidecar", "EgressGateway", "Waypoint", "refused"} {
		if !seen[d] {
			t.Errorf("no row comes to %s", d)
		}
	}
}

// deliveryRows reads the rows below the heading that begins with "need".
func deliveryRows(t *testing.T) [][]string {
	t.Helper()
	text, err := os.ReadFile(deliveryTable)
	if err != nil {
		t.Fatal(err)
	}
	_, table, found := strings.Cut(string(text), "| need |")
	if !found {
		t.Fatal("there is no table")
	}
	var rows [][]string
	for _, line := range strings.Split(table, "\n")[2:] {
		if !strings.HasPrefix(line, "|") {
			break
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for i := range cells {
			cells[i] = strings.Trim(cells[i], " `")
		}
		rows = append(rows, cells)
	}
	return rows
}

// deliverySpec is a spec with a row's need, on its platform.
func deliverySpec(t *testing.T, row []string) (*v1alpha1.ExternalFailover, plan.Platform) {
	t.Helper()
	spec := typical()
	s := &spec.Spec
	switch row[0] {
	case "one name for all endpoints":
		for i := range s.Endpoints {
			s.Endpoints[i].ServerName = "db.example.com"
		}
	case "own names, the addresses":
	case "own names, not the addresses":
		s.Endpoints[1].ServerName = "west.example.com"
	case "a signature for each region":
		s.Signing = &v1alpha1.Signing{AWS: &v1alpha1.AWSSigning{Service: "dynamodb"}}
	case "one exit":
		s.EgressGateway = &v1alpha1.EgressGateway{Namespace: "exit"}
	case "a TCP port":
		s.Ports = append(s.Ports, v1alpha1.Port{Name: "db", Number: 9042, Protocol: v1alpha1.ProtocolTCP})
		for i := range s.Endpoints {
			s.Endpoints[i].ServerName = "db.example.com"
		}
	default:
		t.Fatalf("no such need: %q", row[0])
	}
	p := v1alpha1.PlatformSpec{DNSCapture: new(true), Istio: &v1alpha1.IstioVersions{Istiod: row[3], Oldest: row[3]}}
	p.DataPlane = v1alpha1.DataPlane(row[1])
	switch row[2] {
	case "Allowed", "Forbidden":
		p.EnvoyFilter = v1alpha1.EnvoyFilterPolicy(row[2])
	case "at the gateway only":
		p.EnvoyFilter = v1alpha1.EnvoyFilterForbidden
		p.EgressGateway = &v1alpha1.PlatformEgressGateway{
			EgressGateway: v1alpha1.EgressGateway{Namespace: "exit"}, EnvoyFilter: v1alpha1.EnvoyFilterAllowed,
		}
	default:
		t.Fatalf("no such policy: %q", row[2])
	}
	platform, diags := plan.ResolvePlatform(&v1alpha1.Platform{Spec: p}, plan.Overrides{})
	mustBeFine(t, diags)
	return spec, platform
}

// TestGatewayPorts gives random specs ports from a narrow range, so that hashes do meet: within a spec no two are the same,
// and the order in which endpoints are listed changes none.
func TestGatewayPorts(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 7))
	platform := plan.DefaultPlatform()
	platform.FirstPort, platform.LastPort = 17000, 17255
	listens := func(x *v1alpha1.ExternalFailover) map[string]int {
		p, _ := plan.Build(plan.Input{Spec: x, Platform: platform, Addresses: []string{"240.200.0.1"}})
		if p == nil || p.Gateway == nil {
			return nil
		}
		out := map[string]int{}
		for _, h := range p.Gateway.Hops {
			for name, n := range h.Listen {
				out[h.Endpoint+"/"+name] = n
			}
		}
		return out
	}
	planned := 0
	for range 300 {
		spec := plantest.RandomSpec(r, "shop")
		spec.Spec.Delivery = v1alpha1.DeliveryEgressGateway
		first := listens(spec)
		if first == nil {
			continue
		}
		planned++
		seen := map[int]bool{}
		for key, n := range first {
			if seen[n] || n < platform.FirstPort || n > platform.LastPort {
				t.Fatalf("port %d of %s: given twice, or out of the range", n, key)
			}
			seen[n] = true
		}
		slices.Reverse(spec.Spec.Endpoints)
		if diff := cmp.Diff(first, listens(spec)); diff != "" {
			t.Errorf("listed the other way round, the ports differ:\n%s", diff)
		}
	}
	if planned < 50 {
		t.Errorf("only %d specs were planned", planned)
	}
}

// TestGatewayPortsDoNotHangOnOthers plans one spec beside ever more others.
func TestGatewayPortsDoNotHangOnOthers(t *testing.T) {
	t.Parallel()
	one := typical()
	one.Spec.Delivery = v1alpha1.DeliveryEgressGateway
	platform := plan.DefaultPlatform()
	first, diags := plan.Build(plan.Input{Spec: one, Platform: platform})
	mustBeFine(t, diags)
	r := rand.New(rand.NewPCG(3, 4))
	all := []*v1alpha1.ExternalFailover{one}
	for i := range 200 {
		other := plantest.RandomSpec(r, "shop")
		other.Name, other.Spec.Host = fmt.Sprintf("a%d", i), fmt.Sprintf("a%d.internal", i)
		all = append(all, other)
	}
	if found := plan.SharedGateways(all, platform); len(found) > 0 {
		t.Fatalf("hosts of different names are in each other's way: %v", found)
	}
	again, _ := plan.Build(plan.Input{Spec: one, Platform: platform})
	if diff := cmp.Diff(first.Gateway, again.Gateway); diff != "" {
		t.Errorf("the gateway changed:\n%s", diff)
	}
}

// TestSharedGateways finds the two things that specs can do to each other on one gateway.
func TestSharedGateways(t *testing.T) {
	t.Parallel()
	platform := plan.DefaultPlatform()
	platform.FirstPort, platform.LastPort = 17000, 17000+1
	shared := func(namespace string, change func(*v1alpha1.ExternalFailover)) *v1alpha1.ExternalFailover {
		x := typical()
		x.Namespace, x.Spec.Delivery = namespace, v1alpha1.DeliveryEgressGateway
		x.Spec.EgressGateway = &v1alpha1.EgressGateway{Namespace: "exit"}
		if change != nil {
			change(x)
		}
		return x
	}
	for name, c := range map[string]struct {
		specs []*v1alpha1.ExternalFailover
		want  []string
	}{
		"another host": {
			specs: []*v1alpha1.ExternalFailover{shared("a", nil), shared("b", func(x *v1alpha1.ExternalFailover) { x.Spec.Host = "other.internal" })},
		},
		"one host on one port": {
			specs: []*v1alpha1.ExternalFailover{shared("a", nil), shared("b", nil)},
			want:  []string{"error SP256 spec.endpoints[0].name", "error SP256 spec.endpoints[1].name"},
		},
		"another gateway": {
			specs: []*v1alpha1.ExternalFailover{
				shared("a", nil), shared("b", func(x *v1alpha1.ExternalFailover) { x.Spec.EgressGateway.Name = "own" }),
			},
		},
		"described differently": {
			specs: []*v1alpha1.ExternalFailover{shared("a", nil), shared("b", func(x *v1alpha1.ExternalFailover) {
				x.Spec.Host = "other.internal"
				x.Spec.EgressGateway.Credentials = &v1alpha1.AWSCredentials{Secret: "aws"}
			})},
			want: []string{"error SP257 spec.egressGateway"},
		},
		"described by one, meant by another": {
			specs: []*v1alpha1.ExternalFailover{
				shared("a", func(x *v1alpha1.ExternalFailover) { x.Spec.EgressGateway = nil }),
				shared("a", func(x *v1alpha1.ExternalFailover) {
					x.Name, x.Spec.Host = "signed", "other.internal"
					x.Spec.EgressGateway = &v1alpha1.EgressGateway{Credentials: &v1alpha1.AWSCredentials{RoleARN: "arn:aws:iam::1:role/r"}}
				}),
			},
			want: []string{"error SP257 spec.egressGateway"},
		},
		"sidecars": {
			specs: []*v1alpha1.ExternalFailover{shared("a", nil), shared("b", func(x *v1alpha1.ExternalFailover) { x.Spec.Delivery = v1alpha1.DeliverySidecar })},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, codes(plan.SharedGateways(c.specs, platform))); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}
