package probing_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/spillway-mesh/spillway/cmd/spillway/internal/probing"
)

const token = "b13010ac"

// Each answer, and what Google, Route 53, AWS ELB and Azure make of it, with the rule that decides. A + is healthy, a ! warned.
func TestJudge(t *testing.T) {
	t.Parallel()
	const ms, s = time.Millisecond, time.Second
	quick := func(status int, body string) probing.Answer {
		return probing.Answer{Status: status, Body: body, Connect: 5 * ms, Took: 10 * ms}
	}
	late := func(connect, took time.Duration) probing.Answer {
		return probing.Answer{Status: 200, Body: token, Connect: connect, Took: took}
	}
	badTLS := quick(200, token)
	badTLS.TLS, badTLS.BadCert = true, errors.New("x509: expired")
	for _, c := range []struct {
		name   string
		answer probing.Answer
		want   [4]string
	}{
		{"200 with the token", quick(200, token+"\n"), [4]string{"+200 is 200 only", "+200 is 2xx or 3xx", "+200 is 200, the matcher", "+200 is 200 only"}},
		{"200 of another server", quick(200, "hello"), [4]string{
			"-200, but the body lacks the token b13010ac: another server answers", "-200, but the body lacks the token b13010ac: another server answers",
			"!200 is 200, the matcher", "!200 is 200 only",
		}},
		{"201", quick(201, token), [4]string{"-201 is not 200 only", "+201 is 2xx or 3xx", "-201 is not 200, the matcher", "-201 is not 200 only"}},
		{"204", quick(204, ""), [4]string{"-204 is not 200 only", "-204, but the body lacks the token b13010ac: another server answers", "-204 is not 200, the matcher", "-204 is not 200 only"}},
		{"301 to HTTPS", quick(301, ""), [4]string{"-301 is not 200 only", "!301 is 2xx or 3xx", "-301 is not 200, the matcher", "-301 is not 200 only"}},
		{"302 to a login", quick(302, ""), [4]string{"-302 is not 200 only", "!302 is 2xx or 3xx", "-302 is not 200, the matcher", "-302 is not 200 only"}},
		{"403 by a policy", quick(403, "RBAC: access denied"), [4]string{"-403 is not 200 only", "-403 is not 2xx or 3xx", "-403 is not 200, the matcher", "-403 is not 200 only"}},
		{"404 without a route", quick(404, ""), [4]string{"-404 is not 200 only", "-404 is not 2xx or 3xx", "-404 is not 200, the matcher", "-404 is not 200 only"}},
		{"426 to HTTP/1.0", quick(426, ""), [4]string{"-426 is not 200 only", "-426 is not 2xx or 3xx", "-426 is not 200, the matcher", "-426 is not 200 only"}},
		{"429", quick(429, ""), [4]string{"-429 is not 200 only", "-429 is not 2xx or 3xx", "-429 is not 200, the matcher", "-429 is not 200 only"}},
		{"503, the verdict", quick(503, token), [4]string{"-503 is not 200 only", "-503 is not 2xx or 3xx", "-503 is not 200, the matcher", "-503 is not 200 only"}},
		{"504, the server hangs", quick(504, ""), [4]string{"-504 is not 200 only", "-504 is not 2xx or 3xx", "-504 is not 200, the matcher", "-504 is not 200 only"}},
		{"200 after 2.5 s", late(5*ms, 2500*ms), [4]string{"+200 is 200 only", "-answered 2.5s after the connection, later than 2s", "+200 is 200, the matcher", "+200 is 200 only"}},
		{"200 after 4 s", late(5*ms, 4*s), [4]string{
			"-answered after 4s, later than 3s", "-answered 4s after the connection, later than 2s", "-answered after 4s, later than 3s", "+200 is 200 only",
		}},
		{"connected after 5 s", late(5*s, 5100*ms), [4]string{
			"-answered after 5.1s, later than 3s", "-connected after 5s, later than 4s", "-answered after 5.1s, later than 3s", "+200 is 200 only",
		}},
		{"connected after 3 s", late(3*s, 3100*ms), [4]string{
			"-answered after 3.1s, later than 3s", "+200 is 2xx or 3xx", "-answered after 3.1s, later than 3s", "+200 is 200 only",
		}},
		{"refused", probing.Answer{Err: errors.New("connection refused")}, [4]string{
			"-no answer: connection refused", "-no answer: connection refused", "-no answer: connection refused", "-no answer: connection refused",
		}},
		{"a certificate that has expired", badTLS, [4]string{"!200 is 200 only", "!200 is 2xx or 3xx", "!200 is 200, the matcher", "!200 is 200 only"}},
	} {
		got := [4]string{}
		for i, v := range probing.Judge(&c.answer, token) {
			mark := "-"
			switch {
			case v.Healthy && v.Warning != "":
				mark = "!"
			case v.Healthy:
				mark = "+"
			}
			got[i] = mark + v.Rule
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

// What is asked is one request on a connection of its own, and what it took is noted.
func TestAsk(t *testing.T) {
	t.Parallel()
	asked := 0
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		if r.Host != "shop.example.com" || r.UserAgent() != "test" {
			t.Errorf("Host %s, User-Agent %s", r.Host, r.UserAgent())
		}
		if r.URL.Path == "/moved" {
			http.Redirect(w, r, "/health", http.StatusFound)
			return
		}
		_, _ = w.Write([]byte(token))
	})
	plain, secure := httptest.NewServer(h), httptest.NewTLSServer(h)
	defer plain.Close()
	defer secure.Close()
	ask := func(url string) *probing.Answer {
		return probing.Ask(t.Context(), probing.Request{URL: url, Host: "shop.example.com", Agent: "test", Now: time.Now})
	}
	if a := ask(plain.URL + "/health"); a.Err != nil || a.Status != 200 || a.Body != token || a.Took <= 0 || a.TLS {
		t.Errorf("plain: %+v", a)
	}
	if a := ask(plain.URL + "/moved"); a.Status != 302 || asked != 2 {
		t.Errorf("a redirect is followed: %+v, %d requests", a, asked)
	}
	if a := ask(secure.URL + "/health"); a.Status != 200 || !a.TLS || a.BadCert == nil {
		t.Errorf("a certificate of nobody's: %+v", a)
	}
}

// Nobody there, and called off, are no answers.
func TestAskInVain(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.NotFoundHandler())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if a := probing.Ask(ctx, probing.Request{URL: s.URL, Now: time.Now}); a.Err == nil {
		t.Error("called off, and answered")
	}
	s.Close()
	if a := probing.Ask(t.Context(), probing.Request{URL: s.URL, Now: time.Now}); a.Err == nil || !strings.Contains(a.Err.Error(), "refused") {
		t.Errorf("nobody there: %+v", a)
	}
}
