package bench

import (
	"context"
	"fmt"
	"sync"
	"time"
)

const (
	// clientPatience is how long the application waits where no route bounds a request.
	clientPatience = 15 * time.Second
	// maxOpen bounds the requests in flight.
	maxOpen = 1000
)

// sample is one request and what became of it.
type sample struct {
	id     string
	call   *Call
	start  time.Time
	took   time.Duration
	region string
	err    error
}

// load sends requests at a fixed rate, whether or not earlier ones have been answered.
type load struct {
	caller caller
	calls  []Call
	rate   int

	mu      sync.Mutex
	samples []sample
	open    int
	wg      sync.WaitGroup
}

// run sends until ctx ends, then waits for what is under way.
func (l *load) run(ctx context.Context) {
	tick := time.NewTicker(time.Second / time.Duration(l.rate))
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			l.wg.Wait()
			return
		case <-tick.C:
		}
		l.mu.Lock()
		full := l.open >= maxOpen
		if !full {
			l.open++
		}
		l.mu.Unlock()
		if !full {
			l.wg.Go(func() { l.one(fmt.Sprintf("r%06d", n), &l.calls[n%len(l.calls)]) })
		}
	}
}

func (l *load) one(id string, c *Call) {
	ctx, cancel := context.WithTimeout(context.Background(), clientPatience)
	defer cancel()
	s := sample{id: id, call: c, start: time.Now()}
	s.region, s.err = l.caller.call(ctx, id, c)
	s.took = time.Since(s.start)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open--
	l.samples = append(l.samples, s)
}

func (l *load) inFlight() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.open
}

// since returns the finished requests that began at or after t, by begin.
func (l *load) since(t time.Time) []sample {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []sample
	for _, s := range l.samples {
		if !s.start.Before(t) {
			out = append(out, s)
		}
	}
	return sortByStart(out)
}
