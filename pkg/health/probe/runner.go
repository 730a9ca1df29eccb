package probe

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spillway-mesh/spillway/pkg/health"
)

// AtOnce is how many checks a round asks at the same time.
const AtOnce = 256

// Check is one check of a round.
type Check struct {
	health.Check

	Prober Prober
}

// Runner asks all checks in rounds. Make it with NewRunner.
type Runner struct {
	now      func() time.Duration
	snapshot atomic.Pointer[health.Snapshot]
	begun    atomic.Int64 // when the loop began, plus one: what the watchdog counts from before the first round
	rounds   atomic.Int64

	mu     sync.Mutex
	config *health.Config
	checks []*running // sorted by name
	frozen bool
	next   []Check // what waits for the thaw
	waits  bool
}

// running is a check, and the use that is made of its prober.
type running struct {
	Check

	use *use
}

// NewRunner makes a runner without checks. The clock is monotonic.
func NewRunner(config *health.Config, now func() time.Duration) *Runner {
	return &Runner{config: config, now: now}
}

// Snapshot is what the last round found; nil before the first one has ended. It never blocks.
func (r *Runner) Snapshot() *health.Snapshot { return r.snapshot.Load() }

// Stuck says that no round has ended for so long that nothing is known any more: the watchdog on the loop itself.
func (r *Runner) Stuck() bool {
	began := r.begun.Load()
	if began == 0 {
		return false
	}
	last := time.Duration(began - 1)
	if s := r.Snapshot(); s != nil {
		last = max(last, s.Ended)
	}
	r.mu.Lock()
	stale := r.config.Stale()
	r.mu.Unlock()
	return r.now()-last > stale
}

// Configure changes times and thresholds from the next round on.
func (r *Runner) Configure(c *health.Config) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.config = c
}

// Set replaces the checks. While the set is frozen the new one waits.
func (r *Runner) Set(checks []Check) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.frozen {
		r.next, r.waits = slices.Clone(checks), true
		return
	}
	r.replace(checks)
}

// Freeze keeps the set as it is, or thaws it: during a change checks neither appear nor disappear, or what is being worked
// on could hide its own failure.
func (r *Runner) Freeze(frozen bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.frozen = frozen
	if !frozen && r.waits {
		r.replace(r.next)
		r.next, r.waits = nil, false
	}
}

// replace keeps what is known of the probers that stay: one that hangs must not be asked a second time only because the
// set came anew.
func (r *Runner) replace(checks []Check) {
	before := make(map[string]*running, len(r.checks))
	for _, c := range r.checks {
		before[c.Name] = c
	}
	next := make([]*running, 0, len(checks))
	stay := make(map[*use]bool, len(checks))
	var undrilled []*running
	for _, check := range checks {
		c := &running{Check: check, use: &use{}}
		if old := before[c.Name]; old != nil {
			if same(old.Prober, c.Prober) {
				c.use = old.use
			}
			if isDrill(old.Prober) && !isDrill(c.Prober) {
				undrilled = append(undrilled, c)
			}
		}
		stay[c.use] = true
		next = append(next, c)
	}
	slices.SortFunc(next, func(a, b *running) int { return strings.Compare(a.Name, b.Name) })
	needed := probers(next)
	for _, c := range r.checks {
		if !stay[c.use] {
			c.use.retire(c.Prober, needed)
		}
	}
	r.checks = next
	if s := r.Snapshot(); s != nil && len(undrilled) > 0 {
		r.snapshot.Store(afresh(s, undrilled))
	}
}

// Run asks until the context ends. One goroutine for each check that is being asked is all it starts, and it waits for
// those that heed their context.
func (r *Runner) Run(ctx context.Context) error {
	r.begun.Store(int64(r.now()) + 1)
	var asking sync.WaitGroup
	defer asking.Wait()
	for {
		began := r.now()
		config := r.round(ctx, began, &asking)
		if ctx.Err() != nil {
			return nil // the end was asked for
		}
		timer := time.NewTimer(jitter(config.Interval) - (r.now() - began))
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		}
	}
}

// jitter is a tenth more or less, so that replicas and clusters do not ask in step.
func jitter(d time.Duration) time.Duration {
	return d + time.Duration((rand.Float64()-0.5)/5*float64(d)) //nolint:gosec // no secret depends on it
}

// round asks each check once and publishes what it learned. It ends with the last answer, and at the end of the interval
// at the latest: what has not answered by then is unknown.
func (r *Runner) round(ctx context.Context, began time.Duration, asking *sync.WaitGroup) *health.Config {
	r.mu.Lock()
	config, checks := r.config, r.checks
	r.mu.Unlock()
	results := make(chan result, len(checks)) // room for all: a late one finds nobody waiting, and no harm in that
	slots := make(chan struct{}, AtOnce)
	end := time.NewTimer(config.Interval)
	defer end.Stop()
	over := make(chan struct{}) // who has not been asked by then is not asked in this round
	defer close(over)
	first := int(r.rounds.Add(1)) * AtOnce // each round begins elsewhere: where many hang, all are asked in turn
	asking.Go(func() {
		for n := range checks {
			i := (first + n) % len(checks)
			c := checks[i]
			if !pause(n, batchOf(len(checks), config.Interval), over) {
				return
			}
			select {
			case slots <- struct{}{}:
			case <-over:
				return
			}
			asking.Go(func() {
				defer func() { <-slots }()
				results <- result{i, c.ask(ctx, config.Timeout, r.now)}
			})
		}
	})
	found := health.Round{Began: began, Checks: make([]health.Check, len(checks)), Observed: make([]health.Observation, len(checks))}
	for i, c := range checks {
		found.Checks[i] = c.Check.Check
		found.Observed[i] = health.Observation{Name: c.Name, Reason: "no answer within the round"}
	}
	for range checks {
		select {
		case a := <-results:
			found.Observed[a.check] = a.Observation
			continue
		case <-end.C:
		case <-ctx.Done():
		}
		break
	}
	if ctx.Err() == nil {
		found.Ended = r.now()
		r.settle(&found, checks, config)
	}
	return config
}

// breath is what a round leaves between two batches to those who probe this server meanwhile.
const breath = time.Millisecond

// batchOf is how many checks are begun at a time: few, so that a probe of this server never waits for all that a round has to
// do, and so many that the pauses are a quarter of the interval at most.
func batchOf(checks int, interval time.Duration) int {
	return max(4, int(time.Duration(4*checks)*breath/interval)) //nolint:mnd // some of one processor's time, and a quarter
}

// pause waits before each batch but the first, and says whether the round goes on.
func pause(n, batch int, over <-chan struct{}) bool {
	if n == 0 || n%batch != 0 {
		return true
	}
	t := time.NewTimer(breath)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-over:
		return false
	}
}

// settle publishes what a round found. What a prober said that has lost its check since is not held against the new one.
func (r *Runner) settle(found *health.Round, checks []*running, config *health.Config) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, c := range checks {
		if c.use.over() {
			found.Observed[i] = health.Observation{Name: c.Name, Reason: reasonRetired}
		}
	}
	r.snapshot.Store(health.Settle(undrilled(r.Snapshot(), found), found, config))
}

type result struct {
	check int
	health.Observation
}

// ask probes once, for the timeout at most. A prober that does not heed its context is left behind: until it returns, the
// check is unknown.
func (c *running) ask(ctx context.Context, timeout time.Duration, now func() time.Duration) health.Observation {
	o := health.Observation{Name: c.Name}
	if reason, ok := c.use.begin(); !ok {
		o.Reason = reason
		return o
	}
	const grace = 100 * time.Millisecond
	ctx, cancel := context.WithTimeout(ctx, timeout)
	began := now()
	answered := make(chan Outcome, 1)
	go func() {
		defer cancel()
		defer c.use.end(c.Prober)
		answered <- c.safely(ctx)
	}()
	late := time.NewTimer(timeout + grace)
	defer late.Stop()
	select {
	case a := <-answered:
		o.Result, o.Reason, o.Gone = a.Result, a.Reason, a.Gone
	case <-late.C:
		o.Reason = "the check does not end"
	}
	o.Took = now() - began
	return o
}

// safely turns a fault of the checker into ignorance: it says nothing of what is checked.
func (c *running) safely(ctx context.Context) (o Outcome) {
	defer func() {
		if recover() != nil {
			o = unknown("fault of the checker")
		}
	}()
	return c.Prober.Probe(ctx)
}
