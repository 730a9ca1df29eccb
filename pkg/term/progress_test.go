package term

import (
	"bytes"
	"testing"
	"time"
)

func TestProgressWaitsAndGoesAway(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	clock := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	p := newProgress(&out, func() time.Time { return clock })
	for i, passed := range []time.Duration{0, 900 * time.Millisecond, 200 * time.Millisecond, 50 * time.Millisecond, 60 * time.Millisecond} {
		clock = clock.Add(passed)
		p.Step("writing", i, 9)
	}
	p.Done()
	if got, want := out.String(), "\r\x1b[Kwriting 2 of 9\r\x1b[Kwriting 4 of 9\r\x1b[K"; got != want {
		t.Errorf("wrote %q, not %q", got, want)
	}
}

func TestProgressOfShortWorkIsSilent(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	clock := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	p := newProgress(&out, func() time.Time { return clock })
	p.Step("writing", 1, 2)
	p.Done()
	if out.Len() > 0 {
		t.Errorf("wrote %q", out.String())
	}
}

func TestProgressIsForTerminalsOnly(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	p := NewProgress(&out, nil) // the clock is never read
	p.Step("writing", 1, 2)
	p.Done()
	if out.Len() > 0 {
		t.Errorf("wrote %q to a pipe", out.String())
	}
}
