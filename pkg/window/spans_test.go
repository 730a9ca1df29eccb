package window_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/spillway-mesh/spillway/pkg/window"
)

const (
	stretch = 32 * 24 * time.Hour
	block   = 4 * time.Hour
)

// spansOf is a few spans of whole hours.
func spansOf(r *rand.Rand, origin time.Time, hours int) []window.Span {
	var out []window.Span
	for range 1 + r.IntN(12) {
		from := origin.Add(time.Duration(r.IntN(hours)) * time.Hour)
		out = append(out, window.Span{From: from, To: from.Add(time.Duration(1+r.IntN(12)) * time.Hour)})
	}
	return out
}

func covers(spans []window.Span, t time.Time) bool {
	for _, s := range spans {
		if !t.Before(s.From) && t.Before(s.To) {
			return true
		}
	}
	return false
}

// Hour by hour, the result is what the sets of hours say.
func TestMergeAndWithoutAgainstHours(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	origin := at("2027-01-01 00:00")
	for range 500 {
		spans, holes := spansOf(r, origin, 100), spansOf(r, origin, 100)
		merged, left := window.Merge(spans), window.Without(spans, holes)
		for h := range 120 {
			now := origin.Add(time.Duration(h) * time.Hour)
			in, hole := covers(spans, now), covers(holes, now)
			if covers(merged, now) != in || covers(left, now) != (in && !hole) {
				t.Fatalf("hour %d of %v without %v: merged %v, left %v", h, spans, holes, merged, left)
			}
		}
		for _, list := range [][]window.Span{merged, left} {
			for i := 1; i < len(list); i++ {
				if !list[i-1].To.Before(list[i].From) {
					t.Fatalf("not apart: %v", list)
				}
			}
		}
	}
}

// gap is between two spans, below zero if they overlap.
func gap(a, b window.Span) time.Duration {
	if b.From.Before(a.From) {
		a, b = b, a
	}
	if b.To.Before(a.To) {
		return max(b.From.Sub(a.To), b.From.Sub(b.To))
	}
	return b.From.Sub(a.To)
}

// Every pair of spans, looked at, gives no smaller gap; and below zero if and only if two overlap.
func TestClosestAgainstEveryPair(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 8))
	origin := at("2027-01-01 00:00")
	for range 500 {
		a, b := window.Merge(spansOf(r, origin, 200)), window.Merge(spansOf(r, origin, 200))
		least := gap(a[0], b[0])
		for _, x := range a {
			for _, y := range b {
				least = min(least, gap(x, y))
			}
		}
		m, ok := window.Closest(a, b, least+1)
		if !ok || m.Gap != least || m.Closer == 0 || gap(m.First, m.Second) != least {
			t.Fatalf("%v and %v: %+v, want %s", a, b, m, least)
		}
		if m, _ := window.Closest(a, b, least); m.Closer != 0 {
			t.Fatalf("%v and %v: %d pairs are closer than the closest", a, b, m.Closer)
		}
		if m, _ := window.Closest(b, a, least); m.Gap != least {
			t.Fatalf("the other way round: %s", m.Gap)
		}
	}
	if _, ok := window.Closest(nil, spansOf(r, origin, 10), 0); ok {
		t.Error("what never opens comes close to something")
	}
}

// The figures that are known of the rule "48 hours in any 32 days, in blocks of 4 hours".
func TestLeastOfWeeklyWindows(t *testing.T) {
	t.Parallel()
	from, to := at("2027-01-04 00:00"), at("2027-06-28 00:00")
	for name, tc := range map[string]struct {
		days  []time.Weekday
		hours int
		want  int
	}{
		"Saturday, 4 h":                    {[]time.Weekday{time.Saturday}, 4, 16},
		"Saturday, 12 h":                   {[]time.Weekday{time.Saturday}, 12, 48},
		"two days, 4 h":                    {[]time.Weekday{time.Saturday, time.Sunday}, 4, 32},
		"two days, 6 h":                    {[]time.Weekday{time.Saturday, time.Sunday}, 6, 48},
		"Monday, Wednesday, Friday, 4 h":   {[]time.Weekday{time.Monday, time.Wednesday, time.Friday}, 4, 52},
		"Monday to Friday, 4 h":            {[]time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday}, 4, 88},
		"every day, but too short a block": {[]time.Weekday{0, 1, 2, 3, 4, 5, 6}, 3, 0},
		"always":                           {[]time.Weekday{0, 1, 2, 3, 4, 5, 6}, 24, 32 * 24},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := window.Weekly{Days: tc.days, Start: 2 * time.Hour, Lasts: time.Duration(tc.hours) * time.Hour, Zone: time.UTC}
			got, where := window.Least(window.Merge(w.Spans(from, to)), window.Span{From: from, To: to}, stretch, block)
			if got != time.Duration(tc.want)*time.Hour || where.Lasts() != stretch {
				t.Errorf("%s in %v, want %d h", got, where, tc.want)
			}
		})
	}
}

// No stretch that begins at some quarter of an hour gives less than the least.
func TestLeastAgainstEveryStart(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(9, 10))
	origin := at("2027-01-01 00:00")
	within := window.Span{From: origin, To: origin.Add(300 * time.Hour)}
	for range 100 {
		spans := window.Merge(spansOf(r, origin, 300))
		length := time.Duration(20+r.IntN(100)) * time.Hour
		sum := func(from time.Time) time.Duration {
			var total time.Duration
			for _, s := range spans {
				begin, end := s.From, s.To
				if begin.Before(from) {
					begin = from
				}
				if end.After(from.Add(length)) {
					end = from.Add(length)
				}
				if s.Lasts() >= block && begin.Before(end) {
					total += end.Sub(begin)
				}
			}
			return total
		}
		least, where := window.Least(spans, within, length, block)
		if got := sum(where.From); got != least || where.Lasts() != length {
			t.Fatalf("%v: %s where %s is said", where, got, least)
		}
		for from := within.From; !from.Add(length).After(within.To); from = from.Add(15 * time.Minute) {
			if got := sum(from); got < least {
				t.Fatalf("%v: from %s %s only, and %s is said", spans, from, got, least)
			}
		}
	}
}

// The negative control: windows that keep apart all year but in the weeks between two changes of the clocks.
func TestClosestSeesTheWeeksOfTheClockChange(t *testing.T) {
	t.Parallel()
	days := []time.Weekday{time.Monday}
	berlin := window.Weekly{Days: days, Start: 2 * time.Hour, Lasts: 6 * time.Hour, Zone: zone(t, "Europe/Berlin")}
	york := window.Weekly{Days: days, Start: 2 * time.Hour, Lasts: 6 * time.Hour, Zone: zone(t, "America/New_York")}
	from, to := at("2027-01-01 00:00"), at("2028-01-01 00:00")
	m, ok := window.Closest(berlin.Spans(from, to), york.Spans(from, to), 0)
	// Berlin ends six hours before New York begins, which is when it does; for three weeks of the year it is five.
	if !ok || m.Gap != -time.Hour || m.Closer != 3 {
		t.Errorf("%+v", m)
	}
	if m.First.From.Format("2006-01-02") != "2027-03-15" || m.Swapped {
		t.Errorf("%+v", m)
	}
	for _, quiet := range [][2]string{{"2027-01-01", "2027-03-14"}, {"2027-03-29", "2027-10-31"}, {"2027-11-08", "2028-01-01"}} {
		from, to := at(quiet[0]+" 00:00"), at(quiet[1]+" 00:00")
		if m, _ := window.Closest(berlin.Spans(from, to), york.Spans(from, to), 0); m.Gap != 0 || m.Closer != 0 {
			t.Errorf("%v: %+v", quiet, m)
		}
	}
}
