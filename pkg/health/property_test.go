package health

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"
)

// cases is how many worlds each property is tried in; enough for a gross mistake where time is short.
func cases() uint64 {
	if testing.Short() {
		return 10_000
	}
	return 120_000
}

// holds tries a property in random worlds; it returns what is wrong, or nothing. A world that breaks it is shrunk: peers,
// siblings and checks that do not matter are left out.
func holds(t *testing.T, seed uint64, property func(r *rand.Rand, in *Inputs, st State) string) {
	t.Helper()
	for i := range cases() {
		world := func() (*rand.Rand, *Inputs, State) {
			r := rand.New(rand.NewPCG(seed, i))
			in, st := randomInputs(r)
			return r, in, st
		}
		r, in, st := world()
		if property(r, in, st) == "" {
			continue
		}
		_, in, st = world()
		in = shrunk(in, func(smaller *Inputs) bool {
			return property(rand.New(rand.NewPCG(seed, i)), smaller, st) != ""
		})
		t.Fatalf("seed %d, case %d: %s\n%s", seed, i, property(rand.New(rand.NewPCG(seed, i)), in, st), describe(in, st))
	}
}

// shrunk leaves out all that the failure does not need.
func shrunk(in *Inputs, fails func(*Inputs) bool) *Inputs {
	for again := true; again; {
		again = false
		for _, smaller := range smallerThan(in) {
			if fails(smaller) {
				in, again = smaller, true
				break
			}
		}
	}
	return in
}

func smallerThan(in *Inputs) []*Inputs {
	var out []*Inputs
	for i := range in.Siblings {
		c := *in
		c.Siblings = slices.Delete(slices.Clone(in.Siblings), i, i+1)
		out = append(out, &c)
	}
	for i := range in.Peers {
		c, config := *in, *in.Config
		c.Peers = slices.Delete(slices.Clone(in.Peers), i, i+1)
		config.Peers = slices.Delete(slices.Clone(config.Peers), i, i+1)
		c.Config = &config
		out = append(out, &c)
	}
	if in.Snapshot == nil {
		return out
	}
	for i := range in.Snapshot.Checks {
		c, s := *in, *in.Snapshot
		s.Checks = slices.Delete(slices.Clone(s.Checks), i, i+1)
		c.Snapshot = &s
		out = append(out, &c)
	}
	return out
}

// Invariant 3: a cluster that is in leaves only by Drain or by its own settled failures.
func TestLeavesByDrainOrOwnFailuresOnly(t *testing.T) {
	t.Parallel()
	left := 0
	holds(t, 3, func(_ *rand.Rand, in *Inputs, st State) string {
		if st.Vote == VoteOut || st.Status == Out {
			return ""
		}
		d, _ := Decide(in, st)
		if d.Vote != VoteOut {
			return ""
		}
		left++
		if d.Mode == Drain {
			return ""
		}
		if in.Watchdog || in.Snapshot == nil || in.Now-in.Snapshot.Ended > in.Config.Stale() {
			return "left without evidence: " + d.Reason.String()
		}
		for i := range in.Snapshot.Checks {
			s := &in.Snapshot.Checks[i]
			if s.Importance != Informational && (s.Settled == Fail || s.Gone >= in.Config.Fall) {
				return ""
			}
		}
		return "left though nothing fails: " + d.Reason.String()
	})
	if left < int(cases())/500 { //nolint:gosec // a small number
		t.Errorf("only %d of the worlds led to a departure: the test sees too little", left)
	}
}

// Invariant 4: Relaxed, Observe and ForceHealthy never vote Out, nor does a cluster without peers.
func TestSomeModesNeverLeave(t *testing.T) {
	t.Parallel()
	holds(t, 4, func(_ *rand.Rand, in *Inputs, st State) string {
		d, _ := Decide(in, st)
		lonely := in.Config.inRotation() == 0
		if d.Vote == VoteOut && (lonely || d.Mode == Relaxed || d.Mode == Observe || d.Mode == ForceHealthy) {
			return "voted Out in " + string(d.Mode)
		}
		if d.Status == Out && (d.Mode == Relaxed || d.Mode == Observe || d.Mode == ForceHealthy) {
			return "answered 503 in " + string(d.Mode)
		}
		return ""
	})
}

// Invariant 7: to turn a check of ours to Pass, or a peer to Fail or Unknown, never turns a 200 into a 503.
func TestMonotone(t *testing.T) {
	t.Parallel()
	holds(t, 7, func(r *rand.Rand, in *Inputs, st State) string {
		_, st = Decide(in, st) // what was seen until now is remembered: excuses, above all
		before, _ := Decide(in, st)
		if st.Status == Out || before.Status == Out {
			return "" // an Out may be prolonged: for a minimum time, while it is promised
		}
		better := *in
		what := ""
		switch peers := len(in.Peers); {
		case in.Snapshot != nil && len(in.Snapshot.Checks) > 0 && r.IntN(2) == 0:
			s := *in.Snapshot
			s.Checks = slices.Clone(s.Checks)
			i := r.IntN(len(s.Checks))
			s.Checks[i].Settled, s.Checks[i].Last, s.Checks[i].Gone = Pass, Pass, 0
			better.Snapshot, what = &s, "our "+s.Checks[i].Name+" passes"
		case peers > 0:
			better.Peers = slices.Clone(in.Peers)
			p := &better.Peers[r.IntN(peers)]
			what = worsen(r, p)
		default:
			return ""
		}
		// To follow a sibling is no departure: the cluster left before.
		if after, _ := Decide(&better, st); after.Status == Out && after.Reason.Rule != FollowingSibling {
			return "because " + what + ": " + before.Reason.String() + " became " + after.Reason.String()
		}
		return ""
	})
}

func worsen(r *rand.Rand, p *PeerView) string {
	switch n := r.IntN(6); {
	case n == 0:
		*p = p.Missed(Timeout)
		return "a poll of " + p.Name + " is lost"
	case n == 1:
		*p = p.Missed("WrongCluster")
		return p.Name + " is not itself"
	case n == 2 || len(p.Checks) == 0:
		p.Heard, p.Unknown, p.Streak, p.PromiseAsk = false, Timeout, 0, ""
		return p.Name + " is unknown"
	}
	p.Checks = slices.Clone(p.Checks)
	c := &p.Checks[r.IntN(len(p.Checks))]
	c.Settled, c.Last = Fail, Fail
	return p.Name + "'s " + c.Name + " fails"
}

// Invariant 8: while a sibling is out, and promised to be, a replica that has only just started neither speaks against it nor
// answers otherwise, whatever it knows or does not: only an order, or that the change has lasted too long, ends it.
func TestRestartChangesNoStatus(t *testing.T) {
	t.Parallel()
	tried := 0
	holds(t, 8, func(r *rand.Rand, now *Inputs, _ State) string {
		c := *now
		in := &c
		in.restarted(seconds(r, 36))
		in.SiblingsKnown = true
		in.Siblings = []SiblingView{{
			Replica: "r2", Heard: true, HeardAt: in.Now - time.Second, HeardWall: in.Wall.Add(-time.Second), Vote: VoteOut, Status: Out,
			PromiseLeft: 2 * time.Second,
		}}
		_, next := Decide(in, State{})
		d, _ := Decide(in, next) // it does not think better of it either
		if in.Config.inRotation() == 0 || d.ModeReason.Rule == ChangeTooLong || d.Mode != Guard && !d.Mode.departs() {
			return ""
		}
		tried++
		if d.Vote != Abstain || d.Status != Out {
			return fmt.Sprintf("votes %s, is %s: %s", d.Vote, d.Status, d.Reason)
		}
		return ""
	})
	if tried < int(cases())/4 { //nolint:gosec // a small number
		t.Errorf("only %d of the worlds were tried: the test sees too little", tried)
	}
}

// Invariant 9: a decision is a function of its inputs, changes none of them, and has a reason that names its rule.
func TestPureAndReasoned(t *testing.T) {
	t.Parallel()
	holds(t, 9, func(r *rand.Rand, in *Inputs, st State) string {
		look, before := r.IntN(10) == 0, "" // a look takes longer than all else
		if look {
			before = describe(in, st)
		}
		d1, next1 := Decide(in, st)
		d2, next2 := Decide(in, st)
		switch {
		case d1.Reason.Rule == "" || d1.ModeReason.Rule == "" || d1.Mode == "":
			return "a decision without a reason"
		case !reflect.DeepEqual(d1, d2) || !reflect.DeepEqual(next1, next2):
			return "two calls differ"
		case look && describe(in, st) != before:
			return "the inputs were changed"
		case next1.Vote != d1.Vote || next1.Status != d1.Status:
			return "the state is not the decision's"
		}
		return ""
	})
}

// Invariant 10: the strict path depends on the snapshot only, and fails before the first settle.
func TestStrictPathKnowsTheSnapshotOnly(t *testing.T) {
	t.Parallel()
	holds(t, 10, func(r *rand.Rand, in *Inputs, _ State) string {
		c := *in.Config
		c.Mode, c.Peers, c.Rest, c.Guard = nil, nil, pick(r, Relaxed, Guard), GuardConfig{}
		if StrictAnswer(in.Snapshot, in.Config) != StrictAnswer(in.Snapshot, &c) {
			return "the answer depends on the mode or the peers"
		}
		bad := in.Snapshot == nil || in.Snapshot.Rounds < in.Config.Fall
		for i := 0; !bad && i < len(in.Snapshot.Checks); i++ {
			s := &in.Snapshot.Checks[i]
			bad = s.Importance == Required && s.Settled != Pass
		}
		if bad != (StrictAnswer(in.Snapshot, in.Config) == Out) {
			return "the answer is not that of the required checks"
		}
		return ""
	})
}

// Invariants 2 and 5, as far as one replica goes: what a promise forbids, and that an Out without promises ends.
func TestPromisesHold(t *testing.T) {
	t.Parallel()
	holds(t, 2, func(_ *rand.Rand, in *Inputs, st State) string {
		d, next := Decide(in, st)
		if len(next.Granted) > 0 && d.Vote == VoteOut {
			return "voted Out while a promise lives"
		}
		if d.Vote == VoteOut && len(valid(in, &next)) < in.Config.need() {
			return "voted Out without enough promises: " + d.Reason.String()
		}
		deaf := *in
		deaf.Now += in.Config.Guard.Hold
		deaf.Wall = in.Wall.Add(in.Config.Guard.Hold)
		deaf.Siblings = nil
		if late, _ := Decide(&deaf, next); late.Status == Out {
			return "still out though nobody was heard for a whole hold: " + late.Reason.String()
		}
		return ""
	})
}

// Invariant 6: every change ends by started + maxChange, also where the wall clock is set back.
func TestEveryChangeEnds(t *testing.T) {
	t.Parallel()
	holds(t, 6, func(r *rand.Rand, in *Inputs, st State) string {
		if in.Config.Mode == nil {
			return ""
		}
		_, next := Decide(in, st)
		late := *in
		late.Now += in.Config.Guard.MaxChange + time.Second
		late.Wall = in.Wall.Add(in.Config.Guard.MaxChange + time.Second)
		if r.IntN(2) == 0 {
			late.Wall = in.Wall.Add(-time.Hour) // set back
		}
		if d, _ := Decide(&late, next); d.Mode != in.Config.Rest {
			return "still in " + string(d.Mode) + ": " + d.ModeReason.String()
		}
		return ""
	})
}
