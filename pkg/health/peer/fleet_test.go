package peer

import (
	"errors"
	"testing"
	"time"

	"github.com/spillway-mesh/spillway/pkg/health"
)

// fleet is two clusters of two replicas whose messages are really signed and read.
type fleet struct {
	now      time.Duration
	keys     *Keyring
	names    []string
	replicas map[string][]*Replica // by cluster
	configs  map[string]*health.Config
	cut      bool                       // nothing passes between clusters
	behind   map[*Replica]time.Duration // how much less a replica's own clock shows
}

func newFleet(t *testing.T) *fleet {
	t.Helper()
	f := &fleet{now: time.Hour, keys: testRing(t), names: []string{"blue", "green"}, replicas: map[string][]*Replica{}, configs: map[string]*health.Config{}, behind: map[*Replica]time.Duration{}}
	for i, name := range f.names {
		f.configs[name] = &health.Config{
			Cluster: name, Fleet: "shop", Rotation: health.Serving, Rest: health.Relaxed, Interval: 5 * time.Second, Fall: 3, Rise: 5, Quorum: 75,
			Guard: health.GuardConfig{
				MaxOut: 1, Poll: 2 * time.Second, Confirm: 5, Hold: 30 * time.Second, MaxOutsPerHour: 3, MaxChange: 12 * time.Hour,
				Verify: 30 * time.Minute, Capacity: health.RequireForDrain,
			},
			Peers: []health.PeerConfig{{Name: f.names[1-i], Rotation: health.Serving}},
		}
		for _, r := range []string{"1", "2"} {
			f.replicas[name] = append(f.replicas[name], NewReplica(Self{Replica: name + r, Boot: "boot-" + name + r}))
		}
	}
	for name, all := range f.replicas {
		for i, r := range all {
			r.List([]string{name + []string{"2", "1"}[i]}, f.now)
		}
	}
	return f
}

func wallAt(now time.Duration) time.Time {
	return time.Date(2026, 3, 4, 5, 0, 0, 0, time.UTC).Add(now)
}

func (f *fleet) clock(r *Replica) time.Duration { return f.now - f.behind[r] }

// restart starts a replica anew: another process under the same address.
func (f *fleet) restart(cluster string, i int) {
	old := f.replicas[cluster][i]
	r := NewReplica(Self{Replica: old.self.Replica, Boot: old.self.Boot + "+"})
	f.replicas[cluster][i] = r
	f.behind[r] = f.now
	r.List([]string{old.siblings[0].URL}, f.clock(r))
	f.decide(cluster, r)
}

func (f *fleet) decide(cluster string, r *Replica) {
	r.Decide(health.Inputs{
		Now: f.clock(r), Wall: wallAt(f.now), Config: f.configs[cluster], Change: f.change(cluster),
		Snapshot: &health.Snapshot{Began: f.clock(r) - time.Second, Ended: f.clock(r) - time.Second, Rounds: 9}, SiblingsKnown: true,
	})
}

func (f *fleet) change(cluster string) *health.Change {
	if f.configs[cluster].Mode == nil {
		return nil
	}
	return &health.Change{Started: wallAt(time.Hour), EffectiveAt: wallAt(time.Hour), Baseline: &health.Baseline{}}
}

func (f *fleet) drain(cluster string) {
	c := *f.configs[cluster]
	c.Mode = &health.ModeSpec{Name: health.Drain, Until: wallAt(f.now + time.Hour)}
	f.configs[cluster] = &c
}

func (f *fleet) relax(cluster string) {
	c := *f.configs[cluster]
	c.Mode = nil
	f.configs[cluster] = &c
}

// second lets a second pass: siblings talk, and every other second each replica polls the other cluster, any replica of it.
func (f *fleet) second(t *testing.T, n int) {
	t.Helper()
	f.now += time.Second
	for _, name := range f.names {
		for i, r := range f.replicas[name] {
			f.decide(name, r)
			other := f.replicas[name][1-i]
			f.talk(t, r, other, name, r.siblings[0].URL)
			if n%2 == 0 && !f.cut {
				to := f.names[0]
				if to == name {
					to = f.names[1]
				}
				f.talk(t, r, f.replicas[to][(n/2+i)%2], to, "")
			}
			f.decide(name, r)
		}
	}
}

func (f *fleet) talk(t *testing.T, from, to *Replica, cluster, sibling string) {
	t.Helper()
	asked := from.Ask(cluster, sibling)
	text, err := EncodeRequest(asked, f.keys)
	if err != nil {
		t.Fatal(err)
	}
	q, err := DecodeRequest(text, f.keys)
	if err != nil {
		t.Fatal(err)
	}
	if to.in.Config == nil {
		return // it has not decided yet
	}
	text, err = EncodeResponse(to.Answer(q, f.keys, f.clock(to), wallAt(f.now)), f.keys)
	if err != nil {
		t.Fatal(err)
	}
	a, err := DecodeResponse(text, f.keys)
	if err != nil {
		t.Fatal(err)
	}
	if sibling != "" {
		err = from.HeardSibling(sibling, asked, a, f.clock(from), f.clock(from))
	} else if err = from.Heard(asked, a, f.clock(from), f.clock(from)); err == nil {
		from.Probed(cluster, f.clock(from))
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (f *fleet) status(cluster string) [2]health.Status {
	r := f.replicas[cluster]
	return [2]health.Status{r[0].Decision().Status, r[1].Decision().Status}
}

// Two clusters of two replicas: blue is drained, leaves once it is confirmed and promised, comes back when it is relaxed.
func TestDrainAndReturn(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	for n := range 20 {
		f.second(t, n)
	}
	f.drain("blue")
	for n := range 8 {
		f.second(t, n)
		if f.status("green") != [2]health.Status{} {
			t.Fatalf("green left after %d s", n)
		}
	}
	if f.status("blue") != [2]health.Status{health.Out, health.Out} {
		t.Fatalf("blue is still in: %v", f.replicas["blue"][0].Decision().Reason)
	}
	f.drain("green")
	for n := range 8 {
		f.second(t, n)
	}
	if f.status("green") != [2]health.Status{} || f.replicas["green"][0].Decision().Reason.Rule != health.ChangeOfPeer {
		t.Fatalf("green: %v %v", f.status("green"), f.replicas["green"][0].Decision().Reason)
	}
	f.relax("blue")
	for n := range 20 {
		f.second(t, n)
	}
	if f.status("blue") != [2]health.Status{} || f.status("green") != [2]health.Status{health.Out, health.Out} {
		t.Errorf("blue %v, green %v: %v", f.status("blue"), f.status("green"), f.replicas["green"][0].Decision().Reason)
	}
}

// Cut off while it is out, a cluster is in again before the promises have ended at those who gave them.
func TestPartitionWhileOut(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	for n := range 20 {
		f.second(t, n)
	}
	f.drain("blue")
	for n := range 8 {
		f.second(t, n)
	}
	f.cut = true
	for n := range 24 { // as long as the promise may hold; the peer's probe path is missed sooner
		f.second(t, n)
	}
	if f.status("blue") != [2]health.Status{} {
		t.Errorf("blue is still out: %v", f.replicas["blue"][0].Decision().Reason)
	}
	if g := f.replicas["green"][0].State().Granted; len(g) == 0 {
		t.Error("green has freed its promise before blue was in")
	}
}

// An answer counts only if it is one to this question, in time, of the right cluster and fleet.
func TestUnacceptableAnswers(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	f.second(t, 0)
	blue, green := f.replicas["blue"][0], f.replicas["green"][0]
	for name, c := range map[string]struct {
		change func(q *Request, a *Response)
		late   time.Duration
		want   error
	}{
		"good":              {func(*Request, *Response) {}, 2 * time.Second, nil},
		"late":              {func(*Request, *Response) {}, 2*time.Second + 1, Stale},
		"another question":  {func(_ *Request, a *Response) { a.Nonce = "x" }, 0, Stale},
		"another fleet":     {func(_ *Request, a *Response) { a.Fleet = "x" }, 0, Fleet},
		"another cluster":   {func(_ *Request, a *Response) { a.From = "red" }, 0, WrongCluster},
		"to another":        {func(_ *Request, a *Response) { a.To = "red" }, 0, WrongCluster},
		"ourselves":         {func(_ *Request, a *Response) { a.From = "blue" }, 0, PeerIsSelf},
		"our own process":   {func(_ *Request, a *Response) { a.Boot = "boot-blue1" }, 0, PeerIsSelf},
		"nobody knows them": {func(q *Request, a *Response) { q.To, a.From = "red", "red" }, 0, WrongCluster},
	} {
		q := blue.Ask("green", "")
		a := green.Answer(q, f.keys, f.now, wallAt(f.now))
		c.change(q, a)
		if err := blue.Heard(q, a, f.now, f.now+c.late); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// What an answer leaves open is taken for the worse.
func TestDoubtfulAnswers(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	f.second(t, 0)
	blue, green := f.replicas["blue"][0], f.replicas["green"][0]
	for name, c := range map[string]struct {
		change func(*Response)
		status health.Status
		score  int
	}{
		"good":                       {func(a *Response) { a.Assessment = Assessment{State: "pass", Score: 100} }, health.In, 100},
		"a status that we know not":  {func(a *Response) { a.Status = "Elsewhere" }, health.Out, -1},
		"checks that have no result": {func(a *Response) { a.Assessment = Assessment{State: AssessedUnknown, Score: 100} }, health.In, -1},
	} {
		q := blue.Ask("green", "")
		a := green.Answer(q, f.keys, f.now, wallAt(f.now))
		a.Assessment = Assessment{State: AssessedUnknown}
		c.change(a)
		if err := blue.Heard(q, a, f.now, f.now); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := blue.peer("green"); got.Status != c.status || got.Score != c.score {
			t.Errorf("%s: %v and %d, want %v and %d", name, got.Status, got.Score, c.status, c.score)
		}
	}
}

// What makes an answerer tell what it knows, but promise nothing.
func TestNoPromise(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	for n := range 10 {
		f.second(t, n)
	}
	f.drain("blue")
	f.decide("blue", f.replicas["blue"][0])
	blue, green := f.replicas["blue"][0], f.replicas["green"][0]
	for name, c := range map[string]struct {
		change   func(q *Request)
		promised bool
	}{
		"good":                  {func(*Request) {}, true},
		"no challenge":          {func(q *Request) { q.Challenge = "" }, false},
		"a challenge of theirs": {func(q *Request) { q.Challenge = f.keys.Challenge("blue", wallAt(f.now)) }, false},
		"an old challenge":      {func(q *Request) { q.Challenge = f.keys.Challenge("green", wallAt(f.now-2*time.Minute)) }, false},
		"for another cluster":   {func(q *Request) { q.To = "red" }, false},
		"of another fleet":      {func(q *Request) { q.Fleet = "x" }, false},
		"an unknown sender":     {func(q *Request) { q.From = "red" }, false},
		"from our own cluster":  {func(q *Request) { q.From = "green" }, false},
		"other members":         {func(q *Request) { q.Members = "x" }, false},
	} {
		green.state.Granted = nil
		q := blue.Ask("green", "")
		if q.Ask == nil {
			t.Fatalf("blue does not ask: %v", blue.Decision().Reason)
		}
		c.change(q)
		a := green.Answer(q, f.keys, f.now, wallAt(f.now))
		if a == nil || a.Status != StatusIn {
			t.Fatalf("%s: %+v", name, a)
		}
		if (a.Promise != nil) != c.promised || (len(green.State().Granted) > 0) != c.promised {
			t.Errorf("%s: promise %v, kept %v", name, a.Promise, green.State().Granted)
		}
	}
}

// A promise that is shorter than what the asker counts on is none.
func TestShortPromise(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	for n := range 10 {
		f.second(t, n)
	}
	f.drain("blue")
	blue, green := f.replicas["blue"][0], f.replicas["green"][0]
	f.decide("blue", blue)
	q := blue.Ask("green", "")
	a := green.Answer(q, f.keys, f.now, wallAt(f.now))
	a.Promise.Hold--
	if err := blue.Heard(q, a, f.now, f.now); err != nil {
		t.Fatal(err)
	}
	if p := blue.Peers()[0].PromiseAsk; p != "" {
		t.Errorf("taken for a promise: %q", p)
	}
}

// A replica that is listed no longer is kept in mind for as long as it may still answer, and then dropped; one that is listed
// again in time is the same.
func TestListedNoLonger(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	for n := range 3 {
		f.second(t, n)
	}
	r := f.replicas["blue"][0]
	count := func(after time.Duration) int {
		t.Helper()
		f.now += after
		f.decide("blue", r)
		return len(r.Siblings())
	}
	r.List(nil, f.now)
	if n := count(forgetSibling - 2*time.Second); n != 1 {
		t.Errorf("%d siblings, though one was heard just now", n)
	}
	r.List([]string{"blue2"}, f.now)
	if n := count(time.Minute); n != 1 {
		t.Errorf("%d siblings, though one is listed", n)
	}
	r.List(nil, f.now)
	if n := count(0); n != 0 {
		t.Errorf("%d siblings, though none is listed or heard", n)
	}
}
