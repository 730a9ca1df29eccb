package server

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/health"
	"github.com/spillway-mesh/spillway/pkg/load"
	"github.com/spillway-mesh/spillway/pkg/validate"
)

// object reads and validates a ClusterHealth.
func object(t *testing.T, spec string) *v1alpha1.ClusterHealth {
	t.Helper()
	text := "apiVersion: spillway.dev/v1alpha1\nkind: ClusterHealth\nmetadata: {name: shop, namespace: edge}\nspec:\n" + spec
	loaded, diags := load.Bytes("health.yaml", []byte(text))
	if diags.HasErrors() || len(loaded.Healths) != 1 {
		t.Fatal(diags)
	}
	x := loaded.Healths[0].Object
	if diags := validate.ClusterHealth(x); diags.HasErrors() {
		t.Fatal(diags)
	}
	return x
}

// The defaults are those that the API's reference promises.
func TestDefaults(t *testing.T) {
	t.Parallel()
	want := &health.Config{
		Cluster: "blue", Fleet: "shop", Path: "/.well-known/cluster-health", Rotation: health.Serving,
		Rest: health.Relaxed, Interval: 5 * time.Second, Timeout: 2 * time.Second, Fall: 3, Rise: 5, Quorum: 75,
		Guard: health.GuardConfig{
			MaxOut: 1, Poll: 2 * time.Second, Confirm: 5, Hold: 30 * time.Second, MinIn: time.Minute, MinOut: time.Minute,
			MaxOutsPerHour: 3, Verify: 30 * time.Minute, MaxChange: 12 * time.Hour, Capacity: health.RequireForDrain,
		},
	}
	got := Config(object(t, "  cluster: blue\n"))
	want.Token = got.Token
	if len(got.Token) != 8 || got.Token != health.Token("shop", "blue") {
		t.Errorf("token %q", got.Token)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Every field of the object that the verdict knows changes it.
func TestEverySettingArrives(t *testing.T) {
	t.Parallel()
	base := Config(object(t, "  cluster: blue\n"))
	for _, spec := range []string{
		"fleet: other", "token: t", "rotation: Standby", "path: /h", "rest: Guard", "round: {interval: 9s}", "round: {timeout: 1s}",
		"thresholds: {fall: 1}", "thresholds: {rise: 1}", "thresholds: {quorum: 1}", "expectProbes: true",
		"guard: {maxOut: 2}", "guard: {poll: 1s}", "guard: {confirm: 1}", "guard: {hold: 40s}", "guard: {minIn: 1s}", "guard: {minOut: 1s}",
		"guard: {maxOutsPerHour: 1}", "guard: {verify: 1s}", "guard: {maxChange: 1h}", "guard: {capacity: Ignore}",
		`mode: {name: Drain, until: "2026-11-23T02:00:00Z", reason: r}`,
		`mode: {name: Drain, until: "2026-11-23T03:00:00Z", reason: r}`,
		`mode: {name: Drain, until: "2026-11-23T02:00:00Z", reason: r, force: true}`,
		`mode: {name: Strict, until: "2026-11-23T02:00:00Z", reason: r}`,
		`checks: [{name: a, tcp: {address: "a:1"}}]`, `checks: [{name: b, tcp: {address: "a:1"}}]`,
		`checks: [{name: a, tcp: {address: "a:1"}, importance: Weighted}]`, `checks: [{name: a, tcp: {address: "a:1"}, weight: 2}]`,
		`checks: [{name: a, tcp: {address: "a:1"}, shared: true}]`,
		"peers: [{name: green, urls: ['https://a.example.com/peer']}]\n  peerKeys: {secret: {name: k}}",
		"peers: [{name: green, urls: ['https://a.example.com/peer'], rotation: Out}]\n  peerKeys: {secret: {name: k}}",
	} {
		got := Config(object(t, "  cluster: blue\n  "+spec+"\n"))
		if cmp.Equal(base, got) {
			t.Errorf("%s changes nothing", spec)
		}
		base = got
	}
}
