package mesh

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/spillway-mesh/spillway/pkg/compile"
	"github.com/spillway-mesh/spillway/pkg/load"
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/target"
	targetmesh "github.com/spillway-mesh/spillway/pkg/target/mesh"
	"github.com/spillway-mesh/spillway/pkg/target/targettest"
	"github.com/spillway-mesh/spillway/test/conformance/cluster"
	"github.com/spillway-mesh/spillway/test/conformance/parts"
	"github.com/spillway-mesh/spillway/test/conformance/xdsclient"
)

const spec = `apiVersion: spillway.dev/v1alpha1
kind: ClusterFailover
metadata: {name: shop, namespace: istio-ingress}
spec:
  hosts: [shop.example.com]
  clusters:
  - {name: blue, ingress: {address: 203.0.113.10}}
  - {name: green, ingress: {address: 203.0.113.20}}
  health: {peerKeys: {secret: {name: spillway-peer-keys}}}
  edge: [{type: Route53, options: {hostedZoneID: Z1}}, {type: Mesh, options: {services: [checkout.shop]}}]
`

const (
	checkout = "outbound|80||checkout.shop.svc.cluster.local"
	health   = "outbound|8080||shop-health-blue.istio-ingress.svc.cluster.local"
	// The mesh configuration that every control plane here begins with.
	plainMesh = "trustDomain: cluster.local\nrootNamespace: istio-system\n"
)

// pods are where the services run: a service's pods in two regions of blue's cluster and of green's.
func pods(cluster string) []pod {
	if cluster == "blue" {
		return []pod{{"checkout", "shop", 80, "us-east1", "10.1.0.1"}, {"checkout", "shop", 80, "us-west1", "10.1.0.2"}, {"shop-health-blue", "istio-ingress", 8080, "us-east1", "10.1.0.9"}}
	}
	return []pod{{"checkout", "shop", 80, "us-east1", "10.2.0.1"}, {"checkout", "shop", 80, "europe-west1", "10.2.0.2"}, {"shop-health-blue", "istio-ingress", 8080, "us-east1", "10.2.0.9"}}
}

// pod is a pod that is ready, behind a service of its name.
type pod struct {
	service, namespace string
	port               int
	region, address    string
}

func (p pod) name() string { return p.service + "-" + strings.ReplaceAll(p.address, ".", "-") }

// world is the two clusters, and what istiod tells.
type world struct {
	t        *testing.T
	clusters map[string]*cluster.Cluster
	fleet    *plan.Fleet
}

func setUp(t *testing.T) *world {
	t.Helper()
	set, err := parts.Ensure(t.Context(), func(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) })
	check(t, err)
	loaded, diags := load.Bytes("fleet.yaml", []byte(spec))
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	f, diags := compile.Fleet(loaded.Fleets[0].Object)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	w := &world{t: t, clusters: map[string]*cluster.Cluster{}, fleet: f}
	for _, name := range []string{"blue", "green"} {
		c, err := cluster.Start(t.Context(), cluster.Options{Parts: set, Name: name})
		check(t, err)
		w.clusters[name] = c
		t.Cleanup(func() {
			for _, other := range w.clusters { // an API server waits for those that watch it
				other.StopIstiod()
			}
			check(t, c.Stop())
		})
		for _, p := range pods(name) {
			w.run(c, p)
		}
	}
	w.introduce("blue", "green")
	w.introduce("green", "blue")
	return w
}

// introduce gives the control plane of a cluster the way to another one, as istioctl create-remote-secret does.
func (w *world) introduce(to, other string) {
	w.t.Helper()
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: "istio-remote-secret-" + other, Namespace: "istio-system", Labels: map[string]string{"istio/multiCluster": "true"}},
		Data:       map[string][]byte{other: w.clusters[other].Kubeconfig()},
	}
	_, err := w.clusters[to].Kube.CoreV1().Secrets("istio-system").Create(w.t.Context(), secret, metav1.CreateOptions{})
	check(w.t, err)
}

// run makes the objects of a pod that a kubelet and controllers would make.
func (w *world) run(c *cluster.Cluster, p pod) {
	w.t.Helper()
	text := fmt.Sprintf(`
apiVersion: v1
kind: Node
metadata: {name: %[1]s, labels: {topology.kubernetes.io/region: %[2]s, topology.kubernetes.io/zone: %[2]s-b}}
---
apiVersion: v1
kind: Service
metadata: {name: %[3]s, namespace: %[4]s}
spec: {selector: {app: %[3]s}, ports: [{name: http, port: %[5]d}]}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: default, namespace: %[4]s}
---
apiVersion: v1
kind: Pod
metadata: {name: %[1]s, namespace: %[4]s, labels: {app: %[3]s, security.istio.io/tlsMode: istio}}
spec: {nodeName: %[1]s, containers: [{name: main, image: none}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: %[1]s, namespace: %[4]s, labels: {kubernetes.io/service-name: %[3]s}}
addressType: IPv4
ports: [{name: http, port: %[5]d, protocol: TCP}]
endpoints:
- {addresses: [%[6]s], nodeName: %[1]s, conditions: {ready: true}, targetRef: {kind: Pod, name: %[1]s, namespace: %[4]s}}
`, p.name(), p.region, p.service, p.namespace, p.port, p.address)
	objects, err := cluster.DecodeString(text)
	check(w.t, err)
	check(w.t, c.Apply(w.t.Context(), objects))
	status := fmt.Sprintf(`{"status":{"phase":"Running","podIP":%[1]q,"podIPs":[{"ip":%[1]q}],"conditions":[{"type":"Ready","status":"True"}]}}`, p.address)
	_, err = c.Kube.CoreV1().Pods(p.namespace).Patch(w.t.Context(), p.name(), "application/merge-patch+json", []byte(status), metav1.PatchOptions{}, "status")
	check(w.t, err)
}

// written applies what the target writes for a cluster.
func (w *world) written(name string) {
	w.t.Helper()
	objects, err := targetmesh.New().RenderFleet(w.fleet)
	check(w.t, err)
	for _, o := range objects {
		if o.Cluster == name {
			check(w.t, w.clusters[name].Apply(w.t.Context(), []*unstructured.Unstructured{decoded(w.t, o)}))
		}
	}
}

func decoded(t *testing.T, o target.Object) *unstructured.Unstructured {
	t.Helper()
	text, err := targettest.JSON(o)
	check(t, err)
	out := &unstructured.Unstructured{}
	check(t, out.UnmarshalJSON(text))
	return out
}

// configure changes the mesh configuration of a cluster's control plane.
func (w *world) configure(name, mesh, networks string) {
	w.t.Helper()
	maps := w.clusters[name].Kube.CoreV1().ConfigMaps("istio-system")
	_, err := maps.Update(w.t.Context(), &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: "istio", Namespace: "istio-system"}, Data: map[string]string{"mesh": mesh, "meshNetworks": networks},
	}, metav1.UpdateOptions{})
	check(w.t, err)
}

// wants waits until a client gets these endpoints at these priorities.
func (w *world) wants(n xdsclient.Node, name string, want [][]string) {
	w.t.Helper()
	client, err := xdsclient.Dial(w.clusters[n.Cluster].PlainXDS)
	check(w.t, err)
	defer func() { _ = client.Close() }()
	ctx, cancel := context.WithTimeout(w.t.Context(), 20*time.Second)
	defer cancel()
	var diff string
	for ctx.Err() == nil {
		got, err := client.Endpoints(ctx, n, name)
		if err != nil {
			break
		}
		if diff = cmp.Diff(want, got[name]); diff == "" {
			return
		}
		time.Sleep(200 * time.Millisecond)
	}
	w.t.Errorf("a client of %s in %s, %s (-want +got):\n%s", n.Cluster, n.Region, name, diff)
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestMesh: calls stay in their own cluster as long as it has an endpoint, go to the other's of the same region next, and to all
// others last. Without what is written all clusters get calls at once, which is the negative control.
func TestMesh(t *testing.T) {
	w := setUp(t)
	client := func(cluster, region string) xdsclient.Node {
		return xdsclient.Node{Namespace: "shop", Cluster: cluster, Region: region}
	}
	everywhere := []string{"10.1.0.1:80", "10.1.0.2:80", "10.2.0.1:80", "10.2.0.2:80"}
	w.wants(client("blue", "us-east1"), checkout, [][]string{everywhere})

	w.written("blue")
	w.written("green")
	w.wants(client("blue", "us-east1"), checkout, [][]string{{"10.1.0.1:80"}, {"10.2.0.1:80"}, {"10.1.0.2:80", "10.2.0.2:80"}})
	w.wants(client("green", "us-east1"), checkout, [][]string{{"10.2.0.1:80"}, {"10.1.0.1:80"}, {"10.1.0.2:80", "10.2.0.2:80"}})
	t.Run("health servers stay at home", w.atHome)
	t.Run("east-west gateways", w.eastWest)
}

// atHome: a health server of one name in both clusters is asked by its own cluster alone once the control plane has the piece of
// mesh configuration that the page holds.
func (w *world) atHome(t *testing.T) {
	n := xdsclient.Node{Namespace: "istio-ingress", Cluster: "blue", Region: "us-east1"}
	w.wants(n, health, [][]string{{"10.1.0.9:8080", "10.2.0.9:8080"}})
	files, err := targetmesh.New().Files(w.fleet)
	check(t, err)
	_, rest, _ := strings.Cut(files[0].Content, "```yaml\n")
	piece, _, found := strings.Cut(rest, "```")
	if !found || !strings.Contains(piece, "clusterLocal") {
		t.Fatalf("the page holds no mesh configuration:\n%s", files[0].Content)
	}
	w.configure("blue", plainMesh+piece, "networks: {}\n")
	w.wants(n, health, [][]string{{"10.1.0.9:8080"}})
}

// eastWest: where the networks of the clusters are apart, the gateway of the other one stands for its endpoints. It has no region,
// so that it comes with all that is not here and of one's own cluster.
func (w *world) eastWest(_ *testing.T) {
	w.configure("blue", plainMesh, `
networks:
  blue: {endpoints: [{fromRegistry: blue}], gateways: [{address: 192.0.2.1, port: 15443}]}
  green: {endpoints: [{fromRegistry: green}], gateways: [{address: 192.0.2.2, port: 15443}]}
`)
	n := xdsclient.Node{Namespace: "shop", Cluster: "blue", Region: "us-east1", Network: "blue"}
	w.wants(n, checkout, [][]string{{"10.1.0.1:80"}, {"10.1.0.2:80", "192.0.2.2:15443", "192.0.2.2:15443"}})
}
