package conformance

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spillway-mesh/spillway/test/conformance/bench"
	"github.com/spillway-mesh/spillway/test/conformance/cluster"
)

// handWritten is a configuration from testdata and the world it was written for.
type handWritten struct {
	file, host, vip string
	region          string
	endpoints       []bench.Endpoint
}

func dynamoEndpoint(name, region string, tls bool) bench.Endpoint {
	addr := "dynamodb." + region + ".amazonaws.com"
	e := bench.Endpoint{Name: name, Address: addr, Port: 80, ServerName: addr, Names: []string{addr}}
	if tls {
		e.Port, e.TLS, e.HostHeader = 443, true, addr
	}
	return e
}

func reference() handWritten {
	return handWritten{
		file: "reference.yaml", host: "mydb.internal", vip: "240.200.0.1", region: "us-east-1",
		endpoints: []bench.Endpoint{dynamoEndpoint("east", "us-east-1", true), dynamoEndpoint("west", "us-west-2", true)},
	}
}

func blog(tls bool) handWritten {
	h := handWritten{
		file: "blog-http.yaml", host: "mydb.com", vip: "203.0.113.99", region: "us-east1",
		endpoints: []bench.Endpoint{dynamoEndpoint("east", "us-east-1", tls), dynamoEndpoint("west", "us-west-1", tls)},
	}
	if tls {
		h.file = "blog-https.yaml"
	}
	return h
}

// apply writes the configuration into a namespace of its own.
func (h *handWritten) apply(t *testing.T, s *suite, namespace string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", h.file))
	if err != nil {
		t.Fatal(err)
	}
	objs, err := cluster.DecodeString(strings.ReplaceAll(string(text), "NAMESPACE", namespace))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cluster.Apply(t.Context(), objs); err != nil {
		t.Fatal(err)
	}
}

func (h *handWritten) scenario(s *suite, t *testing.T, namespace string, kind bench.Kind) *bench.Scenario {
	t.Helper()
	return &bench.Scenario{
		Name: namespace, Envoy: s.set.Envoy, XDS: s.cluster.Socket, Node: s.node(t, client{namespace: namespace, account: "default", region: h.region}), World: *s.world,
		Host: h.host, VIP: h.vip, Port: 80, Driver: bench.DriverHTTP, Endpoints: h.endpoints, Home: []string{"east"},
		Calls: []bench.Call{
			{Class: bench.Full, Method: "GET", Path: "/read", Timeout: 8 * time.Second},
			{Class: bench.Unprocessed, Method: "POST", Path: "/write", Timeout: 8 * time.Second},
		},
		Rate: 30, Failures: []bench.Failure{{Kind: kind, Endpoint: "east", Until: 6 * time.Second}},
		DNS:    bench.DNS{TTL: 5 * time.Second},
		Timing: bench.Timing{Before: 2 * time.Second, Recover: 25 * time.Second},
	}
}

// TestReference shows that the bench can tell good from bad: a configuration that is known to be good loses nothing.
func TestReference(t *testing.T) {
	t.Parallel()
	s := use(t)
	h := reference()
	h.apply(t, s, "reference")
	for _, kind := range []bench.Kind{bench.Refuse, bench.Error503, bench.Hang} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			r := s.run(t, h.scenario(s, t, "reference", kind))
			if full := r.Classes[bench.Full]; full.Lost() != 0 || full.LostBefore != 0 {
				t.Errorf("%d of %d repeatable requests lost, %d before the failure: %q", full.Lost(), full.Sent, full.LostBefore, r.Examples)
			}
		})
	}
}

// TestNegativeControl shows that the blog's configuration fails here as it does in the field. If it does not, the
// harness is wrong, and whatever else it says is worth nothing.
func TestNegativeControl(t *testing.T) {
	t.Parallel()
	s := use(t)
	for name, c := range map[string]struct {
		tls  bool
		kind bench.Kind
		lost float64 // at least this part of the requests of the outage
	}{
		"blog-http-refuse":  {kind: bench.Refuse, lost: 0.95},
		"blog-http-503":     {kind: bench.Error503, lost: 0.95},
		"blog-http-hang":    {kind: bench.Hang, lost: 0.95},
		"blog-https-refuse": {tls: true, kind: bench.Refuse, lost: 1},
		"blog-https-none":   {tls: true, kind: bench.None, lost: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := blog(c.tls)
			h.apply(t, s, name)
			sc := h.scenario(s, t, name, c.kind)
			sc.Timing.Recover = 2 * time.Second
			r := s.run(t, sc)
			for class, x := range r.Classes {
				during := 0
				for _, n := range r.During {
					during += n
				}
				if got := float64(x.LostDuring) / float64(x.LostDuring+during); got < c.lost {
					t.Errorf("%s: only %.0f %% of the requests of the outage were lost, the facts say at least %.0f %%",
						class, 100*got, 100*c.lost)
				}
				if lost := x.LostBefore; c.tls == (lost == 0) {
					t.Errorf("%s: %d requests lost before the outage", class, lost)
				}
			}
		})
	}
}
