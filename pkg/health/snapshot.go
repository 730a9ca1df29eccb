package health

import (
	"slices"
	"strings"
	"time"
)

// Observation is what one round found out about one check.
type Observation struct {
	Name   string
	Result Result
	Reason string
	Took   time.Duration
	// Gone says that the check's target no longer exists.
	Gone bool
}

// Round is a round of checks: all that were tried, by name.
type Round struct {
	Began, Ended time.Duration
	Checks       []Check
	Observed     []Observation
}

// CheckState is what the rounds so far say of a check.
type CheckState struct {
	Check

	Settled Result // after fall or rise rounds in a row
	Last    Result
	Since   time.Duration // of Settled
	Reason  string        // of the last result
	Took    time.Duration
	// Gone counts the rounds in a row, up to the last, in which the check's target did not exist.
	Gone int
	// FailedSince is when the round of the first failure of the present run began, or of the first in which the target was gone.
	FailedSince time.Duration
	// SeenAt is when a result other than Unknown was last seen; results too old are Unknown.
	SeenAt time.Duration
	run    Result // of the last known results in a row
	streak int    // how many
}

// Snapshot is the state of all checks after a round. It is never changed once it is published.
type Snapshot struct {
	Began, Ended time.Duration // of the last round
	Rounds       int
	Checks       []CheckState // sorted by name
}

// SettledOnce says that enough rounds have passed for any check to settle.
func (s *Snapshot) SettledOnce(c *Config) bool { return s != nil && s.Rounds >= max(c.Fall, 1) }

// check finds a check by name, or nil.
func (s *Snapshot) check(name string) *CheckState {
	i, found := slices.BinarySearchFunc(s.Checks, name, func(c CheckState, n string) int { return strings.Compare(c.Name, n) })
	if !found {
		return nil
	}
	return &s.Checks[i]
}

// Settle adds a round to a snapshot, which may be nil, and returns the next one. A check that is not in the round is
// dropped: whoever runs the rounds keeps the set. A check settles after fall or rise equal results
// in a row; Unknown neither begins a run nor breaks one, but what is known grows stale.
func Settle(before *Snapshot, round *Round, c *Config) *Snapshot {
	next := &Snapshot{Began: round.Began, Ended: round.Ended, Rounds: 1}
	if before != nil {
		next.Rounds = before.Rounds + 1
	}
	next.Checks = make([]CheckState, 0, len(round.Checks))
	observed := make(map[string]*Observation, len(round.Observed))
	for i := range round.Observed {
		observed[round.Observed[i].Name] = &round.Observed[i]
	}
	for _, check := range round.Checks {
		state := CheckState{Check: check}
		if before != nil {
			if old := before.check(check.Name); old != nil {
				state = *old
				state.Check = check
			}
		}
		state.add(observed[check.Name], round, c)
		next.Checks = append(next.Checks, state)
	}
	slices.SortFunc(next.Checks, func(a, b CheckState) int { return strings.Compare(a.Name, b.Name) })
	return next
}

func (s *CheckState) add(o *Observation, round *Round, c *Config) {
	if o == nil {
		o = &Observation{Reason: "not tried"}
	}
	s.Reason, s.Took, s.Last = o.Reason, o.Took, o.Result
	s.missing(o.Gone, round)
	if round.Ended-s.SeenAt > c.Stale() {
		s.lapse(round.Ended)
	}
	if o.Result == Unknown {
		return
	}
	s.SeenAt = round.Ended
	if o.Result != s.run {
		s.run, s.streak = o.Result, 0
		if o.Result == Fail && s.Settled != Fail {
			s.FailedSince = round.Began
		}
	}
	s.streak++
	if o.Result != s.Settled && s.streak >= s.needed(o.Result, c) {
		s.Settled, s.Since = o.Result, round.Ended
	}
}

// missing counts the rounds without a target.
func (s *CheckState) missing(gone bool, round *Round) {
	if !gone {
		s.Gone = 0
		return
	}
	if s.Gone == 0 && s.Settled != Fail {
		s.FailedSince = round.Began
	}
	s.Gone++
}

// lapse forgets what was seen too long ago: it settles nothing, nor does it add to what is seen now.
func (s *CheckState) lapse(now time.Duration) {
	s.run, s.streak = Unknown, 0
	if s.Settled != Unknown {
		s.Settled, s.Since = Unknown, now
	}
}

// needed is how many equal results in a row settle a check: fall or rise, but the first pass of one that is unknown is
// believed at once.
func (s *CheckState) needed(r Result, c *Config) int {
	switch {
	case r == Fail:
		return max(c.Fall, 1)
	case s.Settled == Unknown:
		return 1
	default:
		return max(c.Rise, 1)
	}
}
