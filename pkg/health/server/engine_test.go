package server

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/health"
	"github.com/spillway-mesh/spillway/pkg/health/probe"
)

func setMode(x *v1alpha1.ClusterHealth, name v1alpha1.HealthMode, until time.Time) {
	x.Spec.Mode = &v1alpha1.ModeSetting{Name: name, Until: metav1.NewTime(until), Reason: "test"}
}

// A change begins when a mode is set, and its record is added to and never rewritten, until rest.
func TestNextChange(t *testing.T) {
	t.Parallel()
	in := &health.Inputs{Now: time.Hour, Wall: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC), Config: Config(testObject())}
	strict := &v1alpha1.ModeSetting{Name: v1alpha1.ModeStrict}
	if c, changed := nextChange(nil, in, &health.Decision{}, nil); c != nil || changed {
		t.Errorf("at rest: %v, %v", c, changed)
	}
	observe := &v1alpha1.ModeSetting{Name: v1alpha1.ModeObserve}
	if c, changed := nextChange(nil, in, &health.Decision{}, observe); c != nil || changed {
		t.Errorf("observing: %v, %v", c, changed)
	}
	first, changed := nextChange(nil, in, &health.Decision{Mode: health.Relaxed}, strict)
	if !changed || first.ID == "" || !first.Started.Equal(in.Wall) || !first.EffectiveAt.IsZero() || first.Baseline != nil {
		t.Fatalf("begun: %+v", first)
	}
	if again, changed := nextChange(first, in, &health.Decision{Mode: health.Relaxed}, strict); changed || again != first {
		t.Error("rewritten though nothing is new")
	}
}

// A change lasts through whatever is set between Drain and Strict, and ends with rest.
func TestChangeEnds(t *testing.T) {
	t.Parallel()
	in, first := &health.Inputs{Config: Config(testObject())}, &health.Change{ID: "x"}
	observe := &v1alpha1.ModeSetting{Name: v1alpha1.ModeObserve}
	if between, changed := nextChange(first, in, &health.Decision{Mode: health.Observe}, observe); changed || between != first {
		t.Error("it ends because somebody observes")
	}
	if c, changed := nextChange(first, in, &health.Decision{}, nil); c != nil || !changed {
		t.Error("it outlives its mode")
	}
}

// A status that still holds a change that has ended does not bring it back with the next mode.
func TestEndedChangeStaysSo(t *testing.T) {
	t.Parallel()
	e, _ := testEngine(t)
	armed := testObject()
	setMode(armed, v1alpha1.ModeDrain, time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC))
	e.configure(armed, false)
	old := changeStatus(e.change)
	e.configure(testObject(), false)
	again := armed.DeepCopy()
	again.Status.Change = old
	e.configure(again, false)
	if e.change == nil || e.change.ID == old.ID {
		t.Errorf("armed anew, with the change %+v", e.change)
	}
}

// A change that goes on: its baseline is taken once, and so is when it took effect.
func TestChangeGoesOn(t *testing.T) {
	t.Parallel()
	in := &health.Inputs{Now: time.Hour, Wall: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC), Config: Config(testObject())}
	strict := &v1alpha1.ModeSetting{Name: v1alpha1.ModeStrict}
	first, _ := nextChange(nil, in, &health.Decision{Mode: health.Relaxed}, strict)
	in.Wall = in.Wall.Add(time.Minute)
	in.Snapshot = &health.Snapshot{Began: in.Now, Ended: in.Now, Rounds: 9, Checks: []health.CheckState{{Check: health.Check{Name: "db"}, Settled: health.Fail}}}
	second, changed := nextChange(first, in, &health.Decision{Mode: health.Strict}, strict)
	if !changed || second.ID != first.ID || !second.EffectiveAt.Equal(in.Wall) || !slices.Equal(second.Baseline.Failing, []string{"db"}) {
		t.Fatalf("taken: %+v", second)
	}
	in.Snapshot.Checks[0].Settled = health.Pass
	if third, changed := nextChange(second, in, &health.Decision{Mode: health.Drain}, &v1alpha1.ModeSetting{Name: v1alpha1.ModeDrain}); changed {
		t.Errorf("another mode of the same change: %+v", third)
	}
	again, changed := nextChange(second, in, &health.Decision{Mode: health.Strict}, &v1alpha1.ModeSetting{Name: v1alpha1.ModeStrict, Rebaseline: []string{"db", "api"}})
	if !changed || !slices.Equal(again.Baseline.Failing, []string{"db", "api"}) || !slices.Equal(second.Baseline.Failing, []string{"db"}) {
		t.Errorf("rebaseline: %+v, before %+v", again.Baseline, second.Baseline)
	}
	if c, changed := nextChange(second, in, &health.Decision{}, nil); c != nil || !changed {
		t.Errorf("relaxed: %v, %v", c, changed)
	}
}

// Two replicas write the record of a change: the first one's stays.
func TestMerge(t *testing.T) {
	t.Parallel()
	at := metav1.NewTime(time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC))
	kept := &v1alpha1.ChangeStatus{ID: "a", Baseline: &v1alpha1.BaselineStatus{Failing: []string{"x"}}}
	own := &v1alpha1.ChangeStatus{ID: "b", EffectiveAt: &at, Baseline: &v1alpha1.BaselineStatus{Failing: []string{"y"}}}
	got := merge(kept, own, nil)
	if got.ID != "a" || got.EffectiveAt == nil || !slices.Equal(got.Baseline.Failing, []string{"x"}) || kept.EffectiveAt != nil {
		t.Errorf("%+v", got)
	}
	if merge(nil, own, nil) != own || merge(kept, nil, kept) != nil {
		t.Error("a first writer, or rest, is not taken as it is")
	}
	if merge(kept, nil, nil) != kept || merge(kept, nil, own) != kept {
		t.Error("a change that was never seen here is wiped out")
	}
	same := own.DeepCopy()
	same.ID = "a"
	if got := merge(kept, same, nil); !slices.Equal(got.Baseline.Failing, []string{"x", "y"}) {
		t.Errorf("a new baseline of the same change: %+v", got.Baseline)
	}
}

// What was configured outlives the process: mode and baseline too.
func TestCache(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	e, clock := testEngine(t)
	x := testObject()
	setMode(x, v1alpha1.ModeStrict, time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC))
	e.configure(x, false)
	e.decide()
	e.keepOnce(t.Context(), dir)
	first := e.change
	if first == nil {
		t.Fatal("no change has begun")
	}
	again, _ := testEngine(t)
	again.restore(dir)
	if again.config == nil || again.config.Cluster != "blue" || again.change == nil || again.change.ID != first.ID || !again.cached {
		t.Fatalf("%+v, %+v", again.config, again.change)
	}
	if w := ask(newPublic(again), "GET", "/health", "x"); w.Code != http.StatusOK || w.Body.String() != "a1b2\n" {
		t.Errorf("%d %q", w.Code, w.Body)
	}
	for name, text := range map[string]string{"half": `{"spec": {"clu`, "empty": `{}`} {
		if err := os.WriteFile(filepath.Join(dir, cacheFile), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		broken, _ := testEngine(t)
		broken.restore(dir)
		if broken.config != nil {
			t.Errorf("%s: taken", name)
		}
	}
	_ = clock
}

// Readiness waits for a configuration, for 10 s at most, and goes back at the end only.
func TestReady(t *testing.T) {
	t.Parallel()
	e, clock := testEngine(t)
	clock.now = time.Second
	_, in, err := newInternal(e)
	if err != nil {
		t.Fatal(err)
	}
	e.decide()
	if why := in.notReady(); !strings.Contains(why, "configuration") {
		t.Errorf("nothing was read: %q", why)
	}
	clock.now = configWithin
	if why := in.notReady(); why != "" {
		t.Errorf("after 10 s: %q", why)
	}
	clock.now = time.Second
	e.configure(testObject(), true)
	if why := in.notReady(); why == "" {
		t.Error("ready before the other replicas were asked")
	}
	e.greeted.Store(true)
	e.decide()
	if why := in.notReady(); why != "" {
		t.Errorf("configured from the cache: %q", why)
	}
	in.closing.Store(true)
	if why := in.notReady(); why != "shutting down" {
		t.Errorf("at the end: %q", why)
	}
}

// The journal is bounded, and says what was known.
func TestJournal(t *testing.T) {
	t.Parallel()
	e, clock := testEngine(t)
	x := testObject()
	e.configure(x, false)
	for i := range 2 * mostEntries {
		x = x.DeepCopy()
		x.Spec.Mode = nil
		if i%2 == 0 {
			setMode(x, v1alpha1.ModeForceHealthy, time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC))
		}
		clock.now += time.Second
		e.configure(x, false)
	}
	if n := len(e.journal.entries); n != mostEntries {
		t.Errorf("%d entries", n)
	}
	last := e.journal.entries[mostEntries-1]
	if last.Mode != "Relaxed" || last.Peers["green"] != "NotAsked" || last.Rule != "Rest" {
		t.Errorf("%+v", last)
	}
}

// Every check becomes one that is asked; what cannot be asked is unknown; what did not change keeps its prober.
func TestChecks(t *testing.T) {
	t.Parallel()
	x := testObject()
	x.Spec.Checks = []v1alpha1.HealthCheck{
		{Name: "http", HTTP: &v1alpha1.HTTPCheck{URL: "http://127.0.0.1:1/"}},
		{Name: "bad", HTTP: &v1alpha1.HTTPCheck{URL: "http://[::1"}},
		{Name: "grpc", GRPC: &v1alpha1.GRPCCheck{Address: "127.0.0.1:1"}},
		{Name: "tcp", TCP: &v1alpha1.TCPCheck{Address: "127.0.0.1:1"}, Shared: true},
		{Name: "service", Service: &v1alpha1.ServiceCheck{Name: "s"}},
		{Name: "external", ExternalFailover: &v1alpha1.ExternalFailoverCheck{Name: "s"}},
		{Name: "cert", Certificate: &v1alpha1.CertificateCheck{Address: "127.0.0.1:1"}, Importance: v1alpha1.ImportanceInformational},
		{Name: "prom", Prometheus: &v1alpha1.PrometheusCheck{URL: "http://127.0.0.1:1", Query: "up", Above: "x"}, Importance: v1alpha1.ImportanceInformational},
	}
	c := &checker{now: func() time.Duration { return 0 }}
	got := c.checks(x, nil)
	if len(got) != len(x.Spec.Checks) {
		t.Fatalf("%d checks of %d", len(got), len(x.Spec.Checks))
	}
	want := map[string]health.Result{
		"http": health.Fail, "bad": health.Unknown, "grpc": health.Fail, "tcp": health.Fail, "service": health.Unknown, "external": health.Unknown,
		"cert": health.Fail, "prom": health.Unknown,
	}
	for _, one := range got {
		if r := one.Prober.Probe(t.Context()); r.Result != want[one.Name] {
			t.Errorf("%s: %+v, want %v", one.Name, r, want[one.Name])
		}
	}
	if !got[3].Shared || got[3].Importance != health.Required || got[6].Importance != health.Informational {
		t.Errorf("%+v", got)
	}
	y := x.DeepCopy()
	y.Spec.Checks[0].HTTP.Host = "other"
	next := c.checks(y, nil)
	if next[0].Prober == got[0].Prober || next[2].Prober != got[2].Prober {
		t.Error("a changed check keeps its prober, or another does not")
	}
}

// A drill reads as failing in Observe, until it is over, and for the checks that it names.
func TestDrilledChecks(t *testing.T) {
	t.Parallel()
	x := testObject()
	x.Spec.Checks = []v1alpha1.HealthCheck{
		{Name: "a", TCP: &v1alpha1.TCPCheck{Address: "127.0.0.1:1"}}, {Name: "b", TCP: &v1alpha1.TCPCheck{Address: "127.0.0.1:1"}},
	}
	now := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	c := &checker{now: func() time.Duration { return 0 }, wall: func() time.Time { return now }}
	setMode(x, v1alpha1.ModeObserve, now.Add(time.Minute))
	x.Spec.Mode.Drill = []string{"a"}
	got := c.checks(x, nil)
	if r := got[0].Prober.Probe(t.Context()); r != (probe.Outcome{Result: health.Fail, Reason: "drill"}) {
		t.Errorf("drilled: %+v", r)
	}
	if r := got[1].Prober.Probe(t.Context()); r.Reason == "drill" {
		t.Error("a check is drilled that is not named")
	}
	if again := c.checks(x.DeepCopy(), nil); again[0].Prober != got[0].Prober {
		t.Error("the drill begins anew though nothing changed")
	}
	strict := x.DeepCopy()
	strict.Spec.Mode.Name = v1alpha1.ModeStrict
	if other := c.checks(strict, nil); other[0].Prober.Probe(t.Context()).Reason == "drill" {
		t.Error("a drill in Strict")
	}
	now = now.Add(time.Minute)
	if r := got[0].Prober.Probe(t.Context()); r.Reason == "drill" {
		t.Error("the drill does not end")
	}
}

// A Service that says so may be scaled to nothing.
func TestScaleToZero(t *testing.T) {
	t.Parallel()
	x := testObject()
	x.Spec.Checks = []v1alpha1.HealthCheck{
		{Name: "own", Service: &v1alpha1.ServiceCheck{Name: "cart"}}, {Name: "other", Service: &v1alpha1.ServiceCheck{Name: "cart", Namespace: "shop"}},
	}
	c := &checker{}
	found := []Discovered{{Namespace: "demo", Name: "cart", Annotations: map[string]string{annotationZero: "allowed"}}, {Namespace: "shop", Name: "cart"}}
	if got := c.checks(x, found); !got[0].AllowScaleToZero || got[1].AllowScaleToZero {
		t.Errorf("%v, %v; want true, false", got[0].AllowScaleToZero, got[1].AllowScaleToZero)
	}
}

// A query that can be asked is asked.
func TestPrometheusCheck(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"3"]}]}}`)
	}))
	defer s.Close()
	for above, want := range map[string]health.Result{"2": health.Pass, "3": health.Fail} {
		h := v1alpha1.HealthCheck{Name: "p", Prometheus: &v1alpha1.PrometheusCheck{URL: s.URL, Query: "up", Above: above}}
		p := (&checker{}).prober(&h, "demo")
		if r := p.Probe(t.Context()); r.Result != want {
			t.Errorf("3 above %s: %+v, want %v", above, r, want)
		}
		p.(*probe.Prometheus).Close()
	}
}

// Services that opt in become Weighted checks of names that cannot collide; what they misspell is unknown, not left out.
func TestDiscovered(t *testing.T) {
	t.Parallel()
	x := testObject()
	x.Spec.Discover = &v1alpha1.Discover{Label: "spillway.dev/health-check"}
	x.Spec.Checks = []v1alpha1.HealthCheck{{Name: "shop-taken"}}
	long := strings.Repeat("x", 63)
	got := discovered(x, []Discovered{
		{Namespace: "shop", Name: "cart", Port: 80, Annotations: map[string]string{annotationPath: "/healthz", annotationPort: "8081"}},
		{Namespace: "shop", Name: "taken"},
		{Namespace: "a-b", Name: "c"},
		{Namespace: "a", Name: "b-c"},
		{Namespace: "shop", Name: long},
		{Namespace: "shop", Name: "odd", Annotations: map[string]string{annotationImportance: "Very"}},
		{Namespace: "shop", Name: "port", Annotations: map[string]string{annotationPath: "/", annotationPort: "0"}},
		{Namespace: "shop", Name: "vital", Annotations: map[string]string{annotationImportance: "Required", annotationShared: "true"}},
	})
	var names []string
	for _, h := range got {
		names = append(names, h.Name)
		if len(h.Name) > 63 {
			t.Errorf("%q is too long", h.Name)
		}
	}
	if len(names) != 7 || len(slices.Compact(slices.Sorted(slices.Values(names)))) != 7 || slices.Contains(names, "shop-taken") {
		t.Errorf("%q", names)
	}
	checkDiscovered(t, got)
	x.Spec.Discover = nil
	if again := discovered(x, []Discovered{{Namespace: "shop", Name: "cart"}}); again != nil {
		t.Errorf("nobody asked for them: %+v", again)
	}
}

func checkDiscovered(t *testing.T, got []v1alpha1.HealthCheck) {
	t.Helper()
	if h := got[0]; h.HTTP == nil || h.HTTP.URL != "http://cart.shop.svc:8081/healthz" || h.Importance != v1alpha1.ImportanceWeighted {
		t.Errorf("%+v", h)
	}
	c := &checker{}
	headless := Discovered{Namespace: "shop", Name: "x", Annotations: map[string]string{annotationPath: "/healthz"}}
	if h := headless.check("x"); h.HTTP != nil || h.Service != nil {
		t.Errorf("asked on port 0: %+v", h)
	}
	for _, h := range got[4:6] {
		if r := c.prober(&h, "x").Probe(t.Context()); r.Result != health.Unknown {
			t.Errorf("%s: %+v", h.Name, r)
		}
	}
	if h := got[6]; h.Importance != v1alpha1.ImportanceRequired || !h.Shared || h.Service == nil || h.Service.Namespace != "shop" {
		t.Errorf("%+v", h)
	}
}

// An ExternalFailover is asked through the mesh, or each endpoint as the proxy would ask it.
func TestExternal(t *testing.T) {
	t.Parallel()
	target := int32(8443)
	spec := &v1alpha1.ExternalFailoverSpec{
		Host: "db.internal", Ports: []v1alpha1.Port{{Name: "http", Number: 80, Protocol: v1alpha1.ProtocolHTTP, TargetPort: &target}},
		TLS:       &v1alpha1.TLS{Mode: v1alpha1.TLSSimple},
		Endpoints: []v1alpha1.Endpoint{{Name: "a", Address: "127.0.0.1"}, {Name: "b", Address: "127.0.0.1", ServerName: "b.example", Ports: map[string]int32{"http": 1}}},
	}
	e := &external{direct: true, now: func() time.Duration { return 0 }, find: func(string, string) (*v1alpha1.ExternalFailover, bool) {
		return &v1alpha1.ExternalFailover{Spec: *spec}, true
	}}
	if n := len(e.probers(spec)); n != 2 {
		t.Fatalf("%d probers of 2 endpoints", n)
	}
	if r := e.Probe(t.Context()); r.Result != health.Fail || !strings.Contains(r.Reason, "connection refused") {
		t.Errorf("nothing listens: %+v", r)
	}
	names := func(at *v1alpha1.Endpoint) string {
		n := namesOf(spec, at)
		return strings.Join(append([]string{n.ServerName, hostOf(spec, at)}, n.Accepted...), " ")
	}
	for want, at := range map[string]v1alpha1.Endpoint{
		"db.internal db.internal":         spec.Endpoints[0],
		"b.example b.example":             spec.Endpoints[1],
		"c.example c.example":             {Address: "c.example"},
		"c.example db.internal x.example": {Address: "c.example", HostHeader: v1alpha1.HostHeaderKeep, SubjectAltNames: []string{"x.example"}},
		"d.example api.example":           {Address: "c.example", ServerName: "d.example", HostHeader: "api.example"},
	} {
		if got := names(&at); got != want {
			t.Errorf("asked under %q, the proxy says %q", got, want)
		}
	}
	first := e.of(spec)
	changed := spec.DeepCopy()
	changed.TLS.Mode = v1alpha1.TLSMutual
	if e.of(spec.DeepCopy()) != first || e.of(changed) == first {
		t.Error("it is built anew though nothing changed, or not though something did")
	}
	if r := e.of(changed).Probe(t.Context()); r.Result != health.Unknown {
		t.Errorf("keys that only the proxy has: %+v", r)
	}
	e.find = func(string, string) (*v1alpha1.ExternalFailover, bool) { return nil, false }
	if r := e.Probe(t.Context()); r.Result != health.Unknown {
		t.Errorf("no such object: %+v", r)
	}
	shakes := directly(spec, &v1alpha1.Port{Number: 1, Protocol: v1alpha1.ProtocolTCP}, &spec.Endpoints[1], nil)
	if h, ok := shakes.(*probe.Handshake); !ok || h.Names.ServerName != "b.example" || h.Address != "127.0.0.1:1" {
		t.Errorf("TCP with TLS of the proxy: %+v", shakes)
	}
	mesh := (&external{}).probers(spec)
	if len(mesh) != 1 || reflect.TypeOf(mesh[0]) != reflect.TypeFor[*probe.HTTP]() {
		t.Errorf("through the mesh: %v", mesh)
	}
}
