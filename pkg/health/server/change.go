package server

import (
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/health"
	"github.com/spillway-mesh/spillway/pkg/health/peer"
)

// nextChange keeps the record of a change: it begins when Strict or Drain is set, is kept through both and whatever is set
// between, notes when it first took effect and what failed before, and ends with rest.
func nextChange(now *health.Change, in *health.Inputs, d *health.Decision, m *v1alpha1.ModeSetting) (*health.Change, bool) {
	switch {
	case m == nil:
		return nil, now != nil
	case m.Name != v1alpha1.ModeStrict && m.Name != v1alpha1.ModeDrain:
		return now, false
	}
	next := health.Change{ID: peer.RandomID(), Mode: health.Mode(m.Name), Started: in.Wall}
	changed := now == nil
	if now != nil {
		next = *now
	}
	if next.Baseline == nil {
		if b, ok := health.BaselineOf(in); ok {
			next.Baseline, changed = &b, true
		}
	}
	if next.Baseline != nil && m.Rebaseline != nil {
		b := *next.Baseline
		for _, name := range m.Rebaseline {
			if !slices.Contains(b.Failing, name) {
				b.Failing, changed = append(slices.Clip(b.Failing), name), true
			}
		}
		next.Baseline = &b
	}
	if next.EffectiveAt.IsZero() && (d.Mode == health.Strict || d.Mode == health.Drain) {
		next.EffectiveAt, changed = in.Wall, true
	}
	if !changed {
		return now, false
	}
	return &next, true
}

// changeOf reads a change from a status; nil if there is none.
func changeOf(s *v1alpha1.ChangeStatus) *health.Change {
	if s == nil {
		return nil
	}
	c := &health.Change{ID: s.ID, Mode: health.Mode(s.Mode), Started: s.Started.Time}
	if s.EffectiveAt != nil {
		c.EffectiveAt = s.EffectiveAt.Time
	}
	if s.Baseline != nil {
		c.Baseline = &health.Baseline{Failing: s.Baseline.Failing, Present: s.Baseline.Present}
	}
	return c
}

func changeStatus(c *health.Change) *v1alpha1.ChangeStatus {
	if c == nil {
		return nil
	}
	s := &v1alpha1.ChangeStatus{ID: c.ID, Mode: v1alpha1.HealthMode(c.Mode), Started: metav1.NewTime(c.Started.Truncate(time.Second))}
	if !c.EffectiveAt.IsZero() {
		at := metav1.NewTime(c.EffectiveAt.Truncate(time.Second))
		s.EffectiveAt = &at
	}
	if c.Baseline != nil {
		s.Baseline = &v1alpha1.BaselineStatus{Failing: c.Baseline.Failing, Present: c.Baseline.Present}
	}
	return s
}

// merge puts a change into a status that may hold another one: the first writer wins, others only add what it lacks. At rest
// a change is cleared only if it is the one that was seen to be over: a replica that has not heard of the next one yet must
// not wipe it out.
func merge(kept, own, seen *v1alpha1.ChangeStatus) *v1alpha1.ChangeStatus {
	switch {
	case own == nil && kept != nil && (seen == nil || seen.ID != kept.ID):
		return kept
	case own == nil || kept == nil:
		return own
	}
	next := kept.DeepCopy()
	if next.EffectiveAt == nil {
		next.EffectiveAt = own.EffectiveAt
	}
	if next.Baseline == nil {
		next.Baseline = own.Baseline
	} else if own.Baseline != nil {
		for _, name := range own.Baseline.Failing {
			if own.ID == kept.ID && !slices.Contains(next.Baseline.Failing, name) {
				next.Baseline.Failing = append(next.Baseline.Failing, name)
			}
		}
	}
	return next
}
