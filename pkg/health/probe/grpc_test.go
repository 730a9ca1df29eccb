package probe

import (
	"net"
	"net/http"
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

// An IPv6 address is a host like any other, and a port is no part of a server's name.
func TestGRPCNames(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ address, host, url, server string }{
		{"rates.shop:443", "", "https://rates.shop/grpc.health.v1.Health/Check", "rates.shop"},
		{"10.0.0.1:443", "rates.shop:8443", "https://rates.shop:8443/grpc.health.v1.Health/Check", "rates.shop"},
		{"[::1]:443", "", "https://[::1]/grpc.health.v1.Health/Check", "::1"},
		{"10.0.0.1:443", "::1", "https://[::1]/grpc.health.v1.Health/Check", "::1"},
		{"10.0.0.1:443", "[::1]:8443", "https://[::1]:8443/grpc.health.v1.Health/Check", "::1"},
	} {
		p, err := NewGRPC(GRPCSpec{Address: c.address, Host: c.host, TLS: true})
		if err != nil {
			t.Fatal(err)
		}
		server := p.client.Transport.(*http.Transport).TLSClientConfig.ServerName
		if p.url != c.url || server != c.server {
			t.Errorf("%s, %s: %s, %s", c.address, c.host, p.url, server)
		}
	}
}

func TestGRPCOverIPv6(t *testing.T) {
	t.Parallel()
	srv, h := grpc.NewServer(), health.NewServer()
	healthv1.RegisterHealthServer(srv, h)
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "[::1]:0")
	if err != nil {
		t.Skip("no IPv6 here")
	}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(l) }()
	want(t, askGRPC(t, GRPCSpec{Address: l.Addr().String()}), verdict.Pass, "serving")
	srv.Stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
