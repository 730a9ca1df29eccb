package conformance

import (
	"testing"
	"time"

	"github.com/spillway-mesh/spillway/test/conformance/bench"
	"github.com/spillway-mesh/spillway/test/conformance/generated"
)

// down makes a failure of one endpoint.
func down(kind bench.Kind, endpoint string, from, until time.Duration) bench.Failure {
	return bench.Failure{Kind: kind, Endpoint: endpoint, From: from, Until: until}
}

// special is one namespace for all runs of a test.
func (s *suite) special(t *testing.T, sample, namespace string) *generated.Case {
	t.Helper()
	c := compiled(t, sample, specFiles(t)[sample], namespace)
	s.deploy(t, c)
	return c
}

// TestSeveralAddresses breaks one, then all of the four addresses that home's name has.
func TestSeveralAddresses(t *testing.T) {
	t.Parallel()
	s := use(t)
	c := s.special(t, "dynamodb-tls", "addresses")
	port := c.Spec.Spec.Ports[0]
	for name, address := range map[string]int{"one": 1, "all": 0} {
		for _, kind := range []bench.Kind{bench.Refuse, bench.Hang} {
			t.Run(name+"/"+string(kind), func(t *testing.T) {
				t.Parallel()
				sc := s.scenario(t, c, port)
				sc.Name, sc.DNS.Addresses = "four addresses, "+name+" dead", 4
				sc.Failures = []bench.Failure{{Kind: kind, Endpoint: sc.Home[0], Address: address, Until: s.outage(kind)}}
				r := s.run(t, sc)
				if address == 0 {
					judge(t, c, port, r)
					return
				}
				judgeNames(t, r)
				judgeWrites(t, c, port, r)
				if full := r.Classes[bench.Full]; full.Lost() > 0 {
					t.Errorf("%d of %d repeatable requests were lost", full.Lost(), full.Sent)
				}
				if stayed := r.During[sc.Home[0]]; stayed < r.During["west"] {
					t.Errorf("only %d requests stayed home, %v", stayed, r.During)
				}
			})
		}
	}
}

// TestRotatingDNS answers each question with another one of four addresses, for 2 s.
func TestRotatingDNS(t *testing.T) {
	t.Parallel()
	s := use(t)
	c := s.special(t, "dynamodb-tls", "rotating")
	port := c.Spec.Spec.Ports[0]
	for _, kind := range []bench.Kind{bench.Refuse, bench.Error503} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			sc := s.scenario(t, c, port)
			sc.Name, sc.DNS = "rotating DNS", bench.DNS{Addresses: 4, Rotate: true, TTL: 2 * time.Second}
			sc.Failures = []bench.Failure{down(kind, sc.Home[0], 0, s.outage(kind))}
			judge(t, c, port, s.run(t, sc))
		})
	}
}

// TestBothRegionsDown takes home down, then the other region too, then brings that one back: nothing works while both
// are down, and everything as soon as one is back.
func TestBothRegionsDown(t *testing.T) {
	t.Parallel()
	s := use(t)
	c := s.special(t, "dynamodb-tls", "both-down")
	port := c.Spec.Spec.Ports[0]
	const from, until, end = 4 * time.Second, 8 * time.Second, 14 * time.Second
	for _, kind := range []bench.Kind{bench.Refuse, bench.Error503} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			sc := s.scenario(t, c, port)
			sc.Name = "both regions down for 4 of 14 s"
			sc.Failures = []bench.Failure{down(kind, "east", 0, end), down(kind, "west", from, until)}
			r := s.run(t, sc)
			judgeNames(t, r)
			full := r.Classes[bench.Full]
			inside := int((until-from).Seconds()*float64(sc.Rate)/float64(len(sc.Calls))) + 3
			if full.Lost() > inside || full.Lost() < inside/2 {
				t.Errorf("%d repeatable requests lost, want about the %d of the time when nothing worked", full.Lost(), inside)
			}
			if full.LostAfter > 0 || r.After["east"] == 0 {
				t.Errorf("%d lost after the recovery, served by %v", full.LostAfter, r.After)
			}
			if x := r.Classes[bench.Unprocessed]; x.Twice > 0 {
				t.Errorf("%d writes reached a server twice", x.Twice)
			}
		})
	}
}

// TestResidency lets all that a client may reach die: it must fail, and never leave its list.
func TestResidency(t *testing.T) {
	t.Parallel()
	s := use(t)
	c := s.special(t, "x-residency", "residency")
	port := c.Spec.Spec.Ports[0]
	sc := s.scenario(t, c, port)
	sc.Name = "residency, the whole list down"
	for _, e := range []string{"eu", "asia"} {
		sc.Failures = append(sc.Failures, down(bench.Refuse, e, 0, 5*time.Second))
	}
	r := s.run(t, sc)
	judgeNames(t, r)
	for _, served := range []map[string]int{r.Before, r.During, r.After} {
		if served["east"]+served["west"] > 0 {
			t.Errorf("requests left the list: %v", served)
		}
	}
	if r.Back < 0 {
		t.Error("home did not come back")
	}
}
