package health

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// The model check walks through the orders of events that a small fleet can meet, and looks at the promises of the whole
// fleet after each: polls that are sent, delivered to any replica, repeated, late, out of order or lost, restarts that
// forget, operators who drain and relax, checks that fail and heal, and clocks that run at different rates. It drives the
// very functions that the server runs.
//
// Replicas of one cluster hear each other within 3 s, as the rules ask for; an exchange is one event, since an answer counts
// from when it was asked for. Replicas that cannot hear each other at all are the limit that users are told of.

// acceptWithin is how old an answer may be when it arrives.
const acceptWithin = 2 * time.Second

// world is a fleet at one moment.
type world struct {
	nodes []node
	polls []poll // under way, at most one from each replica to each cluster
	kept  []poll // one that was held back or recorded, and may arrive at any time, any number of times
	given int    // orders, so far
	trace *event
}

// node is one replica.
type node struct {
	clock    time.Duration
	asleep   bool          // its machine is suspended: it answers nobody
	slept    time.Duration // how much further its wall clock went than its own, while its machine was suspended
	want     Mode          // "", Drain, or Strict or Guard with checks that fail here only
	since    time.Duration
	st       State
	mode     Mode // that acted at the last decision
	views    []PeerView
	siblings []SiblingView
}

// poll is a request under way, or its answer.
type poll struct {
	from     int // replica
	to       int // cluster
	sentAt   time.Duration
	sentWall time.Time
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

// model is what is explored: how fast each replica's clock runs in percent, and what is broken on purpose.
type model struct {
	rates     []int // of the replicas, those of one cluster side by side
	replicas  int   // of each cluster; 0: one
	maxOut    int
	step      time.Duration // how much true time passes in one event of time; 0: 2 s
	maxChange time.Duration // 0: as good as none
	polite    bool          // a change waits for that of a peer
	sleeps    bool          // machines are suspended
	ordered   []Mode        // what may be ordered or happen; nil: a drain, and failures in both modes that look at checks
	atOnce    bool          // a poll is answered and heard at once, or it is not sent: so few events that all orders of them are tried
	whole     bool          // all orders of events must be tried, to the end
	most      int           // how many orders there are; 0: no end of them
	sure      bool          // no message is lost, kept or repeated, and nobody restarts: fewer events, so that all orders of them can be tried
	broken    string
}

func (m *model) each() int            { return max(m.replicas, 1) }
func (m *model) clusters() int        { return len(m.rates) / m.each() }
func (m *model) clusterOf(i int) int  { return i / m.each() }
func (m *model) cluster(c int) string { return string(rune('a' + c)) }
func (m *model) poll() time.Duration  { return max(2*time.Second, m.tick()) }
func (m *model) tick() time.Duration  { return cmp.Or(m.step, 2*time.Second) }
func (m *model) limit() time.Duration { return cmp.Or(m.maxChange, 1000*time.Hour) }
func (m *model) replicasOf(c int) []int {
	var out []int
	for r := range m.each() {
		out = append(out, c*m.each()+r)
	}
	return out
}

// name of a replica: of its cluster where there is one only.
func (m *model) name(i int) string {
	if m.each() == 1 {
		return m.cluster(i)
	}
	return fmt.Sprint(m.cluster(m.clusterOf(i)), i%m.each()+1)
}

func (m *model) start() *world {
	w := &world{nodes: make([]node, len(m.rates))}
	for i := range w.nodes {
		w.nodes[i] = m.fresh(i, time.Hour)
	}
	return w
}

// fresh is a replica that knows nothing yet.
func (m *model) fresh(i int, clock time.Duration) node {
	n := node{clock: clock, mode: Relaxed}
	for c := range m.clusters() {
		if c != m.clusterOf(i) {
			n.views = append(n.views, PeerView{Name: m.cluster(c), Score: 100})
		}
	}
	for _, j := range m.replicasOf(m.clusterOf(i)) {
		if j != i {
			n.siblings = append(n.siblings, SiblingView{Replica: m.name(j), ListedAt: clock})
		}
	}
	return n
}

// inputs are what a replica knows: guard times as short as the rules allow, so that few events suffice.
func (m *model) inputs(w *world, i int) *Inputs {
	n := &w.nodes[i]
	c := &Config{
		Cluster: m.cluster(m.clusterOf(i)), Rotation: Serving, Rest: Relaxed, Interval: 5 * time.Second, Fall: 1, Rise: 1, Quorum: 75,
		Guard: GuardConfig{
			MaxOut: m.maxOut, Poll: m.poll(), Confirm: 1, Hold: 10 * time.Second, MaxOutsPerHour: 1000,
			MaxChange: m.limit(), Capacity: IgnoreCapacity,
		},
	}
	for _, v := range n.views {
		c.Peers = append(c.Peers, PeerConfig{v.Name, Serving})
	}
	in := &Inputs{
		Now: n.clock, Wall: n.wall(n.clock), Config: c, Peers: slices.Clone(n.views), Siblings: n.siblings, SiblingsKnown: true,
		NewAskID: w.freshAsk(m.name(i)), Snapshot: &Snapshot{Began: n.clock, Ended: n.clock, Rounds: 9},
	}
	if m.broken == "the wall clock is not asked" {
		in.Wall = wall().Add(n.clock)
	}
	if n.want == Guard {
		c.Rest = Guard
		in.Snapshot.Checks = []CheckState{{Check: Check{Name: "x", Importance: Weighted, Weight: 1}, Settled: Fail, Last: Fail}}
	}
	if n.want.departs() {
		begun := wall().Add(n.since)
		c.Mode = &ModeSpec{Name: n.want, Until: wall().Add(900 * time.Hour), Force: !m.polite}
		in.Change = &Change{Started: begun, EffectiveAt: begun, Baseline: &Baseline{}}
	}
	if n.want == Strict {
		in.Snapshot.Checks = []CheckState{{Check: Check{Name: "x", Importance: Required}, Settled: Fail, Last: Fail}}
		for k := range in.Peers {
			in.Peers[k].Checks = []PeerCheck{{"x", Pass, Pass}}
		}
	}
	return in
}

// wall is what the replica's wall clock shows when its own shows that.
func (n *node) wall(clock time.Duration) time.Time { return wall().Add(clock + n.slept) }

// freshAsk is an id that nobody knows any more, as random ones are.
func (w *world) freshAsk(replica string) string {
	for k := 0; ; k++ {
		id := fmt.Sprint(replica, "-", k)
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

func (w *world) copyWith(text string) *world {
	next := &world{
		given: w.given, nodes: slices.Clone(w.nodes), polls: slices.Clone(w.polls), kept: slices.Clone(w.kept), trace: &event{text, w.trace},
	}
	for i := range next.nodes {
		next.nodes[i].views = slices.Clone(next.nodes[i].views)
		next.nodes[i].siblings = slices.Clone(next.nodes[i].siblings)
	}
	return next
}

// decide has a replica decide by what it knows.
func (m *model) decide(w *world, i int) {
	st := w.nodes[i].st
	if m.broken == "promises bind nobody" {
		st.Granted = nil
	}
	d, st := Decide(m.inputs(w, i), st)
	st.Outs = nil // the flap limit is no part of the model
	w.nodes[i].st, w.nodes[i].mode = st, d.Mode
}

// statusOf is a cluster's status to the outside: out as soon as any of its replicas answers so.
func (m *model) statusOf(w *world, c int) Status {
	for _, i := range m.replicasOf(c) {
		if n := &w.nodes[i]; n.st.Status == Out && !n.asleep {
			return Out
		}
	}
	return In
}

// wrong says which promise of the whole fleet is broken; empty if none is.
func (m *model) wrong(w *world) string {
	out := 0
	for c := range m.clusters() {
		if m.statusOf(w, c) == Out {
			out++
		}
	}
	if out > m.maxOut || out == m.clusters() {
		return fmt.Sprintf("%d clusters are out", out)
	}
	for i := range w.nodes {
		n := &w.nodes[i]
		if n.asleep {
			continue
		}
		in := m.inputs(w, i)
		for _, p := range valid(in, &n.st) {
			if m.statusOf(w, int(p.Name[0]-'a')) == Out {
				return fmt.Sprintf("%s holds a promise of %s, which is out", m.name(i), p.Name)
			}
		}
		if n.want.departs() && n.mode.departs() && n.clock-n.since > m.limit()+2*m.tick() {
			return fmt.Sprintf("the change of %s does not end", m.name(i))
		}
	}
	return ""
}
