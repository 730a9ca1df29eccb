package health

import (
	"strings"
	"testing"
	"time"
)

// line is one line of the verdict: what is so, and what comes of it.
type line struct {
	name   string
	so     func(in *Inputs, st *State)
	status Status
	rule   Rule
	says   string // part of the reason's text
}

func play(t *testing.T, lines []line) {
	t.Helper()
	for _, l := range lines {
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			in, st := testInputs(), State{}
			l.so(in, &st)
			d, _ := Decide(in, st)
			if d.Status != l.status || d.Reason.Rule != l.rule || !strings.Contains(d.Reason.Text, l.says) {
				t.Errorf("%s by %s, want %s by %s (%q)\n%s", d.Status, d.Reason, l.status, l.rule, l.says, describe(in, st))
			}
		})
	}
}

// armed is a cluster in Strict whose required check fails while the peer passes it, and that holds the peer's promise.
func armed(in *Inputs, st *State) {
	in.set(Strict, time.Hour)
	in.fails("api", false)
	in.promised()
	st.Ask = &Ask{ID: "held"}
}

// drained is a cluster in Drain that holds the peer's promise.
func drained(in *Inputs, st *State) {
	in.set(Drain, time.Hour)
	in.promised()
	st.Ask = &Ask{ID: "held", Class: 1}
}

// out makes the cluster one that left a while ago.
func out(in *Inputs, st *State, since time.Duration) {
	st.Vote, st.Status, st.EverOut = VoteOut, Out, true
	st.VoteSince, st.StatusSince = in.Now-since, in.Now-since
	st.Outs = []time.Duration{st.VoteSince}
}

func with(base, more func(*Inputs, *State)) func(*Inputs, *State) {
	return func(in *Inputs, st *State) {
		base(in, st)
		more(in, st)
	}
}

func TestEffectiveMode(t *testing.T) {
	t.Parallel()
	rest := func(more func(*Inputs, *State)) func(*Inputs, *State) { return with(armed, more) }
	play(t, []line{
		{"nothing was ever configured", func(in *Inputs, _ *State) { in.Config = nil }, In, NoConfig, ""},
		{"no mode is set", func(_ *Inputs, _ *State) {}, In, Rest, ""},
		{"a resting mode is set", func(in *Inputs, _ *State) { in.set(Guard, time.Hour) }, In, Rest, ""},
		{"a mode of the future", rest(func(in *Inputs, _ *State) { in.Config.Mode.Name = "Quantum" }), In, UnknownMode, "Quantum"},
		{"the change is too long", rest(func(in *Inputs, _ *State) { in.Change.Started = in.Wall.Add(-13 * time.Hour) }), In, ChangeTooLong, "12h"},
		{"the change is too long by our own clock", rest(func(in *Inputs, st *State) {
			st.Mode = remember(in, ModeState{}, in.Config.Mode)
			st.Mode.Hard = in.Now - 1
		}), In, ChangeTooLong, "12h"},
		{"armed, but it never took effect", rest(func(in *Inputs, st *State) {
			in.Change.EffectiveAt = time.Time{}
			st.Mode = remember(in, ModeState{}, in.Config.Mode)
			st.Mode.FirstSeen = in.Now - 3*time.Minute
		}), In, ArmTimeout, "Strict"},
		{"armed a moment ago", rest(func(in *Inputs, st *State) {
			in.Change.EffectiveAt = time.Time{}
			st.Mode = remember(in, ModeState{}, in.Config.Mode)
			st.Mode.FirstSeen = in.Now - time.Minute
		}), Out, Failing, "api"},
		{"it took effect before a restart", rest(func(in *Inputs, st *State) {
			st.Mode = remember(in, ModeState{}, in.Config.Mode)
			st.Mode.FirstSeen = in.Now - 3*time.Minute
		}), Out, Failing, "api"},
	})
}

func TestModesEnd(t *testing.T) {
	t.Parallel()
	rest := func(more func(*Inputs, *State)) func(*Inputs, *State) { return with(armed, more) }
	play(t, []line{
		{"its time is up", rest(func(in *Inputs, _ *State) { in.Config.Mode.Until = in.Wall }), In, Expired, "Strict"},
		{"its time is up by our own clock", rest(func(in *Inputs, st *State) {
			st.Mode = remember(in, ModeState{}, in.Config.Mode)
			st.Mode.Until = in.Now
		}), In, Expired, "Strict"},
		{"its time is up by the wall clock alone", rest(func(in *Inputs, st *State) {
			st.Mode = remember(in, ModeState{}, in.Config.Mode)
			in.Wall = in.Config.Mode.Until
		}), In, Expired, "Strict"},
		{"its time is up while it is out", rest(func(in *Inputs, st *State) {
			out(in, st, 10*time.Minute)
			in.Config.Mode.Until = in.Wall
		}), Out, Failing, "api"},
		{"a drain ends and is verified", with(drained, func(in *Inputs, _ *State) {
			in.Config.Mode.Until = in.Wall.Add(-time.Minute)
			in.fails("api", false)
		}), Out, Failing, "api"},
		{"a drain ends and all is well", with(drained, func(in *Inputs, _ *State) { in.Config.Mode.Until = in.Wall.Add(-time.Minute) }), In, StrictPass, ""},
		{"a drain has been verified", with(drained, func(in *Inputs, _ *State) {
			in.Config.Mode.Until = in.Wall.Add(-time.Hour)
			in.fails("api", false)
		}), In, Expired, "Drain"},
	})
}

func TestOneChangeAtATime(t *testing.T) {
	t.Parallel()
	rest := func(more func(*Inputs, *State)) func(*Inputs, *State) { return with(armed, more) }
	play(t, []line{
		{"a peer of lower name is being changed", rest(func(in *Inputs, _ *State) { in.peer("aqua").Change = &PeerChange{Mode: Drain} }), In, ChangeOfPeer, "aqua"},
		{"a peer of higher name is", rest(func(in *Inputs, _ *State) { in.peer("green").Change = &PeerChange{Mode: Drain} }), Out, Failing, "api"},
		{"a peer of higher name has been for long", rest(func(in *Inputs, _ *State) {
			in.peer("green").Change = &PeerChange{Mode: Drain, Established: true}
		}), In, ChangeOfPeer, "green"},
		{"but so have we", rest(func(in *Inputs, st *State) {
			in.peer("green").Change = &PeerChange{Mode: Drain, Established: true}
			st.Mode = remember(in, ModeState{}, in.Config.Mode)
			st.Mode.Effective, st.Mode.EffSince = true, in.Now-11*time.Second
		}), Out, Failing, "api"},
		{"we for long, a lower name just now", rest(func(in *Inputs, st *State) {
			in.peer("aqua").Change = &PeerChange{Mode: Drain}
			st.Mode = remember(in, ModeState{}, in.Config.Mode)
			st.Mode.Effective, st.Mode.EffSince = true, in.Now-11*time.Second
		}), Out, Failing, "api"},
		{"a poll of it is lost", rest(func(in *Inputs, _ *State) {
			in.peer("green").Change = &PeerChange{Mode: Drain, Established: true}
			in.Peers[0] = in.Peers[0].Missed(Timeout)
		}), In, ChangeOfPeer, "green"},
		{"by force", rest(func(in *Inputs, _ *State) {
			in.peer("aqua").Change = &PeerChange{Mode: Drain}
			in.Config.Mode.Force = true
		}), Out, Failing, "api"},
		{"what an unheard peer said does not count", rest(func(in *Inputs, _ *State) {
			in.peer("aqua").Change = &PeerChange{Mode: Drain}
			in.Peers[0].SentAt = in.Now - 7*time.Second
			in.Peers = append(in.Peers, testPeer("green", in.Now))
			in.Config.Guard.MaxOut = 2
			in.Peers[1].promises(in, time.Second)
			in.Peers[1].Checks = []PeerCheck{{"api", Pass, Pass}}
			in.Config.Peers = append(in.Config.Peers, PeerConfig{"green", Serving})
		}), Out, Failing, "api"},
	})
}

// peer renames the only peer.
func (in *Inputs) peer(name string) *PeerView {
	in.Peers[0].Name, in.Config.Peers[0].Name = name, name
	return &in.Peers[0]
}

// failed is a cluster that is armed, and more about its check, and about the peer's.
func failed(more func(in *Inputs, c *CheckState, p *PeerCheck)) func(*Inputs, *State) {
	return with(armed, func(in *Inputs, _ *State) { more(in, &in.Snapshot.Checks[0], &in.Peers[0].Checks[0]) })
}

func TestWish(t *testing.T) {
	t.Parallel()
	play(t, []line{
		{"observing", with(armed, func(in *Inputs, _ *State) { in.Config.Mode.Name = Observe }), In, ModeSet, "Observe"},
		{"forced healthy", with(armed, func(in *Inputs, _ *State) { in.Config.Mode.Name = ForceHealthy }), In, ModeSet, "ForceHealthy"},
		{"a required check fails here and passes there", armed, Out, Failing, "api"},
		{"no round has ended", failed(func(in *Inputs, _ *CheckState, _ *PeerCheck) { in.Snapshot = nil }), In, UnknownState, "no round"},
		{"the rounds have stopped", failed(func(in *Inputs, _ *CheckState, _ *PeerCheck) { in.Snapshot.Ended = in.Now - 31*time.Second }), In, UnknownState, "too old"},
		{"the loop is stuck", failed(func(in *Inputs, _ *CheckState, _ *PeerCheck) { in.Watchdog = true }), In, UnknownState, "stuck"},
		{"the checks have not settled", failed(func(in *Inputs, _ *CheckState, _ *PeerCheck) { in.Snapshot.Rounds = 2 }), In, UnknownState, "settled"},
		{"the check is only weighted", failed(func(_ *Inputs, c *CheckState, _ *PeerCheck) { c.Importance = Weighted }), In, StrictPass, ""},
		{"the check is unknown", failed(func(_ *Inputs, c *CheckState, _ *PeerCheck) { c.Settled = Unknown }), In, StrictPass, ""},
		{"it failed before the change", failed(func(in *Inputs, _ *CheckState, _ *PeerCheck) { in.Change.Baseline.Failing = []string{"api"} }), In, StrictPass, ""},
		{"the peer fails it too", failed(func(_ *Inputs, _ *CheckState, p *PeerCheck) { p.Settled, p.Last = Fail, Fail }), In, StrictPass, ""},
		{"the peer began to fail it", failed(func(_ *Inputs, _ *CheckState, p *PeerCheck) { p.Last = Fail }), In, StrictPass, ""},
		{"one of two peers began to fail it", with(armed, func(in *Inputs, _ *State) {
			in.Config.Guard.MaxOut = 2
			in.Config.Peers = append(in.Config.Peers, PeerConfig{"red", Serving})
			red := testPeer("red", in.Now)
			red.Checks = []PeerCheck{{"api", Pass, Fail}}
			in.Peers = append(in.Peers, red)
		}), In, StrictPass, ""},
		{"the peer passed it, and does not know now", failed(func(_ *Inputs, _ *CheckState, p *PeerCheck) { p.Last = Unknown }), In, StrictPass, ""},
		{"the peer does not know", failed(func(_ *Inputs, _ *CheckState, p *PeerCheck) { p.Settled = Unknown }), In, StrictPass, ""},
		{"the peer has not tried it since", failed(func(in *Inputs, c *CheckState, _ *PeerCheck) { c.FailedSince = in.Now - time.Second }), In, StrictPass, ""},
		{"the peer lacks the check", failed(func(in *Inputs, _ *CheckState, _ *PeerCheck) { in.Peers[0].Checks = nil }), In, StrictPass, ""},
		{"the check is shared", failed(func(_ *Inputs, c *CheckState, _ *PeerCheck) { c.Shared = true }), In, StrictPass, ""},
		{"a shared one beside one of our own", with(armed, func(in *Inputs, _ *State) { in.fails("orders-db", true) }), Out, Failing, "api, orders-db"},
		{"the peer failed it until a minute ago", with(armed, func(in *Inputs, st *State) {
			st.Excused = []Excuse{{Check: "api", Passing: true, PassSince: in.Now - time.Minute}}
		}), In, StrictPass, ""},
		{"the peer has passed it for two minutes", with(armed, func(in *Inputs, st *State) {
			st.Excused = []Excuse{{Check: "api", Passing: true, PassSince: in.Now - 2*time.Minute}}
		}), Out, Failing, "api"},
	})
}

func TestDrainWaits(t *testing.T) {
	t.Parallel()
	play(t, []line{
		{"a drain", drained, Out, Draining, ""},
		{"a drain takes its baseline first", with(drained, func(in *Inputs, _ *State) { in.Change.Baseline = nil }), In, TakingBaseline, ""},
		{"also where it was verified before", with(drained, func(in *Inputs, st *State) {
			in.Change.Baseline = nil
			in.Config.Mode.Name = Strict
			st.Mode = remember(in, ModeState{}, in.Config.Mode)
			st.Mode.Effective, st.Mode.EffSince, st.Mode.NameSince = true, in.Now-time.Hour, in.Now-time.Hour
			in.Config.Mode = &ModeSpec{Name: Drain, Until: in.Config.Mode.Until}
		}), In, TakingBaseline, ""},
		{"but not for ever", with(drained, func(in *Inputs, st *State) {
			in.Change.Baseline = nil
			st.Mode = remember(in, ModeState{}, in.Config.Mode)
			st.Mode.Effective, st.Mode.NameSince = true, in.Now-30*time.Second
		}), Out, Draining, ""},
	})
}

func TestTargetsThatAreGone(t *testing.T) {
	t.Parallel()
	play(t, []line{
		{"its target is gone since the change", failed(func(in *Inputs, c *CheckState, _ *PeerCheck) {
			c.Settled, c.Gone, in.Change.Baseline.Present = Unknown, 3, []string{"api"}
		}), Out, Failing, "api"},
		{"its target is gone, but not for long", failed(func(in *Inputs, c *CheckState, _ *PeerCheck) {
			c.Settled, c.Gone, in.Change.Baseline.Present = Unknown, 2, []string{"api"}
		}), In, StrictPass, ""},
		{"its target is gone, and no peer was asked since", failed(func(in *Inputs, c *CheckState, _ *PeerCheck) {
			c.Settled, c.Gone, in.Change.Baseline.Present, c.FailedSince = Unknown, 3, []string{"api"}, in.Now-time.Second
		}), In, StrictPass, ""},
		{"its target was not there before", failed(func(_ *Inputs, c *CheckState, _ *PeerCheck) { c.Settled, c.Gone = Unknown, 3 }), In, StrictPass, ""},
		{"its target may go", failed(func(in *Inputs, c *CheckState, _ *PeerCheck) {
			c.Settled, c.Gone, c.AllowScaleToZero, in.Change.Baseline.Present = Unknown, 3, true, []string{"api"}
		}), In, StrictPass, ""},
	})
}

func TestQuorum(t *testing.T) {
	t.Parallel()
	guarded := func(more func(in *Inputs)) func(*Inputs, *State) {
		return func(in *Inputs, st *State) {
			in.Config.Rest = Guard
			in.fails("api", false)
			in.promised()
			st.Ask, st.Low, st.LowSince = &Ask{ID: "held"}, true, in.Now-time.Minute
			more(in)
		}
	}
	others := func(in *Inputs, results ...Result) {
		for i, r := range results {
			in.Snapshot.Checks = append(in.Snapshot.Checks, CheckState{
				Check: Check{Name: string(rune('b' + i)), Importance: Weighted, Weight: 1}, Settled: r,
			})
		}
	}
	play(t, []line{
		{"all that counts fails, and the peer does better", guarded(func(*Inputs) {}), Out, BelowQuorum, "0 %"},
		{"the quorum is met", guarded(func(in *Inputs) { others(in, Pass, Pass, Pass) }), In, QuorumMet, "75 %"},
		{"not by what is not known", guarded(func(in *Inputs) { others(in, Pass, Unknown, Unknown) }), Out, BelowQuorum, "50 %"},
		{"less than half is known", guarded(func(in *Inputs) { others(in, Unknown, Unknown) }), In, UnknownState, "half"},
		{"half is known", guarded(func(in *Inputs) { others(in, Unknown) }), Out, BelowQuorum, "0 %"},
		{"nothing is known", guarded(func(in *Inputs) { in.Snapshot.Checks[0].Settled = Unknown }), In, UnknownState, "half"},
		{"what is gone counts nothing", guarded(func(in *Inputs) { in.Snapshot.Checks[0].Gone = 1 }), In, QuorumMet, "100 %"},
		{"only what is shared fails", guarded(func(in *Inputs) { in.Snapshot.Checks[0].Shared = true }), In, QuorumMet, "shared"},
		{"what is informational counts nothing", guarded(func(in *Inputs) { in.Snapshot.Checks[0].Importance = Informational }), In, QuorumMet, "100 %"},
		{"the peer meets no quorum", guarded(func(in *Inputs) { in.Peers[0].Score = 74 }), In, QuorumMet, "no peer"},
		{"the peer is as good as the quorum", guarded(func(in *Inputs) { in.Peers[0].Score = 75 }), Out, BelowQuorum, ""},
		{"the peer is hardly better", guarded(func(in *Inputs) {
			others(in, Pass, Pass) // 66
			in.Peers[0].Score = 85
		}), In, QuorumMet, "no peer"},
		{"the peer is much better", guarded(func(in *Inputs) {
			others(in, Pass, Pass)
			in.Peers[0].Score = 86
		}), Out, BelowQuorum, "66 %"},
		{"the peer was not asked since", guarded(func(in *Inputs) { in.Peers[0].RoundAge = 2 * time.Minute }), In, QuorumMet, "no peer"},
		{"it is only found now", with(guarded(func(in *Inputs) { in.Peers[0].RoundAge = 0 }), func(_ *Inputs, st *State) { st.Low = false }), In, QuorumMet, "no peer"},
	})
}

// What peers are told is the least that is certain.
func TestWeights(t *testing.T) {
	t.Parallel()
	for w, want := range map[Weights]struct {
		score, least int
		known        bool
	}{
		{}:           {100, -1, true},
		{5, 5, 0}:    {50, 50, true},
		{5, 0, 5}:    {100, 50, true},
		{5, 0, 6}:    {100, -1, false},
		{0, 3, 7}:    {0, -1, false},
		{7, 1, 2}:    {87, 70, true},
		{0, 0, 1}:    {100, -1, false},
		{10, 0, 0}:   {100, 100, true},
		{0, 10, 0}:   {0, 0, true},
		{199, 1, 0}:  {99, 99, true},
		{1, 199, 10}: {0, 0, true},
	} {
		if w.Score() != want.score || w.Least() != want.least || w.Known() != want.known {
			t.Errorf("%+v: score %d, least %d, known %v; want %+v", w, w.Score(), w.Least(), w.Known(), want)
		}
	}
}

// A change that goes on under another name, or is given more time, is as old as it was; a drain waits for its baseline from when
// it is one.
func TestAChangeGoesOn(t *testing.T) {
	t.Parallel()
	in := testInputs()
	in.set(Strict, time.Hour)
	first := in.Now
	_, st := Decide(in, State{})
	for _, step := range []struct {
		name string
		set  func()
		from time.Duration // since when it has its name
	}{
		{"nothing new", func() {}, first},
		{"it is given more time", func() { in.Config.Mode = &ModeSpec{Name: Strict, Until: in.Wall.Add(2 * time.Hour)} }, first},
		{"it is a drain now", func() { in.Config.Mode = &ModeSpec{Name: Drain, Until: in.Wall.Add(time.Hour)} }, first + 3*time.Minute},
	} {
		in.Now += time.Minute
		in.Wall = in.Wall.Add(time.Minute)
		step.set()
		_, st = Decide(in, st)
		if own := st.OwnChange(in.Now); own == nil || !own.Established || st.Mode.EffSince != first || st.Mode.NameSince != step.from {
			t.Errorf("%s: %+v, told as %+v", step.name, st.Mode, own)
		}
	}
	in.Config.Mode = nil
	_, st = Decide(in, st)
	in.set(Drain, time.Hour)
	if _, st = Decide(in, st); st.OwnChange(in.Now).Established || st.Mode.NameSince != in.Now {
		t.Errorf("the next change: %+v", st.Mode)
	}
}

// Without any configuration the mode is Relaxed, whatever was before.
func TestNoConfigIsRelaxed(t *testing.T) {
	t.Parallel()
	in, st := testInputs(), State{}
	armed(in, &st)
	out(in, &st, time.Hour)
	in.Config = nil
	if d, next := Decide(in, st); d.Mode != Relaxed || d.Status != In || next.Ask != nil || next.Mode.Set {
		t.Errorf("%+v, then %+v", d, next)
	}
}
