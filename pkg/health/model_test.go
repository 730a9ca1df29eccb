package health

import (
	"bytes"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"
	"time"
)

// The model check walks through the orders of events that a small fleet can meet, and looks at the promises of the whole
// fleet after each: polls that are sent, delivered, repeated, late, out of order or lost, restarts that forget, operators
// who drain and relax, checks that fail and heal, and clocks that run at different rates. It drives the very functions that
// the server runs. It leaves out siblings: each cluster has one replica.

// step is how much true time passes in one event of time.
const step = 2 * time.Second

// acceptWithin is how old an answer may be when it arrives.
const acceptWithin = 2 * time.Second

// world is a fleet with one replica for each cluster.
type world struct {
	nodes []node
	polls []poll // under way, at most one for each pair and direction
	kept  []poll // one that was held back or recorded, and may arrive at any time, any number of times
	trace *event
	// weight is how often a random path goes here: what makes a protocol go on, more often than what disturbs it.
	weight int
}

type node struct {
	clock time.Duration
	want  Mode // "", Drain, or Strict with a check that fails here only
	st    State
	mode  Mode // that acted at the last decision
	views []PeerView
}

// poll is a request under way, or its answer.
type poll struct {
	from, to int
	sentAt   time.Duration // by the asker's clock
	ask      *Ask
	released string
	answered bool
	reply    GrantReply
	status   Status
	change   *PeerChange
}

// event is a step on the way to a world.
type event struct {
	text   string
	before *event
}

func (e *event) String() string {
	var lines []string
	for ; e != nil; e = e.before {
		lines = append(lines, e.text)
	}
	slices.Reverse(lines)
	return strings.Join(lines, "\n")
}

// model is what is explored: how many clusters, how fast each clock runs in percent, and what is broken on purpose.
type model struct {
	rates  []int
	maxOut int
	broken string
}

func (m *model) name(i int) string { return string(rune('a' + i)) }

func (m *model) start() *world {
	w := &world{nodes: make([]node, len(m.rates))}
	for i := range w.nodes {
		w.nodes[i] = node{clock: time.Hour, mode: Relaxed}
		for j := range w.nodes {
			if j != i {
				w.nodes[i].views = append(w.nodes[i].views, PeerView{Name: m.name(j), Score: 100})
			}
		}
	}
	return w
}

// inputs are what a cluster knows: guard times as short as the rules allow, so that few events suffice.
func (m *model) inputs(w *world, i int) *Inputs {
	n := &w.nodes[i]
	c := &Config{
		Cluster: m.name(i), Rotation: Serving, Rest: Relaxed, Interval: 5 * time.Second, Fall: 1, Rise: 1,
		Guard: GuardConfig{
			MaxOut: m.maxOut, Poll: 2 * time.Second, Confirm: 1, Hold: 10 * time.Second, MaxOutsPerHour: 1000,
			MaxChange: 1000 * time.Hour, Capacity: IgnoreCapacity,
		},
	}
	for _, v := range n.views {
		c.Peers = append(c.Peers, PeerConfig{v.Name, Serving})
	}
	in := &Inputs{
		Now: n.clock, Wall: wall(), Config: c, Peers: slices.Clone(n.views), NewAskID: w.freshAsk(m.name(i)),
		Snapshot: &Snapshot{Began: n.clock, Ended: n.clock, Rounds: 9},
	}
	if n.want != "" {
		c.Mode = &ModeSpec{Name: n.want, Until: wall().Add(900 * time.Hour), Force: true}
		in.Change = &Change{Started: wall(), EffectiveAt: wall(), Baseline: &Baseline{}}
	}
	if n.want == Strict {
		in.Snapshot.Checks = []CheckState{{Check: Check{Name: "x", Importance: Required}, Settled: Fail, Last: Fail}}
		for k := range in.Peers {
			in.Peers[k].Checks = []PeerCheck{{"x", Pass, Pass}}
		}
	}
	return in
}

// freshAsk is an id that nobody knows any more, as random ones are.
func (w *world) freshAsk(cluster string) string {
	for k := 0; ; k++ {
		id := fmt.Sprint(cluster, k)
		if !w.known(id) {
			return id
		}
	}
}

func (w *world) known(id string) bool {
	for i := range w.nodes {
		n := &w.nodes[i]
		if n.st.Released == id || n.st.Ask != nil && n.st.Ask.ID == id || slices.ContainsFunc(n.st.Granted, func(p Promise) bool { return p.AskID == id }) ||
			slices.ContainsFunc(n.views, func(v PeerView) bool { return v.PromiseAsk == id }) {
			return true
		}
	}
	return slices.ContainsFunc(slices.Concat(w.polls, w.kept), func(p poll) bool {
		return p.released == id || p.ask != nil && p.ask.ID == id
	})
}

func (w *world) copyWith(format string, args ...any) *world {
	next := &world{nodes: slices.Clone(w.nodes), polls: slices.Clone(w.polls), kept: slices.Clone(w.kept), weight: 1, trace: &event{fmt.Sprintf(format, args...), w.trace}}
	for i := range next.nodes {
		next.nodes[i].views = slices.Clone(next.nodes[i].views)
	}
	return next
}

// decide has a cluster decide by what it knows.
func (m *model) decide(w *world, i int) {
	st := w.nodes[i].st
	if m.broken == "promises bind nobody" {
		st.Granted = nil
	}
	d, st := Decide(m.inputs(w, i), st)
	st.Outs = nil // the flap limit is no part of the model
	w.nodes[i].st, w.nodes[i].mode = st, d.Mode
}

// next lists every world that one event leads to.
func (m *model) next(w *world) []*world {
	var out []*world
	passed := w.copyWith("time passes")
	for i := range passed.nodes {
		passed.nodes[i].clock += step * time.Duration(m.rates[i]) / 100
		m.decide(passed, i)
	}
	out = append(out, passed)
	for i := range w.nodes {
		out = append(out, m.atCluster(w, i)...)
	}
	for k := range w.polls {
		out = append(out, m.onTheWay(w, k)...)
	}
	for _, p := range w.kept {
		n := w.copyWith("a poll of %s that was kept reaches %s", m.name(p.from), m.name(p.to))
		m.answer(n, &p) // nobody waits for the answer
		gone := w.copyWith("the kept poll is gone")
		gone.kept = nil
		out = append(out, n, gone)
	}
	return out
}

// atCluster are the events of one cluster: orders, failures, restarts, and polls that are sent.
func (m *model) atCluster(w *world, i int) []*world {
	var out []*world
	for _, want := range []Mode{"", Drain, Strict} {
		if w.nodes[i].want != want {
			n := w.copyWith("%s: %q is ordered or happens", m.name(i), want)
			n.nodes[i].want = want
			m.decide(n, i)
			out = append(out, n)
		}
	}
	if s := &w.nodes[i].st; s.Ask != nil || len(s.Granted) > 0 || s.Status == Out {
		n := w.copyWith("%s restarts and forgets", m.name(i))
		n.nodes[i] = node{want: w.nodes[i].want, mode: Relaxed, views: m.start().nodes[i].views}
		n.polls = slices.DeleteFunc(n.polls, func(p poll) bool { return p.from == i })
		out = append(out, n)
	}
	for j := range w.nodes {
		if j == i || slices.ContainsFunc(w.polls, func(p poll) bool { return p.from == i && p.to == j }) {
			continue
		}
		n := w.copyWith("%s polls %s", m.name(i), m.name(j))
		n.weight = 3
		n.polls = append(n.polls, poll{from: i, to: j, sentAt: n.nodes[i].clock, ask: n.nodes[i].st.Ask, released: n.nodes[i].st.Released})
		out = append(out, n)
	}
	return out
}

// onTheWay are the fates of a message: it arrives, it arrives and comes again, or it is lost. Late is what time makes of it.
func (m *model) onTheWay(w *world, k int) []*world {
	p := w.polls[k]
	lost := w.copyWith("the poll of %s to %s is lost", m.name(p.from), m.name(p.to))
	lost.polls = slices.Delete(lost.polls, k, k+1)
	const often = 8
	var out []*world
	if !p.answered && len(w.kept) == 0 {
		n := w.copyWith("the poll of %s to %s is kept", m.name(p.from), m.name(p.to))
		n.kept = []poll{p}
		out = append(out, n)
	}
	if !p.answered {
		n := w.copyWith("%s answers %s", m.name(p.to), m.name(p.from))
		n.weight = often
		m.answer(n, &n.polls[k])
		return append(out, lost, n)
	}
	n := w.copyWith("%s hears %s", m.name(p.from), m.name(p.to))
	n.polls, n.weight = slices.Delete(n.polls, k, k+1), often
	m.hear(n, &p)
	m.decide(n, p.from)
	again := w.copyWith("the poll of %s reaches %s again", m.name(p.from), m.name(p.to))
	m.answer(again, &again.polls[k])
	again.polls[k] = p // the second answer finds nobody waiting
	return []*world{lost, n, again}
}

func (m *model) answer(w *world, p *poll) {
	n := &w.nodes[p.to]
	reply, next := Grant(m.inputs(w, p.to), n.st, n.mode, AskRequest{
		Cluster: m.name(p.from), Replica: "0", Ask: p.ask, Released: p.released,
	})
	if m.broken == "any poll releases" && p.ask == nil {
		next.Granted = slices.DeleteFunc(slices.Clone(next.Granted), func(g Promise) bool { return g.Cluster == m.name(p.from) })
	}
	n.st = next
	p.answered, p.reply, p.status, p.change = true, reply, n.st.Status, n.st.OwnChange(n.clock)
}

func (m *model) hear(w *world, p *poll) {
	n := &w.nodes[p.from]
	if n.clock-p.sentAt > acceptWithin {
		return
	}
	i := slices.IndexFunc(n.views, func(v PeerView) bool { return v.Name == m.name(p.to) })
	v := &n.views[i]
	v.Heard, v.SentAt, v.Streak, v.Status, v.Change = true, p.sentAt, 1, p.status, p.change
	v.ProbeOK, v.ProbeAt = true, n.clock // the look at the probe path is a second safety; the promises hold without it
	v.Refused = string(p.reply.Refused)
	if p.reply.AskID != "" {
		v.PromiseAsk, v.PromiseSentAt = p.reply.AskID, p.sentAt
	} else {
		v.PromiseAsk = ""
	}
}

// wrong says which promise of the whole fleet is broken; empty if none is.
func (m *model) wrong(w *world) string {
	out := 0
	for i := range w.nodes {
		if w.nodes[i].st.Status == Out {
			out++
		}
	}
	if out > m.maxOut || out == len(w.nodes) {
		return fmt.Sprintf("%d clusters are out", out)
	}
	for i := range w.nodes {
		in := m.inputs(w, i)
		for _, p := range valid(in, &w.nodes[i].st) {
			if w.nodes[p.Name[0]-'a'].st.Status == Out {
				return fmt.Sprintf("%s holds a promise of %s, which is out", m.name(i), p.Name)
			}
		}
	}
	return ""
}

// key is a world without what makes no difference: names of events, and times but how long ago they were.
func (w *world) key(seed maphash.Seed, buf *bytes.Buffer) uint64 {
	const long = 12 * time.Second
	buf.Reset()
	for i := range w.nodes {
		n := &w.nodes[i]
		ago := func(t time.Duration) time.Duration { return min(n.clock-t, long) }
		fmt.Fprint(buf, min(n.clock, 12*time.Second), n.want, n.mode, n.st.Vote, n.st.Status, n.st.WasOut, n.st.WasOut && ago(n.st.StatusSince) < returnRest, n.st.Released, "/")
		if n.st.Ask != nil {
			fmt.Fprint(buf, *n.st.Ask)
		}
		for _, g := range n.st.Granted {
			fmt.Fprint(buf, g.Cluster, g.AskID, g.Until-n.clock)
		}
		for _, v := range n.views {
			fmt.Fprint(buf, "|", v.Heard, ago(v.SentAt), v.PromiseAsk, ago(v.PromiseSentAt), v.ProbeOK, ago(v.ProbeAt))
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
