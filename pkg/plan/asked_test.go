package plan_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/plan"
)

// What an API server fills in and the order of sets change nothing that is written.
func TestAskedHasOneSpelling(t *testing.T) {
	spec := &v1alpha1.ExternalFailover{}
	spec.Namespace, spec.Name = "shop", "orders"
	s := &spec.Spec
	s.Host = "orders.internal"
	s.Ports = []v1alpha1.Port{{Name: "http", Number: 80, Protocol: v1alpha1.ProtocolHTTP, TargetPort: new(int32(8080))}}
	s.Endpoints = []v1alpha1.Endpoint{{Name: "east", Address: "e.example.com"}, {Name: "west", Address: "w.example.com"}}
	s.Clients = &v1alpha1.Clients{Regions: []string{"us-east1", "europe-west1"}}
	s.Failover = []v1alpha1.FailoverRule{{From: "us-east1", To: []string{"east", "west"}}, {From: "europe-west1", To: []string{"west"}}}
	asked := func() string {
		p, diags := plan.Build(plan.Input{Spec: spec, Platform: plan.DefaultPlatform()})
		if p == nil {
			t.Fatal(diags)
		}
		return p.Asked
	}
	first := asked()
	if strings.Contains(first, s.Host) || strings.Contains(first, "8080") {
		t.Errorf("it repeats what the ServiceEntry says: %s", first)
	}
	s.Delivery, s.Detect = v1alpha1.DeliveryAuto, &v1alpha1.Detect{Profile: v1alpha1.ProfileBalanced}
	s.Clients.Regions[0], s.Clients.Regions[1] = s.Clients.Regions[1], s.Clients.Regions[0]
	s.Failover[0], s.Failover[1] = s.Failover[1], s.Failover[0]
	if second := asked(); second != first {
		t.Errorf("another spelling of the same:\n%s\n%s", first, second)
	}
	s.Ports[0].TLS = v1alpha1.PortTLSNone
	var out v1alpha1.ExternalFailoverSpec
	if err := json.Unmarshal([]byte(asked()), &out); err != nil || len(out.Ports) != 1 || out.Ports[0].TLS != v1alpha1.PortTLSNone {
		t.Errorf("what a port says beyond the ServiceEntry is lost: %v, %v", out.Ports, err)
	}
}

// A spec that no annotation holds is told of, and written all the same.
func TestAskedIsBounded(t *testing.T) {
	spec := &v1alpha1.ExternalFailover{}
	spec.Namespace, spec.Name = "shop", "orders"
	spec.Spec.Host = "orders.internal"
	spec.Spec.Ports = []v1alpha1.Port{{Name: "http", Number: 80, Protocol: v1alpha1.ProtocolHTTP}}
	spec.Spec.Endpoints = []v1alpha1.Endpoint{{Name: "east", Address: "e.example.com"}}
	long := strings.Repeat("a", 33<<10)
	spec.Spec.Requests = []v1alpha1.RequestClass{
		{Name: "long", Match: &v1alpha1.RequestMatch{Headers: map[string]string{"x": long}}, Retry: v1alpha1.RetryFull},
		{Name: "rest", Retry: v1alpha1.RetryUnprocessed},
	}
	p, diags := plan.Build(plan.Input{Spec: spec, Platform: plan.DefaultPlatform()})
	if p == nil || p.Asked != "" {
		t.Fatalf("%v: %d bytes are kept", diags, len(p.Asked))
	}
	for _, d := range diags {
		if d.Code == "SP253" {
			return
		}
	}
	t.Errorf("nothing is said of it: %v", diags)
}
