package health

import (
	"slices"
	"time"
)

// siblings turns this replica's vote into the cluster's status. It can only prevent leaving: a status turns Out only if
// all replicas that count were heard and none votes In, and In as soon as one does.
func siblings(vote Vote, why Reason, in *Inputs, st *State) (Status, Reason) {
	others := counted(in)
	for _, s := range others {
		if s.Vote == VoteIn && s.Heard && in.Now-s.HeardAt < siblingFresh {
			if vote == VoteIn {
				return In, why
			}
			return In, because(SiblingIn, "%s votes In; here: %s", s.Replica, why)
		}
	}
	switch vote {
	case VoteIn:
		return In, why
	case VoteOut:
		if st.Status == Out {
			return Out, why
		}
		return entering(others, why, in)
	default:
		return following(why, in)
	}
}

// entering turns the status Out once every sibling was heard, and none may have forgotten a promise.
func entering(others []*SiblingView, why Reason, in *Inputs) (Status, Reason) {
	if !in.SiblingsKnown {
		return In, because(WaitingForSiblings, "the other replicas are not known yet; here: %s", why)
	}
	for _, s := range others {
		if !s.Heard || in.elapsed(s.HeardAt, s.HeardWall) >= siblingFresh {
			return In, because(WaitingForSiblings, "%s was not heard; here: %s", s.Replica, why)
		}
		if s.Young {
			return In, because(WaitingForSiblings, "%s has only just started; here: %s", s.Replica, why)
		}
	}
	return Out, why
}

// following is what a replica that abstains does: it goes with one that has left.
func following(why Reason, in *Inputs) (Status, Reason) {
	if s := departed(in); s != nil {
		return Out, because(FollowingSibling, "%s; here: %s", s.Replica, why)
	}
	return In, why
}

// counted are the siblings that were listed or heard lately.
func counted(in *Inputs) []*SiblingView {
	var out []*SiblingView
	for i := range in.Siblings {
		if s := &in.Siblings[i]; in.Now-s.lastSign() <= siblingLost {
			out = append(out, s)
		}
	}
	return out
}

// departed is a sibling that has left, and whose departure is still promised; nil where there is none. One that only wants to
// leave may be waiting for this very replica.
func departed(in *Inputs) *SiblingView {
	for _, s := range counted(in) {
		if s.Heard && s.Vote == VoteOut && s.Status == Out && s.PromiseLeft > in.elapsed(s.HeardAt, s.HeardWall) {
			return s
		}
	}
	return nil
}

// left says that this cluster is out by this replica's own vote, or by a sibling's while this one has no say: what such a
// replica wants is no new departure.
func left(in *Inputs, st *State) bool {
	return st.Vote == VoteOut || (st.Vote == Abstain || Young(in)) && departed(in) != nil
}

// undecided says that a process has only just started, and must not yet speak against siblings that have left, or that it has
// not heard: a restart of one replica is no reason to come back. What an operator orders at once is obeyed at once.
func undecided(mode Mode, in *Inputs) bool {
	if !Young(in) {
		return false
	}
	deaf := !in.SiblingsKnown || slices.ContainsFunc(counted(in), func(s *SiblingView) bool { return !s.Heard })
	if mode == Guard || mode.departs() {
		return deaf || departed(in) != nil
	}
	m := in.Config.Mode
	return m != nil && m.Name.departs() && deaf && departed(in) == nil
}

// elapsed is how long ago something was, by the clock that says longer: the monotonic clock stops while a machine is suspended,
// the wall clock may be set back.
func (in *Inputs) elapsed(at time.Duration, wall time.Time) time.Duration {
	return max(in.Now-at, in.Wall.Sub(wall))
}

func (s *SiblingView) lastSign() time.Duration {
	if s.Heard {
		return max(s.HeardAt, s.ListedAt)
	}
	return s.ListedAt
}
