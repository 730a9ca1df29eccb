package conformance

import (
	"slices"
	"testing"
	"time"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/test/conformance/bench"
	"github.com/spillway-mesh/spillway/test/conformance/generated"
)

// dnsBack is how long a name may stay unknown after its DNS is mended.
const dnsBack = 12 * time.Second

// kinds are the ways to fail that the tier tries on a port. TCP can only be moved while it connects, and pass-through
// TLS hides its certificates from the proxy.
func (s *suite) kinds(c *generated.Case, port v1alpha1.Port) []bench.Kind {
	http := port.Protocol != v1alpha1.ProtocolTCP && port.Protocol != v1alpha1.ProtocolTLS
	tls := http && originates(c, port)
	kinds := []bench.Kind{bench.Refuse, bench.Blackhole}
	if http {
		kinds = append(kinds, bench.Hang, bench.Error503)
	}
	if tls {
		kinds = append(kinds, bench.SwapCert)
	}
	if multiplexed(port) {
		kinds = append(kinds, bench.Refused)
	}
	if byName(c) && !forgets(c) {
		kinds = append(kinds, bench.DNSEmpty)
	}
	if !s.full {
		return quickly(c, kinds)
	}
	kinds = append(kinds, bench.Flap)
	if http {
		kinds = append(kinds, bench.Silent, bench.Error500, bench.Reset, bench.Slow)
	}
	if tls {
		kinds = append(kinds, bench.BadCert, bench.Expired)
	}
	if byName(c) && !forgets(c) {
		kinds = append(kinds, bench.NXDomain)
	}
	return kinds
}

// quickly leaves out of the short tier what other tests show of a gateway that signs, and what one without EnvoyFilters has in
// common with the other.
func quickly(c *generated.Case, kinds []bench.Kind) []bench.Kind {
	switch {
	case c.Plan.Signing != nil:
		kinds = slices.DeleteFunc(kinds, func(k bench.Kind) bool { return k == bench.Refuse || k == bench.Blackhole || k == bench.Error503 })
	case forgets(c):
		kinds = slices.DeleteFunc(kinds, func(k bench.Kind) bool { return k == bench.Hang || k == bench.Error503 })
	}
	return kinds
}

// originates says that the proxy speaks TLS on the port.
func originates(c *generated.Case, port v1alpha1.Port) bool {
	return c.Plan.TLS.Mode != plan.TLSNone && port.TLS != v1alpha1.PortTLSNone
}

// multiplexed says that requests share connections on the port.
func multiplexed(port v1alpha1.Port) bool {
	return port.Protocol == v1alpha1.ProtocolGRPC || port.Protocol == v1alpha1.ProtocolHTTP2
}

// byName says that home is found by DNS.
func byName(c *generated.Case) bool {
	home := c.Plan.TiersFor(firstRegion(c))[0]
	for _, e := range c.Spec.Spec.Endpoints {
		if slices.Contains(home, e.Name) && !isName(e.Address) {
			return false
		}
	}
	return true
}

// outage is long enough for the failure to be seen: names live for their TTL of 5 s.
func (s *suite) outage(k bench.Kind) time.Duration {
	switch {
	case s.full:
		return 14 * time.Second
	case k == bench.DNSEmpty || k == bench.NXDomain || k == bench.Flap:
		return 9 * time.Second
	default:
		return 6 * time.Second
	}
}

// unseen says that Envoy knows of every lost request that no server can have seen it.
func unseen(k bench.Kind, tls bool) bool {
	switch k {
	case bench.Refuse, bench.Refused, bench.Blackhole, bench.BadCert, bench.SwapCert, bench.Expired, bench.DNSEmpty, bench.NXDomain, bench.Flap:
		return true
	case bench.Silent:
		return tls // the handshake never ends; without TLS the request is sent
	default:
		return false
	}
}

// judge holds a run with one region down against what is promised.
func judge(t *testing.T, c *generated.Case, port v1alpha1.Port, r *bench.Result) {
	t.Helper()
	judgeNames(t, r)
	if full := r.Classes[bench.Full]; full != nil && full.Lost() > 0 {
		t.Errorf("%d of %d repeatable requests were lost", full.Lost(), full.Sent)
	}
	judgeWrites(t, c, port, r)
	judgeBite(t, c, r)
	bound := c.Back(port)
	if r.Kind == bench.DNSEmpty || r.Kind == bench.NXDomain {
		bound = max(bound, dnsBack)
	}
	if r.Back < 0 || r.Back > (bound+2*time.Second).Seconds() {
		t.Errorf("home served again after %s s, promised is %s", seconds(r.Back), bound)
	}
	if r.Steady < 0 && r.Kind != bench.Flap {
		t.Error("no steady state in the outage")
	}
}

// judgeWrites asks that nothing which must not be repeated was, and that nothing was lost that no server can have seen.
func judgeWrites(t *testing.T, c *generated.Case, port v1alpha1.Port, r *bench.Result) {
	t.Helper()
	for _, class := range []bench.Class{bench.Unprocessed, bench.Never} {
		x := r.Classes[class]
		if x == nil {
			continue
		}
		if x.Twice > 0 {
			t.Errorf("%d requests of class %s reached a server twice", x.Twice, class)
		}
		allowed := r.InFlight
		if multiplexed(port) {
			allowed += c.Plan.Detect.Streams // a connection that went dark fills up before the next one is dialled
		}
		allowed += untold(c, r.Kind)
		tls := c.Plan.TLS.Mode != "None" && port.TLS != v1alpha1.PortTLSNone
		if class == bench.Unprocessed && unseen(r.Kind, tls) && x.Lost() > allowed {
			t.Errorf("%d requests of class %s were lost, though only %d can have been on their way", x.Lost(), class, allowed)
		}
	}
}

// judgeBite asks that home was really gone: a failure that nobody felt proves nothing.
func judgeBite(t *testing.T, c *generated.Case, r *bench.Result) {
	t.Helper()
	switch r.Kind {
	case bench.DNSEmpty, bench.NXDomain, bench.Flap, bench.Slow, bench.None:
		return // home answers for a time, or late
	}
	served := 0
	for _, home := range c.Plan.TiersFor(firstRegion(c))[0] {
		served += r.During[home]
	}
	if served > r.InFlight {
		t.Errorf("home served %d requests while it was down, though only %d were on their way", served, r.InFlight)
	}
}

// judgeNames asks for what must hold in every run.
func judgeNames(t *testing.T, r *bench.Result) {
	t.Helper()
	if r.Plaintext > 0 {
		t.Errorf("%d connections spoke plaintext to a region that wants TLS", r.Plaintext)
	}
	if r.WrongSNI+r.WrongHost > 0 {
		t.Errorf("regions were asked for other names: %d by SNI, %d by Host", r.WrongSNI, r.WrongHost)
	}
	for class, x := range r.Classes {
		if x.Sent == 0 || x.LostBefore > 0 {
			t.Errorf("%s: %d of %d requests lost before the failure", class, x.LostBefore, x.Sent)
		}
		if x.Late > 0 {
			t.Errorf("%s: %d answers came later than the route's timeout", class, x.Late)
		}
	}
}
