package health

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// causes are what may make a cluster leave: when it was last so.
type causes struct {
	drained, strict, broken time.Time
}

// How long a cause counts when it is over: a file is read within a second, a vote is heard in another, a departure lasts for
// minOut, and a check must pass for some rounds. The rest is for a machine that is slow.
const (
	orderCounts = 12 * time.Second
	faultCounts = 25 * time.Second
)

// allow says that a cluster may answer 503 at that moment: it was drained, or its work broke something.
func (c causes) allow(now time.Time) bool {
	within := func(at time.Time, d time.Duration) bool { return !at.IsZero() && now.Sub(at) <= d }
	return within(c.drained, orderCounts) || within(c.strict, orderCounts) && within(c.broken, faultCounts)
}

// see notes what is so now.
func (f *fleet) see(now time.Time) {
	for name, c := range f.clusters {
		why := f.causes[name]
		switch c.mode {
		case "Drain":
			why.drained = now
		case "Strict":
			why.strict = now
		}
		if c.broken.Load() {
			why.broken = now
		}
		f.causes[name] = why
	}
}

// causeless names a cluster that answers 503 without a cause; empty if none does.
func (f *fleet) causeless(s sweep, now time.Time) string {
	for _, name := range slices.Sorted(maps.Keys(s)) {
		cluster := strings.TrimRight(name, "12")
		if s[name] == http.StatusServiceUnavailable && !f.causes[cluster].allow(now) {
			return name
		}
	}
	return ""
}

// The judge itself: a 503 needs a cause, of its own cluster, that is not long over.
func TestCauseless(t *testing.T) {
	t.Parallel()
	begun := time.Now()
	at := func(d time.Duration) time.Time { return begun.Add(d) }
	f := &fleet{clusters: map[string]*cluster{"blue": {}, "green": {}}, causes: map[string]causes{}}
	leaves := sweep{"blue1": http.StatusServiceUnavailable, "green1": http.StatusOK}
	wrong := func(want bool, now time.Time, why string) {
		t.Helper()
		if got := f.causeless(leaves, now) != ""; got != want {
			t.Errorf("%s: a wrong 503 is seen: %v", why, got)
		}
	}
	f.see(begun)
	wrong(true, begun, "nothing happened")
	f.clusters["green"].mode = "Drain"
	f.see(begun)
	wrong(true, begun, "the other one is drained")
	f.clusters["blue"].mode = "Strict"
	f.see(begun)
	wrong(true, begun, "strict, and nothing is broken")
	f.clusters["blue"].broken.Store(true)
	f.see(begun)
	wrong(false, begun, "strict, and broken")
	f.clusters["blue"].broken.Store(false)
	f.see(at(faultCounts))
	wrong(false, at(faultCounts), "broken a moment ago")
	f.see(at(faultCounts + 1))
	wrong(true, at(faultCounts+1), "broken long ago")
	f.clusters["blue"].mode = "Drain"
	f.see(at(time.Hour))
	f.clusters["blue"].mode = ""
	wrong(false, at(time.Hour+orderCounts), "drained a moment ago")
	wrong(true, at(time.Hour+orderCounts+1), "drained long ago")
}
