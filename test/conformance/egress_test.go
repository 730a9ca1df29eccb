package conformance

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/test/conformance/bench"
	"github.com/spillway-mesh/spillway/test/conformance/generated"
)

// podLabel tells the pods of a gateway apart, for the objects that bind each to an address of its own.
const podLabel = "bench.pod"

// pods is how many a gateway has in a run.
const pods = 2

// egress is the gateway of a case: two pods, each with the gateway's identity and credentials in its environment.
func (s *suite) egress(t testing.TB, c *generated.Case, region string) bench.Egress {
	t.Helper()
	g := c.Plan.Gateway
	out := bench.Egress{Name: g.Address}
	for i := range pods {
		node := s.node(t, client{namespace: g.Namespace, account: g.ServiceAccount, region: region})
		node.Labels = maps.Clone(g.Selector)
		node.Labels[podLabel] = fmt.Sprint(i + 1)
		out.Pods = append(out.Pods, bench.Pod{
			Node: node, Address: fmt.Sprintf("127.0.5.%d", i+1),
			Env: []string{"AWS_ACCESS_KEY_ID=" + accessKey, "AWS_SECRET_ACCESS_KEY=" + secretKey, "AWS_EC2_METADATA_DISABLED=true"},
		})
	}
	if err := s.cluster.Apply(t.Context(), bound(c, out.Pods)); err != nil {
		t.Fatal(err)
	}
	return out
}

const (
	accessKey = "AKIDEXAMPLE"
	secretKey = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" //nolint:gosec // of AWS's published examples
)

// bound are objects of the test's own: they bind the listeners of each pod to its address, since all share one network.
func bound(c *generated.Case, all []bench.Pod) []*unstructured.Unstructured {
	var out []*unstructured.Unstructured
	for i, pod := range all {
		var patches []any
		for _, h := range c.Plan.Gateway.Hops {
			for _, listen := range h.Listen {
				patches = append(patches, map[string]any{
					"applyTo": "LISTENER",
					"match":   map[string]any{"context": "GATEWAY", "listener": map[string]any{"portNumber": int64(listen)}},
					"patch": map[string]any{"operation": "MERGE", "value": map[string]any{
						"address": map[string]any{"socket_address": map[string]any{"address": pod.Address}},
					}},
				})
			}
		}
		out = append(out, &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": "networking.istio.io/v1alpha3", "kind": "EnvoyFilter",
			"metadata": map[string]any{"name": fmt.Sprintf("bind-%s-%d", c.Plan.Name, i+1), "namespace": c.Plan.Gateway.Namespace},
			"spec": map[string]any{
				"workloadSelector": map[string]any{"labels": map[string]any{podLabel: fmt.Sprint(i + 1)}},
				"priority":         int64(50),
				"configPatches":    patches,
			},
		}})
	}
	return out
}

// untold is what a gateway costs writes that does not tell its clients what it never sent: as the plan says, the errors
// that each of its pods is left after, and the second that Envoy puts off leaving the second one, at each ejection of the
// outage.
func untold(c *generated.Case, kind bench.Kind) int {
	if c.Plan.Gateway == nil || c.Plan.Gateway.Marks {
		return 0
	}
	const each, writesPerSecond = 3, 15
	lost := each*pods + writesPerSecond
	if kind == bench.Blackhole {
		lost += writesPerSecond / 2
	}
	if *tier == "full" {
		lost *= 2 // an outage longer than an ejection
	}
	return lost
}

// forgets says that the gateway finds a name that had vanished only a minute later, without an EnvoyFilter that says sooner:
// too long for a run.
func forgets(c *generated.Case) bool { return c.Plan.Gateway != nil && !c.Plan.Gateway.Marks }

// TestGatewayPodDies takes one of the gateway's two pods away, by its process and by its network: the other carries on, and
// the region stays home.
func TestGatewayPodDies(t *testing.T) {
	t.Parallel()
	s := use(t)
	c := s.special(t, "egress-gateway", "pod-dies")
	port := c.Spec.Spec.Ports[0]
	for _, kind := range []bench.Kind{bench.GatewayDies, bench.GatewayGone} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			sc := s.scenario(t, c, port)
			sc.Name = "one of two gateway pods dead"
			sc.Failures = []bench.Failure{{Kind: kind, Address: 1, Until: 6 * time.Second}}
			r := s.run(t, sc)
			judgeNames(t, r)
			if full := r.Classes[bench.Full]; full.Lost() > 0 {
				t.Errorf("%d of %d repeatable requests were lost", full.Lost(), full.Sent)
			}
			x := r.Classes[bench.Unprocessed]
			if x.Twice > 0 || x.Lost() > r.InFlight+pods {
				t.Errorf("writes: %d lost, %d twice; %d were on their way", x.Lost(), x.Twice, r.InFlight)
			}
			if home := r.During[sc.Home[0]]; home < r.During["west"] {
				t.Errorf("clients left the region for the sake of a pod: %v", r.During)
			}
		})
	}
}

// neighbour is one of many hosts on a gateway with few ports. Who may use the first says nothing of the others beside it.
func neighbour(t *testing.T, n int) *generated.Case {
	t.Helper()
	spec, platform, err := generated.Read(specFiles(t)["egress-gateway"])
	if err != nil {
		t.Fatal(err)
	}
	generated.Rename(spec, "neighbours")
	platform.FirstPort, platform.LastPort = 17000, 17003
	spec.Name, spec.Spec.Host = fmt.Sprintf("host%d", n), fmt.Sprintf("host%d.internal", n)
	if n > 0 {
		spec.Spec.Clients.Namespaces = []string{"neighbours-others"}
	}
	if n >= 20 && n%3 == 0 {
		spec.Spec.Signing = &v1alpha1.Signing{AWS: &v1alpha1.AWSSigning{Service: "dynamodb"}}
		for i, region := range []string{"us-east-1", "us-west-2"} {
			spec.Spec.Endpoints[i].SigningRegion = region
		}
	}
	c, diags, err := generated.Compile(spec.Name, spec, platform)
	if err != nil || c == nil {
		t.Fatalf("generating %s: %v %v", spec.Name, err, diags)
	}
	return c
}

// comers lets one neighbour after the other in, each third of them signed for, until what it returns is called, which tells how many
// came: so some come at every moment of a run, whenever it begins.
func comers(t *testing.T, s *suite) func() int {
	t.Helper()
	var all [][]*unstructured.Unstructured
	for n := range 60 {
		all = append(all, neighbour(t, n+20).Objects)
	}
	stop, done := make(chan struct{}), make(chan int, 1)
	go func() {
		for n, objects := range all {
			select {
			case <-stop:
				done <- n
				return
			case <-time.After(time.Second):
			}
			if err := s.cluster.Apply(t.Context(), objects); err != nil {
				t.Error(err)
			}
		}
		done <- len(all)
	}()
	return func() int {
		close(stop)
		return <-done
	}
}

// TestGatewayNeighbours puts many hosts on one gateway, so that they share its few ports, and adds more while one is under
// load: nothing of it is lost, and none of its connections ends.
func TestGatewayNeighbours(t *testing.T) {
	t.Parallel()
	s := use(t)
	first := neighbour(t, 0)
	s.deploy(t, first)
	for n := range 10 {
		s.deploy(t, neighbour(t, n+1))
	}
	sc := s.scenario(t, first, first.Spec.Spec.Ports[0])
	sc.Name = "neighbours come and stay"
	sc.Failures = []bench.Failure{{Kind: bench.None, Endpoint: sc.Home[0], Until: 10 * time.Second}}
	come := comers(t, s)
	r := s.run(t, sc)
	if n := come(); n < 5 {
		t.Fatalf("only %d neighbours came", n)
	}
	judgeNames(t, r)
	for class, x := range r.Classes {
		if x.Lost() > 0 || x.Twice > 0 {
			t.Errorf("%s: %d lost, %d twice", class, x.Lost(), x.Twice)
		}
	}
	if r.Cut > 0 {
		t.Errorf("%d connections were cut", r.Cut)
	}
	if r.During["west"]+r.Before["west"] > 0 {
		t.Errorf("requests left home: %v %v", r.Before, r.During)
	}
}

// TestGatewayKeepsOthersOut shows the host to everybody, and asks from a namespace that is not listed: the gateway refuses each
// request, and none reaches a region. The namespaces that are listed are let in by every other test here.
func TestGatewayKeepsOthersOut(t *testing.T) {
	t.Parallel()
	s := use(t)
	c := compiled(t, "egress-gateway", specFiles(t)["egress-gateway"], "kept-out")
	shown := 0
	for _, o := range c.Objects {
		if to, found, _ := unstructured.NestedStringSlice(o.Object, "spec", "exportTo"); found && !slices.Equal(to, []string{"."}) {
			if err := unstructured.SetNestedStringSlice(o.Object, []string{"*"}, "spec", "exportTo"); err != nil {
				t.Fatal(err)
			}
			shown++
		}
	}
	if shown < 3 {
		t.Fatalf("%d objects are shown to somebody", shown)
	}
	s.deploy(t, c)
	sc := s.scenario(t, c, c.Spec.Spec.Ports[0])
	sc.Name, sc.Timing.Recover = "somebody else", time.Second
	sc.Node = s.clientNode(t, c, "kept-out-stranger", firstRegion(c))
	sc.Failures = []bench.Failure{{Kind: bench.None, Endpoint: sc.Home[0], Until: 3 * time.Second}}
	r := s.run(t, sc)
	if n := r.Before["east"] + r.During["east"] + r.Before["west"] + r.During["west"]; n > 0 {
		t.Errorf("%d requests of a namespace that is not listed reached a region", n)
	}
	for class, x := range r.Classes {
		if refused := x.LostBefore + x.Lost(); x.Sent == 0 || refused != x.Sent {
			t.Errorf("%s: %d of %d requests were refused, want all", class, refused, x.Sent)
		}
	}
}

// TestMissingNameTakesAnyCertificate is the negative control of the check of names: without subjectAltNames behind its SNI the
// gateway takes the other region's certificate for home's. That what is generated does not, TestLive shows (swapcert).
func TestMissingNameTakesAnyCertificate(t *testing.T) {
	t.Parallel()
	s := use(t)
	c := compiled(t, "egress-gateway", specFiles(t)["egress-gateway"], "nameless")
	taken := 0
	for _, o := range c.Objects {
		if _, found, _ := unstructured.NestedSlice(o.Object, "spec", "trafficPolicy", "tls", "subjectAltNames"); found && strings.Contains(o.GetName(), "egress") {
			unstructured.RemoveNestedField(o.Object, "spec", "trafficPolicy", "tls", "subjectAltNames")
			taken++
		}
	}
	if taken != len(c.Spec.Spec.Endpoints) {
		t.Fatalf("%d rules had names", taken)
	}
	s.deploy(t, c)
	sc := s.scenario(t, c, c.Spec.Spec.Ports[0])
	sc.Name, sc.Timing.Recover = "no names to check", time.Second
	sc.Failures = []bench.Failure{down(bench.SwapCert, sc.Home[0], 0, 3*time.Second)}
	if r := s.run(t, sc); r.During[sc.Home[0]] == 0 || r.During["west"] > 0 {
		t.Errorf("served during the outage by %v: the control is blind", r.During)
	}
}
