package conformance

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/spillway-mesh/spillway/test/conformance/cluster"
)

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

func setMode(t *testing.T, at dynamic.ResourceInterface, mode string) {
	t.Helper()
	patch := fmt.Sprintf(`{"spec":{"mode":%s}}`, mode)
	if _, err := at.Patch(t.Context(), "blue", types.MergePatchType, []byte(patch), metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
}

const drainMode = `{"name":"Drain","until":"2099-01-01T00:00:00Z","reason":"test"}`

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
	objects := s.healths(t).Namespace(namespace)
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
