package health

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// guard can only prevent leaving, or prolong an Out that is still promised.
func guard(want Vote, mode Mode, in *Inputs, st State) (Vote, Reason, State) {
	switch want {
	case Abstain:
		if len(st.Granted) > 0 {
			return VoteIn, promisedTo(&st), st.giveUp()
		}
		return Abstain, Reason{}, st.giveUp()
	case VoteOut:
		return leave(mode, in, st)
	default:
		return stay(mode, in, st)
	}
}

// stay ends an Out, but not one that has only just begun by our own failures and is still promised: a load balancer
// would see it flap. A vote that never became the status has nothing to prolong.
func stay(mode Mode, in *Inputs, st State) (Vote, Reason, State) {
	if st.Vote == VoteOut && st.Status == Out && (mode == Guard || mode == Strict) && in.Now-st.VoteSince < in.Config.Guard.MinOut &&
		len(valid(in, &st)) >= in.Config.need() {
		return VoteOut, because(MinOut, "out for less than %s", in.Config.Guard.MinOut), st
	}
	if st.Vote != VoteOut && len(st.Granted) == 0 && undecided(mode, in) {
		return Abstain, because(Restarted, "the other replicas have left, or were not heard yet"), st.giveUp()
	}
	return VoteIn, Reason{}, st.giveUp()
}

// leave asks for promises, and leaves once enough are held. A process that has only just started may have forgotten
// promises of its own: until they have ended, it has no say, and goes with its siblings. One that lacks nothing but promises goes
// with a sibling that has them: restarts, one replica after the other, do not bring a cluster back.
func leave(mode Mode, in *Inputs, st State) (Vote, Reason, State) {
	c := in.Config
	if why, refused := forbidden(mode, in, &st); refused {
		return VoteIn, why, st.giveUp()
	}
	young, gone := st.Vote != VoteOut && Young(in), departed(in) != nil
	if young && !gone {
		return Abstain, restarted(c), st.giveUp()
	}
	ask := Ask{ID: in.NewAskID}
	if st.Ask != nil {
		ask = *st.Ask
	}
	ask.Class = 0
	if mode == Drain {
		ask.Class = 1
	}
	st.Ask = &ask
	ok := valid(in, &st)
	lack := ""
	if !left(in, &st) {
		ok = slices.DeleteFunc(ok, func(p *PeerView) bool { return p.Streak < c.Guard.Confirm })
		if lack = noRoom(mode, in, ok); lack != "" {
			ok = nil
		}
	}
	need := c.need()
	switch {
	case young:
		return Abstain, restarted(c), st
	case len(ok) >= need:
		return VoteOut, Reason{}, st
	}
	why := because(MissingPromises, "%s", missing(in, &st, len(ok), need, lack))
	if st.Vote != VoteIn && gone {
		return Abstain, why, st
	}
	return VoteIn, why, st
}

func restarted(c *Config) Reason {
	return because(Restarted, "promises that were given before the start may still be held, until %s after it", c.Guard.Hold+c.Guard.Margin())
}

// forbidden says what stands against leaving before any promise is asked for.
func forbidden(mode Mode, in *Inputs, st *State) (Reason, bool) {
	c := in.Config
	switch {
	case c.inRotation() == 0:
		return because(NoPeers, "there is no other cluster in rotation"), true
	case len(st.Granted) > 0:
		return promisedTo(st), true
	case !left(in, st) && st.EverOut && in.Now-st.VoteSince < c.Guard.MinIn:
		return because(MinIn, "in again for less than %s", c.Guard.MinIn), true
	case !left(in, st) && mode != Drain && len(st.Outs) >= c.Guard.MaxOutsPerHour:
		return because(FlapLimit, "left %d times within the hour", len(st.Outs)), true
	default:
		return Reason{}, false
	}
}

func promisedTo(st *State) Reason { return because(PromisedTo, "%s", st.Granted[0].Cluster) }

// Young says that a process has only just started: promises that were given before may still be held.
func Young(in *Inputs) bool {
	return in.Config != nil && in.Now < in.Config.Guard.Hold+in.Config.Guard.Margin()
}

// valid are the peers whose promise still holds, and that were seen to answer 200 themselves.
func valid(in *Inputs, st *State) []*PeerView {
	if st.Ask == nil {
		return nil
	}
	g := in.Config.Guard
	var out []*PeerView
	for i := range in.Peers {
		p := &in.Peers[i]
		if in.Config.rotates(p.Name) && p.PromiseAsk == st.Ask.ID && st.Ask.ID != "" &&
			in.promiseLasts(p) > 0 && p.ProbeOK && in.Now-p.ProbeAt <= 2*g.Poll {
			out = append(out, p)
		}
	}
	return out
}

// promiseLasts is for how long a peer's promise can still be relied on: as long as it was given for, and never longer than is asked
// for now.
func (in *Inputs) promiseLasts(p *PeerView) time.Duration {
	hold := min(p.PromiseHold, in.Config.Guard.Hold)
	return hold - margin(hold) - in.elapsed(p.PromiseSentAt, p.PromiseWall)
}

// Promises says how many promises leaving takes, and how many are held.
func Promises(in *Inputs, st *State) (need, held int) {
	if in.Config == nil {
		return 0, 0
	}
	return in.Config.need(), len(valid(in, st))
}

// PromiseLeft is how long this replica's own departure is still promised: until fewer than the needed promises hold.
func PromiseLeft(in *Inputs, st *State) time.Duration {
	if in.Config == nil {
		return 0
	}
	var all []time.Duration
	for _, p := range valid(in, st) {
		all = append(all, in.promiseLasts(p))
	}
	need := in.Config.need()
	if len(all) < need {
		return 0
	}
	slices.Sort(all)
	return all[len(all)-need]
}

// noRoom says why the clusters that stay could not carry this one's load too; empty where they can, or where nobody asks.
func noRoom(mode Mode, in *Inputs, stay []*PeerView) string {
	own := in.Capacity
	if mode != Drain || in.Config.Guard.Capacity != RequireForDrain || own.Max == 0 {
		return ""
	}
	if !own.Known {
		return "this cluster's load cannot be read"
	}
	room, load := 0.0, own.Load
	for _, p := range stay {
		switch {
		case p.Capacity.Max == 0:
			return ""
		case !p.Capacity.Known:
			return "the load of " + p.Name + " cannot be read"
		}
		room += p.Capacity.Max
		load += p.Capacity.Load
	}
	if len(stay) > 0 && load > room {
		return fmt.Sprintf("no headroom: %.0f requests a second for %.0f", load, room)
	}
	return ""
}

// missing lists what each peer lacks.
func missing(in *Inputs, st *State, have, need int, lack string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "have %d of %d", have, need)
	if lack != "" {
		b.WriteString("; " + lack)
	}
	held := valid(in, st)
	for i := range in.Peers {
		p := &in.Peers[i]
		why := ""
		switch {
		case !in.Config.rotates(p.Name):
			continue
		case p.Unknown != "":
			why = p.Unknown
		case !p.freshAt(in):
			why = "not heard"
		case p.Refused != "":
			why = p.Refused
		case !p.ProbeOK || in.Now-p.ProbeAt > 2*in.Config.Guard.Poll:
			why = "its probe path does not answer 200"
		case st.Vote != VoteOut && p.Streak < in.Config.Guard.Confirm:
			why = fmt.Sprintf("confirmed %d of %d times", p.Streak, in.Config.Guard.Confirm)
		case !slices.Contains(held, p):
			why = "has not answered yet"
		default:
			continue
		}
		fmt.Fprintf(&b, "; %s=%s", p.Name, why)
	}
	return b.String()
}
