package conformance

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/health/kube"
	"github.com/spillway-mesh/spillway/test/conformance/cluster"
)

// watched is what a watcher has said so far.
type watched struct {
	mu       sync.Mutex
	health   *v1alpha1.ClusterHealth
	keys     map[string][]byte
	siblings []string
	services []kube.Service
	desired  int
	synced   bool
}

func (w *watched) events() kube.Events {
	note := func(do func()) {
		w.mu.Lock()
		defer w.mu.Unlock()
		do()
	}
	return kube.Events{
		Health:   func(x *v1alpha1.ClusterHealth) { note(func() { w.health = x }) },
		Keys:     func(d map[string][]byte) { note(func() { w.keys = d }) },
		Siblings: func(u []string) { note(func() { w.siblings = u }) },
		Gateways: func(_, desired int, _ []string) { note(func() { w.desired = desired }) },
		Services: func(s []kube.Service) { note(func() { w.services = s }) },
		Synced:   func() { note(func() { w.synced = true }) },
	}
}

// eventually waits until something holds of what was said.
func (w *watched) eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(40 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		w.mu.Lock()
		ok := holds()
		w.mu.Unlock()
		if ok {
			return
		}
	}
	t.Fatalf("never seen: %s; known: %+v", what, w)
}

const healthObjects = `
apiVersion: spillway.dev/v1alpha1
kind: ClusterHealth
metadata: {name: blue, namespace: NS}
spec:
  cluster: blue
  fleet: conformance
  path: /health
  round: {interval: 1s, timeout: 500ms}
  guard: {hold: 15s, minIn: 1s, confirm: 2}
  discover: {label: spillway.dev/health-check}
  peers: [{name: green, urls: ["http://GREEN/health/peer"]}]
  peerKeys: {secret: {name: keys}}
---
apiVersion: v1
kind: Secret
metadata: {name: keys, namespace: NS}
data: {k1: KEY, active: azE=}
---
apiVersion: v1
kind: Service
metadata: {name: cart, namespace: NS, labels: {spillway.dev/health-check: "true"}, annotations: {spillway.dev/importance: Informational}}
spec: {ports: [{port: 8080}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: sh-1, namespace: NS, labels: {kubernetes.io/service-name: spillway-health}}
addressType: IPv4
ports: [{port: 9090}]
endpoints: [{addresses: [192.0.2.1]}, {addresses: [192.0.2.2], conditions: {ready: false}}, {addresses: [192.0.2.3], conditions: {terminating: true}}]
---
apiVersion: v1
kind: Pod
metadata: {name: gateway, namespace: NS, labels: {istio: ingressgateway}}
spec: {containers: [{name: istio-proxy, image: proxy}]}
`

func healthKey() string { return base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 32))) }

func applyHealth(t *testing.T, s *suite, namespace, green string) {
	t.Helper()
	if err := s.cluster.Namespace(t.Context(), namespace); err != nil {
		t.Fatal(err)
	}
	objects, err := cluster.DecodeString(strings.NewReplacer("NS", namespace, "KEY", healthKey(), "GREEN", green).Replace(healthObjects))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cluster.Apply(t.Context(), objects); err != nil {
		t.Fatal(err)
	}
}

// healths is how a test changes a ClusterHealth.
func healths(t *testing.T, s *suite, namespace string) dynamic.ResourceInterface {
	t.Helper()
	client, err := dynamic.NewForConfig(s.cluster.Config)
	if err != nil {
		t.Fatal(err)
	}
	return client.Resource(schema.GroupVersionResource{Group: "spillway.dev", Version: "v1alpha1", Resource: "clusterhealths"}).Namespace(namespace)
}

func setMode(t *testing.T, at dynamic.ResourceInterface, mode string) {
	t.Helper()
	patch := fmt.Sprintf(`{"spec":{"mode":%s}}`, mode)
	if _, err := at.Patch(t.Context(), "blue", types.MergePatchType, []byte(patch), metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
}

const drainMode = `{"name":"Drain","until":"2099-01-01T00:00:00Z","reason":"test"}`

// The watcher sees its object, keys, replicas, gateways and the services that opt in, on a real API server; of two writers of
// a change the first one wins, and a deleted object changes nothing.
func TestHealthWatcher(t *testing.T) {
	t.Parallel()
	s := use(t)
	const namespace = "health-watcher"
	applyHealth(t, s, namespace, "127.0.0.1:1")
	w := &watched{}
	watcher, err := kube.New(kube.Options{
		Config: s.cluster.Config, Namespace: namespace, Name: "blue", Service: "spillway-health", PodIP: "192.0.2.2", InternalPort: 9090,
		GatewaySelector: "istio=ingressgateway",
	}, w.events(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- watcher.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	w.eventually(t, "everything", func() bool {
		return w.synced && w.health != nil && string(w.keys["active"]) == "k1" && slices.Equal(w.siblings, []string{"http://192.0.2.1:9090"}) &&
			w.desired == 1 && slices.ContainsFunc(w.services, func(s kube.Service) bool {
			return s.Namespace == namespace && s.Annotations["spillway.dev/importance"] == "Informational"
		})
	})
	at := healths(t, s, namespace)
	setMode(t, at, drainMode)
	w.eventually(t, "a mode", func() bool { return w.health.Spec.Mode != nil && w.health.Spec.Mode.Name == v1alpha1.ModeDrain })
	firstWriterWins(t, watcher)
	w.eventually(t, "the status", func() bool { return w.health.Status.Change != nil })
	if err := watcher.Event(t.Context(), "Drained", "by a test", false); err != nil {
		t.Error(err)
	}
	if err := at.Delete(t.Context(), "blue", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Second)
	w.eventually(t, "the last object, though it is deleted", func() bool { return w.health != nil && w.health.Spec.Mode != nil })
}

// firstWriterWins has eight write at once.
func firstWriterWins(t *testing.T, watcher *kube.Watcher) {
	t.Helper()
	var all sync.WaitGroup
	var mu sync.Mutex
	var won []string
	for i := range 8 {
		all.Go(func() {
			id := fmt.Sprint("change-", i)
			wrote := false
			err := watcher.WriteStatus(t.Context(), func(now v1alpha1.ClusterHealthStatus) (v1alpha1.ClusterHealthStatus, bool) {
				if wrote = now.Change == nil; wrote {
					now.Change = &v1alpha1.ChangeStatus{ID: id, Mode: v1alpha1.ModeDrain, Started: metav1.Now()}
				}
				return now, wrote
			})
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			} else if wrote {
				won = append(won, id)
			}
		})
	}
	all.Wait()
	if len(won) != 1 {
		t.Errorf("%d writers won: %q", len(won), won)
	}
}

// kubeconfig is a file with which a program reaches the suite's API server.
func kubeconfig(t *testing.T, s *suite) string {
	t.Helper()
	c := s.cluster.Config
	config := clientcmdapi.NewConfig()
	config.Clusters["x"] = &clientcmdapi.Cluster{Server: c.Host, CertificateAuthorityData: c.CAData}
	config.AuthInfos["x"] = &clientcmdapi.AuthInfo{ClientCertificateData: c.CertData, ClientKeyData: c.KeyData, Token: c.BearerToken}
	config.Contexts["x"] = &clientcmdapi.Context{Cluster: "x", AuthInfo: "x"}
	config.CurrentContext = "x"
	at := filepath.Join(t.TempDir(), "kubeconfig")
	if err := clientcmd.WriteToFile(*config, at); err != nil {
		t.Fatal(err)
	}
	return at
}

// healthProcess starts the real program.
func healthProcess(t *testing.T, binary, kubeconfig string, args ...string) {
	t.Helper()
	c := exec.CommandContext(t.Context(), binary, append(args, "--linger", "0s")...)
	c.Env = append(os.Environ(), "KUBECONFIG="+kubeconfig)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait()
	})
}

func buildHealth(t *testing.T) string {
	t.Helper()
	at := filepath.Join(t.TempDir(), "spillway-health")
	c := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-buildvcs=false", "-o", at, "./cmd/spillway-health")
	c.Dir, c.Env = "../..", append(os.Environ(), "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return at
}

// awaitCode waits until an address answers so.
func awaitCode(t *testing.T, limit time.Duration, address string, want int) {
	t.Helper()
	got := 0
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+"/health", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := (&http.Client{Timeout: time.Second}).Do(req)
		if err != nil {
			continue
		}
		_ = resp.Body.Close()
		if got = resp.StatusCode; got == want {
			return
		}
	}
	t.Fatalf("%s answers %d, want %d\n%s", address, got, want, tellWhy(t, address))
}

// tellWhy is what the server itself says of its decisions.
func tellWhy(t *testing.T, address string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+strings.Replace(address, "8080", "9090", 1)+"/why", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := (&http.Client{Timeout: time.Second}).Do(req)
	if err != nil {
		return err.Error()
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// The program in a cluster: two replicas that watch a real API server leave when the object says Drain, write one change into
// its status, stay out when the object is deleted, and come back when it is there again without a mode.
func TestHealthServerInCluster(t *testing.T) {
	t.Parallel()
	s := use(t)
	const namespace = "health-server"
	const green, one, two = "127.0.0.41:8080", "127.0.0.42:8080", "127.0.0.43:8080"
	applyHealth(t, s, namespace, green)
	binary, config := buildHealth(t), kubeconfig(t, s)
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "keys"), 0o700); err != nil {
		t.Fatal(err)
	}
	files := map[string]string{
		"keys/k1": strings.Repeat("k", 32), "keys/active": "k1",
		"green.yaml": `apiVersion: spillway.dev/v1alpha1
kind: ClusterHealth
metadata: {name: green}
spec:
  cluster: green
  fleet: conformance
  path: /health
  round: {interval: 1s, timeout: 500ms}
  guard: {hold: 15s}
  peers: [{name: blue, urls: ["http://` + one + `/health/peer", "http://` + two + `/health/peer"]}]
  peerKeys: {files: {dir: ` + dir + `/keys}}
`,
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	healthProcess(t, binary, config, "--config", filepath.Join(dir, "green.yaml"), "--listen", green, "--internal-listen", "127.0.0.41:9090")
	for i, at := range []string{one, two} {
		other := []string{"http://127.0.0.43:9090", "http://127.0.0.42:9090"}[i]
		healthProcess(t, binary, config, "--health", namespace+"/blue", "--service", "", "--siblings", other, "--listen", at,
			"--internal-listen", strings.Replace(at, "8080", "9090", 1), "--replica", fmt.Sprint("blue", i+1))
	}
	for _, at := range []string{green, one, two} {
		awaitCode(t, time.Minute, at, http.StatusOK)
	}
	objects := healths(t, s, namespace)
	setMode(t, objects, drainMode)
	awaitCode(t, time.Minute, one, http.StatusServiceUnavailable) // 18 s of them because it has only just started
	awaitCode(t, 20*time.Second, two, http.StatusServiceUnavailable)
	awaitCode(t, 5*time.Second, green, http.StatusOK)
	awaitStatus(t, objects)
	calm(t, objects)
	if err := objects.Delete(t.Context(), "blue", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	time.Sleep(3 * time.Second)
	awaitCode(t, 5*time.Second, one, http.StatusServiceUnavailable)
	applyHealth(t, s, namespace, green)
	awaitCode(t, 30*time.Second, one, http.StatusOK)
	awaitCode(t, 20*time.Second, two, http.StatusOK)
}

// calm says that replicas which have agreed do not go on writing: each would see the other's words, and put its own there.
func calm(t *testing.T, at dynamic.ResourceInterface) {
	t.Helper()
	versions := map[string]bool{}
	for end := time.Now().Add(6 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		x, err := at.Get(t.Context(), "blue", metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		versions[x.GetResourceVersion()] = true
	}
	if len(versions) > 3 {
		t.Errorf("the object was written %d times in 6 s, though nothing happened", len(versions)-1)
	}
}

// awaitStatus waits until the status says what is so, with its change and its baseline.
func awaitStatus(t *testing.T, at dynamic.ResourceInterface) {
	t.Helper()
	var x *unstructured.Unstructured
	for end := time.Now().Add(40 * time.Second); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		var err error
		if x, err = at.Get(t.Context(), "blue", metav1.GetOptions{}); err != nil {
			t.Fatal(err)
		}
		verdict, _, _ := unstructured.NestedString(x.Object, "status", "verdict")
		id, _, _ := unstructured.NestedString(x.Object, "status", "change", "id")
		effective, _, _ := unstructured.NestedString(x.Object, "status", "change", "effectiveAt")
		if verdict == "Out" && id != "" && effective != "" {
			return
		}
	}
	t.Fatalf("the status says %v", x.Object["status"])
}
