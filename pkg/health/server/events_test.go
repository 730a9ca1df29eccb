package server

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/health"
)

// told is a source that writes down what people are told.
type told struct {
	nowhere

	events []string
}

func (n *told) Event(_ context.Context, reason, note string, warning bool) error {
	text := reason + ": " + note
	if warning {
		text = "! " + text
	}
	n.events = append(n.events, text)
	return nil
}

// People are told of modes and turns of the status, by one replica, and not of what was so before the process began.
func TestEvents(t *testing.T) {
	t.Parallel()
	e, _ := testEngine(t)
	n := &told{}
	e.store = n
	x := testObject()
	e.configure(x, false)
	armed := x.DeepCopy()
	setMode(armed, v1alpha1.ModeDrain, time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC))
	armed.Spec.Mode.By = "ops@example.com"
	e.configure(armed, false)
	e.configure(x, false)
	e.notable(&health.Decision{Status: health.Out, Mode: health.Strict, Reason: health.Reason{Rule: "Failing"}}, nil)
	e.tellPeople(t.Context(), true)
	want := []string{
		"ModeSet: ops@example.com set Drain until 2099-01-01 00:00Z: test", "ModeRelaxed: the mode Drain was taken away",
		"! ClusterOut: Failing, by the mode Strict",
	}
	if !slices.Equal(n.events, want) {
		t.Errorf("told %q, want %q", n.events, want)
	}
	for range 2 * mostEvents {
		e.tell(happened{reason: "x"})
	}
	if len(e.pending) != mostEvents {
		t.Errorf("%d events wait", len(e.pending))
	}
	e.tellPeople(t.Context(), false)
	if len(n.events) != len(want) || len(e.pending) > 0 {
		t.Error("a replica that does not speak tells, or keeps what it cannot tell")
	}
}
