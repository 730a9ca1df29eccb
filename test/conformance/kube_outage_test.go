package conformance

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
)

// TestKubeOutage stops an API server, wakes it, kills it and starts it again. It is one of its own, since all other tests
// need theirs.
func TestKubeOutage(t *testing.T) {
	t.Parallel()
	s := use(t)
	config := ownServer(t, s)
	o := newOutage(t, config)
	k := watchAs(t, config, "")
	k.until(t, 10*time.Second, "everything is listed", func(v kubeView) bool { return v.Synced == 1 && v.Cluster == "blue" && v.Keys == "one" })

	before := k.now()
	pid, args := apiServer(t, config)
	check(t, syscall.Kill(pid, syscall.SIGSTOP))
	time.Sleep(3 * time.Second)
	check(t, syscall.Kill(pid, syscall.SIGCONT))
	if now := k.now(); now.Calls != before.Calls {
		t.Errorf("a server that stood still changed something: %+v, before %+v", now, before)
	}
	o.set(t, "two")
	k.until(t, 35*time.Second, "after standing still, news arrive", func(v kubeView) bool { return v.Keys == "two" && v.Cluster == "two" })

	before = k.now()
	check(t, syscall.Kill(pid, syscall.SIGKILL))
	time.Sleep(4 * time.Second)
	o.start(t, args)
	if now := k.now(); now.Calls != before.Calls {
		t.Errorf("a dead server changed something: %+v, before %+v", now, before)
	}
	o.set(t, "three")
	check(t, o.kube.CoreV1().Secrets("kube-ingress").Delete(t.Context(), "unused", metav1.DeleteOptions{}))
	k.until(t, 35*time.Second, "after its death, news arrive", func(v kubeView) bool { return v.Keys == "three" && v.Cluster == "three" })
	if now := k.now(); now.Synced != 1 {
		t.Errorf("synced %d times", now.Synced)
	}
	if !strings.Contains(k.logged(), "the cluster cannot be read, what was known stays") {
		t.Errorf("the outage was not logged:\n%s", k.logged())
	}
}

// ownServer starts an etcd and an API server with this project's CRDs.
func ownServer(t *testing.T, s *suite) *rest.Config {
	t.Helper()
	env := &envtest.Environment{
		CRDInstallOptions:        envtest.CRDInstallOptions{Paths: ownCRDs(t.Context()), ErrorIfPathMissing: true, MaxTime: time.Minute},
		ControlPlaneStartTimeout: 2 * time.Minute, ControlPlaneStopTimeout: 20 * time.Second,
	}
	env.ControlPlane.Etcd = &envtest.Etcd{Path: s.set.Etcd}
	env.ControlPlane.GetAPIServer().Path = s.set.APIServer
	config, err := env.Start()
	check(t, err)
	t.Cleanup(func() {
		if err := env.Stop(); err != nil {
			t.Error(err)
		}
	})
	return config
}

// outage is a ClusterHealth and its Secret on a server that has its troubles.
type outage struct {
	config *rest.Config
	kube   *kubernetes.Clientset
	health dynamic.ResourceInterface
}

func newOutage(t *testing.T, config *rest.Config) *outage {
	t.Helper()
	o := &outage{config: config}
	var err error
	o.kube, err = kubernetes.NewForConfig(config)
	check(t, err)
	d, err := dynamic.NewForConfig(config)
	check(t, err)
	o.health = d.Resource(v1alpha1.GroupVersion().WithResource("clusterhealths")).Namespace("kube-ingress")
	_, err = o.kube.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "kube-ingress"}}, metav1.CreateOptions{})
	check(t, err)
	for _, name := range []string{"keys", "unused"} {
		_, err = o.kube.CoreV1().Secrets("kube-ingress").Create(t.Context(), &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Name: name}, StringData: map[string]string{"active": "one"},
		}, metav1.CreateOptions{})
		check(t, err)
	}
	_, err = o.health.Create(t.Context(), &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": v1alpha1.GroupVersion().String(), "kind": "ClusterHealth", "metadata": map[string]any{"name": "blue"},
		"spec": map[string]any{
			"cluster":  "blue",
			"peers":    []any{map[string]any{"name": "green", "urls": []any{"https://203.0.113.20/peer"}}},
			"peerKeys": map[string]any{"secret": map[string]any{"name": "keys"}},
		},
	}}, metav1.CreateOptions{})
	check(t, err)
	return o
}

// set changes both objects.
func (o *outage) set(t *testing.T, word string) {
	t.Helper()
	_, err := o.kube.CoreV1().Secrets("kube-ingress").Patch(t.Context(), "keys", types.MergePatchType, []byte(`{"stringData":{"active":"`+word+`"}}`), metav1.PatchOptions{})
	check(t, err)
	_, err = o.health.Patch(t.Context(), "blue", types.MergePatchType, []byte(`{"spec":{"cluster":"`+word+`"}}`), metav1.PatchOptions{})
	check(t, err)
}

// start runs the API server again, as it ran before, and waits until it is ready.
func (o *outage) start(t *testing.T, args []string) {
	t.Helper()
	cmd := exec.Command(args[0], args[1:]...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	check(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("the API server that was started again:\n%s", log.String())
		}
	})
	client, err := rest.HTTPClientFor(o.config)
	check(t, err)
	last := ""
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address(o.config)+"/readyz", nil)
		check(t, err)
		resp, err := client.Do(req)
		if err != nil {
			last = err.Error()
			continue
		}
		body, err := io.ReadAll(resp.Body)
		check(t, errors.Join(err, resp.Body.Close()))
		if resp.StatusCode == http.StatusOK {
			return
		}
		last = string(body)
	}
	t.Fatalf("the API server did not come back: %s", last)
}

// apiServer finds the process of the API server that a configuration leads to, by its port.
func apiServer(t *testing.T, config *rest.Config) (int, []string) {
	t.Helper()
	u, err := url.Parse(address(config))
	check(t, err)
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	check(t, err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended since
		}
		args := strings.Split(strings.TrimSuffix(string(text), "\x00"), "\x00")
		if filepath.Base(args[0]) == "kube-apiserver" && strings.Contains(string(text), "--secure-port="+u.Port()+"\x00") {
			pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
			check(t, err)
			return pid, args
		}
	}
	t.Fatalf("no kube-apiserver with port %s", u.Port())
	return 0, nil
}

// address is the URL of an API server; a configuration may name host and port only.
func address(config *rest.Config) string {
	host := strings.TrimSuffix(config.Host, "/")
	if strings.Contains(host, "://") {
		return host
	}
	return "https://" + host
}
