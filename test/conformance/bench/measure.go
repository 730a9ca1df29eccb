package bench

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

const (
	// slowAnswer is what no healthy answer on loopback takes, even on a busy machine.
	slowAnswer = 300 * time.Millisecond
	// grace is what an answer may be late by: the machine is shared.
	grace = time.Second
	// steadyRun is how many good answers in a row make a steady state.
	steadyRun = 20
	// taking is how long a failure takes to set in: what begins then is on its way when it strikes.
	taking = 20 * time.Millisecond
	// homeRun is how many answers from home in a row make it home again.
	homeRun = 5
)

func sortByStart(s []sample) []sample {
	slices.SortFunc(s, func(a, b sample) int { return a.start.Compare(b.start) })
	return s
}

// homeAgain says when, after the failure, home first served a run of requests.
func homeAgain(s *Scenario, after []sample) (time.Time, bool) {
	streak := 0
	for i, x := range after {
		if streak++; x.err != nil || !slices.Contains(s.Home, x.region) {
			streak = 0
		}
		if streak == homeRun {
			return after[i-homeRun+1].start, true
		}
	}
	return time.Time{}, false
}

// steady says when, in the outage, a run of requests was neither lost nor slow for the first time.
func steady(during []sample) (time.Time, bool) {
	streak := 0
	for i, x := range during {
		if streak++; x.err != nil || x.took > slowAnswer {
			streak = 0
		}
		if streak == steadyRun {
			return during[i-steadyRun+1].start, true
		}
	}
	return time.Time{}, false
}

func summarize(s *Scenario, led *ledger, l *load, m *marks, stats map[string]int) *Result {
	r := &Result{
		Name: s.Name, Kind: s.Failures[0].Kind, Classes: map[Class]*Tally{}, InFlight: m.inFlight,
		Before: map[string]int{}, During: map[string]int{}, After: map[string]int{},
		Steady: -1, Back: -1, WrongSNI: led.sni, WrongHost: led.host, Hellos: led.hellos, Plaintext: led.plain,
		BadSignatures: led.signature,
		Ejections:     stats["ejections_enforced_total"], Overflow: stats["ejections_overflow"], Retries: stats["upstream_rq_retry"],
		Cut:      stats["upstream_cx_destroy_remote"],
		Examples: slices.Clone(led.notes),
	}
	var during, after []sample
	took := map[Class][]time.Duration{}
	for _, x := range l.since(time.Time{}) {
		t := r.Classes[x.call.Class]
		if t == nil {
			t = &Tally{}
			r.Classes[x.call.Class] = t
		}
		switch {
		case x.start.Before(m.failed) && (x.err == nil || x.start.Add(x.took).Before(m.failed)):
			count(t, &t.LostBefore, r.Before, x)
		case x.start.Before(m.healed):
			during = append(during, x)
			took[x.call.Class] = append(took[x.call.Class], x.took)
			count(t, &t.LostDuring, r.servedIn(x, m), x)
		default:
			after = append(after, x)
			count(t, &t.LostAfter, r.After, x)
		}
		if led.times(x.id) > 1 {
			t.Twice++
		}
		r.example(x, m)
	}
	for class, d := range took {
		r.Classes[class].quantiles(d)
	}
	r.times(s, m, during, after)
	return r
}

// times says when clients felt nothing any more, when home served again, and what was on its way when home broke.
func (r *Result) times(s *Scenario, m *marks, during, after []sample) {
	settled := m.healed
	if t, ok := steady(during); ok {
		r.Steady, settled = t.Sub(m.failed).Seconds(), t
	}
	for _, x := range during {
		if x.start.Sub(m.failed) < taking {
			r.InFlight++
		}
		if x.start.Before(settled) {
			r.Classes[x.call.Class].Unsteady++
		}
	}
	if t, ok := homeAgain(s, after); ok {
		r.Back = t.Sub(m.healed).Seconds()
	}
}

// servedIn is the phase in which the answer came: a black hole delivers late what it swallowed.
func (r *Result) servedIn(x sample, m *marks) map[string]int {
	if x.start.Add(x.took).After(m.healed) {
		return r.After
	}
	return r.During
}

func count(t *Tally, lost *int, served map[string]int, x sample) {
	t.Sent++
	if x.err != nil {
		*lost++
	} else {
		served[x.region]++
	}
	if x.call.Timeout > 0 && x.took > x.call.Timeout+grace {
		t.Late++
	}
}

func (r *Result) example(x sample, m *marks) {
	const enough = 8
	if x.err != nil && len(r.Examples) < enough {
		r.Examples = append(r.Examples, fmt.Sprintf("%s %+.2fs %s %s after %s: %v",
			x.id, x.start.Sub(m.failed).Seconds(), x.call.Class, x.call.Method, x.took.Round(time.Millisecond), x.err))
	}
}

func (t *Tally) quantiles(d []time.Duration) {
	slices.SortFunc(d, func(a, b time.Duration) int { return cmp.Compare(a, b) })
	at := func(q float64) float64 {
		return float64(d[min(len(d)-1, int(q*float64(len(d))))].Microseconds()) / 1000
	}
	t.P50, t.P99, t.Max = at(0.50), at(0.99), at(1)
}
