package conformance

import (
	"testing"
	"time"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/test/conformance/bench"
	"github.com/spillway-mesh/spillway/test/conformance/generated"
)

// BenchmarkDelivery says what each way to a region takes, in one run on one machine: straight there, by the sidecar alone,
// through the egress gateway as well, and with a signature by it. Client, proxies and regions share the machine's processors,
// so that only the differences tell.
func BenchmarkDelivery(b *testing.B) {
	s := use(b)
	for _, way := range []struct {
		name, sample string
		change       func(*v1alpha1.ExternalFailoverSpec)
	}{
		{name: "direct", sample: "dynamodb-tls"},
		{name: "sidecar", sample: "dynamodb-tls"},
		{name: "gateway", sample: "dynamodb-tls", change: func(x *v1alpha1.ExternalFailoverSpec) { x.Delivery = v1alpha1.DeliveryEgressGateway }},
		{name: "gateway-signs", sample: "dynamodb-signed"},
	} {
		spec, platform, err := generated.Read(specFiles(b)[way.sample])
		if err != nil {
			b.Fatal(err)
		}
		generated.Rename(spec, "cost-"+way.name)
		if way.change != nil {
			way.change(&spec.Spec)
		}
		c, diags, err := generated.Compile(way.name, spec, platform)
		if err != nil || c == nil {
			b.Fatal(err, diags)
		}
		s.deploy(b, c)
		sc := s.scenario(b, c, c.Spec.Spec.Ports[0])
		sc.Direct, sc.CostTime = way.name == "direct", 16*time.Second
		b.Run(way.name, func(b *testing.B) {
			if err := s.cluster.Alive(); err != nil {
				b.Fatal(err)
			}
			for range b.N {
				r, err := bench.Run(b.Context(), sc)
				if err != nil {
					b.Fatal(err)
				}
				if r.Cost.Failed > 0 || r.WrongHost+r.WrongSNI > 0 {
					b.Errorf("%d requests failed", r.Cost.Failed)
				}
				b.ReportMetric(0, "ns/op")
				b.ReportMetric(ms(r.Cost.P50), "p50-ms")
				b.ReportMetric(ms(r.Cost.P99), "p99-ms")
				b.ReportMetric(r.Cost.PerSecond, "requests/s")
			}
		})
	}
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
