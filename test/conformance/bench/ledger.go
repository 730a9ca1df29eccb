package bench

import (
	"fmt"
	"sync"
)

// ledger is what the regions saw.
type ledger struct {
	mu        sync.Mutex
	arrivals  map[string]int
	sni, host int
	signature int
	hellos    int
	plain     int
	notes     []string
}

func newLedger() *ledger { return &ledger{arrivals: map[string]int{}} }

// reached notes that a server has read the whole request, and so may have acted on it.
func (l *ledger) reached(id, _ string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.arrivals[id]++
}

func (l *ledger) times(id string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.arrivals[id]
}

// opened notes how a client begins to speak to a region that wants TLS.
func (l *ledger) opened(tls bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if tls {
		l.hellos++
	} else {
		l.plain++
	}
}

func (l *ledger) wrongSNI(region, got string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sni++
	l.note("%s was asked for server name %q", region, got)
}

func (l *ledger) wrongHost(region, got string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.host++
	l.note("%s was asked for Host %q", region, got)
}

func (l *ledger) badSignature(region string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.signature++
	l.note("%s: %v", region, err)
}

func (l *ledger) note(format string, args ...any) {
	const enough = 3
	if len(l.notes) < enough {
		l.notes = append(l.notes, fmt.Sprintf(format, args...))
	}
}
