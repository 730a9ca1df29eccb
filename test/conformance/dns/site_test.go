package dns_test

import (
	"context"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/zone"
)

// How a cluster's gateway fails.
type failure string

const (
	hangs   failure = "hangs"   // connections are taken, and nothing comes back
	refuses failure = "refuses" // nobody listens
	answers failure = "answers 503"
)

// site is a cluster's gateway as a prober meets it. No connection is made: only when an answer is known counts here, and
// thousands of connections would measure the machine.
type site struct{ failed atomic.Pointer[failure] }

func (s *site) fail(how failure) { s.failed.Store(&how) }

// probe says whether the site answered well, after as long as that takes.
func (s *site) probe(ctx context.Context, timeout time.Duration) bool {
	how := s.failed.Load()
	if how != nil && *how == hangs {
		select {
		case <-ctx.Done():
		case <-time.After(timeout):
		}
	}
	return how == nil
}

// checkers is how Route 53 looks at one endpoint: each checker by itself, the next probe an interval after the last one's
// end; it is healthy as long as more than 18 % say so, and the name servers know a little later.
type checkers struct {
	site   *site
	timing plan.EdgeTiming
	mu     sync.Mutex
	well   []bool
	known  atomic.Bool // to the name servers
}

const manyCheckers, share = 16, 18 // two in each region; percent

func (c *checkers) run(ctx context.Context) {
	c.known.Store(true)
	c.well = slices.Repeat([]bool{true}, manyCheckers)
	for i := range manyCheckers {
		go c.checker(ctx, i)
	}
}

func (c *checkers) checker(ctx context.Context, i int) {
	wait := time.Duration(rand.Int64N(int64(c.timing.Interval)))
	bad, good := 0, 0
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		if c.site.probe(ctx, c.timing.Timeout) {
			bad, good = 0, good+1
		} else {
			bad, good = bad+1, 0
		}
		if bad >= c.timing.Unhealthy || good >= c.timing.Healthy {
			c.say(ctx, i, good > 0)
		}
		wait = c.timing.Interval
	}
}

func (c *checkers) say(ctx context.Context, i int, well bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	before := c.healthy()
	c.well[i] = well
	after := c.healthy()
	if before != after && ctx.Err() == nil {
		time.AfterFunc(time.Duration(rand.Int64N(int64(c.timing.Spread))), func() { c.known.Store(after) })
	}
}

func (c *checkers) healthy() bool {
	n := 0
	for _, well := range c.well {
		if well {
			n++
		}
	}
	return n*100 > share*manyCheckers
}

// serve answers DNS queries for a zone over UDP.
func serve(t *testing.T, a *answerer) string {
	t.Helper()
	var config net.ListenConfig
	conn, err := config.ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &dns.Server{PacketConn: conn, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		m := new(dns.Msg).SetReply(q)
		name := q.Question[0].Name
		values, ttl := a.answer(zone.Fold(name), "A")
		for _, v := range values {
			m.Answer = append(m.Answer, &dns.A{
				Hdr: dns.RR_Header{Name: name, Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: uint32(ttl)}, A: net.ParseIP(v),
			})
		}
		_ = w.WriteMsg(m)
	})}
	go func() { _ = server.ActivateAndServe() }()
	t.Cleanup(func() { _ = server.Shutdown() })
	return conn.LocalAddr().String()
}

// resolver is a client's resolver with a cache: an answer lives for its TTL, or beyond it for those that do not care.
type resolver struct {
	server string
	beyond time.Duration
	cached []string
	until  time.Time
}

func (r *resolver) resolve(ctx context.Context, name string) []string {
	if time.Now().Before(r.until) {
		return r.cached
	}
	answer, err := dns.ExchangeContext(ctx, new(dns.Msg).SetQuestion(dns.Fqdn(name), dns.TypeA), r.server)
	if err != nil || len(answer.Answer) == 0 {
		return r.cached
	}
	r.cached = nil
	for _, rr := range answer.Answer {
		if a, ok := rr.(*dns.A); ok {
			r.cached = append(r.cached, a.A.String())
			r.until = time.Now().Add(time.Duration(a.Hdr.Ttl)*time.Second + r.beyond)
		}
	}
	return r.cached
}
