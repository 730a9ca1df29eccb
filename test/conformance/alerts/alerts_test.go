package alerts

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/spillway-mesh/spillway/pkg/load"
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
	"github.com/spillway-mesh/spillway/pkg/target/healthroutes"
)

const fleet = `
apiVersion: spillway.dev/v1alpha1
kind: ClusterFailover
metadata: {name: shop, namespace: edge}
spec:
  hosts: [shop.example.com]
  clusters: [{name: blue, ingress: {address: 203.0.113.10}}, {name: green, ingress: {address: 203.0.113.20}}]
  health:
    expectProbes: true
    peerKeys: {secret: {name: keys}}
    checks: [{name: checkout, http: {url: "http://checkout.shop/healthz"}}]
`

// rule is one alert as it was generated.
type rule struct {
	Alert       string            `json:"alert"`
	Expr        string            `json:"expr"`
	For         string            `json:"for,omitempty"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
}

// generated are blue's rules, and their file.
func generated(t *testing.T) (map[string]rule, []byte) {
	t.Helper()
	loaded, diags := load.Bytes("fleet.yaml", []byte(fleet))
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	f, diags := plan.BuildFleet(loaded.Fleets[0].Object)
	if f == nil {
		t.Fatal(diags)
	}
	objects, err := healthroutes.New().RenderFleet(f)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range objects {
		if o.Kind != "PrometheusRule" || o.Cluster != "blue" {
			continue
		}
		var x struct {
			Spec struct {
				Groups []struct {
					Rules []rule `json:"rules"`
				} `json:"groups"`
			} `json:"spec"`
		}
		text := render.YAML(nil, o.Tree(), render.Options{})
		if err := yaml.Unmarshal(text, &x); err != nil {
			t.Fatal(err)
		}
		rules := map[string]rule{}
		for _, r := range x.Spec.Groups[0].Rules {
			rules[r.Alert] = r
		}
		file := render.YAML(nil, o.Body[0].Value.(render.Map), render.Options{}) //nolint:forcetypeassert // the spec
		return rules, file
	}
	t.Fatal("no rules")
	return nil, nil
}

// job is what the operator calls blue's server.
const job = "edge/shop-health-blue"

// world is the series of two replicas, by name and labels.
type world map[string]string

// with replaces series of both replicas; an empty value takes them away.
func (w world) with(series map[string]string) world {
	out := maps.Clone(w)
	for name, values := range series {
		for _, replica := range []string{"a", "b"} {
			out[series1(name, replica)] = values
		}
	}
	return out
}

// only replaces a series of the first replica.
func (w world) only(name, values string) world {
	out := maps.Clone(w)
	out[series1(name, "a")] = values
	return out
}

func series1(name, replica string) string {
	metric, labels, found := strings.Cut(strings.TrimSuffix(name, "}"), "{")
	all := `job="` + job + `", instance="` + replica + `"`
	if found {
		all += ", " + labels
	}
	return "spillway_health_" + metric + "{" + all + "}"
}

// rest is a cluster that serves, is probed, and has a peer.
func rest() world {
	return world{}.with(map[string]string{
		`status{cluster="blue"}`: "1x200", `mode{mode="Relaxed"}`: "1x200", `mode{mode="Strict"}`: "0x200", `mode{mode="Drain"}`: "0x200",
		`peer_confirmed{peer="green"}`: "1x200", `peer_skew_seconds{peer="green"}`: "-2x200", `peer_keys_differ{peer="green"}`: "0x200",
		`peer_members_differ{peer="green"}`: "0x200", `round_age_seconds`: "3x200", `lb_probe_age_seconds{checker="google"}`: "1x200",
		`lb_probes_total{checker="google", path="verdict", code="200"}`: "0+10x200", `replicas_disagree`: "0x200",
		`build_info{version="v1"}`: "1x200",
	})
}

// drained is a cluster that an operator has sent its users away from, for hours to come.
func drained() world {
	return rest().with(map[string]string{
		`status{cluster="blue"}`: "1x20 0x180", `mode{mode="Relaxed"}`: "1x15 0x185", `mode{mode="Drain"}`: "0x15 1x185",
		`mode_ends_seconds`: "_x15 7200-10x185", `change_age_seconds`: "_x15 0+10x185",
		`lb_probes_total{checker="google", path="verdict", code="200"}`: "0+10x20 200x180",
		`lb_probes_total{checker="google", path="verdict", code="503"}`: "_x20 0+10x180",
	})
}

// event is something that happens, and the alert that tells of it.
type event struct {
	alert  string
	world  world
	at     string
	labels map[string]string // beside those of the rule
}

func events() []event {
	byJob := map[string]string{"job": job}
	byPeer := map[string]string{"job": job, "peer": "green"}
	w, d := rest(), drained()
	return []event{
		{"GuardUnavailable", w.with(map[string]string{`peer_confirmed{peer="green"}`: "0x200"}), "12m", byJob},
		{"LastClusterHeldIn", w.with(map[string]string{`held_in{rule="Guard"}`: "1x200"}), "3m", byJob},
		{"ReturnedDuringDrain", d.with(map[string]string{`status{cluster="blue"}`: "1x20 0x30 1x150"}), "10m", byJob},
		{"ExpiredWhileFailing", w.with(map[string]string{
			`status{cluster="blue"}`: "1x20 0x180", `mode_ends_seconds`: "300-10x200", `mode{mode="Strict"}`: "1x200",
		}), "10m", byJob},
		{"ChangeTooLong", w.with(map[string]string{`change_age_seconds`: "43100+10x200"}), "5m", byJob},
		{"ChangeEndingSoon", d.with(map[string]string{`mode_ends_seconds`: "_x15 1000-10x185"}), "10m", byJob},
		{"ClusterOut", w.with(map[string]string{`status{cluster="blue"}`: "1x20 0x180", `mode{mode="Strict"}`: "1x200"}), "5m", byJob},
		{"LBNotProbing", w.with(map[string]string{`lb_probe_age_seconds{checker="google"}`: "0+10x200"}), "15m", byJob},
		{"LBNotProbing", w.with(map[string]string{`lb_probe_age_seconds{checker="google"}`: "_x200"}), "7m", byJob},
		{"ServedDiffersFromStatus", w.only(`status{cluster="blue"}`, "0x200"), "5m", map[string]string{"job": job, "instance": "a"}},
		{"ServedDiffersFromStatus", d.only(`status{cluster="blue"}`, "1x200"), "10m", map[string]string{"job": job, "instance": "a"}},
		{"ReplicasDisagree", w.only(`replicas_disagree`, "1x200"), "3m", byJob},
		{"ReplicasDisagree", w.only(`status{cluster="blue"}`, "0x200"), "3m", byJob},
		{"FlapLimit", w.with(map[string]string{`held_in{rule="FlapLimit"}`: "1x200"}), "1m", byJob},
		{"StrictPathProbedByLB", w.with(map[string]string{
			`lb_probes_total{checker="google", path="strict", code="200"}`: "0+1x200",
		}), "5m", byJob},
		{"CheckerStalled", w.only(`round_age_seconds`, "0+10x200"), "5m", map[string]string{"job": job, "instance": "a"}},
		{"PeerSkew", w.with(map[string]string{`peer_skew_seconds{peer="green"}`: "-45x200"}), "12m", byPeer},
		{"KeysDiffer", w.with(map[string]string{`peer_keys_differ{peer="green"}`: "1x200"}), "20m", byPeer},
		{"KeysDiffer", w.with(map[string]string{`peer_unknown{peer="green", reason="BadSignature"}`: "1x200"}), "20m", byPeer},
		{"MembersDiffer", w.with(map[string]string{`peer_members_differ{peer="green"}`: "1x200"}), "20m", byPeer},
		{"FewerThan2Replicas", w.only(`build_info{version="v1"}`, "_x200"), "20m", map[string]string{}},
		{"FewerThan2Replicas", world{}, "20m", map[string]string{}},
	}
}

// quiet are events that nobody is to be woken or bothered for, with times to look at.
func quiet() []event {
	w, d := rest(), drained()
	return []event{
		{"", w, "30m", nil},
		{"", d, "4m", nil},
		{"", d, "25m", nil},
		{"GuardUnavailable", w.with(map[string]string{`peer_confirmed{peer="green"}`: "1x10 0x20 1x170"}), "7m", nil},
		{"ClusterOut", d, "10m", nil},
		{"LastClusterHeldIn", w.with(map[string]string{`held_in{rule="Rest"}`: "1x200"}), "10m", nil},
		{"StrictPathProbedByLB", w.with(map[string]string{
			`lb_probes_total{checker="other", path="strict", code="200"}`: "0+1x200",
		}), "5m", nil},
		{"LBNotProbing", w.only(`lb_probe_age_seconds{checker="google"}`, "0+10x200"), "20m", nil}, // the other one is asked
		{"ExpiredWhileFailing", w.with(map[string]string{`mode_ends_seconds`: "300-10x200"}), "15m", nil},
	}
}

// suite writes the tests as promtool reads them.
func suite(rules map[string]rule, events []event, fire bool) []byte {
	var tests []any
	for _, e := range events {
		var series, checks []any
		for _, name := range slices.Sorted(maps.Keys(e.world)) {
			series = append(series, map[string]any{"series": name, "values": e.world[name]})
		}
		for _, name := range slices.Sorted(maps.Keys(rules)) {
			if e.alert != "" && name != "Spillway"+e.alert {
				continue
			}
			r := rules[name]
			want := []any{}
			if fire {
				labels := maps.Clone(r.Labels)
				maps.Copy(labels, e.labels)
				want = append(want, map[string]any{"exp_labels": labels, "exp_annotations": r.Annotations})
			}
			checks = append(checks, map[string]any{"eval_time": e.at, "alertname": name, "exp_alerts": want})
		}
		tests = append(tests, map[string]any{"interval": "10s", "input_series": series, "alert_rule_test": checks})
	}
	text, err := yaml.Marshal(map[string]any{"rule_files": []string{"rules.yaml"}, "evaluation_interval": "10s", "tests": tests})
	if err != nil {
		panic(err) // maps and strings
	}
	return text
}

// promtool runs the tool in a folder with the rules and the tests.
func promtool(t *testing.T, rules, tests []byte, args ...string) (string, error) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string][]byte{"rules.yaml": rules, "tests.yaml": tests} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "promtool", args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func TestMain(m *testing.M) {
	if _, err := exec.LookPath("promtool"); err != nil {
		fmt.Fprintln(os.Stderr, "promtool is missing: install the package prometheus")
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func TestSyntax(t *testing.T) {
	t.Parallel()
	_, file := generated(t)
	if out, err := promtool(t, file, nil, "check", "rules", "rules.yaml"); err != nil {
		t.Errorf("%v: %s", err, out)
	}
	broken := bytes.Replace(file, []byte(") == 1"), []byte(" == 1"), 1)
	if _, err := promtool(t, broken, nil, "check", "rules", "rules.yaml"); err == nil {
		t.Error("an expression with a bracket too few is taken")
	}
}

// Each alert fires in the event that it is about, and no event of that list is quiet.
func TestFires(t *testing.T) {
	t.Parallel()
	rules, file := generated(t)
	tested := map[string]bool{}
	for _, e := range events() {
		tested["Spillway"+e.alert] = true
	}
	for name := range rules {
		if !tested[name] {
			t.Errorf("%s is not tested", name)
		}
	}
	if out, err := promtool(t, file, suite(rules, events(), true), "test", "rules", "tests.yaml"); err != nil {
		t.Errorf("%v: %s", err, out)
	}
	// The control: not one of these events passes for a quiet one.
	out, err := promtool(t, file, suite(rules, events(), false), "test", "rules", "tests.yaml")
	if n := strings.Count(out, "alertname:"); err == nil || n != len(events()) {
		t.Errorf("%d of %d tests that want silence fail: %s", n, len(events()), out)
	}
}

// At rest, and in the midst of a drain that goes well, nothing fires at all.
func TestQuiet(t *testing.T) {
	t.Parallel()
	rules, file := generated(t)
	if out, err := promtool(t, file, suite(rules, quiet(), false), "test", "rules", "tests.yaml"); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

// Every runbook is three commands.
func TestRunbooks(t *testing.T) {
	t.Parallel()
	rules, _ := generated(t)
	if len(rules) != 17 {
		t.Errorf("%d alerts", len(rules))
	}
	for name, r := range rules {
		lines := strings.Split(strings.TrimSpace(r.Annotations["runbook"]), "\n")
		if len(lines) != 3 {
			t.Errorf("%s has a runbook of %d lines", name, len(lines))
		}
		for _, l := range lines {
			if !strings.HasPrefix(l, "spillway ") && !strings.HasPrefix(l, "kubectl ") || strings.Contains(l, "$") {
				t.Errorf("%s: %q is no command", name, l)
			}
		}
	}
}
