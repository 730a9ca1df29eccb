package probe

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"
)

// rounds measures rounds of checks.
func rounds(b *testing.B, checks []Check) {
	b.Helper()
	start := time.Now()
	r := NewRunner(config(), func() time.Duration { return time.Since(start) })
	r.Set(checks)
	b.ReportAllocs()
	for b.Loop() {
		var asking sync.WaitGroup
		r.round(b.Context(), r.now(), &asking)
		asking.Wait()
	}
	for _, c := range r.Snapshot().Checks {
		if c.Last.String() != "Pass" {
			b.Fatalf("%s: %s", c.Name, c.Reason)
		}
	}
}

// The cost of the rounds themselves: the probers answer at once.
func BenchmarkRound10000(b *testing.B) {
	const n = 10_000
	checks := make([]Check, 0, n)
	for i := range n {
		checks = append(checks, check("c"+strconv.Itoa(i), says(pass("ok"))))
	}
	rounds(b, checks)
}

// Each check keeps its own connection from round to round.
func BenchmarkRoundHTTP1000(b *testing.B) {
	const n = 1000
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok")) }))
	defer srv.Close()
	checks := make([]Check, 0, n)
	for i := range n {
		p, err := NewHTTP(HTTPSpec{URL: srv.URL})
		if err != nil {
			b.Fatal(err)
		}
		defer p.Close()
		checks = append(checks, check("c"+strconv.Itoa(i), p))
	}
	rounds(b, checks)
}

// A new set of which all checks are known, as it comes whenever a service changes somewhere.
func BenchmarkSet10000(b *testing.B) {
	const n = 10_000
	checks := make([]Check, 0, n)
	for i := range n {
		checks = append(checks, check("c"+strconv.Itoa(i), says(pass("ok"))))
	}
	r := NewRunner(config(), func() time.Duration { return 0 })
	b.ReportAllocs()
	for b.Loop() {
		r.Set(checks)
	}
}
