package probe

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/spillway-mesh/spillway/pkg/health"
)

// patience is the timeout of one probe; what hangs is given up after it.
const patience = 1500 * time.Millisecond

func probe(t *testing.T, p Prober) Outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	return p.Probe(ctx)
}

func want(t *testing.T, got Outcome, result health.Result, reason string) {
	t.Helper()
	if got.Result != result || got.Reason != reason {
		t.Errorf("%s (%s), want %s (%s)", got.Result, got.Reason, result, reason)
	}
}

// refused is an address where nobody listens.
func refused(t *testing.T) string {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

func TestTCP(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.NotFoundHandler())
	defer srv.Close()
	want(t, probe(t, &TCP{Address: srv.Listener.Addr().String()}), health.Pass, "connected")
	want(t, probe(t, &TCP{Address: refused(t)}), health.Fail, "connection refused")
	want(t, probe(t, &TCP{Address: "no-such-name.invalid:80"}), health.Fail, "name not found")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	want(t, (&TCP{Address: refused(t)}).Probe(ctx), health.Unknown, "called off")
}

// answers is a server that is good or bad in every way a check must tell apart.
func answers(t *testing.T) http.Handler {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/ok", func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, "method %s host %s key %s agent %s", r.Method, r.Host, r.Header.Get("X-Key"), r.UserAgent())
	})
	mux.HandleFunc("/down", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	mux.Handle("/moved", http.RedirectHandler("/ok", http.StatusFound))
	mux.HandleFunc("/hang", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	mux.HandleFunc("/drip", func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			_, _ = w.Write([]byte("x"))
			_ = http.NewResponseController(w).Flush()
			time.Sleep(10 * time.Millisecond)
		}
	})
	mux.HandleFunc("/huge", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(strings.Repeat("x", mostBody) + "needle"))
	})
	mux.HandleFunc("/cut", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	return mux
}

func TestHTTP(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(answers(t))
	t.Cleanup(srv.Close)
	for name, c := range map[string]struct {
		spec   HTTPSpec
		result health.Result
		reason string
	}{
		"fine":              {HTTPSpec{URL: "/ok"}, health.Pass, "status 200"},
		"a text":            {HTTPSpec{URL: "/ok", Body: "host shop.example.com key k agent spillway-health", Host: "shop.example.com", Headers: map[string]string{"X-Key": "k"}}, health.Pass, "status 200"},
		"a method":          {HTTPSpec{URL: "/ok", Method: http.MethodPost, Body: "method POST"}, health.Pass, "status 200"},
		"another text":      {HTTPSpec{URL: "/ok", Body: "green"}, health.Fail, "the body lacks the text"},
		"down":              {HTTPSpec{URL: "/down"}, health.Fail, "status 503"},
		"down, as expected": {HTTPSpec{URL: "/down", Expect: []int{200, 503}}, health.Pass, "status 503"},
		"a redirect":        {HTTPSpec{URL: "/moved"}, health.Fail, "status 302"},
		"no such page":      {HTTPSpec{URL: "/other"}, health.Fail, "status 404"},
		"a hang":            {HTTPSpec{URL: "/hang"}, health.Fail, "timeout"},
		"a body that drips": {HTTPSpec{URL: "/drip", Body: "needle"}, health.Fail, "timeout"},
		"a huge body":       {HTTPSpec{URL: "/huge", Body: "needle"}, health.Fail, "the body lacks the text"},
		"a cut":             {HTTPSpec{URL: "/cut"}, health.Fail, "no answer"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.spec.URL = srv.URL + c.spec.URL
			p, err := NewHTTP(c.spec)
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			want(t, probe(t, p), c.result, c.reason)
		})
	}
	t.Run("nobody there", func(t *testing.T) {
		t.Parallel()
		p, err := NewHTTP(HTTPSpec{URL: "http://" + refused(t)})
		if err != nil {
			t.Fatal(err)
		}
		want(t, probe(t, p), health.Fail, "connection refused")
	})
	if _, err := NewHTTP(HTTPSpec{URL: "http://a b/"}); err == nil {
		t.Error("a URL that is none is taken")
	}
}

func TestHTTPS(t *testing.T) {
	t.Parallel()
	srv := httptest.NewTLSServer(answers(t))
	defer srv.Close()
	roots := srv.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	for _, c := range []struct {
		host   string
		trust  bool
		result health.Result
		reason string
	}{
		{"example.com", true, health.Pass, "status 200"}, // the test server's own name
		{"shop.internal", true, health.Fail, "certificate not trusted"},
		{"example.com", false, health.Fail, "certificate not trusted"},
	} {
		spec := HTTPSpec{URL: srv.URL + "/ok", Host: c.host}
		if c.trust {
			spec.Names.Roots = roots
		}
		p, err := NewHTTP(spec)
		if err != nil {
			t.Fatal(err)
		}
		want(t, probe(t, p), c.result, c.reason)
		p.Close()
	}
}

// A handshake checks the chain, and any of the names.
func TestHandshake(t *testing.T) {
	t.Parallel()
	srv := httptest.NewTLSServer(answers(t))
	defer srv.Close()
	roots := srv.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	at := func(n Names) Outcome {
		return probe(t, &Handshake{Address: srv.Listener.Addr().String(), Names: n})
	}
	want(t, at(Names{ServerName: "example.com", Roots: roots}), health.Pass, "connected")
	want(t, at(Names{ServerName: "shop.internal", Roots: roots}), health.Fail, "certificate not trusted")
	want(t, at(Names{ServerName: "shop.internal", Accepted: []string{"x.example.org", "127.0.0.1"}, Roots: roots}), health.Pass, "connected")
	want(t, at(Names{ServerName: "shop.internal", Accepted: []string{"example.com"}, Roots: roots}), health.Pass, "connected")
	want(t, at(Names{ServerName: "example.com", Accepted: []string{"shop.internal"}, Roots: roots}), health.Fail, "certificate not trusted")
	want(t, at(Names{ServerName: "example.com", Accepted: []string{"example.com"}}), health.Fail, "certificate not trusted")
	want(t, probe(t, &Handshake{Address: refused(t)}), health.Fail, "connection refused")
}

func TestCertificate(t *testing.T) {
	t.Parallel()
	srv := httptest.NewTLSServer(answers(t))
	defer srv.Close()
	ends := srv.Certificate().NotAfter
	at := func(before time.Duration) Outcome {
		return probe(t, &Certificate{
			Address: srv.Listener.Addr().String(), ServerName: "example.com", MinValid: 14 * 24 * time.Hour,
			Now: func() time.Time { return ends.Add(-before) },
		})
	}
	want(t, at(20*24*time.Hour), health.Pass, "valid")
	want(t, at(3*24*time.Hour), health.Fail, "expires in 3 days")
	want(t, at(-time.Hour), health.Fail, "expired")
	want(t, probe(t, &Certificate{Address: refused(t)}), health.Fail, "connection refused")
}

func TestPrometheus(t *testing.T) {
	t.Parallel()
	var text string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/api/v1/query" || r.URL.Query().Get("query") != "up" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		_, _ = fmt.Fprint(w, text)
	}))
	defer srv.Close()
	one, two := 1.0, 2.0
	p := &Prometheus{URL: srv.URL, Query: "up", Above: &one, Below: &two, Client: srv.Client()}
	const vector = `{"data": {"resultType": "vector", "result": [{"metric": {}, "value": [1, %q]}]}}`
	for _, c := range []struct {
		text   string
		result health.Result
		reason string
	}{
		{fmt.Sprintf(vector, "1.5"), health.Pass, "1.5"},
		{fmt.Sprintf(vector, "1"), health.Fail, "1 is not above 1"},
		{fmt.Sprintf(vector, "2"), health.Fail, "2 is not below 2"},
		{fmt.Sprintf(vector, "NaN"), health.Unknown, "the value is not a number"},
		{`{"data": {"resultType": "scalar", "result": [1, "1.25"]}}`, health.Pass, "1.25"},
		{`{"data": {"resultType": "vector", "result": []}}`, health.Unknown, "the result is not one value"},
		{`<html>`, health.Unknown, "the answer is not Prometheus'"},
	} {
		text = c.text
		want(t, probe(t, p), c.result, c.reason)
	}
	p.Query = "down"
	want(t, probe(t, p), health.Unknown, "Prometheus answers 400")
	p.URL = "http://" + refused(t)
	want(t, probe(t, p), health.Unknown, "Prometheus does not answer")
}

// lister is the endpoints of one service.
type lister struct {
	Endpoints

	known bool
}

func (l lister) endpoints(string, string) (Endpoints, bool) { return l.Endpoints, l.known }

// list makes a Lister of a function.
type list func(namespace, service string) (Endpoints, bool)

func (l list) Endpoints(namespace, service string) (Endpoints, bool) { return l(namespace, service) }

func TestService(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		l      lister
		result health.Result
		reason string
		gone   bool
	}{
		{lister{Endpoints{true, 1, 2}, true}, health.Pass, "1 of 2 ready", false},
		{lister{Endpoints{true, 1, 3}, true}, health.Fail, "1 of 3 ready", false},
		{lister{Endpoints{true, 0, 0}, true}, health.Unknown, "no endpoints", true},
		{lister{Endpoints{}, true}, health.Unknown, "no such service", true},
		{lister{Endpoints{}, false}, health.Unknown, "endpoints not known", false},
	} {
		got := probe(t, &Service{Namespace: "shop", Name: "cart", MinReady: 50, Lister: list(c.l.endpoints)})
		want(t, got, c.result, c.reason)
		if got.Gone != c.gone {
			t.Errorf("%s: gone %v", c.reason, got.Gone)
		}
	}
}

func TestExternalFailover(t *testing.T) {
	t.Parallel()
	var now time.Duration
	first, second := says(fail("timeout")), says(pass("status 200"))
	e := &ExternalFailover{Of: []Prober{first, second}, Every: 10 * time.Second, Now: func() time.Duration { return now }}
	want(t, probe(t, e), health.Pass, "status 200")
	second.probe = func(context.Context) Outcome { return fail("status 503") }
	now += 9 * time.Second
	want(t, probe(t, e), health.Pass, "status 200")
	if n := first.n.Load(); n != 1 {
		t.Errorf("asked %d times in 9 s", n)
	}
	now += time.Second
	want(t, probe(t, e), health.Fail, "no endpoint answers; the first: timeout")
	second.probe = func(context.Context) Outcome { return unknown("called off") }
	now += 10 * time.Second
	want(t, probe(t, e), health.Unknown, "called off")
	want(t, probe(t, &ExternalFailover{Now: e.Now}), health.Unknown, "nothing to ask")
}
