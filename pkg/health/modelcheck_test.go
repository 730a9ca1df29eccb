package health

import (
	"hash/maphash"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"
)

// explored is what came of trying all orders of events.
type explored struct {
	states int
	out    int // of these, with a cluster that is out
	deep   int // events from where it began
	all    bool
	trace  string // what led to a broken promise
}

// explore tries all orders of events from where it may begin, breadth first, so that what it finds is as short as can be; it ends
// when nothing new is found, or at so many states.
func (m *model) explore(most int, begin ...*world) explored {
	var e explored
	seed, buf := maphash.MakeSeed(), []byte(nil)
	seen := map[uint64]struct{}{}
	var queue, later []*world
	take := func(w *world) bool {
		var key uint64
		key, buf = m.key(w, seed, buf)
		if _, found := seen[key]; !found && len(seen) < most {
			seen[key] = struct{}{}
			later = append(later, w)
			if m.anyOut(w) {
				e.out++
			}
		}
		if why := m.wrong(w); why != "" {
			e.trace = why + ":\n" + w.trace.String()
		}
		return e.trace == ""
	}
	for _, w := range begin {
		take(w)
	}
	for e.states = len(seen); len(later) > 0 && len(seen) < most; e.deep++ {
		queue, later = later, nil
		for _, w := range queue {
			for _, next := range m.moves(w) {
				if !take(m.after(w, &next)) {
					e.states = len(seen)
					return e
				}
			}
		}
	}
	e.states, e.all = len(seen), len(later) == 0
	return e
}

func (m *model) anyOut(w *world) bool {
	for c := range m.clusters() {
		if m.statusOf(w, c) == Out {
			return true
		}
	}
	return false
}

// begin is where every order of events is tried from: the start, and fleets in which the first or the last cluster wants to leave,
// asks, and is out.
func (m *model) begin() []*world {
	all := []*world{m.start()}
	orders := m.ordered
	if orders == nil {
		orders = []Mode{Drain, Strict}
	}
	for _, order := range orders {
		for _, c := range []int{0, m.clusters() - 1} {
			w := m.fair(m.start(), 3).copyWith(m.cluster(c) + ": " + string(order))
			for _, i := range m.replicasOf(c) {
				m.order(w, i, order)
			}
			all = append(all, w)
			for range 3 {
				w = m.fair(w, 1)
				all = append(all, w)
			}
		}
	}
	return all
}

// bound is how many states are looked at of each fleet; MODEL_STATES asks for more.
func bound(t *testing.T) int {
	t.Helper()
	if text := os.Getenv("MODEL_STATES"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			t.Fatalf("MODEL_STATES=%q is no number of states", text)
		}
		return n
	}
	if testing.Short() {
		return wholeBound / 20 //nolint:mnd // enough for a gross mistake
	}
	return wholeBound
}

// wholeBound is how many states are looked at of each fleet where there is time.
const wholeBound = 8_000

// allThereAre is more than there are of the fleet that is gone through to the end.
const allThereAre = 120_000

// leastStates is how many states the model check looks at in all, or it is none.
const leastStates = 100_000

// Invariants 1 and 2: at most maxOut clusters are out, one is in at least, and whoever is out by a promise can rely on it.
// Invariant 6: a change ends when its time is up.
func TestModel(t *testing.T) {
	t.Parallel()
	var sum atomic.Int64
	t.Run("fleets", func(t *testing.T) {
		for name, m := range map[string]model{
			"two, at once, clocks apart": {rates: []int{90, 110}, maxOut: 1, ordered: []Mode{Drain}, atOnce: true, most: 2},
			"two, at once, all there are": {
				rates: []int{100, 100}, maxOut: 1, ordered: []Mode{Drain}, step: 5 * time.Second, atOnce: true, whole: true,
			},
			"two, drains":                     {rates: []int{100, 100}, maxOut: 1, ordered: []Mode{Drain}, sure: true, step: 5 * time.Second, most: 2},
			"two, failures":                   {rates: []int{90, 110}, maxOut: 1, ordered: []Mode{Strict}, sure: true},
			"two, clocks apart":               {rates: []int{90, 110}, maxOut: 1, ordered: []Mode{Drain}},
			"two, clocks apart the other way": {rates: []int{110, 90}, maxOut: 1},
			"three, suspended":                {rates: []int{100, 100, 100}, maxOut: 2, ordered: []Mode{Drain}, sure: true, sleeps: true},
			"two, changes that end":           {rates: []int{110, 90}, maxOut: 1, maxChange: 6 * time.Second},
			"two of two replicas":             {rates: []int{90, 110, 100, 110}, replicas: 2, maxOut: 1, step: time.Second},
			"two of two replicas, drains":     {rates: []int{100, 100, 100, 100}, replicas: 2, maxOut: 1, step: time.Second, ordered: []Mode{Drain}, sure: true},
			"three":                           {rates: []int{90, 100, 110}, maxOut: 1},
			"three of which two may go":       {rates: []int{110, 100, 90}, maxOut: 2, ordered: []Mode{Drain}},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				most := bound(t)
				if m.whole && !testing.Short() {
					most = max(most, allThereAre)
				}
				e := m.explore(most, m.begin()...)
				t.Logf("%d distinct states, %d with a cluster that is out, %d events deep, all there are: %v", e.states, e.out, e.deep, e.all)
				sum.Add(int64(e.states))
				if e.trace != "" {
					t.Error(e.trace)
				}
				if m.whole && !testing.Short() && !e.all {
					t.Errorf("there are more than %d", allThereAre)
				}
				if !testing.Short() && e.out < e.states/100 { //nolint:mnd // a small part
					t.Error("hardly any of them is one in which it matters what was promised")
				}
			})
		}
	})
	t.Logf("%d distinct states in all", sum.Load())
	if sum.Load() < leastStates && !testing.Short() && os.Getenv("MODEL_STATES") == "" {
		t.Errorf("less than %d states: this checks too little", leastStates)
	}
}

// follow goes through the events of that text, from the start.
func (m *model) follow(t *testing.T, events ...string) *world {
	t.Helper()
	w := m.start()
	for _, text := range events {
		all := m.moves(w)
		i := slices.IndexFunc(all, func(e move) bool { return e.text == text })
		if i < 0 {
			t.Fatalf("no event %q after\n%s", text, w.trace)
		}
		w = m.after(w, &all[i])
	}
	return w
}

// walk follows one random path of events after another, far deeper than every path can be followed.
func (m *model) walk(first *world, walks, events int) string {
	r := rand.New(rand.NewPCG(7, 1))
	for range walks {
		w := first
		for range events {
			w = m.drawn(r, w)
			if why := m.wrong(w); why != "" {
				return why + ":\n" + w.trace.String()
			}
		}
	}
	return ""
}

// drawn is a world after one of the moves, drawn by weight.
func (m *model) drawn(r *rand.Rand, w *world) *world {
	all, sum := m.moves(w), 0
	for i := range all {
		sum += all[i].weight
	}
	n := r.IntN(sum)
	for i := range all {
		if n -= all[i].weight; n < 0 {
			return m.after(w, &all[i])
		}
	}
	return w
}

// Where random paths begin, so that they need not find the way there.
const (
	fromTheStart = iota
	hasLeft      // c is out by b's promise, and a poll from before c's ask is still under way
	byOne        // c is out by b's promise, and a has promised nothing
	lateAnswer   // c is out by a promise of b that arrived late, and b, just freed, asks for a drain
	bothLeft     // both replicas of a are out
	overslept    // c, out by b's promise, is suspended for longer than that, and b has left since
	forgotten    // c is out by promises of b1, which has restarted since, and b is being drained
)

func (m *model) at(t *testing.T, place int) *world {
	t.Helper()
	const order = `: "Drain" is ordered or happens`
	const time = "time passes"
	switch place {
	case hasLeft:
		return m.follow(t, "c polls b", "the poll of c to b is kept", "the poll of c to b is lost", "c"+order, "c polls b", "b answers c", "c hears b")
	case byOne:
		return m.follow(t, "c"+order, "c polls b", "b answers c", "c hears b")
	case lateAnswer:
		return m.follow(t, "c"+order, "c polls b", "b answers c", time, "c hears b", time, time, time, time, "b"+order, "b polls a")
	case overslept:
		return m.follow(t, "c"+order, "c polls b", "b answers c", "c hears b", "c is suspended", time, time, time, time, time,
			"b"+order, "b polls a", "a answers b", "b hears a")
	case bothLeft:
		return m.follow(t, "a"+order, "a1 polls b", "b1 answers a1", "a1 hears b", "a2 polls b", "b2 answers a2", "a2 hears b", "a1 hears a2", "a2 hears a1")
	case forgotten:
		return m.follow(t, "c"+order, "c1 polls b", "b1 answers c1", "c1 hears b", "c2 polls b", "b1 answers c2", "c2 hears b", "c1 hears c2",
			"b1 restarts and forgets", "b"+order)
	default:
		return m.start()
	}
}

// Long random paths. Of fleets that are as they should be, none may break a promise; of those with a mistake, one must, or
// the model would prove nothing.
func TestModelWalks(t *testing.T) {
	t.Parallel()
	two := model{rates: []int{90, 110}, maxOut: 1}
	three := model{rates: []int{100, 110, 90}, maxOut: 2}
	doubled := model{rates: []int{90, 110, 100, 110}, replicas: 2, maxOut: 1, step: time.Second}
	six := model{rates: []int{90, 110, 100, 110, 90, 100}, replicas: 2, maxOut: 2, step: time.Second}
	for name, c := range map[string]struct {
		m     model
		place int
		walks int // where there is time
		long  int // events of each path
	}{
		"two":               {two, fromTheStart, 600, 120},
		"three, two may go": {three, fromTheStart, 600, 120},
		"after a departure": {three, hasLeft, 6000, 30},
		"by a late answer":  {three, lateAnswer, 3000, 30},
		"two of two":        {doubled, fromTheStart, 600, 200},
		"three of two":      {six, fromTheStart, 300, 200},
		"after it forgot":   {six, forgotten, 3000, 30},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if trace := c.m.walk(c.m.at(t, c.place), c.walks*bound(t)/wholeBound, c.long); trace != "" {
				t.Error(trace)
			}
		})
	}
	for broken, c := range map[string]struct {
		m     model
		place int
	}{
		"any poll releases":      {three, hasLeft},
		"the young are not told": {six, forgotten},
	} {
		t.Run(broken, func(t *testing.T) {
			t.Parallel()
			c.m.broken = broken
			if trace := c.m.walk(c.m.at(t, c.place), 20_000, 30); trace == "" {
				t.Error("the mistake was not found")
			} else {
				t.Log(trace)
			}
		})
	}
}

// Invariant 5: wherever a fleet got to after a departure, without polls that succeed every cluster is in again when the hold
// is over.
func TestModelInSilence(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		m     model
		place int
	}{
		"one replica":  {model{rates: []int{100, 110, 90}, maxOut: 2}, hasLeft},
		"two replicas": {model{rates: []int{90, 110, 100, 110}, replicas: 2, maxOut: 1, step: time.Second}, bothLeft},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, tried := rand.New(rand.NewPCG(5, 5)), 0
			isOut := func(n node) bool { return n.st.Status == Out && !n.asleep }
			for range bound(t) / 60 {
				w := c.m.at(t, c.place)
				for range r.IntN(30) {
					w = c.m.drawn(r, w)
				}
				if !slices.ContainsFunc(w.nodes, isOut) {
					continue
				}
				tried++
				if quiet := c.m.silence(w, 10*time.Second); slices.ContainsFunc(quiet.nodes, isOut) {
					t.Fatalf("still out:\n%s", quiet.trace)
				}
			}
			if tried == 0 {
				t.Error("no departure was tried")
			}
		})
	}
}

// silence is a fleet without any message between clusters for a while of true time; siblings go on talking.
func (m *model) silence(w *world, lasts time.Duration) *world {
	for passed := time.Duration(0); passed < lasts+lasts/10; passed += m.tick() {
		passing := m.passing()
		w = m.after(m.siblingsTalk(w), &passing)
	}
	return w
}

// fair has all replicas poll all clusters at once, and hear of their siblings; nothing is lost.
func (m *model) fair(w *world, rounds int) *world {
	for round := range rounds {
		w = w.copyWith("all talk")
		var polls []poll
		for i := range w.nodes {
			for c := range m.clusters() {
				if c != m.clusterOf(i) {
					polls = append(polls, w.poll(i, c))
				}
			}
		}
		for k := range polls {
			m.answer(w, &polls[k], m.replicasOf(polls[k].to)[round%m.each()])
		}
		for k := range polls {
			m.hear(w, &polls[k])
			m.decide(w, polls[k].from)
		}
		passing := m.passing()
		w = m.after(m.siblingsTalk(w), &passing)
	}
	return w
}

func (m *model) siblingsTalk(w *world) *world {
	for i := range w.nodes {
		for _, j := range m.replicasOf(m.clusterOf(i)) {
			if j != i {
				hearing := m.hearing(i, j)
				w = m.after(w, &hearing)
			}
		}
	}
	return w
}

// Two that want to leave at once: the lower name goes, the other stays. If a cluster promised while it asks itself, none
// could.
func TestModelBothAtOnce(t *testing.T) {
	t.Parallel()
	one, two := model{rates: []int{100, 100}, maxOut: 1, polite: true}, model{rates: []int{100, 100, 100, 100}, replicas: 2, maxOut: 1, polite: true}
	broken := one
	broken.broken = "it grants while it asks"
	for name, c := range map[string]struct {
		m     model
		order Mode
		want  [2]Status
	}{
		"drains":                     {one, Drain, [2]Status{Out, In}},
		"failures":                   {one, Guard, [2]Status{Out, In}},
		"drains, two replicas":       {two, Drain, [2]Status{Out, In}},
		"failures, two replicas":     {two, Guard, [2]Status{Out, In}},
		"failures, " + broken.broken: {broken, Guard, [2]Status{In, In}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := c.m.fair(c.m.start(), 5)
			for cluster := range 2 {
				w = w.copyWith(c.m.cluster(cluster) + ": " + string(c.order))
				for _, i := range c.m.replicasOf(cluster) {
					c.m.order(w, i, c.order)
				}
			}
			for round := range 8 {
				w = c.m.fair(w, 1)
				if why := c.m.wrong(w); why != "" {
					t.Fatalf("round %d: %s", round, why)
				}
			}
			if got := [2]Status{c.m.statusOf(w, 0), c.m.statusOf(w, 1)}; got != c.want {
				t.Errorf("got %v, want %v:\n%s", got, c.want, w.trace)
			}
		})
	}
}
