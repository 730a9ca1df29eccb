package waypoint

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/test/conformance/cluster"
	"github.com/spillway-mesh/spillway/test/conformance/generated"
	"github.com/spillway-mesh/spillway/test/conformance/parts"
	"github.com/spillway-mesh/spillway/test/conformance/promise"
	"github.com/spillway-mesh/spillway/test/conformance/xdsclient"
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
	return cluster.Start(context.Background(), cluster.Options{
		Parts: set, CRDs: []string{filepath.Join("..", "..", "..", "manifests", "crd"), set.GatewayCRDs}, Ambient: true,
	})
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

const waypointObject = `
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: waypoint, namespace: NS, labels: {istio.io/waypoint-for: all}}
spec:
  gatewayClassName: istio-waypoint
  listeners: [{name: mesh, port: 15008, protocol: HBONE}]
`

// deploy writes a waypoint that is ready, as its pods and Istio's own controllers would make it.
func deploy(t *testing.T, c *cluster.Cluster, namespace string) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(c.Namespace(t.Context(), namespace))
	service := &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: "waypoint", Namespace: namespace},
		Spec: corev1.ServiceSpec{
			Selector: map[string]string{"gateway.networking.k8s.io/gateway-name": "waypoint"},
			Ports:    []corev1.ServicePort{{Name: "mesh", Port: 15008}},
		},
	}
	_, err := c.Kube.CoreV1().Services(namespace).Create(t.Context(), service, metav1.CreateOptions{})
	must(err)
	objects, err := cluster.DecodeString(strings.ReplaceAll(waypointObject, "NS", namespace))
	must(err)
	must(c.Apply(t.Context(), objects))
	client, err := dynamic.NewForConfig(c.Config)
	must(err)
	status := fmt.Sprintf(`{"status":{"addresses":[{"type":"Hostname","value":"waypoint.%s.svc.cluster.local"}]}}`, namespace)
	_, err = client.Resource(schema.GroupVersionResource{Group: "gateway.networking.k8s.io", Version: "v1", Resource: "gateways"}).
		Namespace(namespace).Patch(t.Context(), "waypoint", types.MergePatchType, []byte(status), metav1.PatchOptions{}, "status")
	must(err)
}

// sample is the ambient sample, changed, in a namespace of its own; in that called unguarded without what keeps others out.
func sample(t *testing.T, namespace string, change func(*v1alpha1.ExternalFailoverSpec)) *generated.Case {
	t.Helper()
	spec, platform, err := generated.Read("../../../samples/ambient/failover.yaml")
	if err != nil {
		t.Fatal(err)
	}
	generated.Rename(spec, namespace)
	spec.Spec.Host = namespace + "." + spec.Spec.Host // one host of several namespaces is another question
	change(&spec.Spec)
	x, diags, err := generated.Compile(namespace, spec, platform)
	if err != nil || x == nil {
		t.Fatal(err, diags)
	}
	if namespace == "unguarded" {
		x.Objects = slices.DeleteFunc(x.Objects, func(o *unstructured.Unstructured) bool { return guards(o, x) })
	}
	return x
}

// guards says that an object keeps others than the clients from the host at the waypoint.
func guards(o *unstructured.Unstructured, x *generated.Case) bool {
	return o.GetKind() == "AuthorizationPolicy" && o.GetName() == x.Plan.Name
}

// got is what the waypoint of the second region gets.
func got(t *testing.T, xds *xdsclient.Client, namespace string) *xdsclient.Snapshot {
	t.Helper()
	s, err := xds.Snapshot(t.Context(), xdsclient.Node{Namespace: namespace, Region: "us-west1", Waypoint: "waypoint"})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// refuses wants the waypoint to refuse everybody but the client namespaces. Where the policy was left out nobody is refused: that
// is the control.
func refuses(t *testing.T, x *generated.Case, s *xdsclient.Snapshot) {
	t.Helper()
	rules, err := s.WaypointDenies(x.Plan.Host, x.Plan.Ports[0].Number)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(x.Objects, func(o *unstructured.Unstructured) bool { return guards(o, x) }) {
		if rules != "" {
			t.Errorf("nothing was written against anybody, and the waypoint refuses by %s", rules)
		}
		return
	}
	for _, ns := range x.Plan.Clients.Namespaces {
		if !strings.Contains(rules, "/ns/"+ns+"/") || !strings.Contains(rules, "not_id") {
			t.Errorf("the waypoint does not let in %s alone: %q", ns, rules)
		}
	}
}

// TestPromise asks istiod as the waypoints of two regions do: priorities, names in TLS, detection and what routes repeat are
// those of the plan, with an egress gateway behind the waypoint and without one. The control moves the names away.
func TestPromise(t *testing.T) {
	t.Parallel()
	c, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	xds, err := xdsclient.Dial(c.PlainXDS)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = xds.Close() })
	for namespace, change := range map[string]func(*v1alpha1.ExternalFailoverSpec){
		"through-a-gateway": func(*v1alpha1.ExternalFailoverSpec) {},
		"unguarded":         func(*v1alpha1.ExternalFailoverSpec) {},
		"alone": func(s *v1alpha1.ExternalFailoverSpec) {
			for i := range s.Endpoints {
				s.Endpoints[i].ServerName = "catalog.example.com"
			}
		},
	} {
		t.Run(namespace, func(t *testing.T) {
			t.Parallel()
			x := sample(t, namespace, change)
			if gateway := x.Plan.Gateway != nil; gateway != (namespace != "alone") {
				t.Fatalf("a gateway: %v", gateway)
			}
			deploy(t, c, namespace)
			if err := c.Apply(t.Context(), x.Objects); err != nil {
				t.Fatal(err)
			}
			for _, region := range []string{"us-east1", "us-west1"} {
				node := xdsclient.Node{Namespace: namespace, Region: region, Waypoint: "waypoint"}
				if bad := ask(t, xds, x.Plan, node); len(bad) > 0 {
					t.Errorf("%s:\n%s", region, strings.Join(bad, "\n"))
				}
			}
			refuses(t, x, got(t, xds, namespace))
			other := *x.Plan
			other.Identity.SubjectAltNames, other.Identity.ServerName = []string{"other.example.com"}, "other.example.com"
			if other.Gateway != nil {
				gateway := *other.Gateway
				gateway.Identity, other.Gateway = "spiffe://cluster.local/ns/other/sa/other", &gateway
			}
			now := got(t, xds, namespace)
			if bad := promise.Check(&other, "us-east1", now); len(bad) < 2 {
				t.Errorf("the control is blind to wrong names and another region: %v", bad)
			}
			accepted(t, x.Plan, now)
		})
	}
}

// ask compares until istiod has seen everything, within a bound.
func ask(t *testing.T, xds *xdsclient.Client, p *plan.Plan, node xdsclient.Node) []string {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(250 * time.Millisecond) {
		got, err := xds.Snapshot(t.Context(), node)
		if err != nil {
			t.Fatal(err)
		}
		bad := promise.Check(p, node.Region, got)
		if len(bad) == 0 || time.Now().After(end) {
			return bad
		}
	}
}
