// Package window holds the arithmetic of maintenance windows: windows that open on some days of every week by the clocks of
// a time zone, the moments at which they are open over the years, what of them a cloud that knows UTC alone can be told, how
// close two of them come, and how much time they leave.
//
// It imports the standard library only, reads no clock and says nothing to users: what a result is worth, others judge.
// Start reading at Weekly, then at Weekly.Spans and Weekly.UTC.
package window

import (
	"slices"
	"time"
)

// day is as long as one is in UTC.
const day = 24 * time.Hour

// Weekly is a window that opens on some days of every week.
type Weekly struct {
	Days  []time.Weekday
	Start time.Duration // since midnight, by the clocks of Zone
	Lasts time.Duration // at most a day
	Zone  *time.Location
}

// Span is the time from one moment to another.
type Span struct {
	From, To time.Time
}

// Lasts is how long the span is.
func (s Span) Lasts() time.Duration { return s.To.Sub(s.From) }

// Spans lists, in order, when the window is open between two moments. When the clocks change it is not always certain when a
// day's hour begins: an hour that there is twice begins the window at its first time and ends it by its second, and one that
// is left out counts by both clocks. So nothing that anybody could mean by the window lies outside of its spans.
func (w Weekly) Spans(from, to time.Time) []Span {
	var out []Span
	first := from.In(w.Zone)
	// Two days before, for what began then; the length of a window and the width of a time zone are each below one.
	for n := -2; ; n++ {
		noon := time.Date(first.Year(), first.Month(), first.Day()+n, 12, 0, 0, 0, time.UTC)
		if noon.After(to.Add(2 * day)) {
			return out
		}
		if !slices.Contains(w.Days, noon.Weekday()) {
			continue
		}
		s := w.on(noon.Add(-day / 2))
		if s.To.After(from) && s.From.Before(to) {
			out = append(out, s)
		}
	}
}

// on is the span of the day that begins at this midnight; the midnight stands for the clocks of the zone, but is in UTC.
func (w Weekly) on(midnight time.Time) Span {
	clock := midnight.Add(w.Start)
	before, after := offset(clock.Add(-day), w.Zone), offset(clock.Add(day), w.Zone)
	starts := []time.Time{clock.Add(-before), clock.Add(-after)}
	valid := slices.DeleteFunc(slices.Clone(starts), func(t time.Time) bool { return !t.Add(offset(t, w.Zone)).Equal(clock) })
	if len(valid) > 0 {
		starts = valid
	}
	return Span{From: slices.MinFunc(starts, time.Time.Compare), To: slices.MaxFunc(starts, time.Time.Compare).Add(w.Lasts)}
}

// offset is how far the clocks of a zone are ahead of UTC.
func offset(t time.Time, zone *time.Location) time.Duration {
	_, seconds := t.In(zone).Zone()
	return time.Duration(seconds) * time.Second
}

// Offsets lists how far the clocks of a zone are ahead of UTC between two moments, the smallest first.
func Offsets(zone *time.Location, from, to time.Time) []time.Duration {
	var out []time.Duration
	for t := from; t.Before(to); {
		out = append(out, offset(t, zone))
		_, end := t.In(zone).ZoneBounds()
		if end.IsZero() {
			break
		}
		t = end
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// UTC is what of the window is open whatever the clocks show between two moments, as a window in UTC: a cloud that knows no
// time zones opens it for certain within what was meant. Nothing is left of a window that is no longer than the hour by
// which the clocks change: its Lasts is then 0.
func (w Weekly) UTC(from, to time.Time) Weekly {
	offsets := Offsets(w.Zone, from, to)
	if len(offsets) == 0 {
		return Weekly{Zone: time.UTC}
	}
	lowest, highest := offsets[0], offsets[len(offsets)-1]
	start := w.Start - lowest // the latest start; the earliest end is that of the highest
	lasts := w.Lasts - (highest - lowest)
	if lasts <= 0 {
		return Weekly{Zone: time.UTC}
	}
	return inUTC(w.Days, start, lasts)
}

// inUTC is a window in UTC; its start may lie days before or after the midnight of its days.
func inUTC(days []time.Weekday, start, lasts time.Duration) Weekly {
	shift := 0
	for ; start < 0; start += day {
		shift--
	}
	for ; start >= day; start -= day {
		shift++
	}
	out := Weekly{Start: start, Lasts: lasts, Zone: time.UTC}
	for _, d := range days {
		out.Days = append(out.Days, time.Weekday((int(d)+shift+14)%7))
	}
	slices.SortFunc(out.Days, func(a, b time.Weekday) int { return fromMonday(a) - fromMonday(b) })
	return out
}

// fromMonday counts the days of a week that begins on Monday.
func fromMonday(d time.Weekday) int { return (int(d) + 6) % 7 }

// Earlier is a window in UTC that opens so much sooner, and closes when it did.
func (w Weekly) Earlier(by time.Duration) Weekly { return inUTC(w.Days, w.Start-by, w.Lasts+by) }
