package peer

import (
	"math"
	"time"

	"github.com/spillway-mesh/spillway/pkg/health"
)

// acceptWithin is how old an answer may be when it arrives, from when it was asked for.
const acceptWithin = 2 * time.Second

// Reason says why a poll was no use; metrics and reasons use the words.
type Reason string

// The reasons.
const (
	NotAsked     Reason = "NotAsked"
	NoKeys       Reason = "NoKeys"
	Unreachable  Reason = health.Unreachable
	TLS          Reason = "TLS"
	Timeout      Reason = health.Timeout
	BadSignature Reason = "BadSignature"
	WrongCluster Reason = "WrongCluster"
	PeerIsSelf   Reason = "PeerIsSelf"
	Fleet        Reason = "Fleet"
	BadVersion   Reason = "Version"
	TooLarge     Reason = "TooLarge"
	Malformed    Reason = "Malformed"
	Stale        Reason = "Stale" // an answer to another question, or one that comes too late
)

func (r Reason) Error() string { return "peer: " + string(r) }

// Ask makes the next poll of a cluster, a peer or the replica's own. The nonce is new: one for each way that it is sent.
func (r *Replica) Ask(cluster, sibling string) *Request {
	c := r.in.Config
	if c == nil {
		return nil
	}
	q := &Request{
		V: Version, Fleet: c.Fleet, Members: r.in.Members, From: c.Cluster, Replica: r.self.Replica, To: cluster,
		Nonce: RandomID(), Status: statusOf(r.state.Status), Released: r.state.Released, Change: r.change(), Accept: []int{Version},
		Epoch: r.in.Wall.Round(0).Add(-r.in.Now),
	}
	if sibling != "" {
		q.Sibling = r.siblingPart(&r.in)
		for i := range r.siblings {
			if r.siblings[i].URL == sibling {
				q.Challenge = r.siblings[i].Challenge
			}
		}
		return q
	}
	if k := r.peer(cluster); k != nil {
		q.Challenge = k.Challenge
	}
	if a := r.state.Ask; a != nil {
		q.Ask = &Ask{ID: a.ID, Class: a.Class}
	}
	return q
}

// Answer answers a request that was signed by an accepted key. One for another cluster, of another fleet or from an unknown
// sender gets what everybody may know, but no promise; so does one without a challenge that this cluster gave out lately: it
// may be a recording.
func (r *Replica) Answer(q *Request, keys *Keyring, now time.Duration, wall time.Time) *Response {
	c := r.in.Config
	if c == nil {
		return nil
	}
	in := r.in
	in.Now, in.Wall = now, wall
	out := r.summary(q, &in, keys)
	if q.To != c.Cluster || q.Fleet != c.Fleet {
		return out
	}
	if q.From == c.Cluster {
		if q.Sibling != nil {
			out.Sibling = r.siblingPart(&in)
		}
		return out
	}
	if r.peer(q.From) == nil {
		return out
	}
	req := health.AskRequest{Cluster: q.From, Replica: q.Replica, Members: q.Members, Released: q.Released}
	if q.Ask != nil && keys.Challenged(q.Challenge, c.Cluster, wall) {
		req.Ask = &health.Ask{ID: q.Ask.ID, Class: q.Ask.Class}
	}
	var reply health.GrantReply
	reply, r.state = health.Grant(&in, r.state, r.decision.Mode, req)
	out.Refused = string(reply.Refused)
	if reply.AskID != "" {
		out.Promise = &Promise{AskID: reply.AskID, Hold: Millis(reply.Hold.Milliseconds())}
	}
	return out
}

// Heard takes in an answer of a peer; the error is the Reason why it does not count.
func (r *Replica) Heard(q *Request, a *Response, sentAt, now time.Duration) error {
	if why := r.unacceptable(q, a, sentAt, now); why != "" {
		return why
	}
	k := r.peer(q.To)
	if k == nil {
		return WrongCluster
	}
	answer := health.Answer{
		SentAt: sentAt, SentWall: q.Epoch.Add(sentAt), Status: health.In, Mode: health.Mode(a.Mode), Score: -1, RoundAge: a.Assessment.RoundAge.Duration(),
		Checks: peerChecks(a.Checks), Fit: fitness(a), Refused: a.Refused,
	}
	if a.Status != StatusIn {
		answer.Status = health.Out // unknown is the worse of the two
	}
	if a.Assessment.State != AssessedUnknown {
		answer.Score = a.Assessment.Score
	}
	if a.Change != nil {
		answer.Change = &health.PeerChange{Mode: health.Mode(a.Change.Mode), Established: a.Change.Established}
	}
	if a.Capacity != nil {
		answer.Capacity = health.Capacity{Max: float64(a.Capacity.Max), Load: a.Capacity.Load, Known: a.Capacity.Load >= 0}
	}
	if a.Promise != nil && r.in.Config != nil && a.Promise.Hold.Duration() >= r.in.Config.Guard.Hold {
		answer.AskID, answer.Hold = a.Promise.AskID, a.Promise.Hold.Duration() // one that is shorter than we count on is none
	}
	k.PeerView = k.Answered(answer)
	k.Challenge, k.Reason, k.Keys, k.Members, k.Build, k.RTT = a.Challenge, a.Reason, a.Keys, a.Members, a.Build, now-sentAt
	if wall, err := time.Parse(time.RFC3339Nano, a.Wall); err == nil {
		k.Skew = wall.Sub(r.in.Wall.Add(now - r.in.Now))
	}
	return nil
}

// HeardSibling takes in an answer of another replica.
func (r *Replica) HeardSibling(url string, q *Request, a *Response, sentAt, now time.Duration) error {
	if why := r.unacceptable(q, a, sentAt, now); why != "" && why != PeerIsSelf {
		return why
	}
	if a.Boot == r.self.Boot {
		r.leave(url)
		return PeerIsSelf
	}
	if a.Sibling == nil {
		return Malformed
	}
	for i := range r.siblings {
		s := &r.siblings[i]
		if s.URL != url {
			continue
		}
		s.SiblingView = s.Answered(health.SiblingAnswer{
			Replica: a.Replica, SentAt: sentAt, SentWall: q.Epoch.Add(sentAt), Vote: voteOf(a.Sibling.Vote), Status: statusFrom(a.Status),
			PromiseLeft: a.Sibling.PromiseLeft.Duration(), Young: a.Sibling.Young,
		}, now)
		s.Challenge = a.Challenge
		if a.LBProbeAge != nil {
			s.LBProbed, s.LBProbeAt = true, sentAt-a.LBProbeAge.Duration()
		}
	}
	return nil
}

// unacceptable says why an answer is not one to this question; empty if it is.
func (r *Replica) unacceptable(q *Request, a *Response, sentAt, now time.Duration) Reason {
	switch {
	case a.Nonce != q.Nonce || now-sentAt > acceptWithin:
		return Stale
	case a.Fleet != q.Fleet:
		return Fleet
	case a.From == q.From && q.To != q.From || a.Boot == r.self.Boot:
		return PeerIsSelf
	case a.From != q.To || a.To != q.From:
		return WrongCluster
	default:
		return ""
	}
}

// summary is what everybody who knows a key may know.
func (r *Replica) summary(q *Request, in *health.Inputs, keys *Keyring) *Response {
	c, d := in.Config, r.decision
	out := &Response{
		V: Version, Fleet: c.Fleet, Members: in.Members, From: c.Cluster, Replica: r.self.Replica, Boot: r.self.Boot,
		To: q.From, Nonce: q.Nonce, Challenge: keys.Challenge(c.Cluster, in.Wall), Status: statusOf(r.state.Status),
		Reason: shorten(d.Reason.String()), Mode: string(d.Mode), Rotation: string(c.Rotation), Change: r.change(),
		Assessment: assess(in), Checks: checkLines(in), Keys: keys.IDs(), Build: r.self.Build, Wall: in.Wall.UTC().Format(time.RFC3339Nano),
	}
	if in.GatewayDesired > 0 {
		out.Gateway = &Gateway{Ready: in.GatewayReady, Desired: in.GatewayDesired}
	}
	if in.LBProbed {
		age := Millis((in.Now - in.LBProbeAt).Milliseconds())
		out.LBProbeAge = &age
	}
	if in.Capacity.Max > 0 {
		out.Capacity = &Capacity{Max: int64(in.Capacity.Max), Load: -1}
		if in.Capacity.Known && !math.IsNaN(in.Capacity.Load) && !math.IsInf(in.Capacity.Load, 0) {
			out.Capacity.Load = in.Capacity.Load
		}
	}
	return out
}

func (r *Replica) change() *Change {
	c := r.state.OwnChange(r.in.Now)
	if c == nil {
		return nil
	}
	return &Change{Mode: string(c.Mode), Established: c.Established}
}

func (r *Replica) siblingPart(in *health.Inputs) *SiblingPart {
	part := &SiblingPart{Vote: voteTo(r.state.Vote), Young: health.Young(in)}
	part.PromiseLeft = Millis(health.PromiseLeft(in, &r.state).Milliseconds())
	if in.Config != nil {
		part.ConfigGeneration = in.Config.Generation
	}
	return part
}
