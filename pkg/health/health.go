// Package health decides whether a cluster should be left: the verdict that a load balancer or DNS reads on the probe path.
//
// Everything here is a pure function of what is known now and of a State that the caller keeps: no I/O, no clock, no
// randomness of its own. Four ideas carry it. Leaving needs stay promises of other clusters, never mere observations of
// their health. A baseline belongs to a change and is taken before it. A mode that ends falls back through verification.
// Replicas vote, and one that says In outweighs all that say Out.
//
// Some rules are stricter than they look. A promise can be relied on for four fifths of what it was given for (Margin), so that
// clocks a tenth too slow and a tenth too fast are covered, and by the clock that says longer, so that a suspended machine comes
// back. It is freed by the id of the ask that was given up, never by a poll without one, which may be late. A process that has only
// just started may have forgotten promises: it abstains for a hold and a margin, follows siblings that have left, and they do not
// leave before it has its say. A replica promises only after it has voted In for 4 s, and only for 4 asks of another at a time. One
// that has a live promise for another replica of the cluster that asks is held to no more than the members and its rotation. A
// replica that lacks nothing but promises goes with a sibling that is out by its own. What a peer said counts for 3 polls, unless
// there is doubt about who answered. A target that is gone is a failure after as many rounds as any other. Less than half of the
// weight known is no evidence, and a score that is found too low is compared only with rounds of peers that began after that; peers
// are told the least that passes for certain. Members of a fleet must agree on how many clusters may be out.
//
// Times without a date are monotonic, as durations since the process started. It imports the standard library only.
// Start reading at Decide, then Grant.
package health

import (
	"slices"
	"time"
)

// Status is what the probe path answers.
type Status uint8

// The statuses. The zero value is In: a process that knows nothing answers 200.
const (
	In  Status = iota // 200
	Out               // 503
)

func (s Status) String() string { return [...]string{"In", "Out"}[s] }

// Vote is what one replica wants its cluster to answer.
type Vote uint8

// The votes. Abstain is a replica that does not know, and follows those that do.
const (
	VoteIn Vote = iota
	VoteOut
	Abstain
)

func (v Vote) String() string { return [...]string{"In", "Out", "Abstain"}[v] }

// Mode is what the verdict goes by.
type Mode string

// The modes. The first two may be the resting mode.
const (
	Relaxed      Mode = "Relaxed"
	Guard        Mode = "Guard"
	Strict       Mode = "Strict"
	Drain        Mode = "Drain"
	Observe      Mode = "Observe"
	ForceHealthy Mode = "ForceHealthy"
)

// departs says that a mode is for a change, in which the cluster may leave on an operator's word.
func (m Mode) departs() bool { return m == Strict || m == Drain }

func (m Mode) known() bool {
	return slices.Contains([]Mode{Relaxed, Guard, Strict, Drain, Observe, ForceHealthy}, m)
}

// Rotation is a cluster's part in the fleet.
type Rotation string

// The rotations. Standby counts and may promise; Out does not count.
const (
	Serving     Rotation = "Serving"
	Standby     Rotation = "Standby"
	RotationOut Rotation = "Out"
)

// Result of a check.
type Result uint8

// The results. Unknown is never a failure.
const (
	Unknown Result = iota
	Pass
	Fail
)

func (r Result) String() string { return [...]string{"Unknown", "Pass", "Fail"}[r] }

// Importance says what a check counts for.
type Importance string

// The importances.
const (
	Required      Importance = "Required"
	Weighted      Importance = "Weighted"
	Informational Importance = "Informational"
)

// Change is a departure from rest, from arming until rest, as the cluster's status keeps it. The first writer wins.
type Change struct {
	ID          string
	Mode        Mode
	Started     time.Time
	EffectiveAt time.Time // zero: never yet
	Baseline    *Baseline // nil: not taken yet
}

// Baseline is what was so before the change.
type Baseline struct {
	Failing []string // checks that failed already: they are not the change's fault
	Present []string // checks whose targets existed: one that is gone since is the change's fault
}

// Inputs are all that a decision is made from.
type Inputs struct {
	Now  time.Duration
	Wall time.Time // only to end modes
	// Config is nil if there never was any.
	Config *Config
	// Change is the one in the cluster's status; nil at rest or before it was written.
	Change *Change
	// Snapshot is nil before the first round.
	Snapshot *Snapshot
	// Watchdog says that the loop of checks is stuck.
	Watchdog bool
	// Peers has one entry for each configured peer, in the order of the configuration.
	Peers []PeerView
	// Siblings are the other replicas of this cluster, as far as SiblingsKnown says that they are known at all: as long as they
	// are not, the cluster does not leave.
	Siblings      []SiblingView
	SiblingsKnown bool
	// NewAskID is a random id, fresh for this decision, should it begin to ask for promises.
	NewAskID string
	// Capacity is what this cluster carries.
	Capacity Capacity
	// GatewayReady and GatewayDesired count gateway pods; zero desired means unknown.
	GatewayReady, GatewayDesired int
	// LBProbed says that a load balancer has probed at all, LBProbeAt when it last did.
	LBProbed  bool
	LBProbeAt time.Duration
	// Members is the hash of the fleet's members as this cluster knows them.
	Members string
}

// Capacity is a cluster's limit and load, in requests per second. Max 0: no limit was given.
type Capacity struct {
	Max, Load float64
	Known     bool // the load could be read
}

// PeerView is what this replica knows of a peer by its own polls.
type PeerView struct {
	Name string
	// Heard says that a poll was ever answered in full; SentAt is when we sent the last one that was.
	Heard  bool
	SentAt time.Duration
	// Streak counts successful polls in a row.
	Streak int
	// Unknown is why the last poll was no use; empty after a good one.
	Unknown string // Unreachable, Timeout, or what was wrong with who answered
	Status  Status
	Mode    Mode
	Change  *PeerChange
	// Score of the peer's checks, 0 to 100; negative: unknown.
	Score    int
	RoundAge time.Duration // of its snapshot, when it answered
	Checks   []PeerCheck   // sorted by name
	Capacity Capacity
	Fit      Fitness
	// PromiseAsk is the ask that its promise is for; PromiseSentAt and PromiseWall are when we sent the poll that brought it,
	// PromiseHold is for how long it was given.
	PromiseAsk    string
	PromiseSentAt time.Duration
	PromiseWall   time.Time
	PromiseHold   time.Duration
	Refused       string // why it does not promise; empty if it does or was not asked
	// ProbeOK says that its probe path ever answered 200 with its token; ProbeAt is when that was asked.
	ProbeOK bool
	ProbeAt time.Duration
}

// Fitness is what a peer says of itself that it would refuse a promise by. It is told to people: whether it refuses, it decides
// itself.
type Fitness struct {
	Assessed                     Result
	LBProbed                     bool
	LBProbeAge                   time.Duration
	GatewayReady, GatewayDesired int
}

// PeerChange is a peer's change that has taken effect.
type PeerChange struct {
	Mode        Mode
	Established bool // for 10 s or more
}

// PeerCheck is a peer's view of a check that both have.
type PeerCheck struct {
	Name          string
	Settled, Last Result
}

// SiblingView is what this replica knows of another one of its cluster.
type SiblingView struct {
	Replica  string
	ListedAt time.Duration // when it first appeared among the pods
	Heard    bool
	// HeardAt and HeardWall are when it was asked what it answered last.
	HeardAt   time.Duration
	HeardWall time.Time
	Vote      Vote
	Status    Status // that it answers itself
	// PromiseLeft is how long its promises still held when it answered.
	PromiseLeft time.Duration
	// Young says that it has only just started and may have forgotten promises.
	Young bool
	// WasOut says that it ever voted Out; OutAt is when that was last heard.
	WasOut bool
	OutAt  time.Duration
}

// State is what a replica remembers between decisions. Functions of this package return a new one and never change the
// one they are given; the slices are replaced, not written to.
type State struct {
	Vote        Vote
	Status      Status
	VoteSince   time.Duration
	StatusSince time.Duration
	EverOut     bool            // voted Out before
	Outs        []time.Duration // when the votes turned Out, within the last hour
	Ask         *Ask
	Released    string    // the last ask that was given up; polls say so, and free what was promised for it
	Granted     []Promise // sorted by cluster, replica and ask
	Excused     []Excuse  // sorted by check
	LowSince    time.Duration
	Low         bool // the score is known to be below quorum, found at LowSince
	Mode        ModeState
}

// Ask is a request for stay promises.
type Ask struct {
	ID    string
	Class int // 0: our own failures, 1: an operator's drain; lower goes first
}

// Promise is one that this replica has given: until then it votes In.
type Promise struct {
	Cluster, Replica, AskID string
	Until                   time.Duration
}

// Excuse is a failing check that failed in a peer as well. PassSince is when a peer began to pass it again.
type Excuse struct {
	Check     string
	Passing   bool
	PassSince time.Duration
}

// ModeState is what is remembered of the mode that is set.
type ModeState struct {
	Seen      ModeSpec // the mode these times are about
	Set       bool
	FirstSeen time.Duration
	Until     time.Duration // monotonic deadline derived at first sight
	Hard      time.Duration // the same for the whole change
	Effective bool          // it acts now, since EffSince
	EffSince  time.Duration
	NameSince time.Duration // since when it acts under its present name; another end does not count
	Ever      bool          // it acted before
}
