package health

import (
	"fmt"
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
	if d.Mode != Guard && d.Mode != Strict && d.Mode != Drain {
		return false, fmt.Sprintf("in the mode %s it stays, whatever its checks say", d.Mode)
	}
	if reason, refused := forbidden(d.Mode, in, &st); refused {
		return false, reason.String()
	}
	if Young(in) {
		return false, "it has only just started"
	}
	for i := range in.Siblings {
		if s := &in.Siblings[i]; in.Now-s.lastSign() <= siblingLost && (!s.Heard || in.elapsed(s.HeardAt, s.HeardWall) >= siblingFresh) {
			return false, "its replica " + s.Replica + " is not heard"
		}
	}
	return enoughPeers(in)
}

// enoughPeers looks for peers that could be asked to stay: heard often enough, in, and serving.
func enoughPeers(in *Inputs) (bool, string) {
	var good, bad []string
	for i := range in.Peers {
		p := &in.Peers[i]
		if !in.Config.rotates(p.Name) {
			continue
		}
		switch {
		case p.Unknown != "":
			bad = append(bad, p.Name+" is "+p.Unknown)
		case !p.freshAt(in):
			bad = append(bad, p.Name+" is not heard")
		case p.Status == Out:
			bad = append(bad, p.Name+" is out")
		case !p.ProbeOK || in.Now-p.ProbeAt > 2*in.Config.Guard.Poll:
			bad = append(bad, "the probe path of "+p.Name+" does not answer 200")
		case p.Streak < in.Config.Guard.Confirm:
			bad = append(bad, fmt.Sprintf("%s was heard %d of %d times", p.Name, p.Streak, in.Config.Guard.Confirm))
		default:
			good = append(good, p.Name)
		}
	}
	if need := in.Config.need(); len(good) < need {
		return false, fmt.Sprintf("%d of %d clusters could stay: %s", len(good), need, strings.Join(bad, ", "))
	}
	return true, "if " + strings.Join(good, ", ") + " passed what fails here, and promised to stay"
}
