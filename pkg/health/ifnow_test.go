package health

import (
	"strings"
	"testing"
	"time"
)

// well is a cluster in Strict that passes what its peer passes, and would leave if it did not.
func well(in *Inputs, _ *State) {
	in.set(Strict, time.Hour)
	in.fails("api", false)
	in.Snapshot.Checks[0].Settled, in.Snapshot.Checks[0].Last = Pass, Pass
	in.Peers[0].Fit = Fitness{Assessed: Pass, LBProbed: true, GatewayReady: 2, GatewayDesired: 2}
	in.Config.ExpectProbes = true
}

// The first line that people read: would this cluster leave if it failed now, and if not, why.
func TestIfItFailed(t *testing.T) {
	t.Parallel()
	for _, lines := range [][]ifnow{ofItself(), ofItsChecks(), ofItsPeers()} {
		for _, c := range lines {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				in, st := testInputs(), State{}
				well(in, &st)
				c.so(in, &st)
				d, st := Decide(in, st)
				leaves, why := IfItFailed(in, st, &d)
				if leaves != c.leaves || !strings.Contains(why, c.why) {
					t.Errorf("%v: %q; want %v, %q", leaves, why, c.leaves, c.why)
				}
			})
		}
	}
}

// ifnow is one line of it: what is so, and what people are told.
type ifnow struct {
	name   string
	so     func(in *Inputs, st *State)
	leaves bool
	why    string
}

func ofItself() []ifnow {
	return []ifnow{
		{"all is well", func(*Inputs, *State) {}, true, "if green passed"},
		{"it has left", func(in *Inputs, st *State) {
			out(in, st, time.Second)
			st.Ask = &Ask{ID: "held"}
			in.promised()
		}, true, "it has left: MinOut"},
		{"nothing is configured", func(in *Inputs, _ *State) { in.Config = nil }, false, "configured"},
		{"at rest", func(in *Inputs, _ *State) { in.Config.Mode = nil }, false, "in the mode Relaxed"},
		{"at rest, and guarded", func(in *Inputs, _ *State) { in.Config.Mode, in.Config.Rest = nil, Guard }, true, "if green"},
		{"a peer is promised to", func(in *Inputs, st *State) {
			st.Granted = []Promise{{Cluster: "green", Replica: "g", AskID: "x", Until: in.Now + 1}}
		}, false, "PromisedTo(green)"},
		{"no peer is configured", func(in *Inputs, _ *State) { in.Config.Peers, in.Peers = nil, nil }, false, "no required check"},
		{"the peer is out of rotation", func(in *Inputs, _ *State) { in.Config.Peers[0].Rotation = RotationOut }, false, "NoPeers"},
		{"only just started", func(in *Inputs, _ *State) { in.restarted(36*time.Second - 1) }, false, "started"},
		{"its replicas are not known", func(in *Inputs, _ *State) { in.SiblingsKnown = false }, false, "not known"},
		{"a replica is not heard", func(in *Inputs, _ *State) {
			in.Siblings = []SiblingView{{Replica: "r2", ListedAt: in.Now}}
		}, false, "r2 is not heard"},
		{"a replica was heard some time ago", func(in *Inputs, _ *State) {
			in.Siblings = []SiblingView{{Replica: "r2", Heard: true, HeardAt: in.Now - 3*time.Second, HeardWall: in.Wall}}
		}, false, "r2 is not heard"},
		{"a replica is heard", func(in *Inputs, _ *State) {
			in.Siblings = []SiblingView{{Replica: "r2", Heard: true, HeardAt: in.Now - 2*time.Second, HeardWall: in.Wall}}
		}, true, "if green"},
		{"a replica has only just started", func(in *Inputs, _ *State) {
			in.Siblings = []SiblingView{{Replica: "r2", Heard: true, HeardAt: in.Now, HeardWall: in.Wall, Young: true}}
		}, false, "r2 has only just started"},
		{"a replica is lost", func(in *Inputs, _ *State) {
			in.Siblings = []SiblingView{{Replica: "r2", ListedAt: in.Now - 11*time.Second}}
		}, true, "if green"},
	}
}

func ofItsChecks() []ifnow {
	return []ifnow{
		{"no round has ended", func(in *Inputs, _ *State) { in.Snapshot = nil }, false, "no round has ended"},
		{"the loop is stuck", func(in *Inputs, _ *State) { in.Watchdog = true }, false, "stuck"},
		{"the check is shared", func(in *Inputs, _ *State) { in.Snapshot.Checks[0].Shared = true }, false, "no required check"},
		{"the check is weighted", func(in *Inputs, _ *State) { in.Snapshot.Checks[0].Importance = Weighted }, false, "no required check"},
		{"the check failed before", func(in *Inputs, _ *State) { in.Change.Baseline.Failing = []string{"api"} }, false, "no required check"},
		{"the peer lacks the check", func(in *Inputs, _ *State) { in.Peers[0].Checks = nil }, false, "no required check"},
		{"the peer fails it", func(in *Inputs, _ *State) { in.Peers[0].Checks[0].Settled = Fail }, false, "no required check"},
		{"the peer begins to fail it", func(in *Inputs, _ *State) { in.Peers[0].Checks[0].Last = Fail }, false, "no required check"},
		{"guarded, weighted", func(in *Inputs, _ *State) {
			in.Config.Mode, in.Config.Rest = nil, Guard
			in.Snapshot.Checks[0].Importance = Weighted
		}, true, "if green"},
		{"guarded, informational", func(in *Inputs, _ *State) {
			in.Config.Mode, in.Config.Rest = nil, Guard
			in.Snapshot.Checks[0].Importance = Informational
		}, false, "no check of its own"},
		{"a drain needs no check", func(in *Inputs, _ *State) {
			in.Config.Mode.Name, in.Snapshot = Drain, nil
		}, true, "if green"},
	}
}

func ofItsPeers() []ifnow {
	peer := func(name string, more func(p *PeerView, in *Inputs), why string) ifnow {
		return ifnow{name, func(in *Inputs, _ *State) {
			in.Config.Mode.Name = Drain // so that no check of the peer is asked for
			more(&in.Peers[0], in)
		}, false, "0 of 1 clusters could stay: " + why}
	}
	return []ifnow{
		peer("unknown", func(p *PeerView, _ *Inputs) { *p = p.Missed("TLS") }, "green is TLS"),
		peer("not heard", func(p *PeerView, in *Inputs) { p.SentAt = in.Now - 7*time.Second }, "green is not heard"),
		peer("out", func(p *PeerView, _ *Inputs) { p.Status = Out }, "green is out"),
		peer("being drained", func(p *PeerView, _ *Inputs) { p.Mode = Drain }, "green is being drained"),
		peer("failing", func(p *PeerView, _ *Inputs) { p.Fit.Assessed = Fail }, "green fails itself"),
		peer("without gateways", func(p *PeerView, _ *Inputs) { p.Fit.GatewayDesired = 5 }, "green lacks gateways"),
		peer("never probed", func(p *PeerView, _ *Inputs) { p.Fit.LBProbed = false }, "no load balancer probes green"),
		peer("not probed lately", func(p *PeerView, _ *Inputs) { p.Fit.LBProbeAge = time.Minute + 1 }, "no load balancer probes green"),
		peer("answering no 200", func(p *PeerView, _ *Inputs) { p.ProbeOK = false }, "the probe path of green"),
		peer("unconfirmed", func(p *PeerView, _ *Inputs) { p.Streak = 4 }, "green was heard 4 of 5 times"),
		{"no probes are expected", func(in *Inputs, _ *State) { in.Config.ExpectProbes, in.Peers[0].Fit.LBProbed = false, false }, true, "if green"},
		{"no room for a drain", func(in *Inputs, _ *State) {
			in.Config.Mode.Name, in.Capacity = Drain, Capacity{Max: 9}
		}, false, "load cannot be read"},
		{"no room asked for", func(in *Inputs, _ *State) { in.Capacity = Capacity{Max: 9} }, true, "if green"},
	}
}
