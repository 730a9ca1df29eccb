package bench

import (
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"
)

const dnsAddress = "127.0.0.53:53"

// names is the DNS server of the namespace; its answers can be broken.
type names struct {
	mu     sync.Mutex
	addrs  map[string][]string
	broken map[string]Kind
	turn   int
	rotate bool
	ttl    time.Duration
	server *dns.Server
}

func startNames(addrs map[string][]string, cfg DNS) (*names, error) {
	pc, err := net.ListenPacket("udp", dnsAddress)
	if err != nil {
		return nil, fmt.Errorf("opening the DNS port: %w", err)
	}
	n := &names{addrs: addrs, broken: map[string]Kind{}, rotate: cfg.Rotate, ttl: cfg.TTL}
	n.server = &dns.Server{PacketConn: pc, Handler: dns.HandlerFunc(n.answer)}
	started := make(chan error, 1)
	n.server.NotifyStartedFunc = func() { started <- nil }
	go func() { started <- n.server.ActivateAndServe() }()
	return n, <-started
}

// set breaks a name, or mends it with an empty kind.
func (n *names) set(name string, k Kind) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.broken[name] = k
}

func (n *names) answer(w dns.ResponseWriter, req *dns.Msg) {
	m := new(dns.Msg)
	m.SetReply(req)
	m.Authoritative = true
	q := req.Question[0]
	addrs, known := n.lookup(strings.ToLower(strings.TrimSuffix(q.Name, ".")))
	if !known {
		m.Rcode = dns.RcodeNameError
	}
	if q.Qtype == dns.TypeA {
		for _, a := range addrs {
			m.Answer = append(m.Answer, &dns.A{
				Hdr: dns.RR_Header{Name: q.Name, Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: uint32(n.ttl.Seconds())},
				A:   net.ParseIP(a),
			})
		}
	}
	_ = w.WriteMsg(m)
}

func (n *names) lookup(name string) (addrs []string, known bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	addrs, known = n.addrs[name]
	switch n.broken[name] {
	case DNSEmpty:
		return nil, known
	case NXDomain:
		return nil, false
	}
	if n.rotate && len(addrs) > 1 {
		n.turn++
		return addrs[n.turn%len(addrs):][:1], known
	}
	return addrs, known
}
