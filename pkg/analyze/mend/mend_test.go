package mend

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
	"github.com/spillway-mesh/spillway/pkg/load"
)

const file = `# A comment above.
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata:
  name: first
  annotations:
    a.example/b: "x"   # goes
    c: y
spec:
  host: a.example.com
  trafficPolicy:
    # Why this is so.
    outlierDetection:
      consecutive5xxErrors: 1   # nervous

      interval: 15s
---
apiVersion: v1
kind: List
items:
- apiVersion: networking.istio.io/v1
  kind: DestinationRule
  metadata: {name: second}
  spec:
    host: 'ä.example.com'
    trafficPolicy: {tls: {mode: SIMPLE, sni: "ä"}, outlierDetection: {}}
    subsets:
    - name: one
      labels: {a: b}
`

func TestFile(t *testing.T) {
	t.Parallel()
	s, diags := manifest.Bytes("f.yaml", []byte(file), load.Options{})
	if len(diags) > 0 || len(s.DestinationRules) != 2 {
		t.Fatal(diags)
	}
	first, second := s.DestinationRules[0].Object, s.DestinationRules[1].Object
	set := func(o *manifest.Object, path, value string) analyze.Edit {
		return analyze.Edit{Object: o, Path: path, Value: value}
	}
	got, left := File([]byte(file), []analyze.Edit{
		set(first, "spec.trafficPolicy.outlierDetection.maxEjectionPercent", "100"),
		set(first, "spec.trafficPolicy.outlierDetection.maxEjectionPercent", "50"),
		set(first, "spec.trafficPolicy.outlierDetection.consecutive5xxErrors", "5"),
		set(first, "spec.trafficPolicy.connectionPool.tcp.connectTimeout", "1s"),
		set(first, "spec.trafficPolicy.connectionPool.http.idleTimeout", "30s"),
		{Object: first, Path: "metadata.annotations[a.example/b]", Remove: true},
		set(second, "spec.trafficPolicy.tls.subjectAltNames", "[x]"),
		set(second, "spec.trafficPolicy.tls.sni", "y"),
		set(second, "spec.trafficPolicy.outlierDetection.maxEjectionPercent", "100"),
		set(second, "spec.subsets[0].trafficPolicy.tls.mode", "DISABLE"),
		set(second, "spec.subsets[3].name", "x"),
	})
	if len(left) != 1 || left[0].Path != "spec.subsets[3].name" {
		t.Errorf("left over: %v", left)
	}
	want := `# A comment above.
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata:
  name: first
  annotations:
    c: y
spec:
  host: a.example.com
  trafficPolicy:
    # Why this is so.
    connectionPool: {http: {idleTimeout: 30s}, tcp: {connectTimeout: 1s}}
    outlierDetection:
      maxEjectionPercent: 100
      consecutive5xxErrors: 5   # nervous

      interval: 15s
---
apiVersion: v1
kind: List
items:
- apiVersion: networking.istio.io/v1
  kind: DestinationRule
  metadata: {name: second}
  spec:
    host: 'ä.example.com'
    trafficPolicy: {tls: {subjectAltNames: [x], mode: SIMPLE, sni: y}, outlierDetection: {maxEjectionPercent: 100}}
    subsets:
    - trafficPolicy: {tls: {mode: DISABLE}}
      name: one
      labels: {a: b}
`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
