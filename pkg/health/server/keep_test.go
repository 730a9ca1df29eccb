package server

import (
	"context"
	"maps"
	"net/http/httptest"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/health/peer"
)

// paper is an API server's object that two replicas share: whatever one writes, both are told.
type paper struct {
	nowhere

	object  *v1alpha1.ClusterHealth
	engines []*engine
	writes  int
}

func (p *paper) Keep(_ context.Context, next func(v1alpha1.ClusterHealthStatus) (v1alpha1.ClusterHealthStatus, bool)) error {
	status, changed := next(*p.object.Status.DeepCopy())
	if !changed {
		return nil
	}
	p.writes++
	p.object = p.object.DeepCopy()
	p.object.Status = status
	for _, e := range p.engines {
		e.Health(p.object)
	}
	return nil
}

// settle has each replica write whenever it was told of something, until nobody has anything to write.
func (p *paper) settle(t *testing.T) {
	t.Helper()
	for range 40 {
		quiet := true
		for _, e := range p.engines {
			select {
			case <-e.changed:
				quiet = false
				e.keepOnce(t.Context(), "")
			default:
			}
		}
		if quiet {
			return
		}
	}
	t.Fatalf("the replicas still write in turn after %d times", p.writes)
}

// twoReplicas are r1 and r2, which have heard each other, and see their peer differently.
func twoReplicas(t *testing.T) *paper {
	t.Helper()
	p := &paper{object: testObject()}
	for _, name := range []string{"r1", "r2"} {
		e, _ := testEngine(t)
		e.store, e.replica = p, peer.NewReplica(peer.Self{Replica: name, Boot: name})
		p.engines = append(p.engines, e)
	}
	for _, e := range p.engines {
		e.Siblings([]string{"http://other"})
		e.configure(p.object, false)
	}
	ring := testRing(t)
	for i, e := range p.engines {
		other := p.engines[1-i]
		q := e.replica.Ask("blue", "http://other")
		if err := e.replica.HeardSibling("http://other", q, other.replica.Answer(q, ring, e.now(), e.wall()), e.now(), e.now()); err != nil {
			t.Fatal(err)
		}
	}
	p.engines[1].replica.Missed("green", peer.Timeout)
	return p
}

func testRing(t *testing.T) *peer.Keyring {
	t.Helper()
	ring, err := peer.NewKeyring(map[string][]byte{"k1": make([]byte, 32), "active": []byte("k1")})
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

// Two replicas that see the world differently do not write over each other for ever: one of them speaks for the cluster.
func TestOneReplicaWrites(t *testing.T) {
	t.Parallel()
	p := twoReplicas(t)
	p.settle(t)
	if p.writes == 0 || p.object.Status.Verdict != "In" || p.object.Status.Peers[0].Unknown != string(peer.NotAsked) {
		t.Errorf("%d writes, status %+v: not the first replica's", p.writes, p.object.Status)
	}
	if g := p.object.Status.Guard; g == nil || g.WouldLeave || g.Reason == "" || g.Need != 1 || g.Held != 0 {
		t.Errorf("the guard is %+v", g)
	}
	before := p.writes
	for range 3 { // as the clock does, whatever happens
		for _, e := range p.engines {
			e.keepOnce(t.Context(), "")
		}
	}
	if p.writes != before {
		t.Errorf("%d writes though nothing happened", p.writes-before)
	}
}

// The record of a change is everyone's to begin: the replica that speaks may not have seen the mode yet.
func TestAnyReplicaBeginsAChange(t *testing.T) {
	t.Parallel()
	p := twoReplicas(t)
	p.settle(t)
	armed := p.object.DeepCopy()
	setMode(armed, v1alpha1.ModeDrain, time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC))
	p.object = armed
	p.engines[1].Health(armed)
	p.engines[1].keepOnce(t.Context(), "")
	if p.object.Status.Change == nil {
		t.Fatal("the second replica wrote no change")
	}
	id := p.object.Status.Change.ID
	p.settle(t)
	if p.engines[0].change == nil || p.engines[0].change.ID != id || p.object.Status.Change.ID != id {
		t.Errorf("the first replica has change %+v, the object %+v, the first writer's was %s", p.engines[0].change, p.object.Status.Change, id)
	}
}

// A peer with two ways that both answer is heard once for each poll: to be confirmed takes as many polls as it is set to.
func TestAPollCountsOnce(t *testing.T) {
	t.Parallel()
	green, _ := testEngine(t)
	x := testObject()
	x.Spec.Cluster, x.Spec.Fleet, x.Spec.Peers[0].Name = "green", "f", "blue"
	green.replica = peer.NewReplica(peer.Self{Replica: "g1", Boot: "g1"})
	green.configure(x, false)
	green.keys.Set(testRing(t))
	s := httptest.NewServer(newPublic(green))
	t.Cleanup(s.Close)
	blue, _ := testEngine(t)
	y := testObject()
	y.Spec.Fleet, y.Spec.Peers[0].URLs = "f", []string{s.URL + "/health/peer", s.URL + "/health/peer"}
	blue.keys.Set(testRing(t))
	blue.configure(y, false)
	client := peer.NewClient(peer.Endpoint{})
	const polls = 20
	for range polls {
		blue.poll(t.Context(), client, &y.Spec.Peers[0])
	}
	time.Sleep(100 * time.Millisecond) // answers that are still under way
	blue.mu.Lock()
	defer blue.mu.Unlock()
	if p := blue.replica.Peers()[0]; p.Streak != polls || p.Unknown != "" {
		t.Errorf("%d polls are counted as %d (%s)", polls, p.Streak, p.Unknown)
	}
}

// The condition Confirmed follows the peers, keeps the moment it turned at, and leaves conditions of others alone.
func TestConfirmed(t *testing.T) {
	t.Parallel()
	turned := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	d := &Detail{Guard: GuardDetail{Need: 1}, Peers: []PeerDetail{{Name: "green"}, {Name: "red", Confirmed: true}}, Now: turned}
	if c := confirmed(d, 7); c.Status != metav1.ConditionTrue || c.ObservedGeneration != 7 || !c.LastTransitionTime.Time.Equal(turned) {
		t.Errorf("one of two peers is confirmed and one is needed: %+v", c)
	}
	d.Guard.Need = 2
	if c := confirmed(d, 7); c.Status != metav1.ConditionFalse || c.Reason != "TooFewPeers" {
		t.Errorf("one of two peers is confirmed and two are needed: %+v", c)
	}

	p := twoReplicas(t)
	p.object.Status.Conditions = []metav1.Condition{{Type: "Other", Status: metav1.ConditionTrue, Reason: "Theirs"}}
	p.settle(t)
	is := map[string]metav1.ConditionStatus{}
	for _, c := range p.object.Status.Conditions {
		is[c.Type] = c.Status
	}
	want := map[string]metav1.ConditionStatus{"Other": metav1.ConditionTrue, v1alpha1.ConditionConfirmed: metav1.ConditionFalse}
	if !maps.Equal(is, want) {
		t.Errorf("the conditions are %v, want %v", is, want)
	}
}
