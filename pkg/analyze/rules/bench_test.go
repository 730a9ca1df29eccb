package rules

import (
	"bytes"
	"fmt"
	"runtime"
	"testing"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
	"github.com/spillway-mesh/spillway/pkg/analyze/mesh"
	"github.com/spillway-mesh/spillway/pkg/load"
)

// manyObjects is so many objects for hosts in some namespaces, a fifth of them with mistakes.
func manyObjects(objects int) []byte {
	var out bytes.Buffer
	for i := range objects / 4 {
		percent := 100
		if i%5 == 0 {
			percent = 10
		}
		ns := i % 50
		fmt.Fprintf(&out, `---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: host-%[1]d, namespace: team-%[2]d}
spec:
  hosts: [host-%[1]d.internal]
  addresses: [240.200.%[4]d.%[5]d]
  location: MESH_EXTERNAL
  ports: [{number: 80, name: http, protocol: HTTP, targetPort: 443}]
  resolution: DNS
  endpoints:
  - {address: host-%[1]d.us-east1.example.net, locality: us-east1}
  - {address: host-%[1]d.us-west1.example.net, locality: us-west1}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: host-%[1]d, namespace: team-%[2]d}
spec:
  host: host-%[1]d.internal
  trafficPolicy:
    tls: {mode: SIMPLE, sni: host-%[1]d.us-east1.example.net, subjectAltNames: [host-%[1]d.us-east1.example.net, host-%[1]d.us-west1.example.net]}
    connectionPool: {tcp: {connectTimeout: 1s}, http: {idleTimeout: 30s}}
    outlierDetection: {consecutiveGatewayErrors: 3, interval: 1s, baseEjectionTime: 10s, maxEjectionPercent: %[3]d, minHealthPercent: 1}
    loadBalancer: {localityLbSetting: {enabled: true, failover: [{from: us-east1, to: us-west1}]}}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: host-%[1]d, namespace: team-%[2]d}
spec:
  hosts: [host-%[1]d.internal]
  http:
  - timeout: 8s
    retries: {attempts: 2, perTryTimeout: 2s, retryOn: "connect-failure,refused-stream", retryRemoteLocalities: true}
    route: [{destination: {host: host-%[1]d.internal, port: {number: 80}}}]
---
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: {name: host-%[1]d, namespace: team-%[2]d}
spec:
  configPatches:
  - applyTo: CLUSTER
    match: {context: SIDECAR_OUTBOUND, cluster: {service: host-%[1]d.internal, portNumber: 80}}
    patch: {operation: MERGE, value: {dns_refresh_rate: 5s, common_lb_config: {update_merge_window: 0s}}}
`, i, ns, percent, i/250, i%250)
	}
	return out.Bytes()
}

func BenchmarkAnalyze(b *testing.B) {
	for _, objects := range []int{1_000, 20_000} {
		data := manyObjects(objects)
		b.Run(fmt.Sprint(objects), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s, _ := manifest.Bytes("all.yaml", data, load.Options{})
				report := analyze.Run(s, mesh.Options{ClientRegions: []string{"us-east1"}}, All())
				if len(s.Objects) != objects || len(report.Findings) < objects/4/5 {
					b.Fatalf("%d objects, %d findings", len(s.Objects), len(report.Findings))
				}
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				b.ReportMetric(float64(m.HeapSys)/1e6, "MB-heap")
			}
		})
	}
}
