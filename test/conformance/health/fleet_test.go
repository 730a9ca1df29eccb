package health

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// program builds the health server as a release is built.
func program(t *testing.T) string {
	t.Helper()
	at := filepath.Join(t.TempDir(), "spillway-health")
	c := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", at, "./cmd/spillway-health")
	c.Dir, c.Env = "../../..", append(os.Environ(), "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("building the health server: %v\n%s", err, out)
	}
	return at
}

// replica is one process of a cluster, and the way on which the other cluster reaches it.
type replica struct {
	name, cluster    string
	public, internal string
	way              *way
	process          *exec.Cmd
	log              *os.File
	args             []string
}

// cluster is one file, and a check that can be broken.
type cluster struct {
	name   string
	file   string
	mode   string // that was ordered last
	broken atomic.Bool
	check  *httptest.Server
}

// fleet is two clusters of two replicas.
type fleet struct {
	dir      string
	binary   string
	clusters map[string]*cluster
	replicas []*replica
	causes   map[string]causes // by cluster
}

func free(t *testing.T) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

func newFleet(t *testing.T) *fleet {
	t.Helper()
	f := &fleet{dir: t.TempDir(), binary: program(t), clusters: map[string]*cluster{}, causes: map[string]causes{}}
	keys := filepath.Join(f.dir, "keys")
	if err := os.Mkdir(keys, 0o700); err != nil {
		t.Fatal(err)
	}
	f.put(t, filepath.Join(keys, "k1"), strings.Repeat("k", 32))
	f.put(t, filepath.Join(keys, "active"), "k1")
	for _, name := range []string{"blue", "green"} {
		c := &cluster{name: name, file: filepath.Join(f.dir, name+".yaml")}
		c.check = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if c.broken.Load() {
				w.WriteHeader(http.StatusInternalServerError)
			}
		}))
		t.Cleanup(c.check.Close)
		f.clusters[name] = c
		for _, n := range []string{"1", "2"} {
			r := &replica{name: name + n, cluster: name, public: free(t), internal: free(t)}
			r.way = newWay(t, r.public)
			f.replicas = append(f.replicas, r)
		}
	}
	for _, c := range f.clusters {
		f.order(t, c.name, "")
	}
	for i, r := range f.replicas {
		r.args = []string{
			"--config", f.clusters[r.cluster].file, "--listen", r.public, "--internal-listen", r.internal, "--replica", r.name,
			"--siblings", "http://" + f.replicas[i^1].internal, "--linger", "100ms", "--cache", f.folder(t, r.name),
		}
		f.start(t, r)
		t.Cleanup(func() { r.kill() })
	}
	return f
}

func (f *fleet) folder(t *testing.T, name string) string {
	t.Helper()
	at := filepath.Join(f.dir, "cache-"+name)
	if err := os.Mkdir(at, 0o700); err != nil {
		t.Fatal(err)
	}
	return at
}

// put replaces a file in one step.
func (f *fleet) put(t *testing.T, at, text string) {
	t.Helper()
	if err := os.WriteFile(at+".new", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(at+".new", at); err != nil {
		t.Fatal(err)
	}
}

// order sets a cluster's mode; none is rest.
func (f *fleet) order(t *testing.T, name, mode string) {
	t.Helper()
	other := map[string]string{"blue": "green", "green": "blue"}[name]
	var urls []string
	for _, r := range f.replicas {
		if r.cluster == other {
			urls = append(urls, fmt.Sprintf("%q", "http://"+r.way.address+"/health/peer"))
		}
	}
	text := fmt.Sprintf(`apiVersion: spillway.dev/v1alpha1
kind: ClusterHealth
metadata: {name: %[1]s, namespace: soak}
spec:
  cluster: %[1]s
  fleet: soak
  path: /health
  round: {interval: 1s, timeout: 500ms}
  thresholds: {fall: 2, rise: 2}
  guard: {hold: 15s, minIn: 2s, minOut: 5s, confirm: 2, maxOutsPerHour: 60}
  checks: [{name: shop, http: {url: %[2]q}}]
  peers: [{name: %[3]s, urls: [%[4]s]}]
  peerKeys: {files: {dir: %[5]q}}
`, name, f.clusters[name].check.URL, other, strings.Join(urls, ", "), filepath.Join(f.dir, "keys"))
	if mode != "" {
		text += fmt.Sprintf("  mode: {name: %s, until: \"2099-01-01T00:00:00Z\", reason: soak}\n", mode)
	}
	f.clusters[name].mode = mode
	f.put(t, f.clusters[name].file, text)
}

func (f *fleet) start(t *testing.T, r *replica) {
	t.Helper()
	log, err := os.OpenFile(filepath.Join(f.dir, r.name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	r.log = log
	r.process = exec.Command(f.binary, r.args...)
	r.process.Stderr = log
	if err := r.process.Start(); err != nil {
		t.Fatal(err)
	}
}

func (r *replica) kill() {
	_ = r.process.Process.Kill()
	_ = r.process.Wait()
	_ = r.log.Close()
}

func (r *replica) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := r.process.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// rss is the memory that the process holds, in KiB.
func (r *replica) rss(t *testing.T) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", r.process.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, found := strings.CutPrefix(line, "VmRSS:"); found {
			n, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(rest), " kB"))
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	t.Fatal("the system does not tell how much memory a process holds")
	return 0
}

// ask asks a replica for its cluster's status; 0 if it does not answer.
func ask(ctx context.Context, address string) int { return get(ctx, "http://"+address+"/health") }

func get(ctx context.Context, url string) int {
	ctx, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return 0
	}
	req.Header.Set("User-Agent", "HAProxy")
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		return 0
	}
	defer func() { _ = resp.Body.Close() }()
	return resp.StatusCode
}

// way is how one cluster reaches a replica of the other: it can be cut, swallow everything, or be slow.
type way struct {
	address, to string
	fault       atomic.Int32
}

// The faults of a way.
const (
	open int32 = iota
	cut
	swallow
	slow
	faults
)

func newWay(t *testing.T, to string) *way {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &way{address: l.Addr().String(), to: to}
	ctx := t.Context()
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { w.carry(ctx, c) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		all.Wait()
	})
	return w
}

func (w *way) carry(ctx context.Context, c net.Conn) {
	defer func() { _ = c.Close() }()
	switch w.fault.Load() {
	case cut:
		return
	case swallow:
		_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
		_, _ = io.Copy(io.Discard, c)
		return
	case slow:
		time.Sleep(1500 * time.Millisecond)
	}
	out, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", w.to)
	if err != nil {
		return
	}
	defer func() { _ = out.Close() }()
	limit := time.Now().Add(10 * time.Second)
	_, _ = c.SetDeadline(limit), out.SetDeadline(limit)
	var both sync.WaitGroup
	both.Go(func() {
		_, _ = io.Copy(out, c)
		_ = out.Close()
	})
	_, _ = io.Copy(c, out)
	_ = c.Close()
	both.Wait()
}
