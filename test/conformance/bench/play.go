package bench

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/spillway-mesh/spillway/test/conformance/pki"
)

const flapPeriod = 3 * time.Second

// world is everything outside the sidecar: names, regions, packet filter.
type world struct {
	net     *network
	names   *names
	ledger  *ledger
	regions map[string][]*region
	egress  *egress
}

// play runs the scenario inside the namespace it is called in.
func play(ctx context.Context, s *Scenario) (*Result, error) {
	dir, err := os.MkdirTemp("", "spillway-run-")
	if err != nil {
		return nil, fmt.Errorf("making the run's folder: %w", err)
	}
	if os.Getenv("SPILLWAY_KEEP") == "" {
		defer func() { _ = os.RemoveAll(dir) }()
	}
	w, err := newWorld(s, dir)
	if err != nil {
		return nil, err
	}
	var db *dynamo
	if s.Dynamo != "" {
		if db, err = startDynamo(ctx, s, dir); err != nil {
			return nil, err
		}
		defer db.stop()
	}
	if w.egress, err = startEgress(ctx, s, dir); err != nil {
		return nil, err
	}
	defer w.egress.stop()
	e, err := startEnvoy(clientProxy(s), dir)
	if err != nil {
		return nil, err
	}
	defer e.stop()
	if err := e.awaitReady(ctx); err != nil {
		return nil, err
	}
	l, r, err := measured(ctx, s, w)
	if err == nil && db != nil {
		err = errors.Join(db.audit(ctx, s, l, r), db.auditRuns(ctx, s, r.Runs))
	}
	return r, err
}

// measured warms the proxies up, drives the load through the phases and sums up.
func measured(ctx context.Context, s *Scenario, w *world) (*load, *Result, error) {
	c, err := newCaller(s)
	if err != nil {
		return nil, nil, err
	}
	warm(ctx, s, c)
	if s.CostTime > 0 {
		r := &Result{Name: s.Name, Cost: cost(ctx, s, c)}
		r.WrongSNI, r.WrongHost = w.ledger.sni, w.ledger.host
		return nil, r, nil
	}
	l := &load{caller: c, calls: s.Calls, rate: s.Rate}
	m := &marks{}
	if err := drive(ctx, s, w, l, m); err != nil {
		return nil, nil, err
	}
	stats, err := counters(ctx, s.Host)
	if err != nil {
		return nil, nil, err
	}
	r := summarize(s, w.ledger, l, m, stats)
	r.Runs = m.runs
	return l, r, nil
}

// marks are the moments between the phases.
type marks struct {
	failed, healed time.Time
	inFlight       int
	runs           []ProgramRun
}

// drive goes through the phases while the load runs.
func drive(ctx context.Context, s *Scenario, w *world, l *load, m *marks) error {
	loadCtx, stopLoad := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { l.run(loadCtx) })
	defer wg.Wait()
	defer stopLoad()
	time.Sleep(s.Timing.Before)
	m.inFlight = l.inFlight() + w.pooled(s.Failures)
	m.failed = time.Now()
	errs := make(chan error, len(s.Failures))
	for _, f := range s.Failures {
		wg.Go(func() { errs <- w.fail(s, f) })
	}
	m.runs = programs(ctx, s, m.failed.Add(s.Outage()))
	for range s.Failures {
		if err := <-errs; err != nil {
			return err
		}
	}
	m.healed = time.Now()
	for time.Since(m.healed) < s.Timing.Recover {
		time.Sleep(250 * time.Millisecond)
		if _, ok := homeAgain(s, l.since(m.healed)); ok {
			time.Sleep(time.Second) // what fails right after the return counts too
			break
		}
	}
	return nil
}

// warm waits until home answers five requests in a row, or for a while where nothing ever answers.
func warm(ctx context.Context, s *Scenario, c caller) {
	const enough, patience = 5, 4 * time.Second
	end := time.Now().Add(patience)
	for n, streak := 0, 0; streak < enough && time.Now().Before(end); n++ {
		ctx, cancel := context.WithTimeout(ctx, time.Second)
		region, err := c.call(ctx, fmt.Sprintf("warm%d", n), &s.Calls[n%len(s.Calls)])
		cancel()
		if streak++; err != nil || !slices.Contains(s.Home, region) {
			streak = 0
			time.Sleep(50 * time.Millisecond)
		}
	}
}

func newWorld(s *Scenario, dir string) (*world, error) {
	w := &world{ledger: newLedger(), regions: map[string][]*region{}}
	var err error
	if w.net, err = newNetwork(dir); err != nil {
		return nil, err
	}
	answers := map[string][]string{}
	for i := range s.Endpoints {
		ep := &s.Endpoints[i]
		addrs, err := w.addresses(s, i)
		if err != nil {
			return nil, err
		}
		answers[ep.Address] = addrs
		if err := w.serve(s, ep, addrs); err != nil {
			return nil, err
		}
	}
	for _, p := range s.Egress.Pods {
		answers[s.Egress.Name] = append(answers[s.Egress.Name], p.Address)
	}
	if len(s.Programs) > 0 {
		answers[s.Host] = []string{applicationAddress}
		if err := startRedirect(context.Background(), s); err != nil {
			return nil, err
		}
	}
	if w.names, err = startNames(answers, s.DNS); err != nil {
		return nil, err
	}
	client, err := s.World.Issue(pki.Leaf{CommonName: "client", Names: []string{"client.test"}})
	if err != nil {
		return nil, err
	}
	proxies := []*proxy{clientProxy(s)}
	for i := range s.Egress.Pods {
		proxies = append(proxies, podProxy(s, i))
	}
	for _, p := range proxies {
		err := startSecrets(p.sds(), &secrets{identity: p.node.Identity, meshRoot: p.node.MeshRoot, client: *client, world: s.World.Cert})
		if err != nil {
			return nil, err
		}
	}
	return w, nil
}

// addresses are those of the i-th endpoint: its own if it is an IP address, else some of 127.0.(10+i).0/24.
func (w *world) addresses(s *Scenario, i int) ([]string, error) {
	ep := &s.Endpoints[i]
	if _, err := netip.ParseAddr(ep.Address); err == nil {
		return []string{ep.Address}, w.net.add(ep.Address)
	}
	var out []string
	for n := range max(1, s.DNS.Addresses) {
		out = append(out, fmt.Sprintf("127.0.%d.%d", 10+i, n+1))
	}
	return out, nil
}

func (w *world) serve(s *Scenario, ep *Endpoint, addrs []string) error {
	certs, err := certificates(s, ep)
	if err != nil {
		return err
	}
	for _, a := range addrs {
		r := &region{ep: ep, addr: a, driver: s.Driver, ledger: w.ledger, certs: certs, ca: &s.World, local: &http.Transport{MaxIdleConnsPerHost: 64}}
		if err := startRegion(r); err != nil {
			return err
		}
		w.regions[ep.Name] = append(w.regions[ep.Name], r)
	}
	return nil
}

// certificates are what the endpoint shows: its own, and one per failure that shows another.
func certificates(s *Scenario, ep *Endpoint) (map[Kind]*tls.Certificate, error) {
	if !ep.TLS {
		return map[Kind]*tls.Certificate{}, nil
	}
	other := []string{"other.invalid"}
	for i := range s.Endpoints {
		if e := &s.Endpoints[i]; e.ServerName != ep.ServerName {
			other = e.Names
		}
	}
	out := map[Kind]*tls.Certificate{}
	for kind, leaf := range map[Kind]pki.Leaf{
		None:     {CommonName: ep.Name, Names: ep.Names},
		Expired:  {CommonName: ep.Name, Names: ep.Names, Expired: true},
		BadCert:  {CommonName: ep.Name, Names: []string{"wrong.invalid"}},
		SwapCert: {CommonName: ep.Name, Names: other},
	} {
		pair, err := s.World.Issue(leaf)
		if err != nil {
			return nil, err
		}
		cert, err := pair.TLS()
		if err != nil {
			return nil, fmt.Errorf("reading a certificate of %s: %w", ep.Name, err)
		}
		out[kind] = &cert
	}
	return out, nil
}

// fail breaks what f says, when f says, and heals it.
func (w *world) fail(s *Scenario, f Failure) error {
	time.Sleep(f.From)
	end := time.Now().Add(f.Until - f.From)
	if f.Kind == GatewayDies || f.Kind == GatewayGone {
		return w.failPod(f, end)
	}
	targets := w.regions[f.Endpoint]
	if f.Address > 0 {
		targets = targets[f.Address-1:][:1]
	}
	if f.Kind == Flap {
		for broken := true; time.Now().Before(end); broken = !broken {
			if err := w.setAll(s, targets, map[bool]Kind{true: Refuse, false: None}[broken]); err != nil {
				return err
			}
			time.Sleep(min(flapPeriod, time.Until(end)))
		}
		return w.setAll(s, targets, None)
	}
	if err := w.setAll(s, targets, f.Kind); err != nil {
		return err
	}
	time.Sleep(time.Until(end))
	return w.setAll(s, targets, None)
}

func (w *world) setAll(_ *Scenario, targets []*region, k Kind) error {
	var errs []error
	for _, r := range targets {
		switch k {
		case DNSEmpty, NXDomain:
			w.names.set(r.ep.Address, k)
			continue
		case Blackhole:
			errs = append(errs, w.net.drop(r.addr, true))
			continue
		case None:
			w.names.set(r.ep.Address, None)
			errs = append(errs, w.net.drop(r.addr, false))
		}
		if mode, _ := r.state(); mode != k {
			errs = append(errs, r.set(k))
		}
	}
	return errors.Join(errs...)
}

// pooled counts the connections to the endpoints that are about to fail.
func (w *world) pooled(failures []Failure) int {
	n := 0
	for _, f := range failures {
		for _, r := range w.regions[f.Endpoint] {
			n += r.open()
		}
	}
	return n
}
