package analyze_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/spillway-mesh/spillway/test/conformance/cluster"
	"github.com/spillway-mesh/spillway/test/conformance/parts"
)

// spillway builds the command once and says where it is.
func spillway(t *testing.T) string {
	t.Helper()
	root, err := parts.ModuleRoot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	at := filepath.Join(t.TempDir(), "spillway")
	c := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", at, "./cmd/spillway")
	c.Dir = filepath.Join(root, "..", "..")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return at
}

// start starts a control plane that ends with the test.
func start(t *testing.T, o cluster.Options) *cluster.Cluster {
	t.Helper()
	var err error
	if o.Parts, err = parts.Ensure(context.Background(), func(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }); err != nil {
		t.Fatal(err)
	}
	c, err := cluster.Start(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func apply(t *testing.T, c *cluster.Cluster, text string) {
	t.Helper()
	objects, err := cluster.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Apply(t.Context(), objects); err != nil {
		t.Fatal(err)
	}
}

const entry = `apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: {name: mydb, namespace: shop}
spec:
  hosts: [mydb.internal]
  addresses: [240.200.0.1]
  location: MESH_EXTERNAL
  ports: [{number: 80, name: http, protocol: HTTP}]
  resolution: DNS
  endpoints:
  - {address: a.example.net, locality: us-east1}
  - {address: b.example.net, locality: us-west1}
---
`

func rule(percent int) string {
	return fmt.Sprintf(`apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: mydb, namespace: shop}
spec:
  host: mydb.internal
  trafficPolicy:
    connectionPool: {tcp: {connectTimeout: 1s}}
    outlierDetection: {consecutiveGatewayErrors: 3, maxEjectionPercent: %d}
`, percent)
}

const rest = `apiVersion: v1
kind: Node
metadata:
  name: n1
  labels: {topology.kubernetes.io/region: asia-east1, topology.kubernetes.io/zone: asia-east1-a}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data: {mesh: "connectTimeout: 1s"}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: mesh-viewer}
rules: [{apiGroups: [networking.istio.io], resources: ['*'], verbs: [get, list]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: viewer}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: mesh-viewer}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: viewer}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: tenant, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: mesh-viewer}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: tenant}]
`

// kubeconfig puts the ways into clusters into one file; a context is named after its cluster and user, and gone is one where
// nobody listens.
func kubeconfig(t *testing.T, of map[string]*cluster.Cluster, users ...string) string {
	t.Helper()
	all := clientcmdapi.NewConfig()
	for name, c := range of {
		for _, user := range users {
			var groups []string
			if user == "admin" {
				groups = []string{"system:masters"}
			}
			data, err := c.KubeconfigOf(user, groups...)
			if err != nil {
				t.Fatal(err)
			}
			one, err := clientcmd.Load(data)
			if err != nil {
				t.Fatal(err)
			}
			context := one.Contexts[one.CurrentContext]
			key := name + "-" + user
			all.Clusters[key], all.AuthInfos[key] = one.Clusters[context.Cluster], one.AuthInfos[context.AuthInfo]
			all.Contexts[key] = &clientcmdapi.Context{Cluster: key, AuthInfo: key, Namespace: "shop"}
		}
	}
	all.Clusters["gone"] = &clientcmdapi.Cluster{Server: "http://127.0.0.1:1"}
	all.Contexts["gone"] = &clientcmdapi.Context{Cluster: "gone", Namespace: "shop"}
	at := filepath.Join(t.TempDir(), "kubeconfig")
	if err := clientcmd.WriteToFile(*all, at); err != nil {
		t.Fatal(err)
	}
	return at
}

// run runs the command and returns what it printed, on both ways out.
func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	c := exec.CommandContext(t.Context(), name, args...)
	c.Stdout, c.Stderr = &out, &out
	if err := c.Run(); err != nil {
		fmt.Fprintf(&out, "(%v)\n", err)
	}
	return out.String()
}

// TestLive reads two API servers that should hold the same: as an administrator, as a viewer of the mesh, as one of a single
// namespace.
func TestLive(t *testing.T) {
	east, west := start(t, cluster.Options{NoIstiod: true}), start(t, cluster.Options{NoIstiod: true})
	for c, percent := range map[*cluster.Cluster]int{east: 10, west: 100} {
		apply(t, c, entry+rule(percent)+"---\n"+rest)
	}
	config := kubeconfig(t, map[string]*cluster.Cluster{"east": east, "west": west}, "admin", "viewer", "tenant", "nobody")
	command := spillway(t)
	spec := filepath.Join(t.TempDir(), "failover.yaml")
	printed := run(t, command, "analyze", "--live", "--kubeconfig", config, "--context", "east-admin", "-o", "json")
	if !strings.Contains(printed, `"FX003"`) {
		t.Errorf("the finding is not in the JSON:\n%s", printed)
	}
	text := `apiVersion: spillway.dev/v1alpha1
kind: ExternalFailover
metadata: {name: mydb, namespace: shop}
spec:
  host: mydb.internal
  ports: [{number: 80, name: http, protocol: HTTP}]
  endpoints:
  - {name: east, address: a.example.net, locality: us-east1}
  - {name: west, address: b.example.net, locality: us-west1}
  failover: [{from: us-east1, to: [east, west]}]
`
	if err := os.WriteFile(spec, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name      string
		args      []string
		has, lack []string
	}{
		{
			"administrator",
			[]string{"analyze", "--context", "east-admin"},
			[]string{"FX003", "east-admin/destinationrules.networking.istio.io.yaml:", "FX016", "asia-east1", "(exit status 1)"},
			[]string{"SP604", "FX029"},
		},
		{"the good one", []string{"analyze", "--context", "west-admin"}, nil, []string{"FX003", "SP604"}},
		{
			"twins",
			[]string{"analyze", "--context", "east-admin,west-admin"},
			[]string{"FX003", "SP605", "mydb.internal is not as in east-admin"},
			[]string{"SP604", "only this cluster"},
		},
		{
			"viewer of the mesh",
			[]string{"analyze", "--context", "east-viewer"},
			[]string{"FX003", "SP604", "nodes", "namespaces", "the mesh configuration is not known", "(exit status 1)"},
			[]string{"error FX016"},
		},
		{
			"viewer of one namespace",
			[]string{"analyze", "--context", "east-tenant"},
			[]string{"FX003", "serviceentries.networking.istio.io may be listed in namespace shop only"},
			nil,
		},
		{"without rights", []string{"analyze", "--context", "east-nobody"}, []string{"forbidden", "(exit status 3)"}, []string{"FX003"}},
		{
			"difference",
			[]string{"diff", "-f", spec, "--context", "east-viewer,west-viewer"},
			[]string{"east-viewer: shop/mydb", "west-viewer: shop/mydb", "(exit status 1)"},
			nil,
		},
		{
			"one is down",
			[]string{"analyze", "--context", "east-admin,gone"},
			[]string{"FX003", "SP604", "context gone: ", "(exit status 1)"},
			[]string{"SP605"},
		},
		{
			"difference to one that is down",
			[]string{"diff", "-f", spec, "--context", "east-viewer,gone"},
			[]string{"east-viewer: shop/mydb", "context gone was not compared", "(exit status 3)"},
			[]string{"gone: shop/mydb"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			out := run(t, command, append(tc.args, "--live", "--kubeconfig", config)...)
			for _, want := range tc.has {
				if !strings.Contains(out, want) {
					t.Errorf("%q is not in\n%s", want, out)
				}
			}
			for _, not := range tc.lack {
				if strings.Contains(out, not) {
					t.Errorf("%q is in\n%s", not, out)
				}
			}
		})
	}
}
