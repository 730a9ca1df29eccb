package health

import (
	"slices"
	"time"
)

// Decision is what one call of Decide came to.
type Decision struct {
	Status Status
	Vote   Vote
	Reason Reason
	// Mode is the one that acts, and ModeReason why it is this one.
	Mode       Mode
	ModeReason Reason
	// Would is the vote that the checks alone call for in a change (Strict), whatever the mode; the reason with it.
	Would       Vote
	WouldReason Reason
}

// Decide is the verdict: first what mode acts, then what the checks or the operator want, then what the promises allow,
// then what the siblings say. Each step after the second can only keep the cluster in, or prolong what is promised.
func Decide(in *Inputs, st State) (Decision, State) {
	st = forget(in, st)
	mode, modeWhy, ms := effective(in, st)
	st.Mode = ms
	var d Decision
	d.Mode, d.ModeReason = mode, modeWhy
	want, wishWhy := VoteIn, modeWhy
	if in.Config != nil {
		d.Would, d.WouldReason, _ = evidence(Strict, in, st)
		want, wishWhy, st = wish(mode, in, st)
	}
	if !mode.departs() && mode != Observe {
		st.Excused = nil
	}
	if mode != Guard {
		st.Low = false
	}
	vote, guardWhy, st := guard(want, mode, in, st)
	why := explain(wishWhy, modeWhy)
	if guardWhy.Rule != "" {
		why = guardWhy
	}
	status, statusWhy := siblings(vote, why, in, &st)
	d.Status, d.Vote, d.Reason = status, vote, statusWhy
	return d, turned(in, st, vote, status)
}

// explain prefers what the checks say, and where they were not asked, why this mode acts.
func explain(wish, mode Reason) Reason {
	if wish.Rule == ModeSet {
		return mode
	}
	return wish
}

// forget drops promises that have ended and departures that are long past.
func forget(in *Inputs, st State) State {
	st.Granted = without(st.Granted, func(p Promise) bool { return in.Now >= p.Until })
	st.Outs = without(st.Outs, func(t time.Duration) bool { return in.Now-t >= flapWindow })
	return st
}

// without is the slice itself where nothing goes, else a copy: states share their slices.
func without[T any](s []T, gone func(T) bool) []T {
	if !slices.ContainsFunc(s, gone) {
		return s
	}
	return slices.DeleteFunc(slices.Clone(s), gone)
}

// turned notes the vote and the status, and since when they hold.
func turned(in *Inputs, st State, vote Vote, status Status) State {
	if vote != st.Vote {
		st.VoteSince = in.Now
		if vote == VoteOut {
			if !left(in, &st) {
				st.Outs = append(slices.Clip(st.Outs), in.Now)
			}
			st.EverOut = true
		}
		st.Vote = vote
	}
	if status != st.Status {
		st.Status, st.StatusSince = status, in.Now
	}
	return st
}

// StrictAnswer is the raw answer of the strict path: 200 only if the checks have settled and no required one fails.
// It knows no guard and no baseline.
func StrictAnswer(s *Snapshot, c *Config) Status {
	if c == nil || !s.SettledOnce(c) {
		return Out
	}
	for i := range s.Checks {
		if s.Checks[i].Importance == Required && s.Checks[i].Settled != Pass {
			return Out
		}
	}
	return In
}

// BaselineOf is what fails and what exists now, to be kept with a change that begins; false while the checks tell nothing.
func BaselineOf(in *Inputs) (Baseline, bool) {
	if in.Config == nil || blind(in) != "" {
		return Baseline{}, false
	}
	var b Baseline
	for i := range in.Snapshot.Checks {
		s := &in.Snapshot.Checks[i]
		if s.Settled == Fail || s.Last == Fail {
			b.Failing = append(b.Failing, s.Name)
		}
		if s.Gone == 0 {
			b.Present = append(b.Present, s.Name)
		}
	}
	return b, true
}
