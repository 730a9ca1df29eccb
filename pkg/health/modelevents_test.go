package health

import (
	"encoding/binary"
	"fmt"
	"hash/maphash"
	"slices"
	"time"
)

// move is one event that may happen next. What it does is done to a copy of the world only if it is chosen.
type move struct {
	text   string
	weight int // how often a random path goes here: what makes a protocol go on, more often than what disturbs it
	does   func(n *world)
}

// after is the world that a move leads to.
func (m *model) after(w *world, e *move) *world {
	n := w.copyWith(e.text)
	e.does(n)
	return n
}

// moves lists everything that may happen next.
func (m *model) moves(w *world) []move {
	var out []move
	if m.mayPass(w) {
		out = append(out, m.passing())
	}
	for i := range w.nodes {
		out = append(out, m.atReplica(w, i)...)
	}
	for c := range m.clusters() {
		out = append(out, m.orders(w, c)...)
	}
	for k := range w.polls {
		out = append(out, m.onTheWay(w, k)...)
	}
	for _, p := range w.kept {
		for _, to := range m.replicasOf(p.to) {
			if w.nodes[to].asleep {
				continue
			}
			out = append(out, move{fmt.Sprintf("a poll of %s that was kept reaches %s", m.name(p.from), m.name(to)), 1, func(n *world) {
				m.answer(n, &p, to) // nobody waits for the answer
			}})
		}
		out = append(out, move{"the kept poll is gone", 1, func(n *world) { n.kept = nil }})
	}
	return out
}

// mayPass says that no replica would be without word of a sibling for longer than 3 s.
func (m *model) mayPass(w *world) bool {
	for i := range w.nodes {
		n := &w.nodes[i]
		for _, s := range n.siblings {
			if !s.Heard || (n.clock-s.HeardAt)*100/time.Duration(m.rates[i])+m.tick() > siblingFresh {
				return false
			}
		}
	}
	return true
}

func (m *model) passing() move {
	return move{"time passes", 2 * len(m.rates) / m.each(), func(n *world) {
		for i := range n.nodes {
			passed := m.tick() * time.Duration(m.rates[i]) / 100
			if n.nodes[i].asleep {
				n.nodes[i].slept += passed
				continue
			}
			n.nodes[i].clock += passed
			m.decide(n, i)
		}
	}}
}

// orders are what an operator does to a cluster, and its checks: all replicas learn of it at once, or by and by.
func (m *model) orders(w *world, c int) []move {
	var out []move
	if m.most > 0 && w.given >= m.most {
		return nil
	}
	all := m.ordered
	if all == nil {
		all = []Mode{Drain, Strict, Guard}
	}
	for _, want := range append([]Mode{""}, all...) {
		var others []int
		for _, i := range m.replicasOf(c) {
			if w.nodes[i].want != want {
				others = append(others, i)
			}
		}
		if len(others) == 0 || w.nodes[others[0]].asleep {
			continue
		}
		out = append(out, move{fmt.Sprintf("%s: %q is ordered or happens", m.cluster(c), want), 1, func(n *world) {
			n.given++
			for _, i := range others {
				m.order(n, i, want)
			}
		}})
		if m.each() == 1 {
			continue
		}
		for _, i := range others {
			out = append(out, move{fmt.Sprintf("%s: %q is ordered or happens", m.name(i), want), 1, func(n *world) { m.order(n, i, want) }})
		}
	}
	return out
}

func (m *model) order(w *world, i int, want Mode) {
	w.nodes[i].want, w.nodes[i].since = want, w.nodes[i].clock
	m.decide(w, i)
}

// atReplica are the events of one replica: restarts, what it hears of its siblings, and polls that it sends. Machines are
// suspended where a replica has no sibling: those that cannot hear each other are no part of the model.
func (m *model) atReplica(w *world, i int) []move {
	var out []move
	switch {
	case w.nodes[i].asleep:
		return []move{{m.name(i) + " wakes", 2, func(n *world) {
			n.nodes[i].asleep = false
			m.decide(n, i)
		}}}
	case m.sleeps && m.each() == 1:
		out = append(out, move{m.name(i) + " is suspended", 1, func(n *world) { n.nodes[i].asleep = true }})
	}
	if s := &w.nodes[i].st; !m.sure && (s.Ask != nil || len(s.Granted) > 0 || s.Status == Out) {
		out = append(out, move{m.name(i) + " restarts and forgets", 1, func(n *world) { m.forgets(n, i) }})
	}
	for _, j := range m.replicasOf(m.clusterOf(i)) {
		if j != i {
			out = append(out, m.hearing(i, j))
		}
	}
	for c := range m.clusters() {
		if c == m.clusterOf(i) || slices.ContainsFunc(w.polls, func(p poll) bool { return p.from == i && p.to == c }) {
			continue
		}
		if m.atOnce {
			out = append(out, m.talks(w, i, c)...)
			continue
		}
		out = append(out, move{m.name(i) + " polls " + m.cluster(c), 3, func(n *world) { n.polls = append(n.polls, n.poll(i, c)) }})
	}
	return out
}

// talks are polls that are answered and heard at once.
func (m *model) talks(w *world, i, c int) []move {
	var out []move
	for _, to := range m.replicasOf(c) {
		if !w.nodes[to].asleep {
			out = append(out, move{m.name(i) + " talks to " + m.name(to), 3, func(n *world) {
				p := n.poll(i, c)
				m.answer(n, &p, to)
				m.hear(n, &p)
				m.decide(n, i)
			}})
		}
	}
	return out
}

// forgets has a replica start anew. What its operator ordered is still so.
func (m *model) forgets(w *world, i int) {
	want := w.nodes[i].want
	w.nodes[i] = m.fresh(i, 0)
	w.nodes[i].want = want
	w.polls = slices.DeleteFunc(w.polls, func(p poll) bool { return p.from == i })
	m.decide(w, i)
}

func (m *model) restart(w *world, i int) *world {
	n := w.copyWith(m.name(i) + " restarts and forgets")
	m.forgets(n, i)
	return n
}

// poll is what a replica asks a cluster now.
func (w *world) poll(i, c int) poll {
	n := &w.nodes[i]
	return poll{from: i, to: c, sentAt: n.clock, sentWall: n.wall(n.clock), ask: n.st.Ask, released: n.st.Released}
}

// hearing is an exchange with a sibling.
func (m *model) hearing(i, j int) move {
	return move{m.name(i) + " hears " + m.name(j), 6, func(n *world) {
		from, in := &n.nodes[j], m.inputs(n, j)
		k := slices.IndexFunc(n.nodes[i].siblings, func(s SiblingView) bool { return s.Replica == m.name(j) })
		s := &n.nodes[i].siblings[k]
		now := n.nodes[i].clock
		*s = s.Answered(SiblingAnswer{
			Replica: m.name(j), SentAt: now, SentWall: n.nodes[i].wall(now), Vote: from.st.Vote, Status: from.st.Status, PromiseLeft: PromiseLeft(in, &from.st),
			Young: Young(in) && m.broken != "the young are not told",
		}, now)
		m.decide(n, i)
	}}
}

// onTheWay are the fates of a message: it arrives, it arrives and comes again, or it is lost. Late is what time makes of it.
func (m *model) onTheWay(w *world, k int) []move {
	p := w.polls[k]
	const often = 8
	var out []move
	// A poll that is sure to arrive may still come too late to count.
	if late := w.nodes[p.from].clock-p.sentAt > acceptWithin; !m.sure || late && p.answered {
		out = append(out, move{fmt.Sprintf("the poll of %s to %s is lost", m.name(p.from), m.cluster(p.to)), 1, func(n *world) {
			n.polls = slices.Delete(n.polls, k, k+1)
		}})
	}
	if !m.sure && !p.answered && len(w.kept) == 0 {
		out = append(out, move{fmt.Sprintf("the poll of %s to %s is kept", m.name(p.from), m.cluster(p.to)), 1, func(n *world) { n.kept = []poll{p} }})
	}
	for _, to := range m.replicasOf(p.to) {
		if w.nodes[to].asleep {
			continue
		}
		if p.answered {
			if m.sure {
				continue
			}
			out = append(out, move{fmt.Sprintf("the poll of %s reaches %s again", m.name(p.from), m.name(to)), 1, func(n *world) {
				again := p
				m.answer(n, &again, to) // finds nobody waiting
			}})
			continue
		}
		out = append(out, move{fmt.Sprintf("%s answers %s", m.name(to), m.name(p.from)), often, func(n *world) { m.answer(n, &n.polls[k], to) }})
	}
	if p.answered && !w.nodes[p.from].asleep {
		out = append(out, move{fmt.Sprintf("%s hears %s", m.name(p.from), m.cluster(p.to)), often, func(n *world) {
			n.polls = slices.Delete(n.polls, k, k+1)
			m.hear(n, &p)
			m.decide(n, p.from)
		}})
	}
	return out
}

// answer has a replica answer a poll, with the mistakes that are to be found.
func (m *model) answer(w *world, p *poll, to int) {
	n := &w.nodes[to]
	req := AskRequest{Cluster: m.cluster(m.clusterOf(p.from)), Replica: m.name(p.from), Ask: p.ask, Released: p.released}
	in := m.inputs(w, to)
	before := n.st
	if m.broken == "it grants while it asks" {
		before.Ask = nil
	}
	reply, next := Grant(in, before, n.mode, req)
	switch m.broken {
	case "it grants while it asks":
		next.Ask = n.st.Ask
	case "any poll releases":
		if p.ask == nil {
			next.Granted = slices.DeleteFunc(slices.Clone(next.Granted), func(g Promise) bool { return g.Cluster == req.Cluster })
		}
	case "who is out promises":
		if reply.Refused == RefusedOut {
			reply, next = promise(in, next, req)
		}
	}
	n.st = next
	p.answered, p.reply, p.status, p.change = true, reply, n.st.Status, n.st.OwnChange(n.clock)
}

func (m *model) hear(w *world, p *poll) {
	n := &w.nodes[p.from]
	if n.clock-p.sentAt > acceptWithin {
		return
	}
	i := slices.IndexFunc(n.views, func(v PeerView) bool { return v.Name == m.cluster(p.to) })
	v := &n.views[i]
	*v = v.Answered(Answer{
		SentAt: p.sentAt, SentWall: p.sentWall, Status: p.status, Change: p.change, Score: 100, AskID: p.reply.AskID, Hold: p.reply.Hold, Refused: string(p.reply.Refused),
	}).Probed(n.clock) // the look at the probe path is a second safety; the promises hold without it
	v.Streak = 1
	if m.broken == "the hold counts from receipt" && p.reply.AskID != "" {
		v.PromiseSentAt, v.PromiseWall = n.clock, n.wall(n.clock)
	}
}

// key is a world without what makes no difference: names of events, and times but how long ago they were.
func (m *model) key(w *world, seed maphash.Seed, buf []byte) (uint64, []byte) {
	const long = 13 * time.Second
	k := keyWriter{buf: buf[:0], ids: map[string]byte{"": 0}}
	for i := range w.nodes {
		n := &w.nodes[i]
		ago := func(t time.Duration) time.Duration { return min(n.clock-t, long) }
		k.times(min(n.clock, long), min(ago(n.st.VoteSince), steadyAfter))
		k.words(string(n.want), string(n.mode))
		k.id(w.matters(n.st.Released))
		k.bits(n.st.Low, n.st.Status == Out, n.st.Ask != nil)
		k.times(time.Duration(n.st.Vote))
		if n.want != "" && m.maxChange > 0 {
			k.times(ago(n.since))
		}
		if m.polite {
			k.bits(n.st.Mode.Effective)
			k.times(min(ago(n.st.Mode.EffSince), establishedAt))
		}
		k.ask(n.st.Ask)
		for _, g := range n.st.Granted {
			k.words("+", g.Cluster, g.Replica)
			k.id(g.AskID)
			k.times(g.Until - n.clock)
		}
		for j := range n.views {
			k.view(m, n, &n.views[j])
		}
		for _, s := range n.siblings {
			k.words("^")
			k.times(min(ago(s.HeardAt), 11*time.Second), max(s.PromiseLeft-ago(s.HeardAt), 0), time.Duration(s.Vote))
			k.bits(s.Heard, s.Status == Out, s.Young, s.WasOut)
			if s.WasOut {
				k.times(min(ago(s.OutAt), siblingLost))
			}
		}
	}
	for _, p := range w.polls {
		k.poll(w, &p, long)
	}
	k.words("kept")
	if m.most > 0 {
		k.times(time.Duration(w.given))
	}
	for _, p := range w.kept {
		k.poll(w, &p, long)
	}
	return maphash.Bytes(seed, k.buf), k.buf
}

// view is what counts of a peer: how old what it said is, and its promise. One for an ask that was given up never counts again.
func (k *keyWriter) view(m *model, n *node, v *PeerView) {
	const long = 13 * time.Second
	k.words("|")
	k.times(min(n.clock-v.SentAt, 3*m.poll()+1), min(n.clock-v.ProbeAt, 2*m.poll()+1))
	k.bits(n.asleep, v.Heard, v.ProbeOK, n.st.Low && v.SentAt > n.st.LowSince, v.Change != nil, v.Change != nil && v.Change.Established)
	if n.st.Ask != nil && v.PromiseAsk == n.st.Ask.ID {
		k.id(v.PromiseAsk)
		k.times(min(max(n.clock-v.PromiseSentAt, n.wall(n.clock).Sub(v.PromiseWall)), long), v.PromiseHold)
	}
}

// keyWriter appends values so that no two lists of them look alike.
type keyWriter struct {
	buf []byte
	ids map[string]byte
}

// id is an ask by the order in which it is met: what asks are called makes no difference.
func (k *keyWriter) id(s string) {
	n, met := k.ids[s]
	if !met {
		n = byte(len(k.ids))
		k.ids[s] = n
	}
	k.buf = append(k.buf, n)
}

// matters is an ask that was given up, if it may still be promised for, now or by a poll that is under way.
func (w *world) matters(id string) string {
	for i := range w.nodes {
		if slices.ContainsFunc(w.nodes[i].st.Granted, func(p Promise) bool { return p.AskID == id }) {
			return id
		}
	}
	asks := func(p poll) bool { return p.ask != nil && p.ask.ID == id }
	if slices.ContainsFunc(w.polls, asks) || slices.ContainsFunc(w.kept, asks) {
		return id
	}
	return ""
}

func (k *keyWriter) times(all ...time.Duration) {
	for _, d := range all {
		k.buf = binary.AppendVarint(k.buf, int64(d))
	}
}

func (k *keyWriter) words(all ...string) {
	for _, s := range all {
		k.buf = append(append(k.buf, s...), 0)
	}
}

func (k *keyWriter) bits(all ...bool) {
	for _, b := range all {
		if b {
			k.buf = append(k.buf, 1)
		} else {
			k.buf = append(k.buf, 0)
		}
	}
}

func (k *keyWriter) ask(a *Ask) {
	if a != nil {
		k.id(a.ID)
		k.times(time.Duration(a.Class))
	}
}

func (k *keyWriter) poll(w *world, p *poll, long time.Duration) {
	k.words(";")
	k.id(w.matters(p.released))
	k.id(p.reply.AskID)
	n := &w.nodes[p.from]
	k.times(time.Duration(p.from), time.Duration(p.to), min(n.clock-p.sentAt, acceptWithin+1), min(n.wall(n.clock).Sub(p.sentWall), long))
	k.bits(p.answered, p.ask != nil, p.change != nil, p.change != nil && p.change.Established)
	k.ask(p.ask)
}
