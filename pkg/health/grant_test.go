package health

import (
	"slices"
	"testing"
	"time"
)

// answer is one line of granting: what is so, and what a peer that asks is told.
type answer struct {
	name    string
	so      func(in *Inputs, st *State, req *AskRequest)
	mode    Mode
	refused Refusal // empty: promised
}

func TestGrant(t *testing.T) {
	t.Parallel()
	for _, a := range append(refusals(), ranks()...) {
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			in, st := testInputs(), State{}
			req := AskRequest{Cluster: "green", Replica: "g0", Members: "m", Ask: &Ask{ID: "theirs"}}
			a.so(in, &st, &req)
			if a.mode == "" {
				a.mode = Relaxed
			}
			reply, next := Grant(in, st, a.mode, req)
			if reply.Refused != a.refused {
				t.Fatalf("refused %q, want %q", reply.Refused, a.refused)
			}
			live := slices.ContainsFunc(next.Granted, func(p Promise) bool {
				return p.AskID == "theirs" && p.Until == in.Now+in.Config.Guard.Hold
			})
			if promised := a.refused == ""; live != promised || (reply.AskID == "theirs") != promised {
				t.Errorf("reply %+v with %+v remembered", reply, next.Granted)
			}
		})
	}
}

func refusals() []answer {
	return []answer{
		{"idle", func(_ *Inputs, _ *State, _ *AskRequest) {}, "", ""},
		{"out", func(_ *Inputs, st *State, _ *AskRequest) { st.Status = Out }, "", RefusedOut},
		{"voting Out", func(_ *Inputs, st *State, _ *AskRequest) { st.Vote = VoteOut }, "", RefusedOut},
		{"a sibling voted Out", func(in *Inputs, _ *State, _ *AskRequest) {
			in.Siblings = []SiblingView{{Replica: "b", WasOut: true, OutAt: in.Now - 9*time.Second}}
		}, "", RefusedOut},
		{"a sibling voted Out long ago", func(in *Inputs, _ *State, _ *AskRequest) {
			in.Siblings = []SiblingView{{Replica: "b", WasOut: true, OutAt: in.Now - 10*time.Second}}
		}, "", ""},
		{"in again only just", func(in *Inputs, st *State, _ *AskRequest) { st.VoteSince = in.Now - 3*time.Second }, "", RefusedOut},
		{"in again for a while", func(in *Inputs, st *State, _ *AskRequest) { st.VoteSince = in.Now - 4*time.Second }, "", ""},
		{"started only just", func(in *Inputs, _ *State, _ *AskRequest) { in.Now = 3 * time.Second }, "", RefusedOut},
		{"does not know", func(_ *Inputs, st *State, _ *AskRequest) { st.Vote = Abstain }, "", RefusedOut},
		{"other members", func(_ *Inputs, _ *State, req *AskRequest) { req.Members = "x" }, "", RefusedFleetMismatch},
		{"out of rotation", func(in *Inputs, _ *State, _ *AskRequest) { in.Config.Rotation = RotationOut }, "", RefusedNotServing},
		{"on standby", func(in *Inputs, _ *State, _ *AskRequest) { in.Config.Rotation = Standby }, "", ""},
		{"never probed", func(in *Inputs, _ *State, _ *AskRequest) { in.Config.ExpectProbes = true }, "", RefusedNotProbed},
		{"probed long ago", func(in *Inputs, _ *State, _ *AskRequest) {
			in.Config.ExpectProbes, in.LBProbed, in.LBProbeAt = true, true, in.Now-61*time.Second
		}, "", RefusedNotProbed},
		{"probed", func(in *Inputs, _ *State, _ *AskRequest) {
			in.Config.ExpectProbes, in.LBProbed, in.LBProbeAt = true, true, in.Now-60*time.Second
		}, "", ""},
		{"draining itself", func(_ *Inputs, _ *State, _ *AskRequest) {}, Drain, RefusedDraining},
		{"failing itself", func(in *Inputs, _ *State, _ *AskRequest) { in.fails("api", false) }, "", RefusedFailing},
		{"its rounds have stopped", func(in *Inputs, _ *State, _ *AskRequest) { in.Snapshot.Ended = in.Now - 31*time.Second }, "", RefusedStale},
		{"its loop is stuck", func(in *Inputs, _ *State, _ *AskRequest) { in.Watchdog = true }, "", RefusedStale},
		{"no round yet", func(in *Inputs, _ *State, _ *AskRequest) { in.Snapshot = nil }, "", RefusedStale},
		{"most gateways are gone", func(in *Inputs, _ *State, _ *AskRequest) { in.GatewayReady, in.GatewayDesired = 1, 3 }, "", RefusedGateways},
		{"half of the gateways are there", func(in *Inputs, _ *State, _ *AskRequest) { in.GatewayReady, in.GatewayDesired = 1, 2 }, "", ""},
		{"no room for a drain", func(in *Inputs, _ *State, req *AskRequest) {
			in.Capacity, req.Ask.Class = Capacity{Max: 10, Load: 10, Known: true}, 1
		}, "", RefusedCapacity},
		{"room unknown for a drain", func(in *Inputs, _ *State, req *AskRequest) { in.Capacity, req.Ask.Class = Capacity{Max: 10}, 1 }, "", RefusedCapacity},
		{"no room, but the other fails", func(in *Inputs, _ *State, _ *AskRequest) { in.Capacity = Capacity{Max: 10} }, "", ""},
	}
}

func ranks() []answer {
	held := func(in *Inputs, st *State, left time.Duration) {
		st.Granted = []Promise{{Cluster: "green", Replica: "g0", AskID: "theirs", Until: in.Now + left}}
	}
	return []answer{
		{"we ask, and our name is lower", func(_ *Inputs, st *State, _ *AskRequest) { st.Ask = &Ask{ID: "a"} }, "", RefusedAsking},
		{"we ask for a drain", func(_ *Inputs, st *State, _ *AskRequest) { st.Ask = &Ask{ID: "a", Class: 1} }, "", ""},
		{"they ask for a drain", func(_ *Inputs, st *State, req *AskRequest) {
			st.Ask, req.Ask.Class, req.Cluster = &Ask{ID: "a"}, 1, "aqua"
		}, "", RefusedAsking},
		{"we ask, and their name is lower", func(_ *Inputs, st *State, req *AskRequest) { st.Ask, req.Cluster = &Ask{ID: "a"}, "aqua" }, "", ""},
		{"a renewal though we fail", func(in *Inputs, st *State, _ *AskRequest) {
			in.fails("api", false)
			held(in, st, time.Second)
		}, "", ""},
		{"a renewal out of rotation", func(in *Inputs, st *State, _ *AskRequest) {
			in.Config.Rotation = RotationOut
			held(in, st, 0)
		}, "", RefusedNotServing},
		{"another replica, though we fail", func(in *Inputs, st *State, _ *AskRequest) {
			in.fails("api", false)
			st.Granted = []Promise{{Cluster: "green", Replica: "g1", AskID: "x", Until: in.Now + 1}}
		}, "", ""},
		{"another replica that knows other members", func(in *Inputs, st *State, req *AskRequest) {
			st.Granted = []Promise{{Cluster: "green", Replica: "g1", AskID: "x", Until: in.Now + 1}}
			req.Members = "x"
		}, "", RefusedFleetMismatch},
		{"another cluster, while we fail", func(in *Inputs, st *State, _ *AskRequest) {
			in.fails("api", false)
			st.Granted = []Promise{{Cluster: "red", Replica: "g0", AskID: "x", Until: in.Now + 1}}
		}, "", RefusedFailing},
		{"a renewal that comes too late", func(in *Inputs, st *State, _ *AskRequest) {
			in.fails("api", false)
			held(in, st, 0)
		}, "", RefusedFailing},
	}
}

// Only the id of an ask that was given up frees us; to yield gives our own up, and with it what was promised for it.
func TestGrantFrees(t *testing.T) {
	t.Parallel()
	in := testInputs()
	st := State{Granted: []Promise{
		{Cluster: "green", Replica: "g0", AskID: "new", Until: in.Now + time.Second},
		{Cluster: "green", Replica: "g0", AskID: "old", Until: in.Now + time.Second},
	}}
	for name, c := range map[string]struct {
		req  AskRequest
		left int
	}{
		"its name":            {AskRequest{Cluster: "green", Replica: "g0", Released: "old"}, 1},
		"no ask":              {AskRequest{Cluster: "green", Replica: "g0"}, 2}, // it may be late
		"another's name":      {AskRequest{Cluster: "green", Replica: "g0", Released: "other"}, 2},
		"its name by another": {AskRequest{Cluster: "green", Replica: "g1", Released: "old"}, 2},
	} {
		reply, next := Grant(in, st, Relaxed, c.req)
		if len(next.Granted) != c.left || len(st.Granted) != 2 || reply != (GrantReply{}) {
			t.Errorf("%s: reply %+v, left %+v", name, reply, next.Granted)
		}
	}
	_, next := Grant(in, State{Ask: &Ask{ID: "a", Class: 1}}, Strict, AskRequest{Cluster: "green", Replica: "g0", Members: "m", Ask: &Ask{ID: "x"}})
	if next.Ask != nil || next.Released != "a" {
		t.Errorf("the own ask survives: %+v", next)
	}
}

// An older ask that comes again takes nothing from a newer one, and there is an end to how many are promised.
func TestPromisesStandBesideEachOther(t *testing.T) {
	t.Parallel()
	in, st := testInputs(), State{}
	for i, id := range []string{"a", "b", "a", "c", "d", "e", "a"} {
		var reply GrantReply
		reply, st = Grant(in, st, Relaxed, AskRequest{Cluster: "green", Replica: "g0", Members: "m", Ask: &Ask{ID: id}})
		if full := id == "e"; (reply.Refused == RefusedTooMany) != full || (reply.AskID == id) == full {
			t.Errorf("ask %d, %s: %+v", i, id, reply)
		}
	}
	if len(st.Granted) != mostPromises {
		t.Errorf("%+v", st.Granted)
	}
}

// Every way to end an ask names it, so that the peers are told.
func TestGivingUpIsTold(t *testing.T) {
	t.Parallel()
	for name, so := range map[string]func(in *Inputs, st *State){
		"back at rest":    func(in *Inputs, _ *State) { in.Config.Mode = nil },
		"nothing known":   func(in *Inputs, _ *State) { in.Snapshot = nil },
		"promised itself": func(in *Inputs, st *State) { st.Granted = []Promise{{Cluster: "green", Until: in.Now + 1}} },
		"only started":    func(in *Inputs, _ *State) { in.restarted(time.Second) },
	} {
		in, st := testInputs(), State{}
		armed(in, &st)
		so(in, &st)
		if _, next := Decide(in, st); next.Ask != nil || next.Released != "held" {
			t.Errorf("%s: ask %v, released %q", name, next.Ask, next.Released)
		}
	}
}

// Whatever the hold, an asker whose clock is a tenth slow lets go before a promiser whose clock is a tenth fast.
func TestTheMarginCoversTheClocks(t *testing.T) {
	t.Parallel()
	for hold := 15 * time.Second; hold <= 5*time.Minute; hold += time.Second {
		g := GuardConfig{Hold: hold}
		if asker, promiser := float64(hold-g.Margin())/0.9, float64(hold)/1.1; asker >= promiser {
			t.Errorf("hold %s: relied on for %s, kept for %s", hold, time.Duration(asker), time.Duration(promiser))
		}
	}
}
