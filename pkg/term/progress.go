package term

import (
	"fmt"
	"io"
	"sync"
	"time"
)

const (
	// patience is how long work may take before its progress is worth a line.
	patience = time.Second
	// redraw is the time between two changes of the line.
	redraw = 100 * time.Millisecond
	// clearLine goes back to the begin of the line and empties it.
	clearLine = "\r\x1b[K"
)

// Progress is one line on a terminal that says how far long work has come, and that goes away when it is done. It stays
// silent for work that is done within a second, and where nobody watches. Its methods may be called from several
// goroutines.
type Progress struct {
	out   io.Writer // nil: nobody watches
	now   func() time.Time
	begun time.Time

	mu    sync.Mutex
	drawn time.Time
}

// NewProgress begins to measure. The writer is the stream for messages; pass time.Now, or a fake in tests.
func NewProgress(w io.Writer, now func() time.Time) *Progress {
	if !IsTerminal(w) {
		return &Progress{}
	}
	return newProgress(w, now)
}

func newProgress(w io.Writer, now func() time.Time) *Progress {
	return &Progress{out: w, now: now, begun: now()}
}

// Step shows that so much of the total is done.
func (p *Progress) Step(what string, done, total int) {
	if p.out == nil {
		return
	}
	now := p.now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if now.Sub(p.begun) < patience || now.Sub(p.drawn) < redraw {
		return
	}
	p.drawn = now
	_, _ = fmt.Fprintf(p.out, "%s%s %d of %d", clearLine, what, done, total) // a lost line of progress is no failure
}

// Done takes the line away.
func (p *Progress) Done() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.out != nil && !p.drawn.IsZero() {
		_, _ = io.WriteString(p.out, clearLine)
		p.drawn = time.Time{}
	}
}
