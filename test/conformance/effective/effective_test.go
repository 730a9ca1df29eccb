package effective_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
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
	worlds = flag.Int("worlds", 200, "how many random worlds are compared")
)

// hosts is how many hosts a world has; each is a case.
const hosts = 10

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
	c, err := cluster.Start(context.Background(), cluster.Options{Parts: set})
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

// clients are those that are asked about every world.
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
	return out
}

// applied is a world whose objects are in the cluster, and the model of it.
type applied struct {
	effective.World
	number int
	model  *mesh.Model
}

// apply writes a world's objects. Their times of creation count, and only the API server knows them.
func (l *lab) apply(t *testing.T, w effective.World) applied {
	t.Helper()
	a := applied{World: w, number: l.next}
	l.next++
	objects, err := cluster.DecodeString(w.Text(a.number))
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Apply(t.Context(), objects); err != nil {
		t.Fatalf("%v\n%s", err, w.Text(a.number))
	}
	return a
}

// learn makes the model from the objects as they are in the cluster.
func (l *lab) learn(t *testing.T, a *applied) {
	t.Helper()
	objects, err := cluster.DecodeString(a.Text(a.number))
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, o := range objects {
		stored, err := l.Get(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := (&unstructured.Unstructured{Object: stored.Object}).MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		text.WriteString("---\n" + string(raw) + "\n")
	}
	s, diags := manifest.Bytes("world.yaml", []byte(text.String()), load.Options{})
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	a.model = mesh.New(s, mesh.Options{Versions: mesh.Versions{Istiod: 31, Oldest: 31, Known: true}})
}

// differences asks as every client. istiod takes its time: what differs is asked again for a while.
func (l *lab) differences(t *testing.T, a applied, patience time.Duration) []string {
	t.Helper()
	var bad []string
	deadline := time.Now().Add(patience)
	for _, c := range clients(a.number) {
		for {
			got, err := l.xds.Snapshot(t.Context(), xdsclient.Node{Namespace: c.Namespace, Region: c.Locality.Region})
			if err != nil {
				t.Fatal(err)
			}
			var found []string
			for _, host := range a.Hosts {
				host = strings.ReplaceAll(host, "world-a", effective.Namespaces(a.number)[0])
				for _, d := range effective.Compare(a.model, c, host, got) {
					found = append(found, fmt.Sprintf("client in %s, region %q: %s", c.Namespace, c.Locality.Region, d))
				}
			}
			if len(found) == 0 || time.Now().After(deadline) {
				bad = append(bad, found...)
				break
			}
			time.Sleep(200 * time.Millisecond)
		}
	}
	return bad
}

func TestRandom(t *testing.T) {
	l := newLab(t)
	r := rand.New(rand.NewPCG(*seed, 0))
	all := make([]applied, 0, *worlds)
	for range *worlds {
		all = append(all, l.apply(t, effective.Random(r, hosts)))
	}
	for i := range all {
		l.learn(t, &all[i])
	}
	var first *applied
	failed := 0
	for i, a := range all {
		patience := 2 * time.Second
		if i == 0 {
			patience = 20 * time.Second // istiod may still be reading
		}
		bad := l.differences(t, a, patience)
		if len(bad) == 0 {
			continue
		}
		if failed++; first == nil {
			first = &all[i]
		}
		t.Errorf("world %d differs:\n  %s", a.number, strings.Join(bad[:min(4, len(bad))], "\n  "))
		if failed == 10 {
			break // enough to read
		}
	}
	if first != nil {
		small := l.shrink(t, first.World)
		t.Fatalf("the smallest part of world %d that differs:\n%s\n  %s", first.number, small.Text(small.number),
			strings.Join(l.differences(t, small, 3*time.Second), "\n  "))
	}
	t.Logf("%d hosts in %d worlds, each as seen by %d clients: no difference", hosts*len(all), len(all), len(clients(0)))
}

// shrink leaves out objects for as long as something differs.
func (l *lab) shrink(t *testing.T, w effective.World) applied {
	t.Helper()
	differs := func(w effective.World) (applied, bool) {
		a := l.apply(t, w)
		l.learn(t, &a)
		return a, len(l.differences(t, a, 2*time.Second)) > 0
	}
	best, _ := differs(w)
	for i := 0; i < len(w.Objects); {
		fewer := effective.World{Hosts: w.Hosts}
		fewer.Objects = append(append(fewer.Objects, w.Objects[:i]...), w.Objects[i+1:]...)
		if a, still := differs(fewer); still {
			w, best = fewer, a
			continue
		}
		i++
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
	a := l.apply(t, effective.World{Objects: []string{entry, rule(good)}, Hosts: []string{"h0.shop.world-a.example"}})
	l.learn(t, &a)
	if bad := l.differences(t, a, 10*time.Second); len(bad) > 0 {
		t.Fatalf("the control itself differs: %v", bad)
	}
	for _, policy := range []string{
		strings.Replace(good, "100", "10", 1), strings.Replace(good, "sni: x", "sni: y", 1), strings.Replace(good, "SIMPLE", "DISABLE", 1),
		"{connectionPool: {tcp: {connectTimeout: 1s}}}", "{tls: {mode: SIMPLE, sni: x}}",
	} {
		w := effective.World{Objects: []string{entry, rule(policy)}, Hosts: a.Hosts}
		s, _ := manifest.Bytes("other.yaml", []byte(w.Text(a.number)), load.Options{})
		other := a
		other.model = mesh.New(s, mesh.Options{})
		if len(l.differences(t, other, 0)) == 0 {
			t.Errorf("a model with %s is not noticed", policy)
		}
	}
}
