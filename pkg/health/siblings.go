package health

import "time"

// siblings turns this replica's vote into the cluster's status. It can only prevent leaving: a status turns Out only if
// all replicas that count were heard and none votes In, and In as soon as one does.
func siblings(vote Vote, why Reason, in *Inputs, st *State) (Status, Reason) {
	var counted []*SiblingView
	for i := range in.Siblings {
		s := &in.Siblings[i]
		if in.Now-s.lastSign() <= siblingLost {
			counted = append(counted, s)
		}
	}
	for _, s := range counted {
		if s.Vote == VoteIn && s.youngerThan(siblingFresh, in.Now) {
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
		return entering(counted, why, in.Now)
	default:
		return following(counted, why, in.Now)
	}
}

// entering turns the status Out once every sibling was heard, and none may have forgotten a promise.
func entering(counted []*SiblingView, why Reason, now time.Duration) (Status, Reason) {
	for _, s := range counted {
		if !s.youngerThan(siblingFresh, now) {
			return In, because(WaitingForSiblings, "%s was not heard; here: %s", s.Replica, why)
		}
		if s.Young {
			return In, because(WaitingForSiblings, "%s has only just started; here: %s", s.Replica, why)
		}
	}
	return Out, why
}

// following is what a replica that does not know does: it goes with one that has left, and whose departure is still
// promised. One that only wants to leave may be waiting for this very replica.
func following(counted []*SiblingView, why Reason, now time.Duration) (Status, Reason) {
	for _, s := range counted {
		if s.Heard && s.Vote == VoteOut && s.Status == Out && s.PromiseLeft > now-s.HeardAt {
			return Out, because(FollowingSibling, "%s", s.Replica)
		}
	}
	return In, why
}

func (s *SiblingView) lastSign() time.Duration {
	if s.Heard {
		return max(s.HeardAt, s.ListedAt)
	}
	return s.ListedAt
}

func (s *SiblingView) youngerThan(age, now time.Duration) bool { return s.Heard && now-s.HeardAt < age }
