package peer

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spillway-mesh/spillway/pkg/health"
)

// Self is who a replica is.
type Self struct {
	Replica string // unique among those of its cluster
	Boot    string // random, one for each start
	Build   string
}

// Members is the hash of what all clusters of a fleet must agree on for promises to add up: which clusters there are, whatever
// their rotation, and how many of them may be out.
func Members(c *health.Config) string {
	names := make([]string, 0, 1+len(c.Peers)+1)
	names = append(names, c.Cluster)
	for _, p := range c.Peers {
		names = append(names, p.Name)
	}
	slices.Sort(names)
	names = append(names, strconv.Itoa(c.Guard.MaxOut))
	sum := sha256.Sum256([]byte(strings.Join(names, "\n")))
	return hex.EncodeToString(sum[:8])
}

// RandomID is 16 random bytes, as nonces and asks need them.
func RandomID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails; see crypto/rand
	return encoding().EncodeToString(b[:])
}

// Replica is one replica's part in its fleet: it remembers, decides, asks and answers, and does no I/O. It is not safe for
// concurrent use: a decision and an answer that promises must not run at the same time, so its owner holds one lock for both.
type Replica struct {
	self     Self
	state    health.State
	decision health.Decision
	in       health.Inputs // of the last decision
	peers    []Known
	siblings []Sibling
}

// Known is what is known of a peer: what the verdict goes by, and what is for people.
type Known struct {
	health.PeerView

	Challenge string // the last that it gave out
	Reason    string // of its status
	Keys      []string
	Members   string // of the fleet, as it knows them
	Build     string
	RTT       time.Duration
	Skew      time.Duration // its wall clock less ours; it says nothing about promises
}

// Sibling is another replica of this cluster, and where it is asked.
type Sibling struct {
	health.SiblingView

	URL       string
	Challenge string
	LBProbed  bool
	LBProbeAt time.Duration
	gone      bool // listed no longer
}

// NewReplica makes a replica that knows nothing yet.
func NewReplica(self Self) *Replica {
	return &Replica{self: self}
}

// Name of the replica.
func (r *Replica) Name() string { return r.self.Replica }

// State is what the replica remembers; Decision what it last came to.
func (r *Replica) State() health.State { return r.state }

// Decision is the last one.
func (r *Replica) Decision() health.Decision { return r.decision }

// Peers are what is known of the peers, in the order of the configuration. The slice is a copy.
func (r *Replica) Peers() []Known { return slices.Clone(r.peers) }

// Siblings are the other replicas. The slice is a copy.
func (r *Replica) Siblings() []Sibling { return slices.Clone(r.siblings) }

// First says that no other replica that was heard lately has a name before this one's.
func (r *Replica) First(now time.Duration) bool {
	return !slices.ContainsFunc(r.siblings, func(s Sibling) bool {
		return s.Heard && now-s.HeardAt < forgetSibling && s.Replica < r.self.Replica
	})
}

// Decide fills in what the replica knows of the others, and decides.
func (r *Replica) Decide(in health.Inputs) health.Decision {
	r.follow(in.Config)
	r.forget(in.Now)
	in.Members = ""
	if in.Config != nil {
		in.Members = Members(in.Config)
	}
	in.Peers = make([]health.PeerView, len(r.peers))
	for i := range r.peers {
		in.Peers[i] = r.peers[i].PeerView
	}
	in.Siblings = make([]health.SiblingView, len(r.siblings))
	for i, s := range r.siblings {
		in.Siblings[i] = s.SiblingView
		if s.LBProbed { // a load balancer asks any replica: that it asked one is what matters
			in.LBProbed, in.LBProbeAt = true, max(in.LBProbeAt, s.LBProbeAt)
		}
	}
	in.NewAskID = RandomID()
	r.in = in
	r.decision, r.state = health.Decide(&r.in, r.state)
	return r.decision
}

// follow keeps one entry for each peer that is configured.
func (r *Replica) follow(c *health.Config) {
	if c == nil {
		return // what was known stays: a configuration that is away comes back
	}
	next := make([]Known, 0, len(c.Peers))
	for _, p := range c.Peers {
		k := Known{PeerView: health.PeerView{Name: p.Name, Score: -1, Unknown: string(NotAsked)}}
		if old := r.peer(p.Name); old != nil {
			k = *old
		}
		next = append(next, k)
	}
	r.peers = next
}

func (r *Replica) peer(name string) *Known {
	i := slices.IndexFunc(r.peers, func(k Known) bool { return k.Name == name })
	if i < 0 {
		return nil
	}
	return &r.peers[i]
}

// List sets where the other replicas are. One that is new counts from now on, and must be heard before this cluster leaves.
func (r *Replica) List(urls []string, now time.Duration) {
	next := make([]Sibling, 0, len(urls))
	for _, u := range urls {
		s := Sibling{URL: u, SiblingView: health.SiblingView{Replica: u, ListedAt: now}}
		if i := slices.IndexFunc(r.siblings, func(s Sibling) bool { return s.URL == u }); i >= 0 {
			s = r.siblings[i]
			s.gone = false
		}
		next = append(next, s)
	}
	for _, s := range r.siblings {
		if !slices.Contains(urls, s.URL) {
			s.gone = true
			next = append(next, s)
		}
	}
	r.siblings = next
	r.forget(now)
}

// forget drops those that are listed no longer, once they were not heard for a while: until then one that was out may still
// answer so.
func (r *Replica) forget(now time.Duration) {
	r.siblings = slices.DeleteFunc(r.siblings, func(s Sibling) bool { return s.gone && (!s.Heard || now-s.HeardAt >= forgetSibling) })
}

// forgetSibling is how long a replica that is listed no longer is kept in mind: as long as the verdict looks back.
const forgetSibling = 10 * time.Second

// leave drops a sibling for good: what is asked under its address is this very replica.
func (r *Replica) leave(url string) {
	r.siblings = slices.DeleteFunc(r.siblings, func(s Sibling) bool { return s.URL == url })
}

// Missed notes that a poll of a peer was no use.
func (r *Replica) Missed(peer string, why Reason) {
	if k := r.peer(peer); k != nil {
		k.PeerView = k.Missed(string(why))
	}
}

// Probed notes that the probe path of a peer answered 200 with its token, to a question asked then.
func (r *Replica) Probed(peer string, at time.Duration) {
	if k := r.peer(peer); k != nil {
		k.PeerView = k.Probed(at)
	}
}
