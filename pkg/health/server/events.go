package server

import (
	"context"
	"fmt"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/health"
)

// Teller is a Source that can tell people of what happened, where they look for it.
type Teller interface {
	Event(ctx context.Context, reason, note string, warning bool) error
}

// happened is something to tell people of.
type happened struct {
	reason, note string
	warning      bool
}

// mostEvents bounds what waits to be told; what a cluster did before that is in the journal.
const mostEvents = 16

// notable says what of a decision people are told: that the status turned, and that a mode was set or taken away. What was
// so when the process began was told by another one.
func (e *engine) notable(d *health.Decision, m *v1alpha1.ModeSetting) {
	if e.told.any {
		if was := e.told.status; was != d.Status {
			e.tell(happened{"Cluster" + d.Status.String(), fmt.Sprintf("%s, by the mode %s", d.Reason, d.Mode), d.Status == health.Out})
		}
		switch was := e.told.mode; {
		case m == nil && was != nil:
			e.tell(happened{reason: "ModeRelaxed", note: "the mode " + string(was.Name) + " was taken away"})
		case m != nil && (was == nil || was.Name != m.Name || !was.Until.Equal(&m.Until)):
			e.tell(happened{reason: "ModeSet", note: modeNote(m)})
		}
	}
	e.told.any, e.told.status, e.told.mode = true, d.Status, m
}

func modeNote(m *v1alpha1.ModeSetting) string {
	by := m.By
	if by == "" {
		by = "somebody"
	}
	return fmt.Sprintf("%s set %s until %s: %s", by, m.Name, m.Until.UTC().Format("2006-01-02 15:04Z"), m.Reason)
}

func (e *engine) tell(h happened) {
	if len(e.pending) == mostEvents {
		e.pending = e.pending[1:]
	}
	e.pending = append(e.pending, h)
	e.note()
}

// tellPeople hands on what waits, if this replica is the one that speaks; the others forget it.
func (e *engine) tellPeople(ctx context.Context, speaks bool) {
	e.mu.Lock()
	pending := e.pending
	e.pending = nil
	e.mu.Unlock()
	teller, can := e.store.(Teller)
	if !can || !speaks {
		return
	}
	for _, h := range pending {
		if err := teller.Event(ctx, h.reason, h.note, h.warning); err != nil {
			e.log.Warn("an event was not written", "reason", h.reason, "error", err)
		}
	}
}
