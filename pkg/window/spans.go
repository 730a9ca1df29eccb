package window

import (
	"slices"
	"time"
)

// Merge puts spans in order, and joins those that overlap or touch.
func Merge(spans []Span) []Span {
	spans = slices.Clone(spans)
	slices.SortFunc(spans, func(a, b Span) int { return a.From.Compare(b.From) })
	var out []Span
	for _, s := range spans {
		if n := len(out); n > 0 && !s.From.After(out[n-1].To) {
			if s.To.After(out[n-1].To) {
				out[n-1].To = s.To
			}
			continue
		}
		out = append(out, s)
	}
	return out
}

// Without is what the holes leave of the spans.
func Without(spans, holes []Span) []Span {
	holes = Merge(holes)
	var out []Span
	for _, s := range Merge(spans) {
		for _, h := range holes {
			if !h.To.After(s.From) || !h.From.Before(s.To) {
				continue
			}
			if h.From.After(s.From) {
				out = append(out, Span{s.From, h.From})
			}
			s.From = h.To
		}
		if s.From.Before(s.To) {
			out = append(out, s)
		}
	}
	return out
}

// Meeting is where a span of one window and one of another are closest to each other.
type Meeting struct {
	First, Second Span          // in the order in which they begin
	Swapped       bool          // the first one is of the second window
	Gap           time.Duration // from the end of the first to the begin of the second; below zero, how long both are open
	Closer        int           // how many pairs of spans are closer than was asked for
	Pairs         int           // and of how many that follow one another
}

// Closest finds where two windows come closest, and how often they come closer than they may. There is none if one of them
// never opens.
func Closest(a, b []Span, least time.Duration) (Meeting, bool) {
	type owned struct {
		Span
		second bool
	}
	a, b = Merge(a), Merge(b)
	all := make([]owned, 0, len(a)+len(b))
	for _, s := range a {
		all = append(all, owned{s, false})
	}
	for _, s := range b {
		all = append(all, owned{s, true})
	}
	slices.SortStableFunc(all, func(x, y owned) int { return x.From.Compare(y.From) })
	var m Meeting
	var last [2]*owned // of each window, the one that ended last
	for i := range all {
		this := &all[i]
		mine, others := 0, 1
		if this.second {
			mine, others = 1, 0
		}
		if other := last[others]; other != nil {
			gap := this.From.Sub(other.To)
			if gap < 0 && this.To.Before(other.To) {
				gap = -this.Lasts()
			}
			m.Pairs++
			if gap < least {
				m.Closer++
			}
			if m.Pairs == 1 || gap < m.Gap {
				m.First, m.Second, m.Swapped, m.Gap = other.Span, this.Span, other.second, gap
			}
		}
		last[mine] = this
	}
	return m, m.Pairs > 0
}

// Least finds the stretch of the given length, between two moments, in which spans leave the least time. Only spans that are
// as long as a block count. They must be in order and apart, as Merge makes them.
func Least(spans []Span, within Span, stretch, block time.Duration) (time.Duration, Span) {
	spans = slices.DeleteFunc(slices.Clone(spans), func(s Span) bool { return s.Lasts() < block })
	var least time.Duration
	var where Span
	found := false
	try := func(from time.Time) {
		if from.Before(within.From) || from.Add(stretch).After(within.To) {
			return
		}
		s := Span{from, from.Add(stretch)}
		if sum := sum(spans, s); !found || sum < least {
			least, where, found = sum, s, true
		}
	}
	// The sum falls until the stretch begins at the end of a span, or ends at the begin of one: there is no other place to
	// look at.
	try(within.From)
	for _, s := range spans {
		try(s.To)
		try(s.From.Add(-stretch))
	}
	try(within.To.Add(-stretch))
	return least, where
}

// sum is how much of the spans lies within a stretch.
func sum(spans []Span, within Span) time.Duration {
	i, _ := slices.BinarySearchFunc(spans, within.From, func(s Span, t time.Time) int { return s.To.Compare(t) })
	var total time.Duration
	for ; i < len(spans) && spans[i].From.Before(within.To); i++ {
		part := spans[i]
		if part.From.Before(within.From) {
			part.From = within.From
		}
		if part.To.After(within.To) {
			part.To = within.To
		}
		total += max(part.Lasts(), 0)
	}
	return total
}
