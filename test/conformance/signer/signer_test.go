// Package signer runs a real Envoy with the very patches that are generated for a gateway's listener, without istiod: what it
// signs is recomputed by another implementation, what a client signed is gone, and its own answers carry the mark.
package signer_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/test/conformance/generated"
	"github.com/spillway-mesh/spillway/test/conformance/parts"
	"github.com/spillway-mesh/spillway/test/conformance/sigv4"
)

type object = map[string]any

const (
	id     = "AKIDEXAMPLE"
	secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" //nolint:gosec // of AWS's published examples
)

// patches are the values that the sample's EnvoyFilter puts into the listener of the first endpoint's port.
func patches(t *testing.T, change func(*v1alpha1.ExternalFailover)) (manager object, filters []any, limit any) {
	t.Helper()
	spec, platform, err := generated.Read("../../../samples/dynamodb-signed/failover.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(spec)
	}
	c, diags, err := generated.Compile("signed", spec, platform)
	if err != nil || c == nil {
		t.Fatal(err, diags)
	}
	listen := c.Plan.Gateway.Hops[0].Listen["http"]
	for _, o := range c.Objects {
		if o.GetKind() != "EnvoyFilter" || !strings.HasSuffix(o.GetName(), "egress") {
			continue
		}
		data, err := json.Marshal(o.Object["spec"])
		if err != nil {
			t.Fatal(err)
		}
		var f struct {
			ConfigPatches []struct {
				ApplyTo string
				Match   struct{ Listener struct{ PortNumber int } }
				Patch   struct{ Value object }
			}
		}
		if err := json.Unmarshal(data, &f); err != nil {
			t.Fatal(err)
		}
		for _, p := range f.ConfigPatches {
			if p.Match.Listener.PortNumber != listen {
				continue
			}
			switch p.ApplyTo {
			case "NETWORK_FILTER":
				manager = p.Patch.Value["typed_config"].(object)
			case "HTTP_FILTER":
				filters = append(filters, p.Patch.Value)
			case "LISTENER":
				limit = p.Patch.Value["per_connection_buffer_limit_bytes"]
			}
		}
	}
	return manager, filters, limit
}

func port(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port
}

// bootstrap is an Envoy with a listener as the sample's gateway has it, before one region.
func bootstrap(t *testing.T, region string, listen int, change func(*v1alpha1.ExternalFailover)) []byte {
	t.Helper()
	manager, filters, limit := patches(t, change)
	host, p, _ := net.SplitHostPort(region)
	var upstream int
	_, _ = fmt.Sscan(p, &upstream)
	manager["stat_prefix"] = "gateway"
	manager["http_filters"] = append(filters, object{"name": "envoy.filters.http.router", "typed_config": object{
		"@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router",
	}})
	manager["route_config"] = object{"virtual_hosts": []object{{"name": "all", "domains": []string{"*"}, "routes": []object{{
		"match": object{"prefix": "/"}, "route": object{"cluster": "region", "timeout": "8s"},
		"response_headers_to_remove": []string{"x-spillway-not-sent"},
	}}}}}
	address := func(h string, n int) object {
		return object{"socket_address": object{"address": h, "port_value": n}}
	}
	boot, err := json.Marshal(object{
		"admin": object{"address": address("127.0.0.1", port(t))},
		"static_resources": object{
			"listeners": []object{{
				"name": "l", "address": address("127.0.0.1", listen), "per_connection_buffer_limit_bytes": limit,
				"filter_chains": []object{{"filters": []object{{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}}}},
			}},
			"clusters": []object{{
				"name": "region", "type": "STATIC", "connect_timeout": "0.5s",
				"load_assignment": object{"cluster_name": "region", "endpoints": []object{{"lb_endpoints": []object{{"endpoint": object{"address": address(host, upstream)}}}}}},
			}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return boot
}

// run starts Envoy before the region and returns the address of its listener.
func run(t *testing.T, region string, change func(*v1alpha1.ExternalFailover), env ...string) string {
	t.Helper()
	envoy, err := parts.Envoy(t.Context(), t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	listen := port(t)
	boot := bootstrap(t, region, listen, change)
	file := filepath.Join(t.TempDir(), "envoy.json")
	if err := os.WriteFile(file, boot, 0o600); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	cmd := exec.Command(envoy, "-c", file, "--disable-hot-restart", "--concurrency", "1", "-l", "warning")
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Log(log.String())
		}
	})
	out := fmt.Sprintf("127.0.0.1:%d", listen)
	for range 300 {
		if c, err := net.Dial("tcp", out); err == nil {
			_ = c.Close()
			return out
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatalf("Envoy does not listen:\n%s", log.String())
	return ""
}

// region checks each request and keeps what was wrong with it.
type region struct {
	mu   sync.Mutex
	errs []error
	host string
	len  int
}

func (r *region) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	err := sigv4.Check(req, body, sigv4.Key{ID: id, Secret: secret, Region: "us-east-1", Service: "dynamodb"}, time.Now())
	r.mu.Lock()
	r.errs, r.host, r.len = append(r.errs, err), req.Host, len(body)
	r.mu.Unlock()
	w.Header().Set("x-spillway-not-sent", "1") // a region that lies
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
	}
}

func send(t *testing.T, address string, body []byte, headers map[string]string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+address+"/", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Host = "orders-table.internal"
	req.Header.Set("X-Amz-Target", "DynamoDB_20120810.PutItem")
	req.Header.Set("Content-Type", "application/x-amz-json-1.0")
	for k, v := range headers {
		req.Header.Set(k, v)
	}
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	return resp
}

func TestSigns(t *testing.T) {
	r := &region{}
	backend := httptest.NewServer(r)
	t.Cleanup(backend.Close)
	file := filepath.Join(t.TempDir(), "credentials")
	if err := os.WriteFile(file, []byte("[default]\naws_access_key_id="+id+"\naws_secret_access_key="+secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	container := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintf(w, `{"AccessKeyId":%q,"SecretAccessKey":%q,"Token":"tok","Expiration":"2099-01-01T00:00:00Z"}`, id, secret)
	}))
	t.Cleanup(container.Close)
	for name, c := range map[string]struct {
		change func(*v1alpha1.ExternalFailover)
		env    string
	}{
		"environment":                         {env: "AWS_ACCESS_KEY_ID=" + id + " AWS_SECRET_ACCESS_KEY=" + secret},
		"the file that the environment names": {env: "AWS_SHARED_CREDENTIALS_FILE=" + file},
		"the file that the spec names": {change: func(x *v1alpha1.ExternalFailover) {
			x.Spec.EgressGateway.Credentials = &v1alpha1.AWSCredentials{File: file}
		}},
		"container": {env: "AWS_CONTAINER_CREDENTIALS_FULL_URI=" + container.URL},
	} {
		t.Run(name, func(t *testing.T) {
			address := run(t, backend.Listener.Addr().String(), c.change, append(strings.Fields(c.env), "AWS_EC2_METADATA_DISABLED=true")...)
			for what, c := range map[string]struct {
				body    []byte
				headers map[string]string
			}{
				"unsigned":      {[]byte(`{"a":1}`), nil},
				"no body":       {nil, nil},
				"12 MB":         {bytes.Repeat([]byte("x"), 12<<20), nil},
				"client-signed": {[]byte("{}"), map[string]string{"Authorization": "AWS4-HMAC-SHA256 Credential=OTHER/20150830/us-west-2/dynamodb/aws4_request, SignedHeaders=host, Signature=00", "X-Amz-Date": "20150830T123600Z", "X-Amz-Security-Token": "old", "X-Amz-Content-Sha256": "00"}},
				"other headers": {[]byte("{}"), map[string]string{"X-Forwarded-For": "1.2.3.4", "X-Request-Id": "a  b", "Traceparent": "00-1"}},
			} {
				resp := send(t, address, c.body, c.headers)
				r.mu.Lock()
				err := r.errs[len(r.errs)-1]
				if err != nil || r.host != "dynamodb.us-east-1.amazonaws.com" || r.len != len(c.body) || resp.StatusCode != 200 {
					t.Errorf("%s: %v, Host %q, %d bytes, status %d", what, err, r.host, r.len, resp.StatusCode)
				}
				r.mu.Unlock()
				if resp.Header.Get("x-spillway-not-sent") != "" {
					t.Errorf("%s: a region's mark passes", what)
				}
			}
			if resp := send(t, address, bytes.Repeat([]byte("x"), 18<<20), nil); resp.StatusCode != http.StatusRequestEntityTooLarge {
				t.Errorf("18 MB: status %d", resp.StatusCode)
			}
		})
	}
}

func TestMarks(t *testing.T) {
	address := run(t, fmt.Sprintf("127.0.0.1:%d", port(t)), nil, "AWS_ACCESS_KEY_ID="+id, "AWS_SECRET_ACCESS_KEY="+secret)
	resp := send(t, address, []byte("{}"), nil)
	if resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("x-spillway-not-sent") != "1" {
		t.Errorf("refused: %d %v", resp.StatusCode, resp.Header)
	}
	// A region that takes the request and resets may have acted: no mark.
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = c.Read(make([]byte, 4096))
			_ = c.(*net.TCPConn).SetLinger(0)
			_ = c.Close()
		}
	}()
	address = run(t, l.Addr().String(), nil, "AWS_ACCESS_KEY_ID="+id, "AWS_SECRET_ACCESS_KEY="+secret)
	resp = send(t, address, []byte("{}"), nil)
	if resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("x-spillway-not-sent") != "" {
		t.Errorf("reset: %d %v", resp.StatusCode, resp.Header)
	}
}
