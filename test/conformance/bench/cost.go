package bench

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"
)

// Cost is what requests take on a good day.
type Cost struct {
	// P50 and P99 are of one client that sends one request after the other, PerSecond of sixteen such clients.
	P50, P99  time.Duration
	PerSecond float64
	Failed    int
}

const crowd = 16

// cost sends requests for half of the time one after the other, and for the other half from many clients.
func cost(ctx context.Context, s *Scenario, c caller) *Cost {
	half := s.CostTime / 2
	_, failed := closedLoop(ctx, s, c, 1, half/4) // connections, caches
	alone, bad := closedLoop(ctx, s, c, 1, half)
	failed += bad
	many, bad := closedLoop(ctx, s, c, crowd, half)
	slices.Sort(alone)
	out := &Cost{PerSecond: float64(len(many)) / half.Seconds(), Failed: failed + bad}
	if n := len(alone); n > 0 {
		out.P50, out.P99 = alone[n/2], alone[n*99/100]
	}
	return out
}

// closedLoop has each of some clients send its next request when the last one is answered.
func closedLoop(ctx context.Context, s *Scenario, c caller, clients int, d time.Duration) (took []time.Duration, failed int) {
	end := time.Now().Add(d)
	var mu sync.Mutex
	var wg sync.WaitGroup
	for w := range clients {
		wg.Go(func() {
			var mine []time.Duration
			bad := 0
			for n := 0; time.Now().Before(end); n++ {
				start := time.Now()
				if _, err := c.call(ctx, fmt.Sprintf("c%d-%d", w, n), &s.Calls[0]); err != nil {
					bad++
				}
				mine = append(mine, time.Since(start))
			}
			mu.Lock()
			defer mu.Unlock()
			took, failed = append(took, mine...), failed+bad
		})
	}
	wg.Wait()
	return took, failed
}

// newDirectCaller goes to home itself, with TLS and without any proxy: what proxies add is counted from here.
func newDirectCaller(s *Scenario) (caller, error) {
	i := slices.IndexFunc(s.Endpoints, func(e Endpoint) bool { return slices.Contains(s.Home, e.Name) })
	if i < 0 {
		return nil, errors.New("no home to go to directly")
	}
	e := &s.Endpoints[i]
	address := net.JoinHostPort(fmt.Sprintf("127.0.%d.1", 10+i), strconv.Itoa(e.Port))
	return &httpCaller{scheme: "https", authority: e.HostHeader, client: &http.Client{Transport: &http.Transport{
		MaxIdleConnsPerHost: crowd, TLSClientConfig: &tls.Config{RootCAs: s.World.Pool(), ServerName: e.ServerName, MinVersion: tls.VersionTLS12},
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "tcp", address)
		},
	}}}, nil
}
