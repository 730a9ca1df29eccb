package peer

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"
)

// Version is the version of the protocol that this build speaks.
const Version = 1

// Bounds of what is read from a peer, in bytes and in characters.
const (
	MaxRequest  = 4 << 10  // of the Spillway-Peer header
	MaxResponse = 64 << 10 // of the answer's body
	maxName     = 253      // of any name in a message: the longest DNS name
)

// Status is a cluster's status on the wire; "" is unknown.
type Status string

// The values of Status.
const (
	StatusIn  Status = "In"
	StatusOut Status = "Out"
)

// UnmarshalJSON takes every value that this build does not know as unknown.
func (s *Status) UnmarshalJSON(b []byte) error {
	*s = oneOf(b, StatusIn, StatusOut)
	return nil
}

// Vote is a replica's vote on the wire; "" is unknown and counts as In.
type Vote string

// The values of Vote.
const (
	VoteIn      Vote = "In"
	VoteOut     Vote = "Out"
	VoteAbstain Vote = "Abstain"
)

// UnmarshalJSON takes every value that this build does not know as unknown.
func (v *Vote) UnmarshalJSON(b []byte) error {
	*v = oneOf(b, VoteIn, VoteOut, VoteAbstain)
	return nil
}

// Result is the state of a check on the wire; everything but P and F is unknown.
type Result string

// The values of Result.
const (
	ResultPass    Result = "P"
	ResultFail    Result = "F"
	ResultUnknown Result = "U"
)

// UnmarshalJSON takes every value that this build does not know as U.
func (r *Result) UnmarshalJSON(b []byte) error {
	if *r = oneOf(b, ResultPass, ResultFail); *r == "" {
		*r = ResultUnknown
	}
	return nil
}

// Assessed is what a cluster thinks of itself, whatever its mode says.
type Assessed string

// The values of Assessed.
const (
	AssessedPass    Assessed = "Pass"
	AssessedFailing Assessed = "Failing"
	AssessedUnknown Assessed = "Unknown"
)

// UnmarshalJSON takes every value that this build does not know as Unknown.
func (a *Assessed) UnmarshalJSON(b []byte) error {
	if *a = oneOf(b, AssessedPass, AssessedFailing); *a == "" {
		*a = AssessedUnknown
	}
	return nil
}

// oneOf reads a JSON string and returns it if it is one of the known values, "" otherwise.
func oneOf[T ~string](b []byte, known ...T) T {
	var s string
	if json.Unmarshal(b, &s) == nil && slices.Contains(known, T(s)) {
		return T(s)
	}
	return ""
}

// Millis is a length of time in whole milliseconds, as all lengths travel.
type Millis int64

// Duration is m as a duration; what would overflow is the longest there is.
func (m Millis) Duration() time.Duration {
	const most = 1 << 62 / int64(time.Millisecond)
	return time.Duration(max(-most, min(int64(m), most))) * time.Millisecond
}

// Ask is a replica's wish to leave. An id is never used twice.
type Ask struct {
	ID    string `json:"id"`    // random
	Class int    `json:"class"` // 1: a drain, 0: failing checks
}

// Change is the change that is going on in a cluster.
type Change struct {
	Mode        string `json:"mode"`        // Strict or Drain; a receiver that does not know the mode still sees a change
	Established bool   `json:"established"` // it has been effective for 10 s
}

// Request is what a poll says, in the header Spillway-Peer.
type Request struct {
	V         int     `json:"v"`
	Fleet     string  `json:"fleet"`
	Members   string  `json:"members"` // hash of the fleet's membership
	From      string  `json:"from"`    // cluster
	Replica   string  `json:"replica"`
	To        string  `json:"to"`        // cluster
	Nonce     string  `json:"nonce"`     // 16 random bytes, base64url
	Challenge string  `json:"challenge"` // the last one that the receiver's cluster gave
	Status    Status  `json:"status"`
	Ask       *Ask    `json:"ask"`
	Released  string  `json:"released,omitempty"` // id of the last ask that was given up: promises for it are free
	Change    *Change `json:"change"`
	Accept    []int   `json:"accept"` // versions that the sender reads

	Sibling *SiblingPart `json:"sibling,omitempty"` // only between replicas of one cluster

	// Epoch is what the wall clock said when the asker's process started, going by what it said when the asker last decided. It
	// is not sent: by it the asker finds out that its machine was suspended since.
	Epoch time.Time `json:"-"`
}

// Response answers a poll, as the body.
type Response struct {
	V          int         `json:"v"`
	Fleet      string      `json:"fleet"`
	Members    string      `json:"members"`
	From       string      `json:"from"`
	Replica    string      `json:"replica"`
	Boot       string      `json:"boot"` // random, one for each start of the process
	To         string      `json:"to"`
	Nonce      string      `json:"nonce"` // of the request
	Challenge  string      `json:"challenge"`
	Status     Status      `json:"status"`
	Reason     string      `json:"reason"` // the rule that decided
	Mode       string      `json:"mode"`
	Rotation   string      `json:"rotation"`
	Change     *Change     `json:"change"`
	Assessment Assessment  `json:"assessment"`
	Checks     []CheckLine `json:"checks"`
	Gateway    *Gateway    `json:"gateway"`    // absent: not known
	LBProbeAge *Millis     `json:"lbProbeAge"` // absent: no probe of a load balancer was seen yet
	Capacity   *Capacity   `json:"capacity"`   // absent: not known
	Promise    *Promise    `json:"promise"`
	Refused    string      `json:"refused,omitempty"` // why there is no promise
	Keys       []string    `json:"keys"`              // key ids that the sender accepts
	Build      string      `json:"build"`
	Wall       string      `json:"wall"` // RFC 3339; shown to people, never used

	Sibling *SiblingPart `json:"sibling,omitempty"` // only between replicas of one cluster
}

// SiblingPart is what replicas of one cluster tell each other besides.
type SiblingPart struct {
	Vote             Vote   `json:"vote"`
	PromiseLeft      Millis `json:"promiseLeft"` // how long the promises that its vote rests on still last
	ConfigGeneration int64  `json:"configGeneration"`
	Young            bool   `json:"young,omitempty"` // it has only just started and may have forgotten promises
}

// Assessment is the sum of a cluster's own checks.
type Assessment struct {
	State    Assessed `json:"state"`
	Score    int      `json:"score"`    // percent of the weight that passes for certain; negative: too little is known
	RoundAge Millis   `json:"roundAge"` // since the last round began
}

// CheckLine is one check of a cluster.
type CheckLine struct {
	Name    string `json:"n"`
	Settled Result `json:"s"`
	Last    Result `json:"l"`
	Age     Millis `json:"age"` // since the round of the last result began
}

// Gateway counts the pods of the ingress gateway.
type Gateway struct {
	Ready   int `json:"ready"`
	Desired int `json:"desired"`
}

// Capacity is a cluster's room, in requests a second.
type Capacity struct {
	Max  int64   `json:"max"`
	Load float64 `json:"load"`
}

// Promise says that the sender stays In for Hold after it received the request.
type Promise struct {
	AskID string `json:"askID"`
	Hold  Millis `json:"hold"`
}

// ErrVersion says that a message is of a protocol version that this build does not read.
var ErrVersion = errors.New("unknown version of the peer protocol")

// ErrMalformed says that a signed message is not what it should be.
var ErrMalformed = errors.New("malformed peer message")

func decodeRequest(payload []byte) (*Request, error) {
	var r Request
	if err := decodeJSON(payload, &r); err != nil {
		return nil, err
	}
	if r.V != Version {
		return nil, fmt.Errorf("%w: %d", ErrVersion, r.V)
	}
	names := []string{r.Fleet, r.Members, r.From, r.Replica, r.To, r.Nonce, r.Challenge, r.Released}
	if r.Ask != nil {
		names = append(names, r.Ask.ID)
		if r.Ask.ID == "" {
			return nil, fmt.Errorf("%w: an ask without an id", ErrMalformed)
		}
	}
	return &r, short(names)
}

func decodeResponse(payload []byte) (*Response, error) {
	var r Response
	if err := decodeJSON(payload, &r); err != nil {
		return nil, err
	}
	if r.V != Version {
		return nil, fmt.Errorf("%w: %d", ErrVersion, r.V)
	}
	if r.Assessment.State == "" {
		r.Assessment.State = AssessedUnknown
	}
	for i := range r.Checks {
		c := &r.Checks[i]
		c.Settled, c.Last = known(c.Settled), known(c.Last)
	}
	if r.Promise != nil && r.Promise.Hold < 0 {
		return nil, fmt.Errorf("%w: a promise of negative length", ErrMalformed)
	}
	return &r, short([]string{r.Fleet, r.From, r.Replica, r.Boot, r.To, r.Nonce, r.Challenge})
}

func known(r Result) Result {
	if r == "" {
		return ResultUnknown
	}
	return r
}

func decodeJSON(payload []byte, into any) error {
	if !utf8.Valid(payload) {
		return fmt.Errorf("%w: not UTF-8", ErrMalformed)
	}
	if err := json.Unmarshal(payload, into); err != nil {
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return nil
}

func short(names []string) error {
	for _, n := range names {
		if len(n) > maxName {
			return fmt.Errorf("%w: a name of %d bytes", ErrMalformed, len(n))
		}
	}
	return nil
}
