package health

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

// rounds plays one round each 5 s on a single check: P passes, F fails, U is not known, G finds no target, and a digit lets so
// many minutes pass without a round. The first round begins at 100 s and takes one.
func rounds(text string, fall, rise int) *Snapshot {
	c := testConfig()
	c.Fall, c.Rise = fall, rise
	var s *Snapshot
	at := 100 * time.Second
	for _, r := range text {
		o := Observation{Name: "x"}
		switch r {
		case 'P':
			o.Result = Pass
		case 'F':
			o.Result = Fail
		case 'G':
			o.Gone = true
		case 'U':
		default:
			at += time.Duration(r-'0') * time.Minute
			continue
		}
		s = Settle(s, &Round{Began: at, Ended: at + time.Second, Checks: []Check{{Name: "x"}}, Observed: []Observation{o}}, c)
		at += 5 * time.Second
	}
	return s
}

func TestSettle(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		played  string
		settled Result
		last    Result
		gone    int
		failed  int // the round whose beginning FailedSince is, from 1; 0: none
	}{
		{"P", Pass, Pass, 0, 0},
		{"U", Unknown, Unknown, 0, 0},
		{"F", Unknown, Fail, 0, 1},
		{"FF", Unknown, Fail, 0, 1},
		{"FFF", Fail, Fail, 0, 1},
		{"PPFFF", Fail, Fail, 0, 3},
		{"FPFF", Pass, Fail, 0, 3},
		{"FUFUF", Fail, Fail, 0, 1},
		{"FFFP", Fail, Pass, 0, 1},
		{"FFFPPPP", Fail, Pass, 0, 1},
		{"FFFPPPPP", Pass, Pass, 0, 1},
		{"FFFPFF", Fail, Fail, 0, 1}, // it never passed for good: the failure is as old as it was
		{"FFFUUUUUU", Fail, Unknown, 0, 1},
		{"FFFUUUUUUU", Unknown, Unknown, 0, 1}, // too old
		{"PUUUUUUU", Unknown, Unknown, 0, 0},
		{"FFUUUUUUUF", Unknown, Fail, 0, 10}, // what is too old adds to nothing
		{"FF1F", Unknown, Fail, 0, -1},
		{"FFF1F", Unknown, Fail, 0, -1},
		{"FFF1P", Pass, Pass, 0, 1},
		{"FF1FFF", Fail, Fail, 0, -1},
		{"G", Unknown, Unknown, 1, 1},
		{"PGGG", Pass, Unknown, 3, 2},
		{"GGUG", Unknown, Unknown, 1, 4},
		{"GGPG", Pass, Unknown, 1, 4},
		{"FFFG", Fail, Unknown, 1, 1},
	} {
		s := rounds(c.played, 3, 5)
		x := s.check("x")
		if x.Settled != c.settled || x.Last != c.last || x.Gone != c.gone {
			t.Errorf("%s: settled %s, last %s, gone %d; want %s, %s, %d", c.played, x.Settled, x.Last, x.Gone, c.settled, c.last, c.gone)
		}
		var since time.Duration
		switch {
		case c.failed > 0:
			since = time.Duration(100+5*(c.failed-1)) * time.Second
		case c.failed < 0: // the first failure after the pause
			since = time.Duration(160+5*strings.Index(c.played, "1")) * time.Second
		}
		if x.FailedSince != since {
			t.Errorf("%s: failed since %s, want %s", c.played, x.FailedSince, since)
		}
		if played := len(strings.ReplaceAll(c.played, "1", "")); s.Rounds != played || s.Ended-s.Began != time.Second {
			t.Errorf("%s: %d rounds, the last from %s to %s", c.played, s.Rounds, s.Began, s.Ended)
		}
	}
}

// The set of checks is the round's: sorted, as it is now, and one that was not tried is unknown.
func TestSettleKeepsTheSet(t *testing.T) {
	t.Parallel()
	c := testConfig()
	pass := []Observation{{Name: "b", Result: Pass}, {Name: "a", Result: Pass}, {Name: "gone", Result: Pass}}
	s := Settle(nil, &Round{Began: 1, Ended: 2, Checks: []Check{{Name: "b"}, {Name: "gone"}, {Name: "a", Weight: 1}}, Observed: pass}, c)
	s = Settle(s, &Round{Began: 3, Ended: 4, Checks: []Check{{Name: "b"}, {Name: "a", Weight: 2}}, Observed: pass[:1]}, c)
	if len(s.Checks) != 2 || s.Checks[0].Name != "a" || s.Checks[1].Name != "b" {
		t.Fatalf("%+v", s.Checks)
	}
	if a := s.check("a"); a.Weight != 2 || a.Last != Unknown || a.Settled != Pass || a.Reason != "not tried" {
		t.Errorf("%+v", a)
	}
	for rounds, want := range map[int]bool{0: false, 2: false, 3: true} {
		if (&Snapshot{Rounds: rounds}).SettledOnce(c) != want {
			t.Errorf("settled after %d rounds: not %v", rounds, want)
		}
	}
}

// A baseline is what fails at all and what is there, and nothing while the checks tell nothing.
func TestBaselineOf(t *testing.T) {
	t.Parallel()
	in := testInputs()
	in.Snapshot.Checks = []CheckState{
		{Check: Check{Name: "begins"}, Settled: Pass, Last: Fail},
		{Check: Check{Name: "ends"}, Settled: Fail, Last: Pass},
		{Check: Check{Name: "fine"}, Settled: Pass, Last: Pass},
		{Check: Check{Name: "gone"}, Gone: 1},
		{Check: Check{Name: "unknown"}},
	}
	want := Baseline{Failing: []string{"begins", "ends"}, Present: []string{"begins", "ends", "fine", "unknown"}}
	if b, ok := BaselineOf(in); !ok || !reflect.DeepEqual(b, want) {
		t.Errorf("%+v, %v", b, ok)
	}
	for name, so := range map[string]func(){
		"a stuck loop": func() { in.Watchdog = true },
		"one round":    func() { in.Snapshot.Rounds = 1 },
		"nothing":      func() { in.Snapshot = nil },
		"no config":    func() { in.Config = nil },
	} {
		in = testInputs()
		so()
		if b, ok := BaselineOf(in); ok {
			t.Errorf("%s: %+v", name, b)
		}
	}
}
