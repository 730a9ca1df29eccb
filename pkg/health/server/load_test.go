package server

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
)

const counted = `# TYPE istio_requests_total counter
istio_requests_total{reporter="source",destination_service="checkout.shop",response_code="200"} %d
istio_requests_total{reporter="source",destination_service="a{b}",response_code="503"} %d 1764028800000
istio_requests_total_other{a="b"} 5000
envoy_cluster_upstream_rq_total{} 7000
`

// The load is the rate of all requests between two readings, and not known before, nor long after.
func TestLoad(t *testing.T) {
	t.Parallel()
	var n atomic.Int64
	var broken atomic.Bool
	gw := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case broken.Load():
			http.Error(w, "no", http.StatusInternalServerError)
		case r.URL.Path == "/stats/prometheus" && r.URL.RawQuery == "usedonly&filter=istio_requests_total":
			_, _ = fmt.Fprintf(w, counted, n.Load(), n.Load()/2)
		default:
			http.NotFound(w, r)
		}
	}))
	defer gw.Close()
	at, err := url.Parse(gw.URL)
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	now := time.Minute
	l := newLoads(&Options{
		GatewayMetrics: ":" + at.Port() + "/stats/prometheus?usedonly&filter=istio_requests_total", Log: slog.New(slog.NewTextHandler(&log, nil)),
	}, func() time.Duration { return now })
	steps := []struct {
		what   string
		counts int64
		broken bool
		wait   time.Duration
		at     []string
		want   float64 // negative: not known
	}{
		{"after one reading", 1000, false, 0, []string{"127.0.0.1"}, -1},
		{"1500 requests in 10 s", 2000, false, 0, []string{"127.0.0.1"}, 150},
		{"a gateway that began anew", 100, false, 0, []string{"127.0.0.1"}, 15},
		{"one of two does not answer", 200, false, 0, []string{"127.0.0.1", "127.0.0.2"}, -1},
		{"that one is gone", 300, false, 0, []string{"127.0.0.1"}, 15},
		{"one reading is missed", 0, true, 0, []string{"127.0.0.1"}, 15},
		{"none for long", 0, true, loadBelieved, []string{"127.0.0.1"}, -1},
		{"no gateway", 0, true, 0, nil, -1},
	}
	for _, s := range steps {
		now += 10*time.Second + s.wait
		n.Store(s.counts)
		broken.Store(s.broken)
		l.read(t.Context(), s.at)
		if load, known := l.load(s.at); known != (s.want >= 0) || known && load != s.want {
			t.Errorf("%s: %v, known %t, want %v", s.what, load, known, s.want)
		}
	}
	if !strings.Contains(log.String(), "127.0.0.2") || strings.Count(log.String(), "cannot be read") != 2 {
		t.Errorf("logged: %s", log.String())
	}
}

// What is no sum is no load: a counter that is missing, cut off or garbled.
func TestSumOf(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "other{} 5\n", "istio_requests_total{} x\n", "istio_requests_total{} -1\n", "istio_requests_total{a=\"b\"\n",
		"istio_requests_total{} " + strings.Repeat("1", 2<<20) + "\n",
	} {
		if v, err := sumOf(strings.NewReader(text)); err == nil {
			t.Errorf("%.40q gives %v", text, v)
		}
	}
	if v, err := sumOf(strings.NewReader(fmt.Sprintf(counted, 40, 2))); err != nil || v != 42 {
		t.Errorf("%v, %v", v, err)
	}
}

// Without a capacity there is none to hold a drain against; with one, a load that is not known stays so.
func TestCapacity(t *testing.T) {
	t.Parallel()
	e := newEngine(&Options{Source: &File{}, Log: slog.New(slog.DiscardHandler)}, func() time.Duration { return 0 }, time.Now)
	if c := e.capacity(); c.Max != 0 || c.Known {
		t.Errorf("nothing is configured: %+v", c)
	}
	x := testObject()
	x.Spec.Capacity = &v1alpha1.Capacity{MaxRPS: 400}
	e.Health(x)
	e.Gateways(1, 1, []string{"127.0.0.9"})
	if c := e.capacity(); c.Max != 400 || c.Known {
		t.Errorf("nothing was read: %+v", c)
	}
	e.loads.note("127.0.0.9", 10, 0)
	e.loads.now = func() time.Duration { return time.Second }
	e.loads.note("127.0.0.9", 110, time.Second)
	if c := e.capacity(); c.Load != 100 || !c.Known {
		t.Errorf("it was read: %+v", c)
	}
	e.decide()
	if d := e.detail(); d.MaxRPS != 400 || d.LoadRPS == nil || *d.LoadRPS != 100 {
		t.Errorf("detail: %v of %v", d.LoadRPS, d.MaxRPS)
	}
}
