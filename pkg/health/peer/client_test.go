package peer

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// A poll that comes to nothing says why, in one word; each word has a server that causes it.
func TestPollReasons(t *testing.T) {
	t.Parallel()
	keys := testRing(t)
	f := newFleet(t)
	f.second(t, 0)
	holder := &Keys{}
	holder.Set(keys)
	good := Handler(holder, func(q *Request, k *Keyring) *Response {
		return f.replicas["green"][0].Answer(q, k, f.now, wallAt(f.now))
	})
	for name, c := range map[string]struct {
		handler http.Handler
		host    string
		want    error
	}{
		"good":             {good, "example.com", nil}, // the name in httptest's certificate
		"another name":     {good, "other.test", TLS},
		"a redirect":       {redirects(good), "example.com", Unreachable},
		"an error":         {answers(http.StatusServiceUnavailable, ""), "example.com", Unreachable},
		"nothing there":    {http.NotFoundHandler(), "example.com", BadSignature},
		"not signed":       {answers(http.StatusOK, "hello"), "example.com", BadSignature},
		"too large":        {answers(http.StatusOK, strings.Repeat("x", MaxResponse+1)), "example.com", TooLarge},
		"another format":   {answers(http.StatusOK, "2.a.b.c"), "example.com", BadVersion},
		"it never answers": {http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }), "example.com", Timeout},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := httptest.NewTLSServer(c.handler)
			t.Cleanup(s.Close)
			roots := x509.NewCertPool()
			roots.AddCert(s.Certificate())
			ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
			defer cancel()
			q := &Request{V: Version, Fleet: "shop", From: "blue", To: "green", Nonce: RandomID()}
			a, err := NewClient(Endpoint{Host: c.host, Roots: roots}).Poll(ctx, s.URL+"/health/peer", q, keys)
			if !errors.Is(err, c.want) || (a == nil) != (c.want != nil) {
				t.Errorf("%v, %v; want %v", a, err, c.want)
			}
		})
	}
}

// redirects leads to a good answer under another path.
func redirects(good http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/else" {
			http.Redirect(w, r, "/else", http.StatusFound)
			return
		}
		good.ServeHTTP(w, r)
	})
}

func answers(code int, body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(code)
		_, _ = io.WriteString(w, body)
	})
}

// Without keys, a listener or a loopback address nothing is asked.
func TestPollRefuses(t *testing.T) {
	t.Parallel()
	keys := testRing(t)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	c := NewClient(Endpoint{})
	if _, err := c.Poll(ctx, "http://127.0.0.1:1/peer", &Request{V: Version}, nil); !errors.Is(err, NoKeys) {
		t.Errorf("without keys: %v", err)
	}
	if _, err := c.Poll(ctx, "http://192.0.2.1/peer", &Request{V: Version}, keys); !errors.Is(err, TLS) {
		t.Errorf("plain http to another host: %v", err)
	}
	if _, err := c.Poll(ctx, "http://127.0.0.1:1/peer", &Request{V: Version}, keys); !errors.Is(err, Unreachable) {
		t.Errorf("nobody listens: %v", err)
	}
}

// The probe path beside a peer's URL must answer 200 with the peer's token, nothing else.
func TestServes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		code int
		body string
		want bool
	}{
		"its token":   {http.StatusOK, "a1b2\n", true},
		"another's":   {http.StatusOK, "ffff", false},
		"it is out":   {http.StatusServiceUnavailable, "a1b2", false},
		"a long page": {http.StatusOK, "a1b2" + strings.Repeat("x", 4000), false},
	} {
		s := httptest.NewServer(answers(c.code, c.body))
		client := NewClient(Endpoint{})
		if got := client.Serves(t.Context(), s.URL+"/health/peer", "a1b2"); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
		if client.Serves(t.Context(), s.URL+"/other", "a1b2") {
			t.Errorf("%s: a URL that is no peer's", name)
		}
		s.Close()
	}
}

// Whoever has no key sees a path that does not exist.
func TestHandlerTellsNothing(t *testing.T) {
	t.Parallel()
	keys, holder := testRing(t), &Keys{}
	signed, err := EncodeRequest(&Request{V: Version}, keys)
	if err != nil {
		t.Fatal(err)
	}
	h := Handler(holder, func(*Request, *Keyring) *Response { return &Response{V: Version} })
	ask := func(method, header string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), method, "/health/peer", http.NoBody)
		r.Header.Set(Header, header)
		h.ServeHTTP(w, r)
		return w
	}
	if w := ask(http.MethodGet, signed); w.Code != http.StatusNotFound {
		t.Errorf("without keys: %d", w.Code)
	}
	holder.Set(keys)
	for name, w := range map[string]*httptest.ResponseRecorder{
		"unsigned": ask(http.MethodGet, ""), "forged": ask(http.MethodGet, signed+"A"), "a post": ask(http.MethodPost, signed),
	} {
		if w.Code != http.StatusNotFound || w.Body.Len() > 0 {
			t.Errorf("%s: %d %q", name, w.Code, w.Body)
		}
	}
	if w := ask(http.MethodGet, signed); w.Code != http.StatusOK || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("signed: %d %v", w.Code, w.Header())
	}
}
