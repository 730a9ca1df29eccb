package healthroutes_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/compile"
	"github.com/spillway-mesh/spillway/pkg/health/server"
	"github.com/spillway-mesh/spillway/pkg/load"
	"github.com/spillway-mesh/spillway/pkg/target/healthroutes"
	"github.com/spillway-mesh/spillway/pkg/target/targettest"
	"github.com/spillway-mesh/spillway/pkg/validate"
)

func healthOf(kind string, object []byte) (*v1alpha1.ClusterHealth, error) {
	if kind != v1alpha1.KindClusterHealth {
		return nil, fmt.Errorf("unexpected kind %s", kind)
	}
	loaded, diags := load.Bytes("object.yaml", object)
	if diags.HasErrors() || len(loaded.Healths) != 1 {
		return nil, fmt.Errorf("loading: %v", diags)
	}
	if diags := validate.ClusterHealth(loaded.Healths[0].Object); len(diags) > 0 {
		return nil, fmt.Errorf("validating: %v", diags)
	}
	return loaded.Healths[0].Object, nil
}

func Test(t *testing.T) { targettest.RunFleet(t, healthroutes.New(), decode) }

func TestDecodeRefusesHealths(t *testing.T) {
	t.Parallel()
	const good = `{"apiVersion": "spillway.dev/v1alpha1", "kind": "ClusterHealth", "metadata": {"name": "a"}, "spec": {"cluster": "a"}}`
	if err := decode("ClusterHealth", []byte(good)); err != nil {
		t.Fatal(err)
	}
	for _, spec := range []string{
		`{"cluster": "a", "colour": "red"}`, `{"cluster": "A"}`, `{"cluster": "a", "peers": [{"name": "b", "urls": ["https://b/peer"]}]}`,
		`{"cluster": "a", "mode": {"name": "Drain", "until": "2026-11-23T02:00:00Z", "reason": "r"}}`,
	} {
		object := `{"apiVersion": "spillway.dev/v1alpha1", "kind": "ClusterHealth", "metadata": {"name": "a"}, "spec": ` + spec + `}`
		if decode("ClusterHealth", []byte(object)) == nil {
			t.Errorf("%s is taken", spec)
		}
	}
}

// The health server understands of the object what the fleet's spec says: its settings written by hand give the same.
func TestTheServerReadsWhatWasMeant(t *testing.T) {
	t.Parallel()
	spec := fleet(t)
	f, diags := compile.Fleet(spec)
	if f == nil {
		t.Fatal(diags)
	}
	objects, err := healthroutes.New().RenderFleet(f)
	if err != nil {
		t.Fatal(err)
	}
	for i, o := range objects {
		if o.Kind != v1alpha1.KindClusterHealth {
			continue
		}
		text, err := targettest.JSON(o)
		if err != nil {
			t.Fatal(err)
		}
		got, err := healthOf(o.Kind, text)
		if err != nil {
			t.Fatal(err)
		}
		want := got.DeepCopy()
		want.Spec.HealthSettings = *spec.Spec.Health.DeepCopy()
		want.Spec.Token, want.Spec.ExpectProbes = "", new(true)
		want.Spec.Fleet = "edge/shop"
		if diff := cmp.Diff(server.Config(want), server.Config(got)); diff != "" {
			t.Errorf("cluster %d (-spec +generated):\n%s", i, diff)
		}
		if diff := cmp.Diff(asJSON(t, spec.Spec.Health.Checks), asJSON(t, got.Spec.Checks)); diff != "" {
			t.Errorf("checks of cluster %d (-spec +generated):\n%s", i, diff)
		}
	}
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// fleet has another value than the default in every setting.
func fleet(t *testing.T) *v1alpha1.ClusterFailover {
	t.Helper()
	const text = `
apiVersion: spillway.dev/v1alpha1
kind: ClusterFailover
metadata: {name: shop, namespace: edge}
spec:
  hosts: [shop.example.com]
  clusters: [{name: blue, ingress: {address: 203.0.113.10}}, {name: green, ingress: {address: 203.0.113.20}}, {name: red, ingress: {address: 203.0.113.30}}]
  edge: [{type: ALB}]
  health:
    path: /healthz
    rest: Guard
    checkerDown: Leave
    round: {interval: 6s, timeout: 1s}
    thresholds: {fall: 2, rise: 4, quorum: 60}
    guard: {maxOut: 2, poll: 3s, confirm: 4, hold: 40s, minIn: 50s, minOut: 90s, maxOutsPerHour: 2, verify: 20m, maxChange: 6h, capacity: Warn}
    peerKeys: {files: {dir: /keys}}
    discover: {label: spillway.dev/health-check}
    checks:
    - {name: a, importance: Required, weight: 2, http: {url: "http://a.shop/", method: GET, host: a.example.com, headers: {b: c}, expect: [200, 204], body: "ok: yes"}}
    - {name: b, importance: Weighted, weight: 1, shared: true, grpc: {address: "b.shop:9090", service: s, tls: true, host: b.example.com}}
    - {name: c, importance: Required, weight: 1, tcp: {address: "c.shop:9200"}}
    - {name: d, importance: Required, weight: 1, service: {name: d, namespace: shop, minReady: 60}}
    - {name: e, importance: Required, weight: 1, externalFailover: {name: e, namespace: shop, via: Direct}}
    - {name: f, importance: Informational, weight: 1, certificate: {address: "f.example.com:443", serverName: f.example.com, minDays: 7}}
    - {name: g, importance: Informational, weight: 1, prometheus: {url: "http://p:9090", query: "up{a='b'}", above: "0.5", below: "1"}}
`
	loaded, diags := load.Bytes("fleet.yaml", []byte(text))
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	if diags := validate.ClusterFailover(loaded.Fleets[0].Object); len(diags) > 0 {
		t.Fatal(diags)
	}
	return loaded.Fleets[0].Object
}
