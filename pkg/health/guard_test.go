package health

import (
	"slices"
	"testing"
	"time"
)

func TestGuard(t *testing.T) {
	t.Parallel()
	play(t, []line{
		{"no peer is configured", with(armed, func(in *Inputs, _ *State) { in.Config.Peers = nil }), In, NoPeers, ""},
		{"all peers are out of rotation", with(drained, func(in *Inputs, _ *State) {
			in.Config.Peers[0].Rotation = RotationOut
		}), In, NoPeers, ""},
		{"a promise is given", with(armed, func(in *Inputs, st *State) {
			st.Granted = []Promise{{Cluster: "green", Replica: "g", AskID: "x", Until: in.Now + 1}}
		}), In, PromisedTo, "green"},
		{"a promise has ended", with(armed, func(in *Inputs, st *State) {
			st.Granted = []Promise{{Cluster: "green", Replica: "g", AskID: "x", Until: in.Now}}
		}), Out, Failing, ""},
		{"the process has only just started", with(armed, func(in *Inputs, _ *State) { in.restarted(36*time.Second - 1) }), In, Restarted, ""},
		{"the process has started a while ago", with(armed, func(in *Inputs, _ *State) { in.restarted(36 * time.Second) }), Out, Failing, ""},
		{"in again only just", with(armed, func(in *Inputs, st *State) { st.EverOut, st.VoteSince = true, in.Now-59*time.Second }), In, MinIn, ""},
		{"in again for a minute", with(armed, func(in *Inputs, st *State) { st.EverOut, st.VoteSince = true, in.Now-time.Minute }), Out, Failing, ""},
		{"left three times this hour", with(armed, func(in *Inputs, st *State) {
			st.Outs = []time.Duration{in.Now - 50*time.Minute, in.Now - 40*time.Minute, in.Now - 30*time.Minute}
		}), In, FlapLimit, "3 times"},
		{"the third time goes on", with(armed, func(in *Inputs, st *State) {
			out(in, st, 5*time.Minute)
			st.Outs = []time.Duration{in.Now - 50*time.Minute, in.Now - 40*time.Minute, st.VoteSince}
		}), Out, Failing, ""},
		{"a drain is not limited", with(drained, func(in *Inputs, st *State) {
			st.Outs = []time.Duration{in.Now - 50*time.Minute, in.Now - 40*time.Minute, in.Now - 30*time.Minute}
		}), Out, Draining, ""},
	})
}

func TestPromisesAreNeeded(t *testing.T) {
	t.Parallel()
	play(t, []line{
		{"no promise is held", with(armed, func(in *Inputs, _ *State) { in.Peers[0].PromiseAsk = "" }), In, MissingPromises, "have 0 of 1; green=has not answered"},
		{"the peer refuses", with(armed, func(in *Inputs, _ *State) {
			in.Peers[0].PromiseAsk, in.Peers[0].Refused = "", "Failing"
		}), In, MissingPromises, "green=Failing"},
		{"the promise is for another ask", with(armed, func(_ *Inputs, st *State) { st.Ask.ID = "other" }), In, MissingPromises, ""},
		{"the promise ends within its margin", with(armed, func(in *Inputs, _ *State) { in.Peers[0].PromiseSentAt = in.Now - 24*time.Second }), In, MissingPromises, ""},
		{"the promise is about to end", with(armed, func(in *Inputs, _ *State) { in.Peers[0].PromiseSentAt = in.Now - 24*time.Second + 1 }), Out, Failing, ""},
		{"the promise has ended by the wall clock: the machine was suspended", with(armed, func(in *Inputs, st *State) {
			out(in, st, 2*time.Minute)
			in.Wall = in.Wall.Add(23 * time.Second)
		}), In, MissingPromises, ""},
		{"the wall clock is set forward a little", with(armed, func(in *Inputs, st *State) {
			out(in, st, 2*time.Minute)
			in.Wall = in.Wall.Add(22 * time.Second)
		}), Out, Failing, ""},
		{"the wall clock is set back", with(armed, func(in *Inputs, st *State) {
			out(in, st, 2*time.Minute)
			in.Wall = in.Wall.Add(-time.Hour)
		}), Out, Failing, ""},
		{"the promise was given for less than is asked for now", with(armed, func(in *Inputs, _ *State) {
			in.Peers[0].promises(in, 24*time.Second-1)
			in.Config.Guard.Hold = time.Minute
		}), Out, Failing, ""},
		{"and ends when that is over", with(armed, func(in *Inputs, _ *State) {
			in.Peers[0].promises(in, 24*time.Second)
			in.Config.Guard.Hold = time.Minute
		}), In, MissingPromises, ""},
		{"the promise was given for more than is asked for now", with(armed, func(in *Inputs, _ *State) {
			in.Peers[0].promises(in, 12*time.Second)
			in.Config.Guard.Hold = 15 * time.Second
		}), In, MissingPromises, ""},
		{"the peer's probe path fails", with(armed, func(in *Inputs, _ *State) { in.Peers[0].ProbeOK = false }), In, MissingPromises, "probe path"},
		{"the peer's probe path was not seen lately", with(armed, func(in *Inputs, _ *State) { in.Peers[0].ProbeAt = in.Now - 5*time.Second }), In, MissingPromises, "probe path"},
		{"the peer is not confirmed", with(armed, func(in *Inputs, _ *State) { in.Peers[0].Streak = 4 }), In, MissingPromises, "confirmed 4 of 5"},
		{"once out, one poll may fail", with(armed, func(in *Inputs, st *State) {
			out(in, st, 2*time.Minute)
			in.Peers[0] = in.Peers[0].Missed(Timeout)
		}), Out, Failing, ""},
		{"once out, the way to the peer may be cut for a poll", with(armed, func(in *Inputs, st *State) {
			out(in, st, 2*time.Minute)
			in.Peers[0] = in.Peers[0].Missed(Unreachable)
		}), Out, Failing, ""},
		{"once out, none may fail for longer", with(armed, func(in *Inputs, st *State) {
			out(in, st, 2*time.Minute)
			in.Peers[0].SentAt = in.Now - 6*time.Second - 1
			in.Peers[0] = in.Peers[0].Missed(Timeout)
		}), In, StrictPass, ""},
		{"once out, the peer turns out to be another", with(armed, func(in *Inputs, st *State) {
			out(in, st, 2*time.Minute)
			in.Peers[0] = in.Peers[0].Missed("WrongCluster")
		}), In, StrictPass, ""},
	})
}

func TestRoomAndReturn(t *testing.T) {
	t.Parallel()
	play(t, []line{
		{"the peer has no room", with(drained, func(in *Inputs, _ *State) {
			in.Capacity = Capacity{Max: 100, Load: 60, Known: true}
			in.Peers[0].Capacity = Capacity{Max: 100, Load: 60, Known: true}
		}), In, MissingPromises, "no headroom"},
		{"the peer's load cannot be read", with(drained, func(in *Inputs, _ *State) {
			in.Capacity, in.Peers[0].Capacity = Capacity{Max: 100, Load: 6, Known: true}, Capacity{Max: 100}
		}), In, MissingPromises, "cannot be read"},
		{"our own load cannot be read", with(drained, func(in *Inputs, _ *State) { in.Capacity = Capacity{Max: 100} }), In, MissingPromises, "this cluster's load"},
		{"the peer has room", with(drained, func(in *Inputs, _ *State) {
			in.Capacity, in.Peers[0].Capacity = Capacity{Max: 100, Load: 40, Known: true}, Capacity{Max: 100, Load: 60, Known: true}
		}), Out, Draining, ""},
		{"room does not matter to a failure", with(armed, func(in *Inputs, _ *State) { in.Capacity = Capacity{Max: 100} }), Out, Failing, ""},
		{"well again, but out only just", with(armed, func(in *Inputs, st *State) {
			out(in, st, 59*time.Second)
			in.Snapshot.Checks[0].Settled = Pass
		}), Out, MinOut, ""},
		{"well again, out for a minute", with(armed, func(in *Inputs, st *State) {
			out(in, st, time.Minute)
			in.Snapshot.Checks[0].Settled = Pass
		}), In, StrictPass, ""},
		{"well again, and no longer promised", with(armed, func(in *Inputs, st *State) {
			out(in, st, time.Second)
			in.Snapshot.Checks[0].Settled, in.Peers[0].PromiseAsk = Pass, ""
		}), In, StrictPass, ""},
		{"back at rest at once", func(in *Inputs, st *State) {
			out(in, st, time.Second)
			in.promised()
			st.Ask = &Ask{ID: "held"}
		}, In, Rest, ""},
		{"three clusters, one promise of two", with(armed, func(in *Inputs, _ *State) {
			in.Config.Peers = append(in.Config.Peers, PeerConfig{"red", Standby})
			in.Peers = append(in.Peers, testPeer("red", in.Now))
		}), In, MissingPromises, "have 1 of 2; red="},
		{"three clusters of which two may be out", with(armed, func(in *Inputs, _ *State) {
			in.Config.Peers = append(in.Config.Peers, PeerConfig{"red", Standby})
			in.Peers = append(in.Peers, testPeer("red", in.Now))
			in.Config.Guard.MaxOut = 2
		}), Out, Failing, ""},
		{"a promise of one out of rotation does not count", with(armed, func(in *Inputs, _ *State) {
			in.Config.Peers = append(in.Config.Peers, PeerConfig{"red", Serving})
			in.Peers = append(in.Peers, testPeer("red", in.Now))
			in.Config.Peers[0].Rotation = RotationOut
		}), In, MissingPromises, "have 0 of 1"},
	})
}

func TestSiblings(t *testing.T) {
	t.Parallel()
	sibling := func(vote Vote, age time.Duration) func(*Inputs, *State) {
		return func(in *Inputs, _ *State) {
			in.Siblings = []SiblingView{{Replica: "r2", Heard: true, HeardAt: in.Now - age, HeardWall: in.Wall.Add(-age), Vote: vote, Status: Out, PromiseLeft: 5 * time.Second}}
		}
	}
	blindToo := func(more func(*Inputs, *State)) func(*Inputs, *State) {
		return with(with(armed, func(in *Inputs, _ *State) { in.Snapshot = nil }), more)
	}
	play(t, []line{
		{"one votes In", with(armed, sibling(VoteIn, 2*time.Second)), In, SiblingIn, "r2"},
		{"one votes In while the cluster is out", with(armed, with(sibling(VoteIn, 2*time.Second), func(in *Inputs, st *State) { out(in, st, time.Hour) })), In, SiblingIn, "r2"},
		{"one agrees", with(armed, sibling(VoteOut, 2*time.Second)), Out, Failing, ""},
		{"one was not heard for a moment", with(armed, sibling(VoteOut, 4*time.Second)), In, WaitingForSiblings, "r2"},
		{"once out, it need not be", with(armed, with(sibling(VoteOut, 4*time.Second), func(in *Inputs, st *State) { out(in, st, time.Hour) })), Out, Failing, ""},
		{"one was not heard for a moment by the wall clock", with(armed, with(sibling(VoteOut, 2*time.Second), func(in *Inputs, _ *State) {
			in.Wall = in.Wall.Add(time.Second)
		})), In, WaitingForSiblings, "r2"},
		{"one has only just started", with(armed, with(sibling(VoteOut, time.Second), func(in *Inputs, _ *State) {
			in.Siblings[0].Young = true
		})), In, WaitingForSiblings, "started"},
		{"one was never heard, but is new", with(armed, func(in *Inputs, _ *State) {
			in.Siblings = []SiblingView{{Replica: "r2", ListedAt: in.Now - 9*time.Second}}
		}), In, WaitingForSiblings, "r2"},
		{"the others are not known", with(armed, func(in *Inputs, _ *State) { in.SiblingsKnown = false }), In, WaitingForSiblings, "not known"},
		{"once out, they need not be", with(armed, func(in *Inputs, st *State) {
			in.SiblingsKnown = false
			out(in, st, time.Hour)
		}), Out, Failing, ""},
		{"one is lost", with(armed, sibling(VoteIn, 11*time.Second)), Out, Failing, ""},
		{"the one that does not know follows", blindToo(sibling(VoteOut, 2*time.Second)), Out, FollowingSibling, "r2"},
		{"not beyond the other's promise", blindToo(sibling(VoteOut, 5*time.Second)), In, UnknownState, ""},
		{
			"nor by the wall clock", blindToo(with(sibling(VoteOut, 2*time.Second), func(in *Inputs, _ *State) { in.Wall = in.Wall.Add(3 * time.Second) })),
			In, UnknownState, "",
		},
		{"nor one that does not know either", blindToo(sibling(Abstain, time.Second)), In, UnknownState, ""},
	})
}

// restarted moves all times, so that the process began so long ago.
func (in *Inputs) restarted(ago time.Duration) {
	back := in.Now - ago
	in.Now -= back
	if in.Snapshot != nil {
		s := *in.Snapshot
		s.Began, s.Ended, s.Checks = s.Began-back, s.Ended-back, slices.Clone(s.Checks)
		for i := range s.Checks {
			s.Checks[i].FailedSince -= back
		}
		in.Snapshot = &s
	}
	in.Peers, in.Siblings = slices.Clone(in.Peers), slices.Clone(in.Siblings)
	for i := range in.Peers {
		p := &in.Peers[i]
		p.SentAt -= back
		p.PromiseSentAt -= back
		p.ProbeAt -= back
	}
	for i := range in.Siblings {
		s := &in.Siblings[i]
		s.HeardAt -= back
		s.ListedAt -= back
	}
}

// Each departure is counted, and only it.
func TestDeparturesAreCounted(t *testing.T) {
	t.Parallel()
	in, st := testInputs(), State{}
	armed(in, &st)
	_, st = Decide(in, st)
	if len(st.Outs) != 1 || st.Outs[0] != in.Now || !st.EverOut {
		t.Fatalf("left: %v, %v", st.Outs, st.EverOut)
	}
	if _, st = Decide(in, st); len(st.Outs) != 1 {
		t.Errorf("still out: %v", st.Outs)
	}
}

// A drain gives way to failures, whatever was asked for before.
func TestClassOfAnAsk(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		base func(*Inputs, *State)
		want int
	}{"a drain": {drained, 1}, "failures": {armed, 0}} {
		for _, before := range []*Ask{nil, {ID: "held"}, {ID: "held", Class: 1}} {
			in, st := testInputs(), State{}
			c.base(in, &st)
			st.Ask = before
			if _, next := Decide(in, st); next.Ask == nil || next.Ask.Class != c.want {
				t.Errorf("%s, after %+v: %+v", name, before, next.Ask)
			}
		}
	}
}

// A replica that has promised votes In even when it knows nothing: a sibling could leave on its abstention.
func TestWhoHasPromisedDoesNotAbstain(t *testing.T) {
	t.Parallel()
	in := testInputs()
	in.set(Strict, time.Hour)
	in.Watchdog = true
	d, _ := Decide(in, State{Granted: []Promise{{Cluster: "green", Replica: "g1", AskID: "a", Until: in.Now + time.Second}}})
	if d.Vote != VoteIn || d.Reason.Rule != PromisedTo {
		t.Errorf("votes %v: %v", d.Vote, d.Reason)
	}
	if d, _ = Decide(in, State{}); d.Vote != Abstain {
		t.Errorf("without a promise it votes %v: %v", d.Vote, d.Reason)
	}
}
