package server

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/spillway-mesh/spillway/pkg/health"
)

const (
	// loadEvery is how often the gateways' own metrics are read, and loadTimeout how long each may take.
	loadEvery   = 10 * time.Second
	loadTimeout = 5 * time.Second
	// loadBelieved is how long a reading counts: three in a row may be missed.
	loadBelieved = 3*loadEvery + loadTimeout
	// mostMetrics bounds what one gateway may send; asked for one counter only, none sends a hundredth of it.
	mostMetrics = 32 << 20
	// requestsCounter is what Istio's gateways count requests with.
	requestsCounter = "istio_requests_total"
)

// DefaultGatewayMetrics is where a gateway of Istio's tells what it has counted, and nothing else of it.
const DefaultGatewayMetrics = ":15090/stats/prometheus?usedonly&filter=" + requestsCounter

// loads reads how many requests a second the cluster's gateways serve. A gateway counts from its start; two readings make a
// rate. The load is known while each of them has one: a sum that lacks a gateway would promise room that is not there.
type loads struct {
	at     string // port, path and query of the metrics
	every  time.Duration
	client *http.Client
	log    *slog.Logger
	now    func() time.Duration

	mu   sync.Mutex
	told bool
	by   map[string]reading // by address
}

// reading is what is known of one gateway.
type reading struct {
	count float64
	at    time.Duration
	rate  float64
	rated bool
}

func newLoads(o *Options, now func() time.Duration) *loads {
	l := &loads{at: o.GatewayMetrics, every: loadEvery, log: o.Log, now: now, by: map[string]reading{}}
	if l.at == "" {
		l.at = DefaultGatewayMetrics
	}
	l.client = &http.Client{
		Timeout:   loadTimeout,
		Transport: &http.Transport{Proxy: nil, DisableKeepAlives: true, ResponseHeaderTimeout: loadTimeout},
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		},
	}
	return l
}

// readLoads reads while a capacity is set, until the context ends.
func (e *engine) readLoads(ctx context.Context) error {
	t := time.NewTicker(e.loads.every)
	defer t.Stop()
	for {
		e.mu.Lock()
		addresses := e.gateways.addresses
		wanted := e.object != nil && e.object.Spec.Capacity != nil
		e.mu.Unlock()
		if wanted {
			e.loads.read(ctx, addresses)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
	}
}

// read asks all gateways at once.
func (l *loads) read(ctx context.Context, addresses []string) {
	var all sync.WaitGroup
	errs := make([]error, len(addresses))
	for i, a := range addresses {
		all.Go(func() {
			asked := l.now()
			count, err := l.ask(ctx, a)
			if err != nil {
				errs[i] = fmt.Errorf("gateway %s: %w", a, err)
				return
			}
			l.note(a, count, asked)
		})
	}
	all.Wait()
	l.forget(addresses)
	err := errors.Join(errs...)
	l.mu.Lock()
	defer l.mu.Unlock()
	if failed := err != nil && ctx.Err() == nil; failed != l.told {
		l.told = failed
		if failed {
			l.log.Warn("the load of the gateways cannot be read; a drain that needs room waits", "error", err)
		} else {
			l.log.Info("the load of the gateways is read again")
		}
	}
}

// note makes a rate of two readings. A counter that went back began anew.
func (l *loads) note(address string, count float64, asked time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	last, known := l.by[address]
	next := reading{count: count, at: asked}
	if since := asked - last.at; known && since > 0 {
		more := count - last.count
		if more < 0 {
			more = count
		}
		next.rate, next.rated = more/since.Seconds(), true
	}
	l.by[address] = next
}

// forget drops gateways that are gone.
func (l *loads) forget(addresses []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	listed := map[string]bool{}
	for _, a := range addresses {
		listed[a] = true
	}
	for a := range l.by {
		if !listed[a] {
			delete(l.by, a)
		}
	}
}

// load is the sum over the gateways that serve now; false while one of them has none.
func (l *loads) load(addresses []string) (float64, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now, sum := l.now(), 0.0
	for _, a := range addresses {
		r, known := l.by[a]
		if !known || !r.rated || now-r.at > loadBelieved {
			return 0, false
		}
		sum += r.rate
	}
	return sum, len(addresses) > 0
}

// capacity is what the verdict goes by.
func (e *engine) capacity() health.Capacity {
	if e.object == nil || e.object.Spec.Capacity == nil {
		return health.Capacity{}
	}
	c := health.Capacity{Max: float64(e.object.Spec.Capacity.MaxRPS)}
	c.Load, c.Known = e.loads.load(e.gateways.addresses)
	return c
}

// ask reads one gateway's counter.
func (l *loads) ask(ctx context.Context, address string) (float64, error) {
	port, rest, _ := strings.Cut(strings.TrimPrefix(l.at, ":"), "/")
	url := "http://" + net.JoinHostPort(address, port) + "/" + rest
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, err //nolint:wrapcheck // named by the caller
	}
	a, err := l.client.Do(r)
	if err != nil {
		return 0, err //nolint:wrapcheck // the same
	}
	defer func() { _ = a.Body.Close() }()
	if a.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("the metrics answer %s", a.Status)
	}
	return sumOf(io.LimitReader(a.Body, mostMetrics))
}

var errNoCounter = errors.New("there is no counter " + requestsCounter + ": the gateway's telemetry is switched off, or it has served nobody yet")

// sumOf adds up all series of the counter. None at all is not zero: a gateway that is asked for its health counts that.
func sumOf(text io.Reader) (float64, error) {
	sum, found := 0.0, false
	lines := bufio.NewScanner(text)
	lines.Buffer(make([]byte, 0, 64<<10), 1<<20) //nolint:mnd // a series with long labels
	for lines.Scan() {
		line := lines.Bytes()
		if !bytes.HasPrefix(line, []byte(requestsCounter+"{")) {
			continue
		}
		end := bytes.LastIndexByte(line, '}')
		if end < 0 {
			return 0, errors.New("the metrics are cut off")
		}
		value, _, _ := strings.Cut(strings.TrimSpace(string(line[end+1:])), " ")
		v, err := strconv.ParseFloat(value, 64)
		if err != nil || v < 0 {
			return 0, fmt.Errorf("the counter has the value %q", value)
		}
		sum, found = sum+v, true
	}
	if err := lines.Err(); err != nil {
		return 0, fmt.Errorf("reading the metrics: %w", err)
	}
	if !found {
		return 0, errNoCounter
	}
	return sum, nil
}
