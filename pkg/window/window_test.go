package window_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
	_ "time/tzdata" // the names must be known wherever the test runs

	"github.com/google/go-cmp/cmp"

	"github.com/spillway-mesh/spillway/pkg/window"
)

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func at(text string) time.Time {
	t, err := time.Parse("2006-01-02 15:04", text)
	if err != nil {
		panic(err)
	}
	return t
}

// zones are those whose clocks do odd things: half hours, quarters, changes on days of the week and of the moon.
func zones() []string {
	return []string{
		"UTC", "Asia/Tokyo", "Europe/Berlin", "Europe/Dublin", "America/New_York", "America/St_Johns", "Australia/Lord_Howe",
		"Africa/Casablanca", "Asia/Kathmandu", "Pacific/Apia", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Africa/Cairo",
		"Asia/Jerusalem", "America/Santiago", "Antarctica/Troll",
	}
}

func random(t *testing.T, r *rand.Rand, name string) window.Weekly {
	t.Helper()
	w := window.Weekly{
		Start: time.Duration(r.IntN(24*4)) * 15 * time.Minute, Lasts: time.Duration(1+r.IntN(24*4)) * 15 * time.Minute, Zone: zone(t, name),
	}
	for d := range time.Saturday + 1 {
		if r.IntN(3) == 0 {
			w.Days = append(w.Days, d)
		}
	}
	if len(w.Days) == 0 {
		w.Days = []time.Weekday{time.Weekday(r.IntN(7))}
	}
	return w
}

// A clock on the wall, looked at every quarter of an hour, shows the start of the window whenever a span begins; and at no
// other time.
func TestSpansBeginWhenTheClockSaysSo(t *testing.T) {
	t.Parallel()
	from, to := at("2027-01-01 00:00"), at("2028-01-01 00:00")
	r := rand.New(rand.NewPCG(1, 2))
	for _, name := range zones() {
		for range 4 {
			w := random(t, r, name)
			seen := map[int64]bool{}
			for q := from; q.Before(to); q = q.Add(15 * time.Minute) {
				l := q.In(w.Zone)
				if time.Duration(l.Hour())*time.Hour+time.Duration(l.Minute())*time.Minute == w.Start && slices.Contains(w.Days, l.Weekday()) {
					seen[q.Unix()] = true
				}
			}
			skipped, spans := 0, w.Spans(from, to)
			for _, s := range spans {
				switch {
				case s.From.Before(from):
				case seen[s.From.Unix()]:
					delete(seen, s.From.Unix())
					delete(seen, s.To.Add(-w.Lasts).Unix()) // an hour that was there twice
				default:
					skipped++ // an hour that was left out
				}
			}
			if len(seen) > 0 || skipped > 2 {
				t.Errorf("%s %v: %d starts were missed, %d spans begin at another time", name, w, len(seen), skipped)
			}
		}
	}
}

// What is written in UTC lies within what is meant, in every season.
func TestUTCLiesWithinWhatIsMeant(t *testing.T) {
	t.Parallel()
	from, to := at("2026-01-01 00:00"), at("2029-01-01 00:00")
	r := rand.New(rand.NewPCG(3, 4))
	for _, name := range zones() {
		for range 20 {
			w := random(t, r, name)
			written := w.UTC(from, to)
			if written.Lasts == 0 {
				if offsets := window.Offsets(w.Zone, from, to); offsets[len(offsets)-1]-offsets[0] < w.Lasts {
					t.Errorf("%s %v: nothing is left", name, w)
				}
				continue
			}
			if len(written.Days) != len(w.Days) || written.Start < 0 || written.Start >= 24*time.Hour {
				t.Errorf("%s %v: written as %v", name, w, written)
			}
			meant := window.Merge(w.Spans(from, to))
			for _, s := range written.Spans(from, to) {
				if s.To.After(to) || s.From.Before(from) {
					continue
				}
				if !slices.ContainsFunc(meant, func(m window.Span) bool { return !m.From.After(s.From) && !m.To.Before(s.To) }) {
					t.Fatalf("%s %v: written as %v, which opens at %s, when it is not meant to", name, w, written, s.From)
				}
			}
		}
	}
}

func TestUTC(t *testing.T) {
	t.Parallel()
	mon, wed, sun := time.Monday, time.Wednesday, time.Sunday
	hours := func(n float64) time.Duration { return time.Duration(n * float64(time.Hour)) }
	for name, tc := range map[string]struct {
		zone         string
		days         []time.Weekday
		start, lasts float64
		want         string
	}{
		"a Monday in Tokyo begins on Sunday": {"Asia/Tokyo", []time.Weekday{mon, wed}, 2, 6, "[Tuesday Sunday] 17h0m0s 6h0m0s"},
		"summer time takes an hour":          {"Europe/Berlin", []time.Weekday{mon}, 2, 6, "[Monday] 1h0m0s 5h0m0s"},
		"and so does it in the west":         {"America/New_York", []time.Weekday{sun}, 20, 6, "[Monday] 1h0m0s 5h0m0s"},
		"half an hour":                       {"Australia/Lord_Howe", []time.Weekday{mon}, 12, 6, "[Monday] 1h30m0s 5h30m0s"},
		"an hour is not enough":              {"Europe/Berlin", []time.Weekday{mon}, 2, 1, "[] 0s 0s"},
		"UTC is itself":                      {"UTC", []time.Weekday{sun, mon}, 23, 24, "[Monday Sunday] 23h0m0s 24h0m0s"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := window.Weekly{Days: tc.days, Start: hours(tc.start), Lasts: hours(tc.lasts), Zone: zone(t, tc.zone)}
			u := w.UTC(at("2027-01-01 00:00"), at("2028-01-01 00:00"))
			if diff := cmp.Diff(tc.want, fmt.Sprint(u.Days, u.Start, u.Lasts)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	early := window.Weekly{Days: []time.Weekday{mon}, Start: hours(0), Lasts: hours(6), Zone: time.UTC}.Earlier(10 * time.Minute)
	if got := fmt.Sprint(early.Days, early.Start, early.Lasts); got != "[Sunday] 23h50m0s 6h10m0s" {
		t.Errorf("ten minutes before: %s", got)
	}
}

// On the two days on which the clocks change a span covers every reading.
func TestSpansWhenTheClocksChange(t *testing.T) {
	t.Parallel()
	w := window.Weekly{Days: []time.Weekday{time.Sunday}, Start: 150 * time.Minute, Lasts: 4 * time.Hour, Zone: zone(t, "Europe/Berlin")}
	for day, want := range map[string]string{
		"2027-03-21": "01:30 05:30", // as always in winter
		"2027-03-28": "00:30 05:30", // there is no 02:30
		"2027-04-04": "00:30 04:30", // as always in summer
		"2027-10-31": "00:30 05:30", // 02:30 is there twice
	} {
		spans := w.Spans(at(day+" 00:00"), at(day+" 23:00"))
		if len(spans) != 1 {
			t.Fatalf("%s: %v", day, spans)
		}
		if got := spans[0].From.UTC().Format("15:04") + " " + spans[0].To.UTC().Format("15:04"); got != want {
			t.Errorf("%s: %s, want %s", day, got, want)
		}
	}
}
