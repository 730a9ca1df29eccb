package bench

import (
	"testing"
	"time"

	"github.com/miekg/dns"
)

// TestNames asks the DNS server on loopback for each kind of answer.
func TestNames(t *testing.T) {
	n, err := startNames(map[string][]string{"a.test": {"127.0.10.1", "127.0.10.2"}}, DNS{Rotate: true, TTL: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = n.server.Shutdown() }()
	ask := func() *dns.Msg {
		t.Helper()
		m := new(dns.Msg)
		m.SetQuestion("a.test.", dns.TypeA)
		r, _, err := new(dns.Client).Exchange(m, dnsAddress)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	one, two := ask(), ask()
	if len(one.Answer) != 1 || len(two.Answer) != 1 || one.Answer[0].String() == two.Answer[0].String() {
		t.Errorf("rotation gave %v and %v", one.Answer, two.Answer)
	}
	n.set("a.test", DNSEmpty)
	if r := ask(); r.Rcode != dns.RcodeSuccess || len(r.Answer) != 0 {
		t.Errorf("want an empty answer, got %v", r)
	}
	n.set("a.test", NXDomain)
	if r := ask(); r.Rcode != dns.RcodeNameError {
		t.Errorf("want NXDOMAIN, got %v", r)
	}
}
