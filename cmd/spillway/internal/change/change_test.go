package change_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/spillway-mesh/spillway/cmd/spillway/internal/change"
	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/live"
)

func noon() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) }

// blue is a cluster with a check that counts and a confirmed peer.
func blue() *v1alpha1.ClusterHealth {
	x := &v1alpha1.ClusterHealth{}
	x.Name, x.Namespace, x.Spec.Cluster, x.Spec.Fleet = "blue", "edge", "blue", "edge/shop"
	x.Spec.Checks = []v1alpha1.HealthCheck{{Name: "checkout"}}
	x.Spec.Peers = []v1alpha1.Peer{{Name: "green"}}
	x.Status.Verdict = "In"
	x.Status.Peers = []v1alpha1.PeerStatus{{Name: "green", Confirmed: true}}
	return x
}

func mode(name v1alpha1.HealthMode, lasts time.Duration, reason string) *v1alpha1.ModeSetting {
	return &v1alpha1.ModeSetting{Name: name, Until: metav1.NewTime(noon().Add(lasts)), Reason: reason}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		do   func(*v1alpha1.ClusterHealth)
		mode *v1alpha1.ModeSetting
		want string // codes
	}{
		{"a drain", nil, mode("Drain", time.Hour, "x"), ""},
		{"strict", nil, mode("Strict", 12*time.Hour, "x"), ""},
		{"no reason", nil, mode("Drain", time.Hour, " "), "SP801"},
		{"no time", nil, mode("Observe", 0, "x"), "SP802"},
		{"too long", nil, mode("Observe", 12*time.Hour+time.Second, "x"), "SP802"},
		{"too long after the change began", func(x *v1alpha1.ClusterHealth) {
			x.Spec.Mode = mode("Drain", time.Hour, "x")
			x.Status.Change = &v1alpha1.ChangeStatus{Started: metav1.NewTime(noon().Add(-11 * time.Hour))}
		}, mode("Drain", 2*time.Hour, "x"), "SP802"},
		{"a change that has ended", func(x *v1alpha1.ClusterHealth) {
			x.Status.Change = &v1alpha1.ChangeStatus{Started: metav1.NewTime(noon().Add(-11 * time.Hour))}
		}, mode("Drain", 2*time.Hour, "x"), ""},
		{"a shorter limit", func(x *v1alpha1.ClusterHealth) {
			x.Spec.Guard = &v1alpha1.GuardSettings{MaxChange: &metav1.Duration{Duration: time.Hour}}
		}, mode("Drain", 2*time.Hour, "x"), "SP802"},
		{"only shared checks", func(x *v1alpha1.ClusterHealth) { x.Spec.Checks[0].Shared = true }, mode("Strict", time.Hour, "x"), "SP803"},
		{"only weighted checks", func(x *v1alpha1.ClusterHealth) { x.Spec.Checks[0].Importance = "Weighted" }, mode("Strict", time.Hour, "x"), "SP803"},
		{"services opt in", func(x *v1alpha1.ClusterHealth) {
			x.Spec.Checks, x.Spec.Discover = nil, &v1alpha1.Discover{Label: "a"}
		}, mode("Strict", time.Hour, "x"), ""},
		{"a peer is not confirmed", func(x *v1alpha1.ClusterHealth) { x.Status.Peers[0].Confirmed = false }, mode("Drain", time.Hour, "x"), "SP804"},
		{"a peer is unknown", func(x *v1alpha1.ClusterHealth) { x.Status.Peers[0].Unknown = "TLS" }, mode("Drain", time.Hour, "x"), "SP804"},
		{"strict asks no peer yet", func(x *v1alpha1.ClusterHealth) { x.Status.Peers[0].Confirmed = false }, mode("Strict", time.Hour, "x"), ""},
		{"no status", func(x *v1alpha1.ClusterHealth) { x.Status = v1alpha1.ClusterHealthStatus{} }, mode("Drain", time.Hour, "x"), "SP804"},
		{"nobody else in rotation", func(x *v1alpha1.ClusterHealth) { x.Spec.Peers[0].Rotation = "Out" }, mode("Drain", time.Hour, "x"), "SP804"},
		{"all at once", nil, mode("Drain", 0, ""), "SP801 SP802"},
	} {
		x := blue()
		if c.do != nil {
			c.do(x)
		}
		var codes []string
		for _, d := range change.Check(x, c.mode, noon()) {
			codes = append(codes, d.Code)
		}
		if diff := cmp.Diff(strings.Fields(c.want), append([]string{}, codes...)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

// detail is what the server of a cluster with room tells.
func detail() *live.Detail {
	return &live.Detail{
		MaxRPS: 400, LoadRPS: new(100.0), Siblings: []live.Sibling{{Replica: "b"}},
		Peers: []live.Peer{{Name: "green", Status: "In", Confirmed: true, Serves: true, MaxRPS: 400, LoadRPS: new(200.0)}},
	}
}

func TestForesee(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		do   func(*v1alpha1.ClusterHealth, *live.Detail)
		want string
	}{
		{"room", func(*v1alpha1.ClusterHealth, *live.Detail) {}, ""},
		{"no room", func(_ *v1alpha1.ClusterHealth, d *live.Detail) { d.LoadRPS = new(300.0) }, "headroom=500 requests a second for 400"},
		{"no room, and nobody minds", func(x *v1alpha1.ClusterHealth, d *live.Detail) {
			d.LoadRPS, x.Spec.Guard = new(300.0), &v1alpha1.GuardSettings{Capacity: "Warn"}
		}, ""},
		{"own load not known", func(_ *v1alpha1.ClusterHealth, d *live.Detail) { d.LoadRPS = nil }, "headroom=this cluster's load cannot be read"},
		{"their load not known", func(_ *v1alpha1.ClusterHealth, d *live.Detail) { d.Peers[0].LoadRPS = nil }, "headroom=the load of another cluster is not known"},
		{"they name no limit", func(_ *v1alpha1.ClusterHealth, d *live.Detail) { d.Peers[0].MaxRPS = 0 }, ""},
		{"out", func(_ *v1alpha1.ClusterHealth, d *live.Detail) { d.Peers[0].Status = "Out" }, "green=Out"},
		{"draining", func(_ *v1alpha1.ClusterHealth, d *live.Detail) { d.Peers[0].Mode = "Drain" }, "green=Draining"},
		{"unknown", func(_ *v1alpha1.ClusterHealth, d *live.Detail) { d.Peers[0].Unknown = "Timeout" }, "green=Timeout"},
		{"does not serve", func(_ *v1alpha1.ClusterHealth, d *live.Detail) { d.Peers[0].Serves = false }, "green=its probe path does not answer 200"},
		{"not counted", func(x *v1alpha1.ClusterHealth, d *live.Detail) {
			x.Spec.Peers = append(x.Spec.Peers, v1alpha1.Peer{Name: "red", Rotation: "Out"})
			d.Peers = append(d.Peers, live.Peer{Name: "red", Unknown: "Timeout"})
		}, ""},
	} {
		x, d := blue(), detail()
		c.do(x, d)
		leaves, against := change.Foresee(x, d)
		if got := strings.Join(against, ", "); got != c.want || leaves != (c.want == "") {
			t.Errorf("%s: leaves %t, against %q", c.name, leaves, got)
		}
	}
	if leaves, _ := change.Foresee(blue(), nil); !leaves {
		t.Error("by the status it would leave")
	}
}

func TestPreflight(t *testing.T) {
	t.Parallel()
	green := blue()
	green.Name, green.Spec.Cluster, green.Spec.Peers[0].Name, green.Status.Peers[0].Name = "green", "green", "blue", "blue"
	fine := []change.Seen{{Context: "a", Health: blue(), Detail: detail()}, {Context: "b", Health: green}}
	items, ok := change.Preflight(fine, "blue")
	if !ok {
		t.Errorf("a fleet at rest: %+v", items)
	}
	for name, do := range map[string]func([]change.Seen){
		"reached":     func(s []change.Seen) { s[1] = change.Seen{Context: "b", Err: errors.New("away")} },
		"serves":      func(s []change.Seen) { s[1].Health.Status.Verdict = "Out" },
		"at rest":     func(s []change.Seen) { s[1].Health.Spec.Mode = mode("Strict", time.Hour, "x") },
		"fleet":       func(s []change.Seen) { s[1].Health.Spec.Fleet = "edge/other" },
		"confirmed":   func(s []change.Seen) { s[0].Health.Status.Peers[0].Confirmed = false },
		"replicas":    func(s []change.Seen) { s[0].Detail.Siblings = nil },
		"probed":      func(s []change.Seen) { s[0].Health.Spec.ExpectProbes = new(true) },
		"would leave": func(s []change.Seen) { s[0].Detail.Peers[0].Serves = false },
		"cluster":     func(s []change.Seen) { s[0].Health.Spec.Cluster = "red" },
	} {
		seen := []change.Seen{{Context: "a", Health: blue(), Detail: detail()}, {Context: "b", Health: green.DeepCopy()}}
		do(seen)
		items, ok := change.Preflight(seen, "blue")
		if ok || !slices.ContainsFunc(items, func(i change.Item) bool { return i.Name == name && !i.OK && !i.Warn }) {
			t.Errorf("%s does not stand against a change: %+v", name, items)
		}
	}
}
