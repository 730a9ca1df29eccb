package probe

import (
	"reflect"
	"sync"
)

// closer is a Prober that keeps something between questions, such as idle connections. It may be asked again after it was
// closed.
type closer interface{ Close() }

// Reasons why a check is not asked in a round.
const (
	reasonBusy    = "the last question is still open"
	reasonRetired = "no longer asked"
)

// use is the use that a check makes of its prober: it is asked once at a time, and closed when it is no longer needed.
type use struct {
	mu      sync.Mutex
	asking  bool
	retired bool
	keep    bool // another check has the same prober
}

// begin says whether the prober may be asked now, and if not, why.
func (u *use) begin() (string, bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	switch {
	case u.retired:
		return reasonRetired, false
	case u.asking:
		return reasonBusy, false
	}
	u.asking = true
	return "", true
}

// end is the end of a question, however late.
func (u *use) end(p Prober) {
	u.mu.Lock()
	u.asking = false
	last := u.retired && !u.keep
	u.mu.Unlock()
	if last {
		shut(p)
	}
}

// retire takes the prober out of use; one that is being asked is closed when it has answered.
func (u *use) retire(p Prober, needed map[Prober]bool) {
	u.mu.Lock()
	u.retired = true
	u.keep = canCompare(p) && needed[p]
	now := !u.asking && !u.keep
	u.mu.Unlock()
	if now {
		shut(p)
	}
}

// over says that the prober has been taken out of use.
func (u *use) over() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.retired
}

func shut(p Prober) {
	if c, ok := p.(closer); ok {
		c.Close()
	}
}

// same says that two probers are one. Those that cannot be compared are never the same.
func same(a, b Prober) bool { return canCompare(a) && canCompare(b) && a == b }

// canCompare keeps a prober out of comparisons that would panic: it may be a struct that holds a map.
func canCompare(p Prober) bool { return reflect.ValueOf(p).Comparable() }

// probers is the set of those that checks have.
func probers(checks []*running) map[Prober]bool {
	set := make(map[Prober]bool, len(checks))
	for _, c := range checks {
		if canCompare(c.Prober) {
			set[c.Prober] = true
		}
	}
	return set
}
