package health

import (
	"slices"
	"strings"
)

// wish is what this replica wants by its own evidence and its own orders alone. It also returns the excuses and since
// when the score is low.
func wish(mode Mode, in *Inputs, st State) (Vote, Reason, State) {
	switch mode {
	case Drain:
		if baselineMissing(in) && in.Now-st.Mode.NameSince < baselineWait {
			return VoteIn, because(TakingBaseline, "what fails before the change is being noted"), st
		}
		return VoteOut, because(Draining, "an operator drains the cluster"), st
	case Guard, Strict, Observe:
		return evidence(mode, in, st)
	default:
		return VoteIn, because(ModeSet, "%s", string(mode)), st
	}
}

func baselineMissing(in *Inputs) bool { return in.Change == nil || in.Change.Baseline == nil }

// evidence weighs the checks. Observe never leaves: what Strict would wish is reported by Decide.
func evidence(mode Mode, in *Inputs, st State) (Vote, Reason, State) {
	if why := blind(in); why != "" {
		if mode == Observe {
			return VoteIn, because(ModeSet, "Observe"), st
		}
		return Abstain, because(UnknownState, "%s", why), st
	}
	if mode == Guard {
		return quorum(in, st)
	}
	st.Excused = excuses(in, st.Excused)
	failed := failures(in, st.Excused)
	switch {
	case mode == Observe:
		return VoteIn, because(ModeSet, "Observe"), st
	case len(failed) > 0:
		return VoteOut, because(Failing, "%s", strings.Join(failed, ", ")), st
	default:
		return VoteIn, because(StrictPass, "%d checks", len(in.Snapshot.Checks)), st
	}
}

// blind says why the checks tell nothing; empty where they do.
func blind(in *Inputs) string {
	switch s := in.Snapshot; {
	case in.Watchdog:
		return "the loop of checks is stuck"
	case s == nil:
		return "no round has ended"
	case in.Now-s.Ended > in.Config.Stale():
		return "the last round is too old"
	case !s.SettledOnce(in.Config):
		return "the checks have not settled"
	default:
		return ""
	}
}

// failing says that a check fails for good: settled, or its target is gone that was there before the change, for as many rounds
// as a failure takes to settle.
func failing(s *CheckState, in *Inputs) bool {
	if s.Settled == Fail {
		return true
	}
	return s.Gone >= max(in.Config.Fall, 1) && !s.AllowScaleToZero && in.Change != nil && in.Change.Baseline != nil &&
		slices.Contains(in.Change.Baseline.Present, s.Name)
}

// peerPass says that a peer passes a check by a round that began after it first failed here. The peer's round is dated
// as early as it can have been.
func peerPass(p *PeerView, s *CheckState) bool {
	pc := p.check(s.Name)
	return pc != nil && pc.Settled == Pass && pc.Last == Pass && p.SentAt-p.RoundAge > s.FailedSince
}

func peerFail(p *PeerView, s *CheckState) bool {
	pc := p.check(s.Name)
	return pc != nil && (pc.Settled == Fail || pc.Last == Fail)
}

func (p *PeerView) check(name string) *PeerCheck {
	i, found := slices.BinarySearchFunc(p.Checks, name, func(c PeerCheck, n string) int { return strings.Compare(c.Name, n) })
	if !found {
		return nil
	}
	return &p.Checks[i]
}

// anyPeer asks the fresh peers.
func anyPeer(in *Inputs, ask func(*PeerView) bool) bool {
	for i := range in.Peers {
		if p := &in.Peers[i]; p.freshAt(in) && ask(p) {
			return true
		}
	}
	return false
}

// excuses keeps who is excused: a check that fails here is, once it fails in a peer too; until it passes here, or no peer
// fails it any more and one has passed it for a while.
func excuses(in *Inputs, old []Excuse) []Excuse {
	var out []Excuse
	for i := range in.Snapshot.Checks {
		s := &in.Snapshot.Checks[i]
		if s.Importance != Required || !failing(s, in) {
			continue // it passes here, or is of no account
		}
		fails := anyPeer(in, func(p *PeerView) bool { return peerFail(p, s) })
		passes := anyPeer(in, func(p *PeerView) bool { return peerPass(p, s) })
		j := slices.IndexFunc(old, func(e Excuse) bool { return e.Check == s.Name })
		switch {
		case fails:
			out = append(out, Excuse{Check: s.Name})
		case j < 0:
		case !passes:
			out = append(out, Excuse{Check: s.Name})
		case !old[j].Passing:
			out = append(out, Excuse{Check: s.Name, Passing: true, PassSince: in.Now})
		case in.Now-old[j].PassSince < excuseLasts:
			out = append(out, old[j])
		}
	}
	return out
}

// failures are the checks for which leaving would help: required, failing since the change, not excused, and passing in
// some peer while none fails it. Shared ones alone are no reason.
func failures(in *Inputs, excused []Excuse) []string {
	var names []string
	own := false
	for i := range in.Snapshot.Checks {
		s := &in.Snapshot.Checks[i]
		switch {
		case s.Importance != Required || !failing(s, in):
		case in.Change != nil && in.Change.Baseline != nil && slices.Contains(in.Change.Baseline.Failing, s.Name):
		case slices.ContainsFunc(excused, func(e Excuse) bool { return e.Check == s.Name }):
		case !anyPeer(in, func(p *PeerView) bool { return peerPass(p, s) }):
		case anyPeer(in, func(p *PeerView) bool { return peerFail(p, s) }):
		default:
			names = append(names, s.Name)
			own = own || !s.Shared
		}
	}
	if !own {
		return nil
	}
	return names
}

// quorum leaves when less than a quorum of the weight that is known passes, also without what all clusters share, and a peer does
// much better by a round that began after this was first found. So the decision that finds it never leaves: what turns a cluster
// away is never that it has just learned of a check that passes.
func quorum(in *Inputs, st State) (Vote, Reason, State) {
	q := in.Config.Quorum
	all := Weigh(in.Snapshot, true)
	score := all.Score()
	if !all.Known() || score >= q {
		st.Low = false
		if !all.Known() {
			return Abstain, because(UnknownState, "less than half of the weight is known"), st
		}
		return VoteIn, because(QuorumMet, "%d %% of %d %%", score, q), st
	}
	if !st.Low {
		st.Low, st.LowSince = true, in.Now
	}
	own := Weigh(in.Snapshot, false).Score()
	better := anyPeer(in, func(p *PeerView) bool {
		return p.Score >= max(q, score+20) && p.SentAt-p.RoundAge > st.LowSince
	})
	switch {
	case own >= q:
		return VoteIn, because(QuorumMet, "%d %% without what is shared", own), st
	case !better:
		return VoteIn, because(QuorumMet, "%d %% of %d %%, but no peer does better", score, q), st
	default:
		return VoteOut, because(BelowQuorum, "%d %% of %d %%", score, q), st
	}
}

// Weights are what the checks that count weigh, by what they say.
type Weights struct{ Pass, Fail, Unknown int }

// Weigh adds up the checks that count and whose target exists, with or without those that are shared.
func Weigh(s *Snapshot, shared bool) Weights {
	var w Weights
	for i := range s.Checks {
		c := &s.Checks[i]
		if c.Importance == Informational || c.Gone > 0 || c.Shared && !shared {
			continue
		}
		switch weight := max(c.Weight, 1); c.Settled {
		case Pass:
			w.Pass += weight
		case Fail:
			w.Fail += weight
		case Unknown:
			w.Unknown += weight
		}
	}
	return w
}

// Known says that at least half of the weight is.
func (w Weights) Known() bool { return w.Unknown <= w.Pass+w.Fail }

// Score is how much passes of what is known, in whole percent. Where nothing is, nothing fails.
func (w Weights) Score() int {
	if w.Pass+w.Fail == 0 {
		return 100
	}
	return 100 * w.Pass / (w.Pass + w.Fail)
}

// Least is the least that may pass of all, in whole percent, as peers are told: it is they who would leave by it, so what is not
// known counts as failing. It is negative where too little is known, or nothing was there to know.
func (w Weights) Least() int {
	if all := w.Pass + w.Fail + w.Unknown; all > 0 && w.Known() {
		return 100 * w.Pass / all
	}
	return -1
}
