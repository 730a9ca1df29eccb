package analyze_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/spillway-mesh/spillway/test/conformance/cluster"
	"github.com/spillway-mesh/spillway/test/conformance/parts"
)

// bootstrap is an Envoy that takes clusters from istiod and listens nowhere but at its admin address.
const bootstrap = `node:
  id: sidecar~127.0.0.1~client.shop~shop.svc.cluster.local
  cluster: client
  locality: {region: asia-east1, zone: asia-east1-b}
  metadata: {NAMESPACE: shop, CLUSTER_ID: Kubernetes, ISTIO_VERSION: 1.31.0, NAME: client, INSTANCE_IPS: 127.0.0.1, LABELS: {app: client}}
admin: {address: {socket_address: {address: 127.0.0.1, port_value: %s}}}
dynamic_resources:
  cds_config: {ads: {}, resource_api_version: V3}
  ads_config:
    api_type: GRPC
    transport_api_version: V3
    set_node_on_first_message_only: true
    grpc_services: [{envoy_grpc: {cluster_name: istiod}}]
static_resources:
  clusters:
  - name: istiod
    type: STATIC
    connect_timeout: 1s
    typed_extension_protocol_options:
      envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
        "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
        explicit_http_config: {http2_protocol_options: {}}
    load_assignment:
      cluster_name: istiod
      endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: %s}}}}]}]
`

// startEnvoy starts a real Envoy and returns its admin address once it has clusters.
func startEnvoy(t *testing.T, c *cluster.Cluster) string {
	t.Helper()
	set, err := parts.Ensure(t.Context(), t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	_, xds, _ := net.SplitHostPort(c.PlainXDS)
	file := filepath.Join(t.TempDir(), "envoy.yaml")
	if err := os.WriteFile(file, fmt.Appendf(nil, bootstrap, port, xds), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	e := exec.CommandContext(ctx, set.Envoy, "-c", file, "--base-id", port, "--log-level", "error", "--concurrency", "1")
	e.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	e.Stderr = os.Stderr
	if err := e.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = e.Wait()
	})
	admin := "http://127.0.0.1:" + port
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		if has(t, admin, "outbound|80||mydb.internal") {
			return admin
		}
	}
	t.Fatal("Envoy got no clusters")
	return ""
}

func has(t *testing.T, admin, name string) bool {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, admin+"/clusters", nil)
	if err != nil {
		t.Fatal(err)
	}
	a, err := (&http.Client{Timeout: time.Second}).Do(r)
	if err != nil {
		return false
	}
	defer func() { _ = a.Body.Close() }()
	text := new(strings.Builder)
	_, _ = fmt.Fprint(text, readAll(a))
	return strings.Contains(text.String(), name)
}

func readAll(a *http.Response) string {
	var b strings.Builder
	buffer := make([]byte, 1<<16)
	for {
		n, err := a.Body.Read(buffer)
		b.Write(buffer[:n])
		if err != nil {
			return b.String()
		}
	}
}

// numbered is the entry with addresses of this machine: nothing is looked up.
func numbered() string {
	return strings.NewReplacer("a.example.net", "127.0.0.2", "b.example.net", "127.0.0.3").Replace(entry)
}

// TestProxy reads a real Envoy that a real istiod has configured: first badly, then well.
func TestProxy(t *testing.T) {
	c := start(t, cluster.Options{})
	apply(t, c, numbered()+rule(10)+"    tls: {mode: SIMPLE, sni: mydb.example.net}\n")
	admin := startEnvoy(t, c)
	command := spillway(t)
	out := run(t, command, "analyze", "--proxy", admin)
	for _, want := range []string{
		"FX003", "it may eject 10 %, and leaving the first takes 50 % of the 2 addresses that it knows now", "FX004", "FX016", `"asia-east1"`, "(exit status 1)",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	apply(t, c, numbered()+rule(100)+`    tls: {mode: SIMPLE, sni: mydb.example.net, subjectAltNames: [mydb.example.net]}
    loadBalancer: {localityLbSetting: {failover: [{from: asia-east1, to: us-west1}]}}
`)
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(200 * time.Millisecond) {
		out = run(t, command, "analyze", "--proxy", admin, "--fail-on", "note")
		if !strings.Contains(out, "exit status") {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the good configuration is not silent:\n%s", out)
		}
	}
	if out := run(t, command, "analyze", "--proxy", "http://127.0.0.1:1"); !strings.Contains(out, "(exit status 3)") {
		t.Errorf("a proxy that does not answer is no trouble:\n%s", out)
	}
}
