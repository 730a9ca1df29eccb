package promise_test

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/compile"
	"github.com/spillway-mesh/spillway/pkg/diag"
	"github.com/spillway-mesh/spillway/pkg/load"
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/plan/plantest"
	"github.com/spillway-mesh/spillway/pkg/render"
	"github.com/spillway-mesh/spillway/pkg/target"
	"github.com/spillway-mesh/spillway/pkg/target/all"
	"github.com/spillway-mesh/spillway/test/conformance/cluster"
	"github.com/spillway-mesh/spillway/test/conformance/parts"
	"github.com/spillway-mesh/spillway/test/conformance/promise"
	"github.com/spillway-mesh/spillway/test/conformance/xdsclient"
)

var (
	seed  = flag.Uint64("seed", 20261124, "of the random specs")
	count = flag.Int("random", 320, "how many random specs must be accepted and compared")
)

// shared starts the control plane for the first test that asks for it.
//
//nolint:gochecknoglobals // tests of one package can share a control plane only through a package variable.
var shared = sync.OnceValues(func() (*cluster.Cluster, error) {
	set, err := parts.Ensure(context.Background(), func(format string, args ...any) {
		fmt.Fprintf(os.Stderr, format+"\n", args...)
	})
	if err != nil {
		return nil, err
	}
	return cluster.Start(context.Background(), cluster.Options{Parts: set, CRDs: []string{filepath.Join("..", "..", "..", "manifests", "crd")}})
})

func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	if c, err := shared(); err == nil {
		if err := c.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// lab is a control plane and a connection to its istiod.
type lab struct {
	*cluster.Cluster
	xds *xdsclient.Client
}

func newLab(t *testing.T) lab {
	t.Helper()
	c, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	x, err := xdsclient.Dial(c.PlainXDS)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = x.Close() })
	return lab{c, x}
}

// objects are what the product writes for the plan, as the API server takes them: rendered and read again.
func objects(t *testing.T, written []target.Object) []*unstructured.Unstructured {
	t.Helper()
	var text []byte
	for _, o := range written {
		text = append(text, "---\n"...)
		text = render.YAML(text, o.Tree(), render.Options{})
	}
	out, err := cluster.DecodeString(string(text))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// ask is what a client gets once istiod has seen the host: it is asked again until then, within a bound.
func (l lab) ask(t *testing.T, p *plan.Plan, namespace, region string) *xdsclient.Snapshot {
	t.Helper()
	var routes []string
	for _, port := range p.Ports {
		if port.Protocol.IsHTTP() {
			routes = append(routes, strconv.Itoa(port.Number))
		}
	}
	deadline := time.Now().Add(10 * time.Second)
	for {
		got, err := l.xds.Snapshot(t.Context(), xdsclient.Node{Namespace: namespace, Region: region}, routes...)
		if err != nil {
			t.Fatal(err)
		}
		if promise.Visible(p, got) && len(promise.Check(p, region, got)) == 0 || time.Now().After(deadline) {
			return got
		}
		time.Sleep(250 * time.Millisecond)
	}
}

// regions are those the plan names, one that is named nowhere, and none.
func regions(p *plan.Plan) []string {
	out := []string{""}
	for _, t := range p.Tiers {
		if t.Region != plan.Anyone && t.Region != "" {
			out = append(out, t.Region)
		}
	}
	return append(out, compile.UnnamedRegion(p))
}

func defaults(t *testing.T) plan.Platform {
	t.Helper()
	platform, diags := plan.ResolvePlatform(nil, plan.Overrides{})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return platform
}

func TestSamples(t *testing.T) {
	l := newLab(t)
	files, err := filepath.Glob(filepath.Join("..", "..", "..", "samples", "*", "failover.yaml"))
	if err != nil || len(files) < 8 {
		t.Fatalf("%d samples found, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(filepath.Dir(file)), func(t *testing.T) {
			found, diags, err := load.Paths([]string{file}, load.Options{})
			if err != nil || diags.HasErrors() {
				t.Fatal(err, diags)
			}
			l.prove(t, found.Failovers)
		})
	}
}

// prove applies one spec's objects and asks as every client of it, and as one who must not see the host.
func (l lab) prove(t *testing.T, specs []load.Failover) {
	t.Helper()
	batch := compile.NewBatch(specs, defaults(t), all.Targets())
	p, diags := batch.Plan(0)
	if p == nil {
		t.Fatal(diags)
	}
	written, err := batch.Objects(p)
	if err != nil {
		t.Fatal(err)
	}
	objs := objects(t, written)
	if err := l.DryRun(t.Context(), objs); err != nil {
		t.Fatal(err)
	}
	if err := l.Apply(t.Context(), objs); err != nil {
		t.Fatal(err)
	}
	clients := p.Clients.Namespaces
	if p.Waypoint != nil {
		clients = nil // a waypoint carries their requests: the package waypoint asks as that
	}
	for _, ns := range clients {
		for _, region := range regions(p) {
			for _, bad := range promise.Check(p, region, l.ask(t, p, ns, region)) {
				t.Errorf("client in %s, region %q: %s", ns, region, bad)
			}
		}
	}
	got, err := l.xds.Snapshot(t.Context(), xdsclient.Node{Namespace: "stranger", Region: "us-east1"})
	if err != nil {
		t.Fatal(err)
	}
	if promise.Visible(p, got) {
		t.Errorf("a client in a namespace that is not listed sees %s", p.Host)
	}
}

// TestCheckSeesWrongTiers is the negative control: a promise that was not made is noticed.
func TestCheckSeesWrongTiers(t *testing.T) {
	l := newLab(t)
	found, _, err := load.Paths([]string{filepath.Join("..", "..", "..", "samples", "dynamodb-tls", "failover.yaml")}, load.Options{})
	if err != nil {
		t.Fatal(err)
	}
	found.Failovers[0].Object.Namespace = "wrong-tiers"
	batch := compile.NewBatch(found.Failovers, defaults(t), all.Targets())
	p, diags := batch.Plan(0)
	if p == nil {
		t.Fatal(diags)
	}
	written, err := batch.Objects(p)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Apply(t.Context(), objects(t, written)); err != nil {
		t.Fatal(err)
	}
	got := l.ask(t, p, p.Namespace, "us-east1")
	if bad := promise.Check(p, "us-east1", got); len(bad) > 0 {
		t.Fatalf("the control itself is wrong: %v", bad)
	}
	for name, spoil := range map[string]func(*plan.Plan){
		"tiers":     func(p *plan.Plan) { slices.Reverse(p.Tiers[0].Tiers) },
		"names":     func(p *plan.Plan) { p.Identity.SubjectAltNames = p.Identity.SubjectAltNames[:1] },
		"detection": func(p *plan.Plan) { p.Detect.MaxEjectionPercent = 10 },
		"retries":   func(p *plan.Plan) { p.Routes[1].Retry = plan.RetryFull },
	} {
		wrong, _ := batch.Plan(0)
		spoil(wrong)
		if len(promise.Check(wrong, "us-east1", got)) == 0 {
			t.Errorf("wrong %s were not noticed", name)
		}
	}
}

// TestRandom compares many random specs, all applied before the first question: refused ones are counted by code.
func TestRandom(t *testing.T) {
	l := newLab(t)
	r := rand.New(rand.NewPCG(*seed, 0))
	refused := map[string]int{}
	type spec struct {
		x *v1alpha1.ExternalFailover
		p *plan.Plan
	}
	var accepted []spec
	for n := 0; len(accepted) < *count && n < 4**count; n++ {
		x := plantest.RandomSpec(r, fmt.Sprintf("random-%04d", n))
		batch := compile.NewBatch([]load.Failover{{Object: x}}, defaults(t), all.Targets())
		p, diags := batch.Plan(0)
		if p == nil {
			for _, code := range errorCodes(diags) {
				refused[code]++
			}
			continue
		}
		written, err := batch.Objects(p)
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Apply(t.Context(), objects(t, written)); err != nil {
			t.Errorf("the API server refuses what was written for %s: %v", p.Owner(), err)
			continue
		}
		accepted = append(accepted, spec{x, p})
	}
	mechanisms := map[plan.Mechanism]int{}
	clients := 0
	for _, s := range accepted {
		mechanisms[s.p.Order.Mechanism]++
		for _, region := range regions(s.p) {
			clients++
			for _, bad := range promise.Check(s.p, region, l.ask(t, s.p, s.p.Namespace, region)) {
				t.Errorf("%s (%s, %s), region %q: %s", s.p.Owner(), s.p.Pattern, s.p.Order.Mechanism, region, bad)
			}
		}
		if t.Failed() {
			t.FailNow() // one spec's differences are enough to read
		}
	}
	t.Logf("%d specs and %d clients compared, by mechanism %v; refused by code: %s", len(accepted), clients, mechanisms, counts(refused))
	if len(accepted) < *count {
		t.Errorf("only %d random specs were accepted, want %d", len(accepted), *count)
	}
	for _, m := range []plan.Mechanism{plan.MechanismFailover, plan.MechanismPriorities} {
		if mechanisms[m] == 0 {
			t.Errorf("no random spec used %s", m)
		}
	}
}

func errorCodes(diags diag.List) []string {
	var out []string
	for _, d := range diags {
		if d.Severity == diag.Error {
			out = append(out, d.Code)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func counts(m map[string]int) string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		out = append(out, fmt.Sprintf("%s %d", k, m[k]))
	}
	return strings.Join(out, ", ")
}
