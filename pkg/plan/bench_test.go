package plan_test

import (
	"math/rand/v2"
	"testing"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/plan/plantest"
)

// BenchmarkBuild plans specs as teams write them: two regions, two endpoints, one port with TLS.
func BenchmarkBuild(b *testing.B) {
	spec := typical()
	platform := plan.DefaultPlatform()
	addresses := []string{"240.200.0.1"}
	b.ReportAllocs()
	for b.Loop() {
		if p, _ := plan.Build(plan.Input{Spec: spec, Platform: platform, Addresses: addresses}); p == nil {
			b.Fatal("refused")
		}
	}
}

// BenchmarkBuild10000 plans ten thousand random specs, addresses and all.
func BenchmarkBuild10000(b *testing.B) {
	const n = 10_000
	r := rand.New(rand.NewPCG(1, 2))
	specs := make([]*v1alpha1.ExternalFailover, n)
	for i := range specs {
		specs[i] = plantest.RandomSpec(r, "shop")
	}
	platform := plan.DefaultPlatform()
	b.ReportAllocs()
	b.ResetTimer()
	for b.Loop() {
		plan.Together(specs)
		addresses, _ := plan.Allocate(specs, platform)
		for _, s := range specs {
			plan.Build(plan.Input{Spec: s, Platform: platform, Addresses: addresses[plan.NameOf(s)]})
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/spec")
}

func typical() *v1alpha1.ExternalFailover {
	x := &v1alpha1.ExternalFailover{Spec: v1alpha1.ExternalFailoverSpec{
		Host:    "orders-db.internal",
		Clients: &v1alpha1.Clients{Regions: []string{"us-east1", "us-west1"}},
		Ports: []v1alpha1.Port{
			{Name: "http", Number: 80, Protocol: v1alpha1.ProtocolHTTP, TargetPort: new(int32(443))},
		},
		TLS: &v1alpha1.TLS{Mode: v1alpha1.TLSSimple},
		Endpoints: []v1alpha1.Endpoint{
			{Name: "east", Address: "dynamodb.us-east-1.amazonaws.com", Locality: "us-east-1"},
			{Name: "west", Address: "dynamodb.us-west-2.amazonaws.com", Locality: "us-west-2"},
		},
		Failover: []v1alpha1.FailoverRule{
			{From: "us-east1", To: []string{"east", "west"}}, {From: "us-west1", To: []string{"west", "east"}},
		},
		Preset:  v1alpha1.PresetDynamoDB,
		Signing: &v1alpha1.Signing{ClientSends: v1alpha1.ClientSendsUnsigned},
	}}
	x.Namespace, x.Name = "shop", "orders-db"
	return x
}
