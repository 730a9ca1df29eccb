package edge

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// stand is a folder of generated files, and a shell that finds kubectl with a context for each cluster, and a gcloud that
// only notes what it was asked.
type stand struct {
	t    *testing.T
	s    *suite
	dir  string
	note string
}

// setUp builds the command line and generates for the target from a spec.
func setUp(t *testing.T, s *suite, spec string) *stand {
	t.Helper()
	dir := t.TempDir()
	x := &stand{t: t, s: s, dir: dir, note: filepath.Join(dir, "gcloud.log")}
	build := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(dir, "bin", "spillway"), "./cmd/spillway")
	build.Dir = filepath.Join("..", "..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building spillway: %v\n%s", err, out)
	}
	check(t, os.Symlink(s.set.Kubectl, filepath.Join(dir, "bin", "kubectl")))
	check(t, os.WriteFile(filepath.Join(dir, "bin", "gcloud"), []byte("#!/bin/sh\necho \"$@\" >>'"+x.note+"'\n"), 0o700)) //nolint:gosec // it is run
	x.generate(spec)
	return x
}

func (x *stand) generate(spec string) {
	x.t.Helper()
	file := filepath.Join(x.dir, "spec.yaml")
	check(x.t, os.WriteFile(file, []byte(spec), 0o600))
	x.must("spillway generate -f spec.yaml --target multiclusteringress -d out --prune")
}

// run runs a line of shell and gives its exit code.
func (x *stand) run(line string) (string, int) {
	x.t.Helper()
	c := exec.CommandContext(x.t.Context(), "sh", "-c", line)
	c.Dir = x.dir
	c.Env = []string{
		"PATH=" + filepath.Join(x.dir, "bin") + ":" + os.Getenv("PATH"), "KUBECONFIG=" + x.s.kubeconfig, "HOME=" + x.dir, "LC_ALL=C",
	}
	out, err := c.CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return string(out), exit.ExitCode()
	}
	check(x.t, err)
	return string(out), 0
}

func (x *stand) must(line string) string {
	x.t.Helper()
	out, code := x.run(line)
	if code != 0 {
		x.t.Fatalf("%s: exit %d\n%s", line, code, out)
	}
	return out
}

// wants runs a line that must end with the code and say something.
func (x *stand) wants(code int, line, say string) {
	x.t.Helper()
	if out, got := x.run(line); got != code || !strings.Contains(out, say) {
		x.t.Errorf("%s: exit %d, want %d with %q:\n%s", line, got, code, say, out)
	}
}

const (
	kinds  = "backendconfigs.cloud.google.com,frontendconfigs.networking.gke.io,multiclusterservices.networking.gke.io,multiclusteringresses.networking.gke.io"
	script = "sh out/fleet/istio-ingress-shop-multiclusteringress-"
)

// set is what a cluster holds for the edge, each object without what its API server put there.
func (x *stand) set(context, namespace string) map[string]string {
	x.t.Helper()
	var list unstructured.UnstructuredList
	check(x.t, json.Unmarshal([]byte(x.must("kubectl --context "+context+" -n "+namespace+" get "+kinds+" -o json")), &list))
	out := map[string]string{}
	for _, o := range list.Items {
		for _, field := range []string{"uid", "resourceVersion", "creationTimestamp", "generation", "managedFields"} {
			unstructured.RemoveNestedField(o.Object, "metadata", field)
		}
		unstructured.RemoveNestedField(o.Object, "status")
		text, err := json.Marshal(o.Object)
		check(x.t, err)
		out[o.GetKind()+" "+o.GetName()] = string(text)
	}
	return out
}

// gcloud is what gcloud was asked so far.
func (x *stand) gcloud() []string {
	x.t.Helper()
	text, err := os.ReadFile(x.note)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	check(x.t, err)
	return strings.Split(strings.TrimSpace(string(text)), "\n")
}

func fleet(namespace, clusters, options string) string {
	return fmt.Sprintf(`apiVersion: spillway.dev/v1alpha1
kind: ClusterFailover
metadata: {name: shop, namespace: %s}
spec:
  hosts: [shop.example.com]
  clusters:
%s
  health: {peerKeys: {secret: {name: spillway-peer-keys}}}
  edge: [{type: MultiClusterIngress, options: {%s}}]
`, namespace, clusters, options)
}

// TestSwitch stops the config cluster's API server, and makes the other one the config cluster with the commands that were
// written beside the objects. Nothing that users notice may differ between the two.
func TestSwitch(t *testing.T) {
	t.Parallel()
	s := use(t)
	spec, err := os.ReadFile(filepath.Join("..", "..", "..", "samples", "cluster-mci", "clusterfailover.yaml"))
	check(t, err)
	x := setUp(t, s, string(spec))
	for _, c := range []string{"blue", "green"} {
		x.run("kubectl --context " + c + " create namespace istio-ingress") // it may be there: another test needs it as well
		x.must("kubectl --context " + c + " apply --server-side -f out/clusters/" + c)
	}
	x.must(script + "check.sh")
	last := x.set("blue", "istio-ingress")
	if len(last) != 4 {
		t.Fatalf("%d objects in blue", len(last))
	}

	// One field in the cluster that would take over, and one object too many: each keeps the switch from being made.
	x.must(`kubectl --context green -n istio-ingress patch backendconfig shop-edge --type merge -p '{"spec":{"healthCheck":{"checkIntervalSec":6}}}'`)
	x.wants(1, script+"check.sh blue green", "backendconfig-istio-ingress-shop-edge.yaml differs")
	x.wants(1, script+"switch.sh green", "green is not made the config cluster")
	x.must("kubectl --context green apply --server-side --force-conflicts -f out/clusters/green")
	x.must(`kubectl --context green -n istio-ingress create -f - <<'END'
apiVersion: cloud.google.com/v1
kind: BackendConfig
metadata: {name: stray, namespace: istio-ingress, labels: {spillway.dev/owner: istio-ingress.shop}}
END`)
	x.wants(1, script+"check.sh green", "backendconfig.cloud.google.com/stray is not among the generated objects")
	x.must("kubectl --context green -n istio-ingress delete backendconfig stray")
	if asked := x.gcloud(); asked != nil {
		t.Fatalf("gcloud was asked: %v", asked)
	}

	check(t, s.servers["blue"].stop())
	x.wants(2, script+"check.sh blue", "does not answer")
	x.wants(2, script+"switch.sh grene", "usage:")
	x.must(script + "switch.sh green")
	want := []string{
		"container fleet ingress update --project shop-prod --config-membership=projects/shop-prod/locations/europe-west1/memberships/green --quiet",
		"container fleet ingress describe --project shop-prod",
	}
	if diff := cmp.Diff(want, x.gcloud()); diff != "" {
		t.Errorf("gcloud was asked (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(last, x.set("green", "istio-ingress")); diff != "" {
		t.Errorf("the objects of green are not blue's last (-blue +green):\n%s", diff)
	}
}

// TestBeside brings a new cluster in beside those that serve, and wants each step to touch what its page says and no more.
func TestBeside(t *testing.T) {
	t.Parallel()
	s := use(t)
	const serving = "  - {name: green, gke: {project: p, location: europe-west1}, ingress: {address: 203.0.113.20}}\n" +
		"  - {name: red, gke: {project: p, location: asia-east1}, ingress: {address: 203.0.113.30}%s}"
	apply := func(x *stand) { x.must("kubectl --context green apply --server-side -f out/clusters/green") }
	x := setUp(t, s, fleet("beside", fmt.Sprintf(serving, ", rotation: Out"), "feature: false, configClusters: [green]"))
	x.must("kubectl --context green create namespace beside")
	apply(x)
	before, versions := x.set("green", "beside"), x.versions("beside")

	x.generate(fleet("beside", fmt.Sprintf(serving, ", rotation: Out"),
		"feature: false, configClusters: [green], beside: {cluster: red, staticIP: 203.0.113.101}"))
	apply(x)
	tried := x.versions("beside")
	if len(tried) != 8 {
		t.Errorf("%d objects while the new cluster is tried", len(tried))
	}
	for name, version := range versions {
		if tried[name] != version {
			t.Errorf("trying the new cluster touched %s", name)
		}
	}

	x.generate(fleet("beside", fmt.Sprintf(serving, ""), "feature: false, configClusters: [green]"))
	apply(x)
	after := x.set("green", "beside")
	const service = "MultiClusterService shop-edge"
	for name, text := range before {
		if name != service && after[name] != text {
			t.Errorf("letting the new cluster in touched %s", name)
		}
	}
	link := []byte(`"clusters":[{"link":"europe-west1/green"}`)
	if got := bytes.Replace([]byte(before[service]), link, slices.Concat(link, []byte(`,{"link":"asia-east1/red"}`)), 1); string(got) != after[service] {
		t.Errorf("%s: not one link more:\n%s\n%s", service, before[service], after[service])
	}
	x.must("kubectl --context green -n beside delete " + strings.ReplaceAll(kinds, ",", "/shop-edge-beside ") + "/shop-edge-beside")
	if left := x.set("green", "beside"); len(left) != 4 {
		t.Errorf("%d objects are left", len(left))
	}
}

// versions are the versions of the objects, by which a touch shows.
func (x *stand) versions(namespace string) map[string]string {
	x.t.Helper()
	out := map[string]string{}
	lines := x.must("kubectl --context green -n " + namespace + " get " + kinds +
		` -o jsonpath='{range .items[*]}{.kind} {.metadata.name}={.metadata.resourceVersion}{"\n"}{end}'`)
	for line := range strings.SplitSeq(strings.TrimSpace(lines), "\n") {
		name, version, _ := strings.Cut(line, "=")
		out[name] = version
	}
	return out
}
