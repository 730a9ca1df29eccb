package health

import "time"

// effective says which mode acts now, and why. It also returns what is to be remembered of the mode that is set.
func effective(in *Inputs, st State) (Mode, Reason, ModeState) {
	if in.Config == nil {
		return Relaxed, because(NoConfig, "nothing was ever configured"), ModeState{}
	}
	c, m := in.Config, in.Config.Mode
	if m == nil || m.Name == Relaxed || m.Name == Guard {
		return c.Rest, because(Rest, ""), ModeState{}
	}
	ms := remember(in, st.Mode, m)
	mode, why := acting(in, &st, &ms, m)
	ms.Effective = mode.departs()
	if ms.Effective && !st.Mode.Effective {
		ms.EffSince, ms.NameSince = in.Now, in.Now
	} else if st.Mode.Seen.Name != m.Name { // the change goes on
		ms.NameSince = in.Now
	}
	ms.Ever = ms.Ever || ms.Effective
	return mode, why, ms
}

// remember keeps the times of a mode, or derives them when it is first seen: a wall clock that jumps back afterwards
// cannot make it last longer.
func remember(in *Inputs, old ModeState, m *ModeSpec) ModeState {
	sameChange := old.Set
	if old.Set && old.Seen == *m {
		return old
	}
	ms := ModeState{Seen: *m, Set: true, FirstSeen: in.Now, Until: in.Now + m.Until.Sub(in.Wall)}
	ms.Hard = in.Now + started(in).Add(in.Config.Guard.MaxChange).Sub(in.Wall)
	if sameChange { // another mode of the same change: its end does not move
		ms.Hard = min(ms.Hard, old.Hard)
		ms.Ever, ms.Effective, ms.EffSince, ms.NameSince = old.Ever, old.Effective, old.EffSince, old.NameSince
	}
	return ms
}

func started(in *Inputs) time.Time {
	if in.Change != nil && !in.Change.Started.IsZero() && in.Change.Started.Before(in.Wall) {
		return in.Change.Started
	}
	return in.Wall
}

// acting is the first rule that fits.
func acting(in *Inputs, st *State, ms *ModeState, m *ModeSpec) (Mode, Reason) {
	c := in.Config
	over := func(t time.Time, deadline time.Duration) bool { return !in.Wall.Before(t) || in.Now >= deadline }
	hard := started(in).Add(c.Guard.MaxChange)
	switch {
	case !m.Name.known():
		return c.Rest, because(UnknownMode, "%q is not known to this version", string(m.Name))
	case over(hard, ms.Hard):
		return c.Rest, because(ChangeTooLong, "the change has lasted %s", c.Guard.MaxChange)
	case m.Name.departs() && !everEffective(in, ms) && in.Now-ms.FirstSeen > armTimeout:
		return c.Rest, because(ArmTimeout, "%s never took effect within %s: set it again", m.Name, armTimeout)
	}
	mode, why := untilOver(in, st, ms, m, over)
	if mode.departs() && !m.Force && !left(in, st) {
		if p := strongerChange(in, ms); p != "" {
			return Observe, because(ChangeOfPeer, "%s is being changed", p)
		}
	}
	return mode, why
}

// untilOver is the mode itself, and what follows it when its time is up: never rest before what it did is verified.
func untilOver(in *Inputs, st *State, ms *ModeState, m *ModeSpec, over func(time.Time, time.Duration) bool) (Mode, Reason) {
	verify := in.Config.Guard.Verify
	switch {
	case !over(m.Until, ms.Until):
		return m.Name, because(ModeSet, "%s", string(m.Name))
	case m.Name == Drain && !over(m.Until.Add(verify), ms.Until+verify):
		return Strict, because(DrainEndedVerifying, "the drain has ended; failures still count for %s", verify)
	case m.Name.departs() && left(in, st):
		return Strict, because(ExpiredWhileFailing, "%s has ended while the cluster is out", m.Name)
	default:
		return in.Config.Rest, because(Expired, "%s has ended", m.Name)
	}
}

func everEffective(in *Inputs, ms *ModeState) bool {
	return ms.Ever || in.Change != nil && !in.Change.EffectiveAt.IsZero()
}

// established says that this cluster's change has been in effect for a while.
func (m *ModeState) established(now time.Duration) bool {
	return m.Effective && now-m.EffSince >= establishedAt
}

// OwnChange is the change that peers are told about; nil where none is in effect.
func (st *State) OwnChange(now time.Duration) *PeerChange {
	if !st.Mode.Effective {
		return nil
	}
	return &PeerChange{Mode: st.Mode.Seen.Name, Established: st.Mode.established(now)}
}

// strongerChange finds a peer whose change goes first; empty where there is none. One that is established goes before one
// that is not, else the lower name.
func strongerChange(in *Inputs, ms *ModeState) string {
	self := ms.established(in.Now)
	for i := range in.Peers {
		p := &in.Peers[i]
		if !p.freshAt(in) || p.Change == nil {
			continue
		}
		if p.Change.Established != self {
			if p.Change.Established {
				return p.Name
			}
			continue
		}
		if p.Name < in.Config.Cluster {
			return p.Name
		}
	}
	return ""
}

// freshAt says that what the peer last said still counts. A poll or two may be lost on the way: what was said before grows old,
// and is not forgotten at once.
func (p *PeerView) freshAt(in *Inputs) bool {
	return p.Heard && !p.doubtful() && in.Now-p.SentAt <= in.Config.fresh()
}
