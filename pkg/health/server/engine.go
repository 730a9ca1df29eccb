package server

import (
	"context"
	"log/slog"
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/health"
	"github.com/spillway-mesh/spillway/pkg/health/peer"
	"github.com/spillway-mesh/spillway/pkg/health/probe"
	"github.com/spillway-mesh/spillway/pkg/version"
)

const (
	// tick is how often a decision is made, whether anything happened or not.
	tick = 250 * time.Millisecond
	// believed is how long a published answer counts: should the loop of decisions stand still, the cluster is in.
	believed = 5 * time.Second
)

// engine holds all that changes. Its lock makes decisions and promises one after the other.
type engine struct {
	log   *slog.Logger
	now   func() time.Duration // since the start
	wall  func() time.Time
	keys  peer.Keys
	lb    probes
	store Source
	loads *loads

	answers    atomic.Pointer[answers]
	first      atomic.Bool // a decision was made with a configuration, by one that has asked the other replicas
	configured atomic.Bool
	greeted    atomic.Bool // the other replicas were asked once, whether they answered or not
	changed    chan struct{}

	mu       sync.Mutex
	replica  *peer.Replica
	runner   *probe.Runner
	checker  *checker
	object   *v1alpha1.ClusterHealth // nil before the first
	config   *health.Config
	change   *health.Change
	ended    string // the change that ended last: a status that still holds it is old
	found    []Discovered
	gateways gateways
	in       health.Inputs // of the last decision
	journal  journal
	cached   bool // what is configured comes from the cache, nothing newer was read
	siblings siblings
	pending  []happened
	told     struct {
		any    bool
		status health.Status
		mode   *v1alpha1.ModeSetting
	}
}

// gateways are the pods of the ingress gateway.
type gateways struct {
	ready, desired int
	addresses      []string // of the ready ones
}

func newEngine(o *Options, now func() time.Duration, wall func() time.Time) *engine {
	e := &engine{
		log: o.Log, now: now, wall: wall, store: o.Source, loads: newLoads(o, now), changed: make(chan struct{}, 1),
		replica: peer.NewReplica(peer.Self{Replica: o.Replica, Boot: peer.RandomID(), Build: version.Get().Version}),
	}
	e.runner = probe.NewRunner(&health.Config{Interval: v1alpha1.DefaultRoundInterval, Timeout: v1alpha1.DefaultRoundTimeout}, now)
	e.checker = &checker{around: o.Source.Surroundings(), now: now, wall: wall}
	e.answers.Store(&answers{path: o.Path, strict: health.Out, until: forever})
	return e
}

// forever is for what does not depend on the loop.
const forever = time.Duration(1<<63 - 1)

// Health takes a new configuration.
func (e *engine) Health(x *v1alpha1.ClusterHealth) { e.configure(x, false) }

func (e *engine) configure(x *v1alpha1.ClusterHealth, cached bool) {
	e.mu.Lock()
	fresh := e.object == nil || !reflect.DeepEqual(e.object.Spec, x.Spec) || e.object.Generation != x.Generation
	e.object, e.cached = x, cached
	if kept := changeOf(x.Status.Change); kept != nil && x.Spec.Mode != nil && kept.ID != e.ended {
		e.change = kept // the first writer's
	}
	if fresh { // all else is a status, which replicas write
		e.config = Config(x)
		e.runner.Configure(e.config)
		e.runner.Set(e.checker.checks(x, e.found))
	}
	e.mu.Unlock()
	e.decide()
	if fresh {
		e.note()
	}
}

// note has the status written soon.
func (e *engine) note() {
	select {
	case e.changed <- struct{}{}:
	default:
	}
}

// Keys takes the peer keys; a set that cannot be used leaves the old one.
func (e *engine) Keys(data map[string][]byte) {
	ring, err := peer.NewKeyring(data)
	if err != nil {
		e.log.Error("the peer keys cannot be used; the last ones stay", "error", err)
		return
	}
	e.keys.Set(ring)
}

// siblings are where the other replicas were said to be, if anybody has said so.
type siblings struct {
	urls  []string
	known bool
}

// Siblings takes where the other replicas are.
func (e *engine) Siblings(urls []string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.siblings = siblings{urls, true}
	e.replica.List(urls, e.now())
	e.note()
}

// Gateways takes the state of the ingress gateway's pods.
func (e *engine) Gateways(ready, desired int, addresses []string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.gateways = gateways{ready, max(desired, 1), addresses} // counted, and none there: nobody can come in
}

// Services takes the services that opted in.
func (e *engine) Services(found []Discovered) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.found = found
	if e.object != nil {
		e.runner.Set(e.checker.checks(e.object, found))
	}
}

// run decides until the context ends.
func (e *engine) run(ctx context.Context) error {
	t := time.NewTicker(tick)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
			e.decide()
		}
	}
}

// decide makes one decision and publishes it.
func (e *engine) decide() {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.now()
	in := health.Inputs{
		Now: now, Wall: e.wall(), Config: e.config, Change: e.change, Snapshot: e.runner.Snapshot(), Watchdog: e.runner.Stuck(),
		SiblingsKnown: e.siblings.known,
		GatewayReady:  e.gateways.ready, GatewayDesired: e.gateways.desired,
	}
	in.Capacity = e.capacity()
	in.LBProbeAt, in.LBProbed = e.lb.last()
	d := e.replica.Decide(in)
	e.in = in
	e.publish(now, d.Status)
	if e.journal.add(&in, e.replica, &d, e.log) {
		e.note()
	}
	if e.config == nil {
		return
	}
	e.configured.Store(true)
	if e.greeted.Load() {
		e.first.Store(true)
	}
	e.notable(&d, e.object.Spec.Mode)
	e.runner.Freeze(d.Mode == health.Strict || d.Mode == health.Drain)
	if next, changed := nextChange(e.change, &in, &d, e.object.Spec.Mode); changed {
		if next == nil {
			e.ended = e.change.ID
		}
		e.change = next
		e.note()
	}
}

func (e *engine) publish(now time.Duration, s health.Status) {
	old := e.answers.Load()
	next := &answers{path: old.path, token: old.token, status: s, strict: health.Out, until: now + believed}
	if c := e.config; c != nil {
		next.strict = health.StrictAnswer(e.runner.Snapshot(), c)
		next.path, next.token = c.Path, []byte(c.Token+"\n")
	}
	if e.runner.Stuck() {
		next.strict = health.Out
	}
	e.answers.Store(next)
}

// answer answers a signed poll, and decides at once if it promised anything.
func (e *engine) answer(q *peer.Request, keys *peer.Keyring) *peer.Response {
	e.mu.Lock()
	a := e.replica.Answer(q, keys, e.now(), e.wall())
	if a != nil && a.Refused != "" {
		e.journal.refused(a.Refused)
	}
	e.mu.Unlock()
	if a != nil && a.Promise != nil {
		e.decide()
	}
	return a
}
