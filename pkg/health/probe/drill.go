package probe

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spillway-mesh/spillway/pkg/health"
)

// Drill reads as failing while a drill lasts, and asks the real prober after it. What it said in the drill is forgotten at
// its end: the mode that follows must not act on a failure that never was.
type Drill struct {
	Of Prober
	// Ends by the calendar, or at Deadline by the monotonic clock, whichever comes first: a clock that is set back must not
	// carry the drill into the mode that follows.
	Ends     time.Time
	Deadline time.Duration
	Wall     func() time.Time
	Now      func() time.Duration
}

var _ Prober = (*Drill)(nil)

// reasonDrill is what tells made up failures from others in a snapshot.
const reasonDrill = "drill"

// Probe fails while the drill lasts.
func (d *Drill) Probe(ctx context.Context) Outcome {
	if d.Over() {
		return d.Of.Probe(ctx)
	}
	return fail(reasonDrill)
}

// Over says that the drill has ended.
func (d *Drill) Over() bool { return d.Now() >= d.Deadline || !d.Wall().Before(d.Ends) }

// Close closes the real prober.
func (d *Drill) Close() { shut(d.Of) }

func isDrill(p Prober) bool {
	_, ok := p.(*Drill)
	return ok
}

// afresh is a snapshot in which some checks have no history: their drill has ended.
func afresh(s *health.Snapshot, checks []*running) *health.Snapshot {
	next := *s
	next.Checks = slices.Clone(s.Checks)
	for _, c := range checks {
		i, found := slices.BinarySearchFunc(next.Checks, c.Name, func(s health.CheckState, n string) int { return strings.Compare(s.Name, n) })
		if found {
			next.Checks[i] = health.CheckState{Check: c.Check.Check, Reason: "the drill has ended"}
		}
	}
	return &next
}

// undrilled is a snapshot without the checks whose last answer was the drill's, and which a round has now really asked.
func undrilled(s *health.Snapshot, found *health.Round) *health.Snapshot {
	if s == nil {
		return nil
	}
	drilled := make(map[string]bool, len(found.Observed))
	for i := range found.Observed {
		drilled[found.Observed[i].Name] = found.Observed[i].Reason == reasonDrill
	}
	over := func(c health.CheckState) bool { return c.Reason == reasonDrill && !drilled[c.Name] }
	if !slices.ContainsFunc(s.Checks, over) {
		return s
	}
	next := *s
	next.Checks = slices.DeleteFunc(slices.Clone(s.Checks), over)
	return &next
}
