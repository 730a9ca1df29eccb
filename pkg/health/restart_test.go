package health

import (
	"maps"
	"testing"
	"time"
)

// beginner is one line of what a replica does that started anew while a sibling is out: what is so, how it votes, what it answers,
// and whether it asks for promises.
type beginner struct {
	base func(*Inputs, *State)
	so   func(in *Inputs, st *State)
	vote Vote
	out  Status
	asks bool
}

// A replica that starts anew while a sibling is out does not speak against it, and has promises of its own as soon as it may.
func TestRestartedBesideOneThatIsOut(t *testing.T) {
	t.Parallel()
	all := justStarted()
	maps.Copy(all, unheard())
	maps.Copy(all, endedAtOnce())
	maps.Copy(all, oldEnough())
	for name, c := range all {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in, st := testInputs(), State{}
			in.Siblings = []SiblingView{{
				Replica: "r2", ListedAt: in.Now, Heard: true, HeardAt: in.Now - time.Second, HeardWall: in.Wall.Add(-time.Second),
				Vote: VoteOut, Status: Out, PromiseLeft: 20 * time.Second,
			}}
			c.base(in, &st)
			st.Ask = nil
			in.NewAskID = "held"
			c.so(in, &st)
			outs := len(st.Outs)
			d, next := Decide(in, st)
			if d.Vote != c.vote || d.Status != c.out || (next.Ask != nil) != c.asks {
				t.Errorf("votes %s, is %s by %s (%s), asks %v\n%s", d.Vote, d.Status, d.Reason, d.ModeReason, next.Ask != nil, describe(in, st))
			}
			if len(next.Outs) != outs {
				t.Errorf("a cluster that was out before has left again: %v", next.Outs)
			}
		})
	}
}

// young has the process be so old, and more.
func young(age time.Duration, more func(in *Inputs)) func(*Inputs, *State) {
	return func(in *Inputs, _ *State) {
		in.restarted(age)
		more(in)
	}
}

func justStarted() map[string]beginner {
	return map[string]beginner{
		"a drain":                {drained, young(30*time.Second, func(*Inputs) {}), Abstain, Out, true},
		"failing":                {armed, young(30*time.Second, func(*Inputs) {}), Abstain, Out, true},
		"failing, no peer known": {armed, young(30*time.Second, func(in *Inputs) { in.Peers[0].Checks = nil }), Abstain, Out, false},
		"without a baseline":     {drained, young(time.Second, func(in *Inputs) { in.Change = nil }), Abstain, Out, false},
		"nothing is known":       {armed, young(time.Second, func(in *Inputs) { in.Snapshot = nil }), Abstain, Out, false},
		"its time is up":         {armed, young(30*time.Second, func(in *Inputs) { in.Config.Mode.Until = in.Wall }), Abstain, Out, true},
		"nobody has left":        {drained, young(30*time.Second, func(in *Inputs) { in.Siblings[0].Status = In }), Abstain, In, false},
		"the sibling's promise is over": {drained, young(30*time.Second, func(in *Inputs) {
			in.Siblings[0].PromiseLeft = time.Second
		}), Abstain, In, false},
		"a peer has a change": {armed, young(30*time.Second, func(in *Inputs) {
			in.peer("aqua").Change = &PeerChange{Mode: Strict, Established: true}
		}), Abstain, Out, true},
	}
}

func unheard() map[string]beginner {
	deaf := func(more func(in *Inputs)) func(*Inputs, *State) {
		return young(time.Second, func(in *Inputs) {
			in.Siblings[0].Heard = false
			more(in)
		})
	}
	return map[string]beginner{
		"not heard yet, without a baseline": {drained, deaf(func(in *Inputs) { in.Change = nil }), Abstain, In, false},
		"not heard yet, its time is up":     {armed, deaf(func(in *Inputs) { in.Config.Mode.Until = in.Wall }), Abstain, In, false},
		"not heard yet, a peer has a change": {armed, deaf(func(in *Inputs) {
			in.peer("aqua").Change = &PeerChange{Mode: Strict, Established: true}
		}), Abstain, In, false},
		"not known yet": {drained, young(time.Second, func(in *Inputs) {
			in.Change, in.Siblings, in.SiblingsKnown = nil, nil, false
		}), Abstain, In, false},
	}
}

func endedAtOnce() map[string]beginner {
	return map[string]beginner{
		"relaxed":        {drained, young(30*time.Second, func(in *Inputs) { in.Config.Mode = nil }), VoteIn, In, false},
		"forced healthy": {drained, young(30*time.Second, func(in *Inputs) { in.Config.Mode.Name = ForceHealthy }), VoteIn, In, false},
		"too long": {drained, young(30*time.Second, func(in *Inputs) {
			in.Change.Started = in.Wall.Add(-13 * time.Hour)
		}), VoteIn, In, false},
	}
}

func oldEnough() map[string]beginner {
	abstained := func(more func(in *Inputs, st *State)) func(*Inputs, *State) {
		return func(in *Inputs, st *State) {
			st.Vote = Abstain
			more(in, st)
		}
	}
	return map[string]beginner{
		"old enough, not promised": {drained, abstained(func(in *Inputs, _ *State) { in.Peers[0].PromiseAsk = "" }), Abstain, Out, true},
		"old enough, and was out": {armed, func(in *Inputs, st *State) {
			out(in, st, 10*time.Minute)
			in.Peers[0].PromiseAsk = ""
		}, Abstain, Out, true},
		"old enough, and votes In": {drained, func(in *Inputs, _ *State) { in.Peers[0].PromiseAsk = "" }, VoteIn, In, true},
		"old enough, nobody is promised": {drained, abstained(func(in *Inputs, _ *State) {
			in.Peers[0].PromiseAsk, in.Siblings[0].PromiseLeft = "", 0
		}), VoteIn, In, true},
		"promised, not confirmed": {drained, abstained(func(in *Inputs, _ *State) { in.Peers[0].Streak = 0 }), VoteOut, Out, true},
		"promised, without room":  {drained, abstained(func(in *Inputs, _ *State) { in.Capacity = Capacity{Max: 10} }), VoteOut, Out, true},
		"promised, and out before": {armed, abstained(func(in *Inputs, st *State) {
			st.EverOut, st.VoteSince = true, in.Now-time.Second
			st.Outs = []time.Duration{in.Now - 3, in.Now - 2, in.Now - 1}
		}), VoteOut, Out, true},
	}
}
