package server

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/health"
)

// nowhere is a source without anything.
type nowhere struct{}

func (nowhere) Run(ctx context.Context, _ Sink) error {
	<-ctx.Done()
	return nil
}

func (nowhere) Keep(context.Context, func(v1alpha1.ClusterHealthStatus) (v1alpha1.ClusterHealthStatus, bool)) error {
	return nil
}

func (nowhere) Surroundings() Surroundings { return Surroundings{} }

// testClock is turned by hand.
type testClock struct{ now time.Duration }

func testEngine(t testing.TB) (*engine, *testClock) {
	t.Helper()
	clock := &testClock{now: time.Hour}
	begun := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	e := newEngine(&Options{
		Path: v1alpha1.DefaultHealthPath, Replica: "r1", Source: nowhere{}, Log: slog.New(slog.DiscardHandler),
	}, func() time.Duration { return clock.now }, func() time.Time { return begun.Add(clock.now) })
	return e, clock
}

func testObject() *v1alpha1.ClusterHealth {
	return &v1alpha1.ClusterHealth{
		ObjectMeta: metav1.ObjectMeta{Name: "blue", Namespace: "demo", Generation: 1},
		Spec: v1alpha1.ClusterHealthSpec{
			Cluster: "blue", Token: "a1b2",
			HealthSettings: v1alpha1.HealthSettings{Path: "/health"},
			Peers:          []v1alpha1.Peer{{Name: "green", URLs: []string{"http://127.0.0.1:1/health/peer"}}},
		},
	}
}

func ask(h http.Handler, method, path, agent string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(context.Background(), method, path, http.NoBody)
	r.Header.Set("User-Agent", agent)
	h.ServeHTTP(w, r)
	return w
}

// The public port knows the probe path, its raw variants and signed polls, and nothing else.
func TestPublicPaths(t *testing.T) {
	t.Parallel()
	e, clock := testEngine(t)
	e.configure(testObject(), false)
	p := newPublic(e)
	const ok, away, none = http.StatusOK, http.StatusServiceUnavailable, http.StatusNotFound
	for _, c := range []struct {
		method, path string
		code         int
		body         string
	}{
		{"GET", "/health", ok, "a1b2\n"},
		{"HEAD", "/health", ok, "a1b2\n"}, // a real server leaves it out
		{"GET", "/health?x=1", ok, "a1b2\n"},
		{"GET", "/health/strict", away, "a1b2\n"}, // before the first settle
		{"GET", "/health/relaxed", ok, "a1b2\n"},
		{"GET", "/health/peer", none, ""},
		{"POST", "/health", none, ""},
		{"GET", "/health/", none, ""},
		{"GET", "/healthz", none, ""},
		{"GET", "/health/strict/x", none, ""},
		{"GET", "/", none, ""},
		{"GET", "/detail", none, ""},
		{"GET", "/metrics", none, ""},
		{"GET", v1alpha1.DefaultHealthPath, none, ""},
	} {
		w := ask(p, c.method, c.path, "x")
		if w.Code != c.code || w.Body.String() != c.body {
			t.Errorf("%s %s: %d %q, want %d %q", c.method, c.path, w.Code, w.Body, c.code, c.body)
		}
		if c.code == ok && w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: may be stored: %v", c.path, w.Header())
		}
	}
	e.answers.Store(&answers{path: "/health", token: []byte("a1b2\n"), status: health.Out, strict: health.In, until: clock.now + believed})
	if w := ask(p, "GET", "/health", "x"); w.Code != away {
		t.Errorf("out: %d", w.Code)
	}
	clock.now += believed + 1
	if w := ask(p, "GET", "/health", "x"); w.Code != ok {
		t.Errorf("out, but decided too long ago: %d", w.Code)
	}
	if w := ask(p, "GET", "/health/strict", "x"); w.Code != away {
		t.Errorf("strict, but decided too long ago: %d", w.Code)
	}
	p.closing.Store(true)
	if w := ask(p, "GET", "/health", "x"); w.Header().Get("Connection") != "close" {
		t.Errorf("it ends, and connections do not: %v", w.Header())
	}
}

// Without a configuration the cluster is in, on the path of the flag.
func TestPublicWithoutConfig(t *testing.T) {
	t.Parallel()
	e, _ := testEngine(t)
	e.decide()
	for path, want := range map[string]int{
		v1alpha1.DefaultHealthPath: http.StatusOK, v1alpha1.DefaultHealthPath + "/strict": http.StatusServiceUnavailable, "/health": http.StatusNotFound,
	} {
		if w := ask(newPublic(e), "GET", path, "x"); w.Code != want {
			t.Errorf("%s: %d, want %d", path, w.Code, want)
		}
	}
}

// Load balancers are told by their User-Agent; other health servers and kubelets are none.
func TestCheckers(t *testing.T) {
	t.Parallel()
	e, clock := testEngine(t)
	e.configure(testObject(), false)
	p := newPublic(e)
	for _, agent := range []string{"spillway-health", "kube-probe/1.34"} {
		for range 2 * steadyAfter {
			ask(p, "GET", "/health", agent)
		}
		if _, probed := e.lb.last(); probed {
			t.Fatalf("%s counts as a load balancer", agent)
		}
	}
	for agent, want := range map[string]checkerKind{
		"GoogleHC/1.0": google, "Amazon-Route53-Health-Check-Service (ref 1)": route53, "ELB-HealthChecker/2.0": elb,
		"Azure Traffic Manager Endpoint Monitor": azure, "Envoy/HC": envoy, "curl/8": otherChecker, "": otherChecker,
	} {
		before := e.lb.counts[want][pathVerdict][health.In].Load()
		ask(p, "GET", "/health", agent)
		if e.lb.counts[want][pathVerdict][health.In].Load() != before+1 {
			t.Errorf("%q is not counted as %s", agent, want)
		}
	}
	if at, probed := e.lb.last(); !probed || at != clock.now {
		t.Errorf("last probed %v, %v", at, probed)
	}
	other := &probes{}
	for i, want := range []bool{false, false, true, true, false} { // the last one comes late
		at := time.Duration(i) * steadyWithin
		if i == 4 {
			at += time.Second
		}
		other.note("curl/8", pathVerdict, health.In, at)
		if _, probed := other.last(); probed != want {
			t.Errorf("after the request at %v of one without a known name: a load balancer is %v", at, probed)
		}
	}
	clock.now += time.Minute
	ask(p, "GET", "/health/strict", "GoogleHC/1.0")
	if at, _ := e.lb.last(); at == clock.now {
		t.Error("a raw path counts as the probe path")
	}
}

// An answer allocates nothing of its own.
func TestAnswersAllocateNothing(t *testing.T) {
	e, _ := testEngine(t)
	e.configure(testObject(), false)
	p := newPublic(e)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/health", http.NoBody)
	w := &sink{header: http.Header{}}
	if n := testing.AllocsPerRun(1000, func() { p.ServeHTTP(w, r) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
	if w.n == 0 {
		t.Error("nothing was written")
	}
}

type sink struct {
	header http.Header
	n      int
}

func (s *sink) Header() http.Header { return s.header }
func (s *sink) WriteHeader(int)     {}
func (s *sink) Write(b []byte) (int, error) {
	s.n += len(b)
	return io.Discard.Write(b)
}

func BenchmarkProbe(b *testing.B) {
	e, _ := testEngine(b)
	e.configure(testObject(), false)
	p := newPublic(e)
	r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "/health", http.NoBody)
	w := &sink{header: http.Header{}}
	b.ReportAllocs()
	for b.Loop() {
		p.ServeHTTP(w, r)
	}
}
