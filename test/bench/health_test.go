package bench

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// healthServer is a running health server with a number of checks, of which some hang.
type healthServer struct {
	address string
	process *exec.Cmd
	started time.Duration // until the first answer
}

func freePort(b testing.TB) string {
	b.Helper()
	l, err := new(net.ListenConfig).Listen(b.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// program builds the health server.
func program(b testing.TB) string {
	b.Helper()
	at := filepath.Join(b.TempDir(), "spillway-health")
	c := exec.CommandContext(b.Context(), "go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w", "-o", at, "../../cmd/spillway-health")
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		b.Fatalf("building the health server: %v\n%s", err, out)
	}
	return at
}

// startHealth starts a health server with so many checks.
func startHealth(b testing.TB, binary string, checks, hanging int) *healthServer {
	b.Helper()
	hang := make(chan struct{})
	target := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/hang" {
			select {
			case <-hang:
			case <-r.Context().Done():
			}
		}
	}))
	b.Cleanup(func() {
		close(hang)
		target.Close()
	})
	var text strings.Builder
	text.WriteString("apiVersion: spillway.dev/v1alpha1\nkind: ClusterHealth\nmetadata: {name: blue}\nspec:\n  cluster: blue\n  path: /health\n  checks:\n")
	for i := range checks {
		path := "/"
		if i < hanging {
			path = "/hang"
		}
		fmt.Fprintf(&text, "  - {name: c%d, http: {url: %q}}\n", i, target.URL+path)
	}
	return launch(b, binary, text.String())
}

// launch starts a health server with that configuration, on one core.
func launch(b testing.TB, binary, text string) *healthServer {
	b.Helper()
	config := filepath.Join(b.TempDir(), "blue.yaml")
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	h := &healthServer{address: freePort(b)}
	h.process = exec.CommandContext(b.Context(), binary, "--config", config, "--listen", h.address, "--internal-listen", freePort(b), "--linger", "0s")
	h.process.Env = append(os.Environ(), "GOMAXPROCS=1")
	begun := time.Now()
	if err := h.process.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = h.process.Process.Kill()
		_ = h.process.Wait()
	})
	h.started = waitFor(b, "http://"+h.address+"/health", begun)
	return h
}

func waitFor(b testing.TB, url string, begun time.Time) time.Duration {
	b.Helper()
	for time.Since(begun) < 10*time.Second {
		if code := getOnce(b.Context(), &http.Client{}, url); code == http.StatusOK {
			return time.Since(begun)
		}
		time.Sleep(time.Millisecond)
	}
	b.Fatalf("%s does not answer", url)
	return 0
}

func getOnce(ctx context.Context, client *http.Client, url string) int {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return 0
	}
	resp, err := client.Do(req)
	if err != nil {
		return 0
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	return resp.StatusCode
}

func (h *healthServer) rss(b testing.TB) float64 {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", h.process.Process.Pid))
	if err != nil {
		b.Fatal(err)
	}
	hit := regexp.MustCompile(`VmRSS:\s+(\d+) kB`).FindSubmatch(text)
	n, err := strconv.ParseFloat(string(hit[1]), 64)
	if err != nil {
		b.Fatal(err)
	}
	return n / 1024
}

// BenchmarkHealthStart is from the start of the process to its first answer, and what it holds at rest.
func BenchmarkHealthStart(b *testing.B) {
	binary := program(b)
	var took []time.Duration
	rss := 0.0
	for b.Loop() {
		h := startHealth(b, binary, 10, 0)
		took = append(took, h.started)
		time.Sleep(200 * time.Millisecond)
		rss = max(rss, h.rss(b))
		_ = h.process.Process.Kill()
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms/first-answer")
	b.ReportMetric(rss, "MB/rest")
}

// BenchmarkHealthProbe is a paced load of 1,000 probes a second while 1,000 checks run and 200 of them hang. The same load on a
// bare handler of net/http meanwhile tells what the checks' targets and the load itself take of the machine.
func BenchmarkHealthProbe(b *testing.B) {
	h := startHealth(b, program(b), 1000, 200)
	time.Sleep(6 * time.Second) // into the second round
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	defer client.CloseIdleConnections()
	var took []time.Duration
	for b.Loop() {
		took = append(took, paced(b, client, "http://"+h.address+"/health", 5*time.Second)...)
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "ms/p99")
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms/p50")
	b.ReportMetric(h.rss(b), "MB/1000-checks")
	bare := paced(b, client, "http://"+startBare(b)+"/health", 5*time.Second)
	slices.Sort(bare)
	b.ReportMetric(float64(bare[len(bare)*99/100].Microseconds())/1000, "ms/p99-net/http")
}

// paced sends a probe each millisecond, whether the last one is answered or not.
func paced(b *testing.B, client *http.Client, url string, lasts time.Duration) []time.Duration {
	b.Helper()
	results := make(chan time.Duration, int(lasts/time.Millisecond)+1)
	n := 0
	begun := time.Now()
	for at := time.Duration(0); at < lasts; at += time.Millisecond {
		time.Sleep(time.Until(begun.Add(at)))
		n++
		due := begun.Add(at)
		go func() {
			if getOnce(b.Context(), client, url) == http.StatusOK {
				results <- time.Since(due)
				return
			}
			results <- time.Hour
		}()
	}
	out := make([]time.Duration, 0, n)
	for range n {
		out = append(out, <-results)
	}
	return out
}

// BenchmarkHealthCeiling is how many probes a second one core answers, beside a bare handler of net/http and nginx.
func BenchmarkHealthCeiling(b *testing.B) {
	for _, tool := range []string{"wrk", "nginx"} {
		if _, err := exec.LookPath(tool); err != nil {
			b.Fatalf("the ceiling is measured with wrk, beside nginx: apt-get install wrk nginx-light (%v)", err)
		}
	}
	h := startHealth(b, program(b), 10, 0)
	bare, nginx := startBare(b), startNginx(b)
	for b.Loop() {
		own := wrk(b, "http://"+h.address+"/health")
		b.ReportMetric(own, "rps")
		b.ReportMetric(own/wrk(b, "http://"+bare+"/health"), "of-net/http")
		b.ReportMetric(own/wrk(b, "http://"+nginx+"/health"), "of-nginx")
	}
}

func wrk(b *testing.B, url string) float64 {
	b.Helper()
	out, err := exec.CommandContext(b.Context(), "wrk", "-t1", "-c16", "-d5s", url).CombinedOutput()
	hit := regexp.MustCompile(`Requests/sec:\s+([\d.]+)`).FindSubmatch(out)
	if err != nil || hit == nil || bytes.Contains(out, []byte("Non-2xx")) {
		b.Fatalf("wrk: %v\n%s", err, out)
	}
	n, err := strconv.ParseFloat(string(hit[1]), 64)
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// startBare runs this very binary as a server of one handler, on one core.
func startBare(b *testing.B) string {
	b.Helper()
	address := freePort(b)
	c := exec.CommandContext(b.Context(), os.Args[0])
	c.Env = append(os.Environ(), "GOMAXPROCS=1", "BARE_SERVER="+address)
	if err := c.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait()
	})
	waitFor(b, "http://"+address+"/health", time.Now())
	return address
}

// TestMain serves the bare handler where it is asked to: it is the peer of a benchmark.
func TestMain(m *testing.M) {
	address := os.Getenv("BARE_SERVER")
	if address == "" {
		m.Run()
		return
	}
	body := []byte("a1b2c3d4\n")
	s := &http.Server{Addr: address, ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(body)
	})}
	fmt.Fprintln(os.Stderr, s.ListenAndServe())
}

func startNginx(b *testing.B) string {
	b.Helper()
	dir, address := b.TempDir(), freePort(b)
	config := filepath.Join(dir, "nginx.conf")
	text := fmt.Sprintf(`worker_processes 1; daemon off; pid %[1]s/pid; error_log %[1]s/error.log;
events { worker_connections 512; }
http { access_log off; client_body_temp_path %[1]s/a; proxy_temp_path %[1]s/b; fastcgi_temp_path %[1]s/c; uwsgi_temp_path %[1]s/d; scgi_temp_path %[1]s/e;
server { listen %[2]s; location / { return 200 "a1b2c3d4\n"; } } }
`, dir, address)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	c := exec.CommandContext(b.Context(), "nginx", "-c", config, "-e", filepath.Join(dir, "error.log"))
	if err := c.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = c.Process.Signal(os.Interrupt)
		_ = c.Wait()
	})
	waitFor(b, "http://"+address+"/health", time.Now())
	return address
}
