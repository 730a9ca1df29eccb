package health

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// testConfig is a cluster with one peer and the guard's default numbers.
func testConfig() *Config {
	return &Config{
		Cluster: "blue", Fleet: "shop", Path: "/health", Token: "t", Rotation: Serving, Rest: Relaxed,
		Interval: 5 * time.Second, Timeout: 2 * time.Second, Fall: 3, Rise: 5, Quorum: 75,
		Guard: GuardConfig{
			MaxOut: 1, Poll: 2 * time.Second, Confirm: 5, Hold: 30 * time.Second, MinIn: time.Minute, MinOut: time.Minute,
			MaxOutsPerHour: 3, Verify: 30 * time.Minute, MaxChange: 12 * time.Hour, Capacity: RequireForDrain,
		},
		Peers: []PeerConfig{{Name: "green", Rotation: Serving}},
	}
}

func wall() time.Time { return time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC) }

// testInputs are those of a quiet cluster an hour after its start, in no mode.
func testInputs() *Inputs {
	const now = time.Hour
	return &Inputs{
		Now: now, Wall: wall(), Config: testConfig(), NewAskID: "ask1", Members: "m", SiblingsKnown: true,
		Snapshot: &Snapshot{Began: now - 2*time.Second, Ended: now - time.Second, Rounds: 9},
		Peers:    []PeerView{testPeer("green", now)},
	}
}

// testPeer answers well and promises nothing.
func testPeer(name string, now time.Duration) PeerView {
	return PeerView{
		Name: name, Heard: true, SentAt: now - time.Second, Streak: 9, Score: 100, RoundAge: time.Second,
		ProbeOK: true, ProbeAt: now - time.Second, Mode: Relaxed,
	}
}

func (in *Inputs) set(mode Mode, lasts time.Duration) {
	in.Config.Mode = &ModeSpec{Name: mode, Until: in.Wall.Add(lasts)}
	in.Change = &Change{ID: "c", Mode: mode, Started: in.Wall, EffectiveAt: in.Wall, Baseline: &Baseline{}}
}

// promised has every peer promise the ask called held.
func (in *Inputs) promised() {
	for i := range in.Peers {
		in.Peers[i].promises(in, time.Second)
	}
}

// promises has a peer promise the ask called held, so long ago.
func (p *PeerView) promises(in *Inputs, ago time.Duration) {
	p.PromiseAsk, p.PromiseSentAt, p.PromiseWall, p.PromiseHold = "held", in.Now-ago, in.Wall.Add(-ago), in.Config.Guard.Hold
}

// fails has a required check of this cluster fail since long, and the peers pass it.
func (in *Inputs) fails(name string, shared bool) {
	in.Snapshot.Checks = append(in.Snapshot.Checks, CheckState{
		Check: Check{Name: name, Importance: Required, Weight: 1, Shared: shared}, Settled: Fail, Last: Fail,
		FailedSince: in.Now - 20*time.Second, SeenAt: in.Now - time.Second,
	})
	for i := range in.Peers {
		in.Peers[i].Checks = append(in.Peers[i].Checks, PeerCheck{Name: name, Settled: Pass, Last: Pass})
	}
}

// randomInputs is any state of the world, and randomState what a replica may remember in it; most are near a departure.
func randomInputs(r *rand.Rand) (*Inputs, State) {
	in := testInputs()
	c := in.Config
	c.Rest = pick(r, Relaxed, Guard)
	c.Guard.MaxOut = 1 + r.IntN(2)
	c.Peers, in.Peers = nil, nil
	for i := range r.IntN(4) {
		name := []string{"aqua", "green", "red"}[i%3]
		if i == 3 {
			break
		}
		p := randomPeer(r, name, in.Now)
		c.Peers = append(c.Peers, PeerConfig{name, pick(r, Serving, Serving, Serving, Standby, RotationOut)})
		in.Peers = append(in.Peers, p)
	}
	if r.IntN(4) > 0 {
		in.set(pick(r, Strict, Strict, Drain, Drain, Observe, ForceHealthy, "Odd"), time.Duration(r.IntN(7200)-1800)*time.Second)
		in.Config.Mode.Force = r.IntN(4) == 0
		randomChange(r, in)
	}
	in.Watchdog = r.IntN(20) == 0
	in.SiblingsKnown = r.IntN(20) > 0
	in.Snapshot = randomSnapshot(r, in.Now)
	for i := range r.IntN(3) {
		in.Siblings = append(in.Siblings, SiblingView{
			Replica: fmt.Sprint("r", i), ListedAt: in.Now - seconds(r, 40), Heard: r.IntN(5) > 0, HeardAt: in.Now - seconds(r, 12), HeardWall: in.Wall.Add(-seconds(r, 12)),
			Vote: pick(r, VoteIn, VoteOut, VoteOut, Abstain), Status: pick(r, In, Out), PromiseLeft: seconds(r, 30), WasOut: r.IntN(2) == 0, OutAt: in.Now - seconds(r, 30),
		})
	}
	st := randomState(r, in)
	if r.IntN(2) == 0 {
		st = ripen(in, st)
	}
	return in, st
}

// ripen takes away most of what stands against leaving.
func ripen(in *Inputs, st State) State {
	in.Watchdog, in.SiblingsKnown, in.Siblings = false, true, nil
	for i := range in.Peers {
		p := &in.Peers[i]
		p.Heard, p.Unknown, p.Streak, p.Change, p.ProbeOK, p.ProbeAt = true, "", 9, nil, true, in.Now-time.Second
		p.SentAt = in.Now - time.Second
		p.promises(in, time.Second)
	}
	st.Ask, st.Granted, st.Outs, st.EverOut, st.Excused = &Ask{ID: "held"}, nil, nil, st.Vote == VoteOut, nil
	return st
}

func randomChange(r *rand.Rand, in *Inputs) {
	switch r.IntN(4) {
	case 0:
		in.Change = nil
	case 1:
		in.Change.Baseline, in.Change.EffectiveAt = nil, time.Time{}
	case 2:
		in.Change.Baseline = &Baseline{Failing: someOf(r), Present: someOf(r)}
	}
	if in.Change != nil && r.IntN(8) == 0 {
		in.Change.Started = in.Wall.Add(-13 * time.Hour)
	}
}

func checkNames() []string { return []string{"api", "cart", "search", "stock"} }

func someOf(r *rand.Rand) []string {
	return slices.DeleteFunc(checkNames(), func(string) bool { return r.IntN(2) == 0 })
}

func randomPeer(r *rand.Rand, name string, now time.Duration) PeerView {
	p := testPeer(name, now)
	p.Heard = r.IntN(8) > 0
	p.SentAt = now - seconds(r, 8)
	p.Streak = r.IntN(9)
	if r.IntN(6) == 0 {
		p = p.Missed(pick(r, Timeout, Unreachable, "WrongCluster"))
	}
	if r.IntN(6) == 0 {
		p.Change = &PeerChange{Mode: Strict, Established: r.IntN(2) == 0}
	}
	p.Score = r.IntN(102) - 1
	p.PromiseAsk = pick(r, "held", "held", "old", "")
	p.PromiseSentAt, p.PromiseWall = now-seconds(r, 40), wall().Add(-seconds(r, 40))
	p.PromiseHold = pick(r, 30*time.Second, 30*time.Second, 15*time.Second, time.Minute)
	p.ProbeOK = r.IntN(8) > 0
	p.ProbeAt = now - seconds(r, 6)
	for _, n := range someOf(r) {
		p.Checks = append(p.Checks, PeerCheck{n, pick(r, Pass, Pass, Pass, Fail, Unknown), pick(r, Pass, Pass, Pass, Fail, Unknown)})
	}
	return p
}

func randomSnapshot(r *rand.Rand, now time.Duration) *Snapshot {
	if r.IntN(20) == 0 {
		return nil
	}
	s := &Snapshot{Began: now - 3*time.Second, Ended: now - seconds(r, 3), Rounds: 1 + r.IntN(20)}
	if r.IntN(20) == 0 {
		s.Ended = now - time.Minute
	}
	for _, n := range someOf(r) {
		s.Checks = append(s.Checks, CheckState{
			Check: Check{
				Name: n, Importance: pick(r, Required, Required, Weighted, Informational), Weight: 1 + r.IntN(3), Shared: r.IntN(4) == 0,
				AllowScaleToZero: r.IntN(4) == 0,
			},
			Settled: pick(r, Fail, Fail, Pass, Unknown), Last: pick(r, Fail, Pass, Unknown), Gone: max(0, r.IntN(12)-7),
			FailedSince: now - seconds(r, 60), SeenAt: now - time.Second,
		})
	}
	return s
}

func randomState(r *rand.Rand, in *Inputs) State {
	st := State{
		Vote: pick(r, VoteIn, VoteIn, VoteOut, Abstain), VoteSince: in.Now - seconds(r, 200), StatusSince: in.Now - seconds(r, 200),
		EverOut: r.IntN(2) == 0, Status: pick(r, In, In, Out),
	}
	st.EverOut = st.EverOut || st.Vote == VoteOut
	for range r.IntN(5) {
		st.Outs = append(st.Outs, in.Now-seconds(r, 4000))
	}
	if r.IntN(3) > 0 {
		st.Ask = &Ask{ID: "held", Class: r.IntN(2)}
	}
	if st.Vote != VoteOut && r.IntN(5) == 0 {
		st.Granted = []Promise{{Cluster: "green", Replica: "g0", AskID: "x", Until: in.Now + seconds(r, 40) - 10*time.Second}}
	}
	for _, n := range someOf(r) {
		if r.IntN(4) == 0 {
			st.Excused = append(st.Excused, Excuse{Check: n, Passing: r.IntN(2) == 0, PassSince: in.Now - seconds(r, 200)})
		}
	}
	if m := in.Config.Mode; m != nil && r.IntN(3) > 0 {
		st.Mode = remember(in, ModeState{}, m)
		st.Mode.FirstSeen = in.Now - seconds(r, 300)
		st.Mode.Effective, st.Mode.Ever = r.IntN(2) == 0, r.IntN(2) == 0
		st.Mode.EffSince = in.Now - seconds(r, 60)
	}
	return st
}

func pick[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

func seconds(r *rand.Rand, below int) time.Duration {
	return time.Duration(r.IntN(below*10)) * 100 * time.Millisecond
}

// describe prints a case for whoever has to understand it.
func describe(in *Inputs, st State) string {
	var b strings.Builder
	fmt.Fprintf(&b, "rest %s, mode %+v, change %+v, watchdog %v\n", in.Config.Rest, in.Config.Mode, in.Change, in.Watchdog)
	if in.Snapshot != nil {
		fmt.Fprintf(&b, "snapshot ended %s ago, %d rounds\n", in.Now-in.Snapshot.Ended, in.Snapshot.Rounds)
		for i := range in.Snapshot.Checks {
			fmt.Fprintf(&b, "  %+v\n", in.Snapshot.Checks[i])
		}
	}
	for i := range in.Peers {
		fmt.Fprintf(&b, "peer %+v\n", in.Peers[i])
	}
	for _, s := range in.Siblings {
		fmt.Fprintf(&b, "sibling %+v\n", s)
	}
	fmt.Fprintf(&b, "now %s, state %+v", in.Now, st)
	return b.String()
}
