package probe

import (
	"context"
	"sync"
	"time"

	"github.com/spillway-mesh/spillway/pkg/health"
)

// ExternalFailover is healthy while anything answers that the host may be served from: the host itself through the mesh, or
// each of its endpoints. Its probers are asked at most once in a while, however short the rounds are: what they ask is
// somebody else's, and every replica of every cluster asks it.
type ExternalFailover struct {
	Of    []Prober
	Every time.Duration
	Now   func() time.Duration

	mu    sync.Mutex
	asked bool
	at    time.Duration
	last  Outcome
}

var _ Prober = (*ExternalFailover)(nil)

// Probe asks all at once, or repeats what they said a moment ago.
func (e *ExternalFailover) Probe(ctx context.Context) Outcome {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.asked && e.Now()-e.at < e.Every {
		return e.last
	}
	e.asked, e.at = true, e.Now()
	results := make([]Outcome, len(e.Of))
	var wait sync.WaitGroup
	for i, p := range e.Of {
		wait.Go(func() { results[i] = p.Probe(ctx) })
	}
	wait.Wait()
	e.last = best(results)
	if e.last.Result == health.Unknown {
		e.asked = false
	}
	return e.last
}

// best is the first that passes; a failure only if all have failed.
func best(results []Outcome) Outcome {
	worst := unknown("nothing to ask")
	for i, r := range results {
		switch {
		case r.Result == health.Pass:
			return r
		case i == 0 || r.Result == health.Unknown:
			worst = r
		}
	}
	if worst.Result == health.Fail && len(results) > 1 {
		return fail("no endpoint answers; the first: " + worst.Reason)
	}
	return worst
}
