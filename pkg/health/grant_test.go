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
		{"in again only just", func(in *Inputs, st *State, _ *AskRequest) { st.WasOut, st.StatusSince = true, in.Now-2*time.Second }, "", RefusedOut},
		{"in again for a while", func(in *Inputs, st *State, _ *AskRequest) { st.WasOut, st.StatusSince = true, in.Now-3*time.Second }, "", ""},
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
		{"we ask for a drain", func(_ *Inputs, st *State, _ *AskRequest) { st.Ask = &Ask{ID: "a", Class: 1} }, "", RefusedYielding},
		{"they ask for a drain", func(_ *Inputs, st *State, req *AskRequest) {
			st.Ask, req.Ask.Class, req.Cluster = &Ask{ID: "a"}, 1, "aqua"
		}, "", RefusedAsking},
		{"we ask, and their name is lower", func(_ *Inputs, st *State, req *AskRequest) { st.Ask, req.Cluster = &Ask{ID: "a"}, "aqua" }, "", RefusedYielding},
		{"a renewal though we fail", func(in *Inputs, st *State, _ *AskRequest) {
			in.fails("api", false)
			held(in, st, time.Second)
		}, "", ""},
		{"a renewal out of rotation", func(in *Inputs, st *State, _ *AskRequest) {
			in.Config.Rotation = RotationOut
			held(in, st, 0)
		}, "", RefusedNotServing},
		{"a renewal that comes too late", func(in *Inputs, st *State, _ *AskRequest) {
			in.fails("api", false)
			held(in, st, 0)
		}, "", RefusedFailing},
	}
}

// A peer that no longer asks frees us; to yield ends our own ask, and with it what was promised for it.
func TestGrantFrees(t *testing.T) {
	t.Parallel()
	in := testInputs()
	st := State{Granted: []Promise{{Cluster: "green", Replica: "g0", AskID: "theirs", Until: in.Now + time.Second}}}
	reply, next := Grant(in, st, Relaxed, AskRequest{Cluster: "green", Replica: "g0", Members: "m"})
	if len(next.Granted) > 0 || len(st.Granted) != 1 || reply != (GrantReply{}) {
		t.Errorf("reply %+v, remembered %+v, before %+v", reply, next.Granted, st.Granted)
	}
	_, next = Grant(in, State{Ask: &Ask{ID: "a", Class: 1}}, Strict, AskRequest{Cluster: "green", Replica: "g0", Members: "m", Ask: &Ask{ID: "x"}})
	if next.Ask != nil {
		t.Error("the own ask survives")
	}
}
