package probe

import (
	"net"
	"net/http/httptest"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"

	verdict "github.com/spillway-mesh/spillway/pkg/health"
)

// serve runs a real gRPC server; the health service tells what is set.
func serve(t *testing.T, register bool) (*health.Server, string) {
	t.Helper()
	srv, h := grpc.NewServer(), health.NewServer()
	if register {
		healthv1.RegisterHealthServer(srv, h)
	}
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(l) }()
	t.Cleanup(func() {
		srv.Stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return h, l.Addr().String()
}

func askGRPC(t *testing.T, spec GRPCSpec) Outcome {
	t.Helper()
	p, err := NewGRPC(spec)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	return probe(t, p)
}

func TestGRPC(t *testing.T) {
	t.Parallel()
	h, at := serve(t, true)
	h.SetServingStatus("rates.v1", healthv1.HealthCheckResponse_NOT_SERVING)
	h.SetServingStatus("odd", healthv1.HealthCheckResponse_UNKNOWN)
	want(t, askGRPC(t, GRPCSpec{Address: at}), verdict.Pass, "serving")
	want(t, askGRPC(t, GRPCSpec{Address: at, Service: "rates.v1"}), verdict.Fail, "not serving")
	want(t, askGRPC(t, GRPCSpec{Address: at, Service: "odd"}), verdict.Fail, "not serving")
	want(t, askGRPC(t, GRPCSpec{Address: at, Service: "nobody"}), verdict.Fail, "the service is not known")
	_, without := serve(t, false)
	want(t, askGRPC(t, GRPCSpec{Address: without}), verdict.Fail, "the health service is not implemented")
	want(t, askGRPC(t, GRPCSpec{Address: refused(t)}), verdict.Fail, "connection refused")
	web := httptest.NewUnstartedServer(answers(t))
	web.EnableHTTP2 = true
	web.StartTLS()
	defer web.Close()
	want(t, askGRPC(t, GRPCSpec{Address: web.Listener.Addr().String(), TLS: true}), verdict.Fail, "certificate not trusted")
	for _, bad := range []GRPCSpec{{Address: "no-port"}, {Address: "a:1", Service: strings.Repeat("x", 200)}} {
		if _, err := NewGRPC(bad); err == nil {
			t.Errorf("%+v is taken", bad)
		}
	}
}

// What is not the health service's answer is a failure, whatever it looks like.
func TestGRPCAnswer(t *testing.T) {
	t.Parallel()
	for text, reason := range map[string]string{
		"\x00\x00\x00\x00\x02\x08\x01": "serving",
		"\x00\x00\x00\x00\x02\x08\x02": "not serving",
		"\x00\x00\x00\x00\x00":         "not serving",
		"\x00\x00\x00\x00\x09\x08\x01": "the answer is not the health service's",
		"\x01\x00\x00\x00\x02\x08\x01": "the answer is not the health service's",
		"":                             "the answer is not the health service's",
	} {
		if got := answer([]byte(text)); got.Reason != reason {
			t.Errorf("%q: %s", text, got.Reason)
		}
	}
}
