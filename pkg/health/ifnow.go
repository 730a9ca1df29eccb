package health

import (
	"fmt"
	"slices"
	"strings"
)

// IfItFailed says whether this cluster would leave if it failed now, and why, or why not: what whoever is on call asks first.
// It is as of the decision that was made by these inputs.
func IfItFailed(in *Inputs, st State, d *Decision) (leaves bool, why string) {
	if d.Status == Out {
		return true, "it has left: " + d.Reason.String()
	}
	if in.Config == nil {
		return false, "nothing was ever configured"
	}
	if d.Mode != Guard && !d.Mode.departs() {
		return false, fmt.Sprintf("in the mode %s it stays, whatever its checks say", d.Mode)
	}
	if why := unseen(d.Mode, in); why != "" {
		return false, why
	}
	if reason, refused := forbidden(d.Mode, in, &st); refused {
		return false, reason.String()
	}
	if Young(in) {
		return false, "it has only just started"
	}
	if why := heldBySiblings(in); why != "" {
		return false, why
	}
	return enoughPeers(d.Mode, in)
}

// unseen says why a failure would not be seen, or count for nothing; empty where one would. A drain does not look.
func unseen(mode Mode, in *Inputs) string {
	if mode == Drain {
		return ""
	}
	if why := blind(in); why != "" {
		return why
	}
	if !slices.ContainsFunc(in.Snapshot.Checks, func(s CheckState) bool { return countable(mode, in, &s) }) {
		if mode == Guard {
			return "there is no check of its own that counts"
		}
		return "there is no required check of its own that passed before the change, and that a peer passes too"
	}
	return ""
}

// countable says that a check would be a reason to leave, should it fail.
func countable(mode Mode, in *Inputs, s *CheckState) bool {
	switch {
	case s.Shared:
		return false
	case mode == Guard:
		return s.Importance != Informational
	case s.Importance != Required:
		return false
	case in.Change != nil && in.Change.Baseline != nil && slices.Contains(in.Change.Baseline.Failing, s.Name):
		return false
	default:
		return anyPeer(in, func(p *PeerView) bool {
			pc := p.check(s.Name)
			return pc != nil && pc.Settled == Pass && pc.Last == Pass
		})
	}
}

// heldBySiblings says which replica would keep the cluster in; empty if none.
func heldBySiblings(in *Inputs) string {
	if !in.SiblingsKnown {
		return "its other replicas are not known"
	}
	for _, s := range counted(in) {
		if !s.Heard || in.elapsed(s.HeardAt, s.HeardWall) >= siblingFresh {
			return "its replica " + s.Replica + " is not heard"
		}
		if s.Young {
			return "its replica " + s.Replica + " has only just started"
		}
	}
	return ""
}

// enoughPeers looks for peers that could be asked to stay: heard often enough, in, serving, well, and with room.
func enoughPeers(mode Mode, in *Inputs) (bool, string) {
	var good []*PeerView
	var names, bad []string
	for i := range in.Peers {
		p := &in.Peers[i]
		if !in.Config.rotates(p.Name) {
			continue
		}
		if why := cannotStay(in, p); why != "" {
			bad = append(bad, why)
			continue
		}
		good, names = append(good, p), append(names, p.Name)
	}
	if need := in.Config.need(); len(good) < need {
		return false, fmt.Sprintf("%d of %d clusters could stay: %s", len(good), need, strings.Join(bad, ", "))
	}
	if lack := noRoom(mode, in, good); lack != "" {
		return false, lack
	}
	return true, "if " + strings.Join(names, ", ") + " passed what fails here, and promised to stay"
}

// cannotStay says why a peer could not be asked, or would refuse; empty if nothing is known that speaks against it.
func cannotStay(in *Inputs, p *PeerView) string {
	switch c := in.Config; {
	case p.Unknown != "":
		return p.Name + " is " + p.Unknown
	case !p.freshAt(in):
		return p.Name + " is not heard"
	case p.Status == Out:
		return p.Name + " is out"
	case p.Mode == Drain:
		return p.Name + " is being drained"
	case p.Fit.Assessed == Fail:
		return p.Name + " fails itself"
	case 2*p.Fit.GatewayReady < p.Fit.GatewayDesired:
		return p.Name + " lacks gateways"
	case c.ExpectProbes && (!p.Fit.LBProbed || p.Fit.LBProbeAge > probedWithin):
		return "no load balancer probes " + p.Name
	case !p.ProbeOK || in.Now-p.ProbeAt > 2*c.Guard.Poll:
		return "the probe path of " + p.Name + " does not answer 200"
	case p.Streak < c.Guard.Confirm:
		return fmt.Sprintf("%s was heard %d of %d times", p.Name, p.Streak, c.Guard.Confirm)
	default:
		return ""
	}
}
