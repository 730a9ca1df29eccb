package effective_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
	"github.com/spillway-mesh/spillway/pkg/analyze/mesh"
	"github.com/spillway-mesh/spillway/pkg/load"
	"github.com/spillway-mesh/spillway/test/conformance/cluster"
	"github.com/spillway-mesh/spillway/test/conformance/effective"
	"github.com/spillway-mesh/spillway/test/conformance/parts"
	"github.com/spillway-mesh/spillway/test/conformance/xdsclient"
)

var (
	seed   = flag.Uint64("seed", 20261125, "of the random worlds")
	worlds = flag.Int("worlds", 250, "how many random worlds are compared")
	world  = flag.Int("world", 0, "the first of them; with -worlds 1 it is the only one")
)

const (
	// hosts is how many hosts a world has; the objects of each are a case.
	hosts = 8
	// writers is how many worlds are written at once.
	writers = 4
)

// lab is a control plane and a connection to its istiod.
type lab struct {
	*cluster.Cluster
	xds  *xdsclient.Client
	next int // number of the next world
}

func newLab(t *testing.T) *lab {
	t.Helper()
	set, err := parts.Ensure(context.Background(), func(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) })
	if err != nil {
		t.Fatal(err)
	}
	c, err := cluster.Start(context.Background(), cluster.Options{
		Parts: set, Env: []string{"PILOT_DEBOUNCE_AFTER=500ms"}, // thousands of objects come at once
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	})
	x, err := xdsclient.Dial(c.PlainXDS)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = x.Close() })
	return &lab{Cluster: c, xds: x}
}

// clients are those that are asked about every world: sidecars of each namespace in several regions, and a gateway.
func clients(number int) []mesh.Client {
	var out []mesh.Client
	for _, ns := range effective.Namespaces(number) {
		for _, region := range []string{"us-east1", "us-west1", "asia-east1", ""} {
			c := mesh.Client{Namespace: ns, Labels: map[string]string{"app": "client"}}
			if region != "" { // as xdsclient says it
				c.Locality = mesh.Locality{Region: region, Zone: region + "-b"}
				c.Labels["topology.kubernetes.io/region"], c.Labels["topology.kubernetes.io/zone"] = region, region+"-b"
			}
			out = append(out, c)
		}
	}
	gateway := out[0]
	gateway.Namespace, gateway.Gateway = effective.GatewayNamespace(number), true
	return append(out, gateway)
}

// applied is a world whose objects are in the cluster, and the model of it.
type applied struct {
	effective.World
	number int
	model  *mesh.Model
}

// applyAll writes the objects of worlds, those that are to be younger in a later second.
func (l *lab) applyAll(t *testing.T, list []effective.World) []applied {
	t.Helper()
	out := make([]applied, len(list))
	for i, w := range list {
		out[i] = applied{World: w, number: l.next}
		l.next++
	}
	for _, late := range []bool{false, true} {
		if late {
			time.Sleep(time.Second)
		}
		for _, err := range l.write(t.Context(), out, late) {
			t.Fatal(err)
		}
	}
	l.learn(t, out)
	return out
}

// write sends one half of the objects of worlds, some worlds at once, and gathers what went wrong.
func (l *lab) write(ctx context.Context, list []applied, late bool) []error {
	var (
		wg   sync.WaitGroup
		lock sync.Mutex
		errs []error
		todo = make(chan applied)
	)
	for range writers {
		wg.Go(func() {
			for a := range todo {
				objects, err := cluster.DecodeString(a.Text(a.number, late))
				if err == nil {
					err = l.Create(ctx, objects)
				}
				if err != nil {
					lock.Lock()
					errs = append(errs, fmt.Errorf("%w\n%s", err, a.Text(a.number, late)))
					lock.Unlock()
				}
			}
		})
	}
	for _, a := range list {
		todo <- a
	}
	close(todo)
	wg.Wait()
	return errs
}

// learn makes the models from the objects as they are in the cluster: their times of creation count, and only the API
// server knows them.
func (l *lab) learn(t *testing.T, list []applied) {
	t.Helper()
	byNamespace := map[string][]string{}
	for _, kind := range []string{"ServiceEntry", "DestinationRule", "VirtualService", "WorkloadEntry", "Sidecar"} {
		like := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "networking.istio.io/v1", "kind": kind}}
		items, err := l.List(t.Context(), like)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range items {
			raw, err := json.Marshal(o.Object)
			if err != nil {
				t.Fatal(err)
			}
			byNamespace[o.GetNamespace()] = append(byNamespace[o.GetNamespace()], string(raw))
		}
	}
	for i, a := range list {
		var texts []string
		for _, ns := range effective.Namespaces(a.number) {
			texts = append(texts, byNamespace[ns]...)
		}
		list[i].model = modelOf(t, strings.Join(texts, "\n---\n"))
	}
}

func modelOf(t *testing.T, text string) *mesh.Model {
	t.Helper()
	s, diags := manifest.Bytes("world.yaml", []byte(text), load.Options{})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return mesh.New(s, mesh.Options{Versions: mesh.Versions{Istiod: 31, Oldest: 31, Known: true}})
}

// await returns when istiod has read all that was written before: it then knows an object that is written now.
func (l *lab) await(t *testing.T) {
	t.Helper()
	host := fmt.Sprintf("last-%d.example.net", l.next)
	l.next++
	objects, err := cluster.DecodeString(fmt.Sprintf(`apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: %s, namespace: last}
spec: {hosts: [%s], exportTo: ['.'], ports: [{number: 80, name: http, protocol: HTTP}], resolution: DNS}
`, host, host))
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Apply(t.Context(), objects); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		got, err := l.xds.Clusters(t.Context(), xdsclient.Node{Namespace: "last"})
		if err != nil {
			t.Fatal(err)
		}
		if got.Clusters["outbound|80||"+host] != nil {
			return
		}
	}
	t.Fatal("istiod does not see what is written")
}

// differences asks as every client.
func (l *lab) differences(t *testing.T, a applied) []string {
	t.Helper()
	var bad []string
	for _, c := range clients(a.number) {
		got, err := l.xds.Clusters(t.Context(), xdsclient.Node{Namespace: c.Namespace, Region: c.Locality.Region, Gateway: c.Gateway})
		if err != nil {
			t.Fatal(err)
		}
		for _, host := range a.Names(a.number) {
			for _, d := range effective.Compare(a.model, c, host, got) {
				bad = append(bad, fmt.Sprintf("client in %s, region %q: %s", c.Namespace, c.Locality.Region, d))
			}
		}
	}
	return bad
}

// patiently asks again for a while where something differs: istiod tells of objects of several kinds one after the other.
func (l *lab) patiently(t *testing.T, a applied) []string {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Second); ; time.Sleep(200 * time.Millisecond) {
		if bad := l.differences(t, a); len(bad) == 0 || time.Now().After(deadline) {
			return bad
		}
	}
}

func TestRandom(t *testing.T) {
	l := newLab(t)
	list := make([]effective.World, *worlds)
	objects := 0
	for i := range list {
		list[i] = effective.Random(rand.New(rand.NewPCG(*seed, uint64(*world+i))), hosts)
		objects += len(list[i].Objects)
	}
	l.next = *world
	begin := time.Now()
	all := l.applyAll(t, list)
	l.await(t)
	t.Logf("%d objects written in %v", objects, time.Since(begin).Round(time.Second))
	var differ []applied
	for _, a := range all {
		if bad := l.patiently(t, a); len(bad) > 0 {
			differ = append(differ, a)
			t.Errorf("world %d differs:\n  %s", a.number, strings.Join(bad[:min(4, len(bad))], "\n  "))
		}
		if len(differ) == 10 {
			break // enough to read
		}
	}
	if len(differ) > 0 {
		small := l.shrink(t, differ[0].World)
		t.Fatalf("the smallest part of world %d that differs:\n%s\n  %s", differ[0].number, small.Text(small.number),
			strings.Join(l.patiently(t, small), "\n  "))
	}
	t.Logf("%d cases (hosts with %d objects, in %d worlds), each as %d clients get it, %d comparisons: 0 differences",
		hosts*len(all), objects, len(all), len(clients(0)), hosts*len(all)*len(clients(0)))
}

// shrink leaves out objects for as long as something differs.
func (l *lab) shrink(t *testing.T, w effective.World) applied {
	t.Helper()
	differs := func(w effective.World) (applied, bool) {
		a := l.applyAll(t, []effective.World{w})[0]
		l.await(t)
		return a, len(l.patiently(t, a)) > 0
	}
	best, _ := differs(w)
	for size := max(1, len(w.Objects)/2); size > 0; size /= 2 {
		for i := 0; i < len(w.Objects); {
			fewer := effective.World{Hosts: w.Hosts, Objects: slices.Delete(slices.Clone(w.Objects), i, min(i+size, len(w.Objects)))}
			if a, still := differs(fewer); still {
				w, best = fewer, a
				continue
			}
			i += size
		}
	}
	return best
}

// TestDifferencesAreSeen is the negative control: a model of other objects is noticed.
func TestDifferencesAreSeen(t *testing.T) {
	l := newLab(t)
	const entry = `apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: h0, namespace: world-a}
spec:
  hosts: [h0.shop.world-a.example]
  exportTo: ['.']
  ports: [{number: 80, name: http, protocol: HTTP}]
  resolution: DNS
  endpoints: [{address: a.example.net, locality: us-east1}, {address: b.example.net, locality: us-west1}]
`
	rule := func(policy string) string {
		return "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: h0, namespace: world-a}\nspec:\n" +
			"  host: h0.shop.world-a.example\n  exportTo: ['.']\n  trafficPolicy: " + policy + "\n"
	}
	const good = "{outlierDetection: {consecutive5xxErrors: 1, maxEjectionPercent: 100}, tls: {mode: SIMPLE, sni: x}}"
	objects := func(policy string) []effective.Object { return []effective.Object{{Text: entry}, {Text: rule(policy)}} }
	a := l.applyAll(t, []effective.World{{Objects: objects(good), Hosts: []string{"h0.shop.world-a.example"}}})[0]
	l.await(t)
	if bad := l.patiently(t, a); len(bad) > 0 {
		t.Fatalf("the control itself differs: %v", bad)
	}
	for _, policy := range []string{
		strings.Replace(good, "100", "10", 1), strings.Replace(good, "sni: x", "sni: y", 1), strings.Replace(good, "SIMPLE", "DISABLE", 1),
		"{connectionPool: {tcp: {connectTimeout: 1s}}}", "{tls: {mode: SIMPLE, sni: x}}",
	} {
		other := a
		other.model = modelOf(t, effective.World{Objects: objects(policy)}.Text(a.number))
		if len(l.differences(t, other)) == 0 {
			t.Errorf("a model with %s is not noticed", policy)
		}
	}
}
