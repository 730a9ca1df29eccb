package live

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Without a kubeconfig only a pod knows its cluster, and what is missing is said. That a pod's account is taken is run in
// test/conformance/edge.
func TestOpenWithoutKubeconfig(t *testing.T) {
	t.Setenv("KUBECONFIG", filepath.Join(t.TempDir(), "none"))
	t.Setenv("KUBERNETES_SERVICE_HOST", "")
	if _, err := Open(Options{}); err == nil || !strings.Contains(err.Error(), "no current context") {
		t.Errorf("outside of a pod: %v", err)
	}
	if _, err := os.Stat("/var/run/secrets/kubernetes.io/serviceaccount/token"); err == nil {
		t.Skip("this is a pod")
	}
	t.Setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
	t.Setenv("KUBERNETES_SERVICE_PORT", "443")
	if _, err := Open(Options{}); err == nil || !strings.Contains(err.Error(), "the account of the pod") {
		t.Errorf("in a pod without an account: %v", err)
	}
	if _, err := Open(Options{Contexts: []string{"blue"}}); err == nil || !strings.Contains(err.Error(), `no context "blue"`) {
		t.Errorf("in a pod, with a context asked for: %v", err)
	}
}
