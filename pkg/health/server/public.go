package server

import (
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/spillway-mesh/spillway/pkg/health"
	"github.com/spillway-mesh/spillway/pkg/health/peer"
)

// answers are what the probe paths say until the next decision. They are never changed once published.
type answers struct {
	path   string
	token  []byte
	status health.Status
	strict health.Status
	until  time.Duration // after that the loop of decisions stands still, and the cluster is in
}

// The paths below the probe path.
const (
	strictPath  = "/strict"
	relaxedPath = "/relaxed"
	peerPath    = "/peer"
)

// public answers on the port that gateways reach: the probe path, its raw variants, and signed polls. Everything else does
// not exist.
type public struct {
	engine  *engine
	peer    http.Handler
	closing atomic.Bool
	headers headers
}

// headers are shared by all answers, so that an answer allocates nothing of its own.
type headers struct{ noStore, plain, away []string }

func newPublic(e *engine) *public {
	return &public{
		engine: e, peer: peer.Handler(&e.keys, e.answer),
		headers: headers{noStore: []string{"no-store"}, plain: []string{"text/plain"}, away: []string{"close"}},
	}
}

// ServeHTTP answers from what was published last.
func (p *public) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a := p.engine.answers.Load()
	rest, found := strings.CutPrefix(r.URL.Path, a.path)
	if !found {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	now := p.engine.now()
	believed := now <= a.until
	status := health.In
	which := pathVerdict
	switch rest {
	case "":
		if believed {
			status = a.status
		}
	case strictPath:
		which = pathStrict
		if !believed || a.strict == health.Out {
			status = health.Out
		}
	case relaxedPath:
		which = pathRelaxed
	case peerPath:
		p.peer.ServeHTTP(w, r)
		return
	default:
		w.WriteHeader(http.StatusNotFound)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	p.engine.lb.note(r.UserAgent(), which, status, now)
	p.write(w, a, status)
}

func (p *public) write(w http.ResponseWriter, a *answers, status health.Status) {
	h := w.Header()
	h["Cache-Control"], h["Content-Type"] = p.headers.noStore, p.headers.plain
	if p.closing.Load() {
		h["Connection"] = p.headers.away
	}
	if status == health.Out {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_, _ = w.Write(a.token) // the same body for both; net/http leaves it out for HEAD
}

// path of a probe, as a metric says it.
type path uint8

const (
	pathVerdict path = iota
	pathStrict
	pathRelaxed
	paths
)

func (p path) String() string { return [...]string{"verdict", "strict", "relaxed"}[p] }

// checkerKind is who probes, by User-Agent.
type checkerKind uint8

const (
	google checkerKind = iota
	route53
	elb
	azure
	envoy
	haproxy
	otherChecker
	checkers
)

func (c checkerKind) String() string {
	return [...]string{"google", "route53", "elb", "azure", "envoy", "haproxy", "other"}[c]
}

// kindOf tells checkers by how their User-Agent begins; false for those that are no load balancer's.
func kindOf(agent string) (checkerKind, bool) {
	switch {
	case strings.HasPrefix(agent, peer.Agent), strings.HasPrefix(agent, "kube-probe/"):
		return 0, false
	case strings.HasPrefix(agent, "GoogleHC/"), strings.HasPrefix(agent, "GoogleStackdriver"):
		return google, true
	case strings.HasPrefix(agent, "Amazon-Route53"), strings.HasPrefix(agent, "Amazon Route 53"):
		return route53, true
	case strings.HasPrefix(agent, "ELB-HealthChecker"):
		return elb, true
	case strings.HasPrefix(agent, "Azure Traffic Manager"), strings.HasPrefix(agent, "Edge Health Probe"), strings.HasPrefix(agent, "Load Balancer Agent"):
		return azure, true
	case strings.HasPrefix(agent, "Envoy/HC"):
		return envoy, true
	case strings.HasPrefix(agent, "HAProxy"):
		return haproxy, true
	default:
		return otherChecker, true
	}
}

// probes counts who asked, and when last.
type probes struct {
	counts [checkers][paths][2]atomic.Int64
	at     [checkers]atomic.Int64 // of the probe path, plus one
	steady atomic.Int64           // how often unnamed ones asked, none later than a minute after the one before
}

// An unnamed checker is a load balancer only if it keeps asking: a person with curl does not bring users.
const (
	steadyAfter  = 3
	steadyWithin = time.Minute
)

func (p *probes) note(agent string, which path, s health.Status, now time.Duration) {
	kind, balancer := kindOf(agent)
	if !balancer {
		return
	}
	p.counts[kind][which][s].Add(1)
	if which != pathVerdict {
		return
	}
	before := p.at[kind].Swap(int64(now) + 1)
	if kind != otherChecker {
		return
	}
	if before == 0 || now-time.Duration(before-1) > steadyWithin {
		p.steady.Store(0)
	}
	p.steady.Add(1)
}

// last is when a load balancer last asked the probe path.
func (p *probes) last() (time.Duration, bool) {
	last := int64(0)
	for i := range p.at {
		if checkerKind(i) != otherChecker || p.steady.Load() >= steadyAfter {
			last = max(last, p.at[i].Load())
		}
	}
	return time.Duration(last - 1), last > 0
}

func codeOf(s int) string {
	if s == int(health.Out) {
		return strconv.Itoa(http.StatusServiceUnavailable)
	}
	return strconv.Itoa(http.StatusOK)
}
