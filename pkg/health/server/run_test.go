package server

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// member is a running replica.
type member struct {
	public, internal string // addresses
	stop             func()
	ended            chan error
}

// demo is a fleet of two clusters with two replicas each, in one process, on ports of its own.
type demo struct {
	dir     string
	members map[string]*member // blue1, blue2, green1, green2
}

// free finds a port that nobody listens to.
func free(t *testing.T) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

func (d *demo) file(cluster string) string { return filepath.Join(d.dir, cluster+".yaml") }

// write writes a cluster's file in one step, with more lines for its spec.
func (d *demo) write(t *testing.T, cluster, other, more string) {
	t.Helper()
	text := fmt.Sprintf(`apiVersion: spillway.dev/v1alpha1
kind: ClusterHealth
metadata: {name: %[1]s, namespace: demo}
spec:
  cluster: %[1]s
  fleet: demo
  token: %[1]s
  path: /health
  round: {interval: 1s, timeout: 500ms}
  guard: {minIn: 1s, confirm: 2}
  checks: [{name: self, http: {url: "http://%[2]s/livez"}}]
  peers: [{name: %[3]s, token: %[3]s, urls: ["http://%[4]s/health/peer", "http://%[5]s/health/peer"]}]
  peerKeys: {files: {dir: %[6]s}}
%[7]s`, cluster, d.members[cluster+"1"].internal, other, d.members[other+"1"].public, d.members[other+"2"].public, filepath.Join(d.dir, "keys"), more)
	at := d.file(cluster)
	if err := os.WriteFile(at+".new", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(at+".new", at); err != nil {
		t.Fatal(err)
	}
}

func startDemo(t *testing.T) *demo {
	t.Helper()
	d := &demo{dir: t.TempDir(), members: map[string]*member{}}
	if err := os.Mkdir(filepath.Join(d.dir, "keys"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"k1": strings.Repeat("k", 32), "active": "k1"} {
		if err := os.WriteFile(filepath.Join(d.dir, "keys", name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"blue1", "blue2", "green1", "green2"} {
		d.members[name] = &member{public: free(t), internal: free(t)}
	}
	d.write(t, "blue", "green", "")
	d.write(t, "green", "blue", "")
	for name, m := range d.members {
		cluster, sibling := name[:len(name)-1], name[:len(name)-1]+map[byte]string{'1': "2", '2': "1"}[name[len(name)-1]]
		ctx, stop := context.WithCancel(t.Context())
		m.stop, m.ended = stop, make(chan error, 1)
		begun := time.Now().Add(-time.Hour) // long enough ago to have a say at once
		o := &Options{
			Listen: m.public, InternalListen: m.internal, Path: "/health", Siblings: []string{"http://" + d.members[sibling].internal},
			Replica: name, Linger: 300 * time.Millisecond, Log: slog.New(slog.DiscardHandler), CacheDir: t.TempDir(),
		}
		o.Source = &File{Path: d.file(cluster), Log: o.Log}
		go func() { m.ended <- run(ctx, o, func() time.Duration { return time.Since(begun) }, time.Now) }()
		t.Cleanup(func() {
			stop()
			if err := <-m.ended; err != nil {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
	return d
}

// get asks once, on a new connection.
func get(t *testing.T, url string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 2 * time.Second}
	resp, err := client.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// within waits until both replicas of blue answer so.
func (d *demo) within(t *testing.T, limit time.Duration, want int) {
	t.Helper()
	for end := time.Now().Add(limit); ; time.Sleep(100 * time.Millisecond) {
		a, _ := get(t, "http://"+d.members["blue1"].public+"/health")
		b, _ := get(t, "http://"+d.members["blue2"].public+"/health")
		if a == want && b == want {
			return
		}
		if time.Now().After(end) {
			_, why := get(t, "http://"+d.members["blue1"].internal+"/why")
			t.Fatalf("blue answers %d and %d after %s, want %d\n%s", a, b, limit, want, why)
		}
	}
}

// Two clusters of two replicas: one is drained and leaves within 5 s, the other may not follow it, and it comes back.
func TestDrainIsServed(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes seconds; short is for those who run everything a hundred times")
	}
	d := startDemo(t)
	d.within(t, 10*time.Second, http.StatusOK)
	for range 60 { // until the peers are confirmed
		if _, text := get(t, "http://"+d.members["blue2"].internal+"/metrics"); strings.Contains(text, `spillway_health_peer_confirmed{peer="green"} 1`) {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	const drain = "  mode: {name: Drain, until: \"2099-01-01T00:00:00Z\", reason: test}\n"
	d.write(t, "blue", "green", drain)
	d.within(t, 7*time.Second, http.StatusServiceUnavailable)
	d.write(t, "green", "blue", drain)
	time.Sleep(3 * time.Second)
	for _, r := range []string{"green1", "green2"} {
		if code, _ := get(t, "http://"+d.members[r].public+"/health"); code != http.StatusOK {
			t.Fatalf("%s answers %d while blue is out", r, code)
		}
	}
	if err := os.WriteFile(d.file("blue"), []byte("spec: [\n"), 0o600); err != nil { // whoever edits it slips
		t.Fatal(err)
	}
	time.Sleep(2 * time.Second)
	d.within(t, time.Second, http.StatusServiceUnavailable)
	d.write(t, "green", "blue", "")
	d.write(t, "blue", "green", "")
	d.within(t, 5*time.Second, http.StatusOK)
	d.pages(t)
	d.ends(t)
}

// pages looks at what the internal port tells.
func (d *demo) pages(t *testing.T) {
	t.Helper()
	for path, want := range map[string]string{
		"/": "would NOT leave: in the mode Relaxed", "/detail": `"configHash": "`, "/why": `"rule": "Drain"`, "/livez": "ok", "/readyz": "ok",
		"/metrics": `spillway_health_transitions_total{rule="Drain",to="Out"} 1`,
	} {
		if code, text := get(t, "http://"+d.members["blue1"].internal+path); code != http.StatusOK || !strings.Contains(text, want) {
			t.Errorf("%s: %d, lacks %q:\n%s", path, code, want, text)
		}
	}
}

// ends has one replica end: readiness goes first, the probe path answers on, and connections close.
func (d *demo) ends(t *testing.T) {
	t.Helper()
	m := d.members["green2"]
	m.stop()
	time.Sleep(100 * time.Millisecond)
	if code, text := get(t, "http://"+m.internal+"/readyz"); code != http.StatusServiceUnavailable || !strings.Contains(text, "shutting down") {
		t.Errorf("readyz: %d %q", code, text)
	}
	if code, text := get(t, "http://"+m.public+"/health"); code != http.StatusOK || text != "green\n" {
		t.Errorf("while it ends: %d %q", code, text)
	}
	if code, _ := get(t, "http://"+m.public+"/health/peer"); code != http.StatusNotFound {
		t.Errorf("unsigned: %d", code)
	}
}

// A port that is taken, and a file that is wrong, end the server with what is the matter.
func TestRunFails(t *testing.T) {
	taken := free(t)
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", taken)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	o := Options{Listen: taken, InternalListen: "127.0.0.1:0", Source: nowhere{}, Log: slog.New(slog.DiscardHandler), Path: "/health"}
	if err := Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), "listening for gateways") {
		t.Errorf("a port that is taken: %v", err)
	}
}
