// Package change weighs changes of a cluster's mode before they are made: what is refused, what would come of it, and whether a
// fleet is fit for it. It is pure; what it weighs was read by pkg/live. Start reading at Check, then Foresee and Preflight.
package change

import (
	"fmt"
	"strings"
	"time"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/diag"
	"github.com/spillway-mesh/spillway/pkg/live"
)

// Check says why a mode would be refused.
func Check(x *v1alpha1.ClusterHealth, m *v1alpha1.ModeSetting, now time.Time) diag.List {
	var ds diag.List
	about := "ClusterHealth " + x.Namespace + "/" + x.Name
	if strings.TrimSpace(m.Reason) == "" {
		ds.Errorf(nil, "SP801", "no reason is given").WithHint("say why with --reason, for those who find it at night")
	}
	if !m.Until.After(now) {
		ds.Errorf(nil, "SP802", "the mode would end at once").WithHint("say for how long with --for, such as --for 2h")
	}
	if longest, began := MaxChange(x), Began(x, now); m.Until.After(began.Add(longest)) {
		left := began.Add(longest).Sub(now).Truncate(time.Minute)
		ds.Errorf(nil, "SP802", "the mode would end later than %s after the change began", longest).
			WithHint("write --for %s or less, or raise guard.maxChange", max(left, 0))
	}
	switch m.Name {
	case v1alpha1.ModeStrict:
		if !countable(x) {
			ds.Errorf(nil, "SP803", "under Strict no check of %s could count: each is shared, or not Required", x.Spec.Cluster).
				WithHint("add a check that is Required and not shared")
		}
	case v1alpha1.ModeDrain:
		drain(&ds, x)
	default:
	}
	if (m.Name == v1alpha1.ModeStrict || m.Name == v1alpha1.ModeDrain) && rotating(x) == 0 {
		ds.Errorf(nil, "SP804", "no other cluster is in rotation: %s never leaves", x.Spec.Cluster).WithHint("bring another cluster into rotation first")
	}
	return ds.About(about)
}

// drain wants every peer that counts to be confirmed.
func drain(ds *diag.List, x *v1alpha1.ClusterHealth) {
	seen := map[string]v1alpha1.PeerStatus{}
	for _, p := range x.Status.Peers {
		seen[p.Name] = p
	}
	for _, p := range x.Spec.Peers {
		if p.Rotation == v1alpha1.RotationOut {
			continue
		}
		s, known := seen[p.Name]
		switch {
		case !known:
			ds.Errorf(nil, "SP804", "nothing is known of %s: the health server has not said yet", p.Name).WithHint("look at `spillway fleet status`")
		case s.Unknown != "":
			ds.Errorf(nil, "SP804", "%s is not confirmed: %s", p.Name, s.Unknown).WithHint("a drain would wait for its promise; see `spillway preflight`")
		case !s.Confirmed:
			ds.Errorf(nil, "SP804", "%s is not confirmed yet", p.Name).WithHint("wait some seconds; see `spillway preflight`")
		}
	}
}

// countable says that some check could make the cluster leave under Strict.
func countable(x *v1alpha1.ClusterHealth) bool {
	if x.Spec.Discover != nil {
		return true // what opts in is not known here
	}
	for i := range x.Spec.Checks {
		c := &x.Spec.Checks[i]
		if (c.Importance == "" || c.Importance == v1alpha1.ImportanceRequired) && !c.Shared {
			return true
		}
	}
	return false
}

func rotating(x *v1alpha1.ClusterHealth) int {
	n := 0
	for _, p := range x.Spec.Peers {
		if p.Rotation != v1alpha1.RotationOut {
			n++
		}
	}
	return n
}

// MaxChange is the longest that a change may last.
func MaxChange(x *v1alpha1.ClusterHealth) time.Duration {
	if g := x.Spec.Guard; g != nil && g.MaxChange != nil {
		return g.MaxChange.Duration
	}
	return v1alpha1.DefaultMaxChange
}

// Began is when the change that goes on began; now if there is none.
func Began(x *v1alpha1.ClusterHealth, now time.Time) time.Time {
	if c := x.Status.Change; c != nil && x.Spec.Mode != nil {
		return c.Started.Time
	}
	return now
}

// Leaving is the longest from the order to the first 503: two polls, and the vote.
func Leaving(x *v1alpha1.ClusterHealth) time.Duration {
	poll := v1alpha1.DefaultPoll
	if g := x.Spec.Guard; g != nil && g.Poll != nil {
		poll = g.Poll.Duration
	}
	return 2*poll + time.Second
}

// Foresee says what would come of a drain: whether the cluster would leave, and why not. Without a detail of the health server
// the status has to do.
func Foresee(x *v1alpha1.ClusterHealth, d *live.Detail) (bool, []string) {
	var against []string
	if d == nil {
		for _, p := range x.Status.Peers {
			if !p.Confirmed {
				against = append(against, p.Name+"="+or(p.Unknown, "not confirmed"))
			}
		}
		return len(against) == 0 && rotating(x) > 0, against
	}
	out := map[string]bool{}
	for _, p := range x.Spec.Peers {
		out[p.Name] = p.Rotation == v1alpha1.RotationOut
	}
	others := headroom{known: true}
	for i := range d.Peers {
		p := &d.Peers[i]
		if out[p.Name] {
			continue
		}
		if why := refuses(p); why != "" {
			against = append(against, p.Name+"="+why)
		}
		others.add(p)
	}
	if why := others.lacks(x, d); why != "" {
		against = append(against, "headroom="+why)
	}
	return len(against) == 0 && len(d.Peers) > 0, against
}

// refuses says why a peer would not promise to stay; empty if nothing stands against it.
func refuses(p *live.Peer) string {
	switch {
	case p.Unknown != "":
		return p.Unknown
	case !p.Confirmed:
		return "not confirmed yet"
	case p.Status == "Out":
		return "Out"
	case p.Mode == string(v1alpha1.ModeDrain):
		return "Draining"
	case p.MembersDiffer:
		return "knows other members"
	case !p.Serves:
		return "its probe path does not answer 200"
	default:
		return ""
	}
}

// headroom is what the other clusters can carry, and do.
type headroom struct {
	room, load float64
	known      bool
	unbounded  bool // one of them names no limit
}

func (h *headroom) add(p *live.Peer) {
	h.room += p.MaxRPS
	if p.LoadRPS != nil {
		h.load += *p.LoadRPS
	}
	h.known = h.known && p.LoadRPS != nil
	h.unbounded = h.unbounded || p.MaxRPS == 0
}

// lacks says why the others could not carry this cluster's load too; empty where they can, or where nobody asks.
func (h *headroom) lacks(x *v1alpha1.ClusterHealth, d *live.Detail) string {
	required := x.Spec.Guard == nil || x.Spec.Guard.Capacity == "" || x.Spec.Guard.Capacity == v1alpha1.CapacityRequireForDrain
	switch {
	case !required || d.MaxRPS == 0:
		return ""
	case d.LoadRPS == nil:
		return "this cluster's load cannot be read"
	case h.unbounded:
		return ""
	case !h.known:
		return "the load of another cluster is not known"
	case *d.LoadRPS+h.load > h.room:
		return fmt.Sprintf("%.0f requests a second for %.0f", *d.LoadRPS+h.load, h.room)
	default:
		return ""
	}
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
