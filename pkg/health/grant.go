package health

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// AskRequest is a peer's poll as far as promises go.
type AskRequest struct {
	Cluster, Replica string
	Members          string
	Ask              *Ask // nil: it asks for nothing
	// Released is the id of the last ask that it has given up. Only so is a promise freed before its time: a poll without an
	// ask may be an old one that arrives late, while the asker already counts on the promise.
	Released string
}

// GrantReply answers it.
type GrantReply struct {
	AskID   string // promised; empty if nothing is
	Hold    time.Duration
	Refused Refusal // why not; empty if promised or not asked
}

// Refusal says why a promise is not given.
type Refusal string

// The refusals.
const (
	RefusedOut           Refusal = "Out"
	RefusedAsking        Refusal = "Asking"
	RefusedFleetMismatch Refusal = "FleetMismatch"
	RefusedNotServing    Refusal = "NotServing"
	RefusedNotProbed     Refusal = "NotProbed"
	RefusedDraining      Refusal = "Draining"
	RefusedFailing       Refusal = "Failing"
	RefusedStale         Refusal = "Stale"
	RefusedGateways      Refusal = "Gateways"
	RefusedCapacity      Refusal = "Capacity"
	RefusedTooMany       Refusal = "TooMany"
)

// Grant answers a peer's ask: while an entry in Granted lives, this replica votes In. Call it under the same lock as
// Decide, with the same state. The mode is the one that the last decision found acting.
func Grant(in *Inputs, st State, mode Mode, req AskRequest) (GrantReply, State) {
	st = forget(in, st)
	if req.Released != "" {
		st.Granted = without(st.Granted, func(p Promise) bool { return p.isFor(&req, req.Released) })
	}
	if req.Ask == nil {
		return GrantReply{}, st
	}
	if in.Config == nil {
		return GrantReply{Refused: RefusedFleetMismatch}, st
	}
	if isOut(in, &st) {
		return GrantReply{Refused: RefusedOut}, st
	}
	if slices.ContainsFunc(st.Granted, func(p Promise) bool { return p.isFor(&req, req.Ask.ID) }) {
		if in.Config.Rotation == RotationOut {
			return GrantReply{Refused: RefusedNotServing}, st
		}
		return promise(in, st, req)
	}
	if tooMany(&st, &req) {
		return GrantReply{Refused: RefusedTooMany}, st
	}
	if st.Ask != nil && before(*st.Ask, in.Config.Cluster, *req.Ask, req.Cluster) {
		return GrantReply{Refused: RefusedAsking}, st
	}
	if why := unfit(in, &st, mode, req); why != "" {
		return GrantReply{Refused: why}, st
	}
	return promise(in, st.giveUp(), req) // were the own ask only put off, it would be there again at the next poll, for ever
}

// isFor says that the promise was given for this ask of the one who polls.
func (p Promise) isFor(req *AskRequest, ask string) bool {
	return p.Cluster == req.Cluster && p.Replica == req.Replica && p.AskID == ask
}

// mostPromises is how many asks of one replica are promised at a time: it has one, and older ones may still be under way.
const mostPromises = 4

func tooMany(st *State, req *AskRequest) bool {
	n := 0
	for _, p := range st.Granted {
		if p.Cluster == req.Cluster && p.Replica == req.Replica {
			n++
		}
	}
	return n >= mostPromises
}

// giveUp ends the replica's own ask, and with it all promises that were for it.
func (st State) giveUp() State {
	if st.Ask == nil {
		return st
	}
	st.Released, st.Ask = st.Ask.ID, nil
	return st
}

// isOut says that this cluster is out, or may be by a sibling's word. A sibling leaves only if it heard, within 3 s, that
// this replica does not vote In: so a promise is given only once that is longer ago, since the start at the earliest.
func isOut(in *Inputs, st *State) bool {
	if st.Status == Out || st.Vote != VoteIn || in.Now-st.VoteSince < steadyAfter {
		return true
	}
	return slices.ContainsFunc(in.Siblings, func(s SiblingView) bool { return s.WasOut && in.Now-s.OutAt < siblingLost })
}

// before says which of two asks goes first: our own failures before a drain, then the lower name.
func before(own Ask, cluster string, theirs Ask, theirCluster string) bool {
	if own.Class != theirs.Class {
		return own.Class < theirs.Class
	}
	return cluster < theirCluster
}

// unfit says why this cluster should not be the one that stays. One that stays already, by a promise to another replica of the
// cluster that asks, is not asked for more: its load alone may have risen since, and a replica that restarts needs its own promise.
func unfit(in *Inputs, st *State, mode Mode, req AskRequest) Refusal {
	c := in.Config
	stays := slices.ContainsFunc(st.Granted, func(p Promise) bool { return p.Cluster == req.Cluster })
	switch {
	case req.Members != in.Members:
		return RefusedFleetMismatch
	case c.Rotation == RotationOut:
		return RefusedNotServing
	case stays:
		return ""
	case c.ExpectProbes && !probed(in):
		return RefusedNotProbed
	case mode == Drain:
		return RefusedDraining
	case Assess(in.Snapshot) == Fail:
		return RefusedFailing
	case in.Watchdog || in.Snapshot == nil || in.Now-in.Snapshot.Ended > c.Stale():
		return RefusedStale
	case 2*in.GatewayReady < in.GatewayDesired:
		return RefusedGateways
	case req.Ask.Class == 1 && full(in):
		return RefusedCapacity
	default:
		return ""
	}
}

// probed says that a load balancer asks this cluster, so that traffic can come here at all.
func probed(in *Inputs) bool { return in.LBProbed && in.Now-in.LBProbeAt <= probedWithin }

// full says that a cluster has no headroom, or cannot tell.
func full(in *Inputs) bool {
	c := in.Capacity
	return in.Config.Guard.Capacity == RequireForDrain && c.Max > 0 && (!c.Known || c.Load >= c.Max)
}

// Assess is a snapshot in one word: Fail if a required check has settled so, Unknown if one is unknown or there is none.
func Assess(s *Snapshot) Result {
	if s == nil {
		return Unknown
	}
	out := Pass
	for i := range s.Checks {
		if s.Checks[i].Importance != Required {
			continue
		}
		switch s.Checks[i].Settled {
		case Fail:
			return Fail
		case Unknown:
			out = Unknown
		case Pass:
		}
	}
	return out
}

func promise(in *Inputs, st State, req AskRequest) (GrantReply, State) {
	hold := in.Config.Guard.Hold
	entry := Promise{Cluster: req.Cluster, Replica: req.Replica, AskID: req.Ask.ID, Until: in.Now + hold}
	next := slices.DeleteFunc(slices.Clone(st.Granted), func(p Promise) bool { return p.isFor(&req, req.Ask.ID) })
	next = append(next, entry)
	slices.SortFunc(next, func(a, b Promise) int {
		return cmp.Or(strings.Compare(a.Cluster, b.Cluster), strings.Compare(a.Replica, b.Replica), strings.Compare(a.AskID, b.AskID))
	})
	st.Granted = next
	return GrantReply{AskID: req.Ask.ID, Hold: hold}, st
}
