package istio

import (
	"testing"
	"time"

	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
)

func TestPrint(t *testing.T) {
	p := literal()
	objs, _ := New().Render(p)
	var out []byte
	for _, o := range objs {
		out = append(out, "---\n"...)
		out = render.YAML(out, o.Tree(), render.Options{})
	}
	t.Log("\n" + string(out))
}

func literal() *plan.Plan {
	return &plan.Plan{
		Namespace: "shop", Name: "mydb", Host: "mydb.internal", Addresses: []string{"240.200.0.1"},
		Clients: plan.Clients{Namespaces: []string{"shop"}},
		Ports:   []plan.Port{{Name: "http", Number: 80, TargetPort: 443, Protocol: plan.HTTP, TLS: true}},
		TLS:     plan.TLS{Mode: plan.TLSSimple},
		Identity: plan.Identity{HostMode: plan.HostPerEndpoint, PerEndpointSNI: true, ServerName: "dynamodb.us-east-1.amazonaws.com",
			SubjectAltNames: []string{"dynamodb.us-east-1.amazonaws.com", "dynamodb.us-west-2.amazonaws.com"}},
		Endpoints: []plan.Endpoint{
			{Name: "east", Tier: "east", Address: "dynamodb.us-east-1.amazonaws.com", Region: "us-east-1", ServerName: "dynamodb.us-east-1.amazonaws.com", Weight: 1},
			{Name: "west", Tier: "west", Address: "dynamodb.us-west-2.amazonaws.com", Region: "us-west-2", ServerName: "dynamodb.us-west-2.amazonaws.com", Weight: 1},
		},
		Order: plan.Order{Mechanism: plan.MechanismFailover, Sets: []plan.Set{{
			Members:  []plan.Member{{Endpoint: "east", Locality: "us-east1"}, {Endpoint: "west", Locality: "us-west1"}},
			Failover: []plan.FromTo{{From: "us-east1", To: "us-west1"}, {From: "us-west1", To: "us-east1"}},
		}}},
		Routes: []plan.Route{
			{Name: "reads", Match: &plan.Match{Methods: []string{"GET", "HEAD", "OPTIONS"}}, Retry: plan.RetryFull, Attempts: 2, Timeout: 8 * time.Second, PerTryTimeout: 2 * time.Second},
			{Name: "rest", Retry: plan.RetryUnprocessed, Attempts: 2, Timeout: 8 * time.Second, PerTryTimeout: 2 * time.Second},
		},
		Detect: plan.Detect{GatewayErrors: 3, ServerErrors: 5, Interval: time.Second, Ejection: 10 * time.Second, MaxEjection: 10 * time.Second,
			ConnectTimeout: 500 * time.Millisecond, MaxEjectionPercent: 100, MinHealthPercent: 1, IdleTimeout: 30 * time.Second,
			Keepalive:  plan.Keepalive{Time: 30 * time.Second, Interval: 5 * time.Second, Probes: 3},
			DNSRefresh: 5 * time.Second, DNSFailureBase: time.Second, DNSFailureMax: 5 * time.Second, RetryBackoff: 10 * time.Millisecond, FirstRetryLeaves: true},
		EnvoyFilter: true,
	}
}
