package health

import "time"

// Answer is what a peer said to a poll, once it is certain that it is an answer to this very poll.
type Answer struct {
	SentAt   time.Duration // when we sent the poll
	SentWall time.Time     // the same by the wall clock
	Status   Status
	Mode     Mode
	Change   *PeerChange
	Score    int // negative: unknown
	RoundAge time.Duration
	Checks   []PeerCheck // sorted by name
	Capacity Capacity
	Fit      Fitness
	AskID    string        // the ask that it promises to stay for; empty if none
	Hold     time.Duration // for how long
	Refused  string        // why it does not promise
}

// Answered is the view after an answer. A promise is kept until it ends, also when another replica of the peer refuses to
// renew it: the one that gave it still keeps it.
func (p PeerView) Answered(a Answer) PeerView {
	if p.Heard && a.SentAt < p.SentAt {
		return p // overtaken by a later one
	}
	p.Heard, p.SentAt, p.Unknown = true, a.SentAt, ""
	p.Streak++
	p.Status, p.Mode, p.Change, p.Capacity = a.Status, a.Mode, a.Change, a.Capacity
	p.Score, p.RoundAge, p.Checks, p.Fit, p.Refused = a.Score, a.RoundAge, a.Checks, a.Fit, a.Refused
	if a.AskID != "" {
		p.PromiseAsk, p.PromiseSentAt, p.PromiseWall, p.PromiseHold = a.AskID, a.SentAt, a.SentWall.Round(0), a.Hold
	}
	return p
}

// Why a poll got no answer. All other reasons are about who answered, or what: after one of those nothing counts that was said
// before.
const (
	Unreachable = "Unreachable"
	Timeout     = "Timeout"
)

// doubtful says that it is not certain any more who the peer is.
func (p *PeerView) doubtful() bool {
	return p.Unknown != "" && p.Unknown != Unreachable && p.Unknown != Timeout
}

// Missed is the view after a poll that was no use. What it said before still counts until it is too old; a promise, until
// it ends.
func (p PeerView) Missed(why string) PeerView {
	p.Streak, p.Unknown = 0, why
	return p
}

// Probed is the view after its probe path answered 200 with its token, to a question asked then.
func (p PeerView) Probed(at time.Duration) PeerView {
	p.ProbeOK, p.ProbeAt = true, max(p.ProbeAt, at)
	return p
}

// SiblingAnswer is what another replica of this cluster said.
type SiblingAnswer struct {
	Replica     string
	SentAt      time.Duration // when we asked
	SentWall    time.Time     // the same by the wall clock
	Vote        Vote
	Status      Status
	PromiseLeft time.Duration
	Young       bool
}

// Answered is the view after an answer that arrives now. It counts from when we asked; that the sibling was out counts
// from when we learned of it: both are the safer side.
func (s SiblingView) Answered(a SiblingAnswer, now time.Duration) SiblingView {
	if s.Heard && a.SentAt < s.HeardAt {
		return s
	}
	s.Replica, s.Heard, s.HeardAt, s.HeardWall = a.Replica, true, a.SentAt, a.SentWall.Round(0)
	s.Vote, s.Status, s.PromiseLeft, s.Young = a.Vote, a.Status, a.PromiseLeft, a.Young
	if a.Vote == VoteOut {
		s.WasOut, s.OutAt = true, now
	}
	return s
}
