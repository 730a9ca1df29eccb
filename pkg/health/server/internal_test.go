package server

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/health"
)

// page is the internal port of an engine that was armed, and has a check and a peer.
func page(t *testing.T) (http.Handler, *engine) {
	t.Helper()
	e, _ := testEngine(t)
	x := testObject()
	setMode(x, v1alpha1.ModeStrict, time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC))
	e.configure(x, false)
	h, _, err := newInternal(e)
	if err != nil {
		t.Fatal(err)
	}
	return h, e
}

// Alerts and dashboards of users hang on the names of metrics: they are written down here a second time.
func TestMetricNames(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/metrics.txt")
	if err != nil {
		t.Fatal(err)
	}
	names := make([]string, 0, len(metricNames()))
	for _, m := range metricNames() {
		name := "spillway_health_" + m[0]
		if labels := m[2:]; len(labels) > 0 {
			name += "{" + strings.Join(labels, ",") + "}"
		}
		names = append(names, name)
	}
	slices.Sort(names)
	if got := strings.Join(names, "\n") + "\n"; got != string(text) {
		t.Errorf("the metrics are\n%s\nand promised are\n%s", got, text)
	}
}

// Every line that is served is one of those metrics.
func TestMetricsAreServed(t *testing.T) {
	t.Parallel()
	h, e := page(t)
	ask(newPublic(e), http.MethodGet, "/health", "GoogleHC/1.0")
	w := ask(h, http.MethodGet, "/metrics", "x")
	for _, want := range []string{
		`spillway_health_status{cluster="blue"} 1`, `spillway_health_mode{mode="Relaxed"}`, `spillway_health_mode_ends_seconds`,
		`spillway_health_lb_probes_total{checker="google",code="200",path="verdict"} 1`, `spillway_health_peer_unknown{peer="green",reason=`,
	} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("there is no %s in\n%s", want, w.Body)
		}
	}
	known := map[string]bool{}
	for _, m := range metricNames() {
		known["spillway_health_"+m[0]] = true
	}
	for _, hit := range regexp.MustCompile(`(?m)^([a-z_]+)[{ ]`).FindAllStringSubmatch(w.Body.String(), -1) {
		if !known[hit[1]] {
			t.Errorf("%s is served and has no help", hit[1])
		}
	}
}

// The detail is JSON with every field that people and programs look for.
func TestDetail(t *testing.T) {
	t.Parallel()
	h, _ := page(t)
	var d map[string]any
	if err := json.Unmarshal(ask(h, http.MethodGet, "/detail", "x").Body.Bytes(), &d); err != nil {
		t.Fatal(err)
	}
	for _, field := range []string{
		"cluster", "fleet", "rotation", "status", "since", "rule", "reason", "mode", "modeSet", "until", "guard", "pass", "warn", "fail", "peers",
		"siblings", "build", "configHash", "change", "wouldLeave", "wouldLeaveWhy",
	} {
		if v, found := d[field]; !found || v == "" {
			t.Errorf("there is no %s in %v", field, d)
		}
	}
}

// Whoever asks why is told what was known then.
func TestWhy(t *testing.T) {
	t.Parallel()
	h, e := page(t)
	e.decide()
	var entries []map[string]any
	if err := json.Unmarshal(ask(h, http.MethodGet, "/why", "x").Body.Bytes(), &entries); err != nil || len(entries) == 0 {
		t.Fatalf("%v: %v", err, entries)
	}
	for _, field := range []string{"at", "status", "vote", "mode", "rule", "reason", "would", "peers", "roundAgeSeconds"} {
		if _, found := entries[0][field]; !found {
			t.Errorf("there is no %s in %v", field, entries[0])
		}
	}
}

// The gRPC health protocol is answered with the status, as a client of it reads one.
func TestGRPCHealth(t *testing.T) {
	t.Parallel()
	h, e := page(t)
	check := func(method string) string {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/grpc.health.v1.Health/"+method, strings.NewReader("\x00\x00\x00\x00\x00"))
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		result := w.Result()
		defer func() { _ = result.Body.Close() }()
		return fmt.Sprintf("%x %s", w.Body, result.Trailer.Get("Grpc-Status"))
	}
	if got := check("Check"); got != "00000000020801 0" {
		t.Errorf("in: %s", got)
	}
	e.answers.Store(&answers{status: health.Out, until: forever})
	if got := check("Check"); got != "00000000020802 0" {
		t.Errorf("out: %s", got)
	}
	e.answers.Store(&answers{status: health.Out, until: -1})
	if got := check("Check"); got != "00000000020801 0" {
		t.Errorf("out, but decided too long ago: %s", got)
	}
	if got := check("Watch"); got != " 12" {
		t.Errorf("a method that does not exist: %s", got)
	}
}

// No pod of a gateway is not the same as no word of one.
func TestNoGateways(t *testing.T) {
	t.Parallel()
	_, e := page(t)
	if e.in.GatewayDesired != 0 {
		t.Error("gateways are counted before anybody told of them")
	}
	e.Gateways(0, 0, nil)
	e.decide()
	if e.in.GatewayDesired != 1 || e.in.GatewayReady != 0 {
		t.Errorf("%d of %d pods are ready", e.in.GatewayReady, e.in.GatewayDesired)
	}
}
