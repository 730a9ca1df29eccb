package bench

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"
)

// crowd is what besets a port: connections that say nothing more after a first request, clients that send a byte a second,
// and polls in a second that nobody signed.
type crowd struct{ idle, slow, polls int }

// dense is the crowd that probes must get through.
var dense = crowd{idle: 2000, slow: 200, polls: 500} //nolint:gochecknoglobals // a constant, had Go such of structs

// beset keeps the crowd up until the context ends; who is turned away comes again.
func (c crowd) beset(ctx context.Context, address string) {
	var all sync.WaitGroup
	defer all.Wait()
	for range c.idle {
		all.Go(func() { again(ctx, address, waits) })
	}
	for range c.slow {
		all.Go(func() { again(ctx, address, crawls) })
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}, Timeout: time.Second}
	defer client.CloseIdleConnections()
	tick := time.NewTicker(time.Second / time.Duration(c.polls))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			all.Go(func() { _ = get(ctx, client, "http://"+address+"/health/peer") })
		}
	}
}

// again connects anew whenever the connection ends.
func again(ctx context.Context, address string, use func(context.Context, net.Conn)) {
	for ctx.Err() == nil {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
		if err == nil {
			stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
			use(ctx, conn)
			stop()
			_ = conn.Close()
		}
		pause(ctx, 100*time.Millisecond)
	}
}

// waits asks once, and holds the connection for as long as it is let.
func waits(_ context.Context, conn net.Conn) {
	_, _ = io.WriteString(conn, "GET /health HTTP/1.1\r\nHost: x\r\nUser-Agent: kube-probe/1\r\n\r\n")
	_, _ = io.Copy(io.Discard, bufio.NewReader(conn))
}

// crawls sends a request that never ends, a byte a second.
func crawls(ctx context.Context, conn net.Conn) {
	for ctx.Err() == nil {
		if _, err := io.WriteString(conn, "G"); err != nil {
			return
		}
		pause(ctx, time.Second)
	}
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// get asks with a message that is signed with a key that exists, and wrongly.
func get(ctx context.Context, client *http.Client, url string) int {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return 0
	}
	req.Header.Set("Spillway-Peer", "1.k1.e30.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	resp, err := client.Do(req)
	if err != nil {
		return 0
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	return resp.StatusCode
}

// keyed starts a health server that has a peer and a key.
func keyed(b testing.TB) *healthServer {
	b.Helper()
	keys := b.TempDir()
	for name, content := range map[string]string{"k1": "0123456789abcdef0123456789abcdef", "active": "k1"} {
		if err := os.WriteFile(filepath.Join(keys, name), []byte(content), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	return launch(b, program(b), fmt.Sprintf(`apiVersion: spillway.dev/v1alpha1
kind: ClusterHealth
metadata: {name: blue}
spec:
  cluster: blue
  path: /health
  peers: [{name: green, urls: ["http://127.0.0.1:1/health/peer"], host: localhost}]
  peerKeys: {files: {dir: %q}}
`, keys))
}

// probe asks like 20 load balancers, each on a new connection every 50 ms, and returns how long each answer took; what was
// no 200 took an hour.
func probe(ctx context.Context, address string) []time.Duration {
	var mu sync.Mutex
	var took []time.Duration
	var probers sync.WaitGroup
	for range 20 {
		probers.Go(func() {
			client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 3 * time.Second}
			for ctx.Err() == nil {
				begun := time.Now()
				code := get(context.WithoutCancel(ctx), client, "http://"+address+"/health")
				one := time.Since(begun)
				if code != http.StatusOK {
					one = time.Hour
				}
				mu.Lock()
				took = append(took, one)
				mu.Unlock()
				pause(ctx, 50*time.Millisecond)
			}
		})
	}
	probers.Wait()
	slices.Sort(took)
	return took
}

// inACrowd probes for so long, while the crowd is there.
func inACrowd(b testing.TB, h *healthServer, c crowd, lasts time.Duration) []time.Duration {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), lasts)
	defer cancel()
	var beset sync.WaitGroup
	beset.Go(func() { c.beset(ctx, h.address) })
	took := probe(ctx, h.address)
	beset.Wait()
	return took
}

// Beset by thousands, the server answers every probe of 20 others.
func TestProbesInACrowd(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes seconds; short is for those who run everything a hundred times")
	}
	took := inACrowd(t, keyed(t), dense, 10*time.Second)
	failed := len(took) - len(slices.DeleteFunc(slices.Clone(took), func(d time.Duration) bool { return d == time.Hour }))
	if len(took) < 500 || failed > 0 {
		t.Errorf("%d of %d probes failed", failed, len(took))
	}
}

// The judge itself sees a server that does not answer.
func TestProbesThatFail(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if took := probe(ctx, freePort(t)); len(took) == 0 || took[0] != time.Hour {
		t.Errorf("nobody listens, and %d probes took %v", len(took), took)
	}
}

// BenchmarkHealthCrowd is how long probes take in the crowd.
func BenchmarkHealthCrowd(b *testing.B) {
	h := keyed(b)
	var took []time.Duration
	for b.Loop() {
		took = append(took, inACrowd(b, h, dense, 10*time.Second)...)
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms/p50")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "ms/p99")
	b.ReportMetric(h.rss(b), "MB/crowd")
}
