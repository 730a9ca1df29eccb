package health

import (
	"bytes"
	"fmt"
	"hash/maphash"
	"slices"
	"time"
)

// next lists every world that one event leads to.
func (m *model) next(w *world) []*world {
	var out []*world
	if m.mayPass(w) {
		out = append(out, m.passed(w))
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
			n := w.copyWith("a poll of %s that was kept reaches %s", m.name(p.from), m.name(to))
			m.answer(n, &p, to) // nobody waits for the answer
			out = append(out, n)
		}
		gone := w.copyWith("the kept poll is gone")
		gone.kept = nil
		out = append(out, gone)
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

func (m *model) passed(w *world) *world {
	n := w.copyWith("time passes")
	n.weight = 2 * len(m.rates) / m.each()
	for i := range n.nodes {
		n.nodes[i].clock += m.tick() * time.Duration(m.rates[i]) / 100
		m.decide(n, i)
	}
	return n
}

// orders are what an operator does to a cluster, and its checks: all replicas learn of it at once, or by and by.
func (m *model) orders(w *world, c int) []*world {
	var out []*world
	for _, want := range []Mode{"", Drain, Strict, Guard} {
		all := w.copyWith("%s: %q is ordered or happens", m.cluster(c), want)
		changes := false
		for _, i := range m.replicasOf(c) {
			if w.nodes[i].want == want {
				continue
			}
			changes = true
			m.order(all, i, want)
			if m.each() > 1 {
				one := w.copyWith("%s: %q is ordered or happens", m.name(i), want)
				m.order(one, i, want)
				out = append(out, one)
			}
		}
		if changes {
			out = append(out, all)
		}
	}
	return out
}

func (m *model) order(w *world, i int, want Mode) {
	w.nodes[i].want, w.nodes[i].since = want, w.nodes[i].clock
	m.decide(w, i)
}

// atReplica are the events of one replica: restarts, what it hears of its siblings, and polls that it sends.
func (m *model) atReplica(w *world, i int) []*world {
	var out []*world
	if s := &w.nodes[i].st; s.Ask != nil || len(s.Granted) > 0 || s.Status == Out {
		n := w.copyWith("%s restarts and forgets", m.name(i))
		n.nodes[i] = m.fresh(i, 0)
		n.nodes[i].want = w.nodes[i].want
		n.polls = slices.DeleteFunc(n.polls, func(p poll) bool { return p.from == i })
		out = append(out, n)
	}
	for _, j := range m.replicasOf(m.clusterOf(i)) {
		if j != i {
			out = append(out, m.heardSibling(w, i, j))
		}
	}
	for c := range m.clusters() {
		if c == m.clusterOf(i) || slices.ContainsFunc(w.polls, func(p poll) bool { return p.from == i && p.to == c }) {
			continue
		}
		n := w.copyWith("%s polls %s", m.name(i), m.cluster(c))
		n.weight = 3
		n.polls = append(n.polls, poll{from: i, to: c, sentAt: n.nodes[i].clock, ask: n.nodes[i].st.Ask, released: n.nodes[i].st.Released})
		out = append(out, n)
	}
	return out
}

func (m *model) heardSibling(w *world, i, j int) *world {
	n := w.copyWith("%s hears %s", m.name(i), m.name(j))
	n.weight = 6
	from, in := &w.nodes[j], m.inputs(w, j)
	k := slices.IndexFunc(n.nodes[i].siblings, func(s SiblingView) bool { return s.Replica == m.name(j) })
	s := &n.nodes[i].siblings[k]
	now := n.nodes[i].clock
	*s = s.Answered(SiblingAnswer{
		Replica: m.name(j), SentAt: now, Vote: from.st.Vote, Status: from.st.Status, PromiseLeft: PromiseLeft(in, &from.st),
		Young: Young(in) && m.broken != "the young are not told",
	}, now)
	m.decide(n, i)
	return n
}

// onTheWay are the fates of a message: it arrives, it arrives and comes again, or it is lost. Late is what time makes of it.
func (m *model) onTheWay(w *world, k int) []*world {
	p := w.polls[k]
	lost := w.copyWith("the poll of %s to %s is lost", m.name(p.from), m.cluster(p.to))
	lost.polls = slices.Delete(lost.polls, k, k+1)
	const often = 8
	out := []*world{lost}
	if !p.answered && len(w.kept) == 0 {
		n := w.copyWith("the poll of %s to %s is kept", m.name(p.from), m.cluster(p.to))
		n.kept = []poll{p}
		out = append(out, n)
	}
	for _, to := range m.replicasOf(p.to) {
		n := w.copyWith("%s answers %s", m.name(to), m.name(p.from))
		if !p.answered {
			n.weight = often
			m.answer(n, &n.polls[k], to)
		} else {
			n.trace.text = fmt.Sprintf("the poll of %s reaches %s again", m.name(p.from), m.name(to))
			again := p
			m.answer(n, &again, to) // finds nobody waiting
		}
		out = append(out, n)
	}
	if p.answered {
		n := w.copyWith("%s hears %s", m.name(p.from), m.cluster(p.to))
		n.polls, n.weight = slices.Delete(n.polls, k, k+1), often
		m.hear(n, &p)
		m.decide(n, p.from)
		out = append(out, n)
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
		SentAt: p.sentAt, Status: p.status, Change: p.change, Score: 100, AskID: p.reply.AskID, Refused: string(p.reply.Refused),
	}).Probed(n.clock) // the look at the probe path is a second safety; the promises hold without it
	v.Streak = 1
	if m.broken == "the hold counts from receipt" && p.reply.AskID != "" {
		v.PromiseSentAt = n.clock
	}
}

// key is a world without what makes no difference: names of events, and times but how long ago they were.
func (m *model) key(w *world, seed maphash.Seed, buf *bytes.Buffer) uint64 {
	const long = 13 * time.Second
	buf.Reset()
	for i := range w.nodes {
		n := &w.nodes[i]
		ago := func(t time.Duration) time.Duration { return min(n.clock-t, long) }
		fmt.Fprint(buf, min(n.clock, long), n.want, n.mode, n.st.Vote, n.st.Status, min(ago(n.st.VoteSince), steadyAfter), n.st.Released, n.st.Low, "/")
		if n.want != "" && m.maxChange > 0 {
			fmt.Fprint(buf, ago(n.since))
		}
		if n.st.Ask != nil {
			fmt.Fprint(buf, *n.st.Ask)
		}
		for _, g := range n.st.Granted {
			fmt.Fprint(buf, g.Cluster, g.AskID, g.Until-n.clock)
		}
		for _, v := range n.views {
			fmt.Fprint(buf, "|", v.Heard, ago(v.SentAt), v.PromiseAsk, ago(v.PromiseSentAt), v.ProbeOK, ago(v.ProbeAt), n.st.Low && v.SentAt > n.st.LowSince)
		}
		for _, s := range n.siblings {
			fmt.Fprint(buf, "^", s.Heard, ago(s.HeardAt), s.Vote, s.Status, s.PromiseLeft, s.Young, s.WasOut && n.clock-s.OutAt < siblingLost)
		}
	}
	for _, p := range slices.Concat(w.polls, []poll{{from: -1}}, w.kept) {
		if p.from < 0 {
			fmt.Fprint(buf, "kept")
			continue
		}
		fmt.Fprint(buf, ";", p.from, p.to, min(w.nodes[p.from].clock-p.sentAt, long), p.answered, p.reply, p.released)
		if p.ask != nil {
			fmt.Fprint(buf, *p.ask)
		}
	}
	return maphash.Bytes(seed, buf.Bytes())
}
