package health

import (
	"slices"
	"time"
)

// Config is a cluster's specification with every default filled in.
type Config struct {
	Generation int64
	Cluster    string
	Fleet      string
	Path       string
	Token      string
	Rotation   Rotation
	// Rest is the resting mode, Relaxed or Guard; Mode is the one that is set, nil at rest.
	Rest     Mode
	Mode     *ModeSpec
	Interval time.Duration // between rounds
	Timeout  time.Duration // of one check
	Fall     int           // rounds in a row until a check counts as failing
	Rise     int           // and as passing again
	Quorum   int           // percent of weight, for Guard
	Guard    GuardConfig
	Checks   []Check
	Peers    []PeerConfig
	// ExpectProbes says that a load balancer or DNS probes this cluster.
	ExpectProbes bool
}

// ModeSpec is a mode that an operator has set.
type ModeSpec struct {
	Name  Mode
	Until time.Time
	Force bool // skips the rule of one change at a time, never the promises
}

// GuardConfig bounds departures.
type GuardConfig struct {
	MaxOut         int // clusters that may be out at once
	Poll           time.Duration
	Confirm        int // successful polls in a row before a first departure
	Hold           time.Duration
	MinIn, MinOut  time.Duration
	MaxOutsPerHour int
	Verify         time.Duration
	MaxChange      time.Duration
	Capacity       CapacityPolicy
}

// CapacityPolicy says whether the others must have room for this cluster's load.
type CapacityPolicy string

// The policies.
const (
	RequireForDrain CapacityPolicy = "RequireForDrain"
	WarnCapacity    CapacityPolicy = "Warn"
	IgnoreCapacity  CapacityPolicy = "Ignore"
)

// PeerConfig is another cluster of the fleet.
type PeerConfig struct {
	Name     string
	Rotation Rotation
}

// Check is what the verdict must know of a check.
type Check struct {
	Name             string
	Importance       Importance
	Weight           int
	Shared           bool
	AllowScaleToZero bool // its target may vanish
}

// The protocol's fixed times.
const (
	siblingFresh  = 3 * time.Second  // a sibling's vote counts
	siblingLost   = 10 * time.Second // a sibling no longer counts at all
	armTimeout    = 2 * time.Minute  // a mode that never took effect must be set anew
	baselineWait  = 30 * time.Second // a drain waits so long for its baseline
	establishedAt = 10 * time.Second
	excuseLasts   = 2 * time.Minute // a peer must pass so long before a shared failure is one's own
	steadyAfter   = 4 * time.Second // a vote In that all siblings know of, whatever their clocks
	stalest       = 30 * time.Second
	probedWithin  = 60 * time.Second
	leastMargin   = 2 * time.Second
	flapWindow    = time.Hour
)

// Stale is the age from which a snapshot or a result says nothing any more.
func (c *Config) Stale() time.Duration { return max(3*c.Interval, stalest) }

// fresh is the age up to which a peer's answer counts, from when we asked.
func (c *Config) fresh() time.Duration { return 3 * c.Guard.Poll }

// Margin is how much sooner than the promiser the asker takes a promise for ended. A fifth is enough for clocks of which one
// runs a tenth too slow and the other a tenth too fast: 0.8 / 0.9 of the hold is over before 1 / 1.1 of it.
func (g GuardConfig) Margin() time.Duration { return margin(g.Hold) }

func margin(hold time.Duration) time.Duration { return max(leastMargin, hold/5) }

// inRotation counts the peers that count.
func (c *Config) inRotation() int {
	n := 0
	for _, p := range c.Peers {
		if p.Rotation != RotationOut {
			n++
		}
	}
	return n
}

// rotates says that a peer counts.
func (c *Config) rotates(peer string) bool {
	i := slices.IndexFunc(c.Peers, func(p PeerConfig) bool { return p.Name == peer })
	return i >= 0 && c.Peers[i].Rotation != RotationOut
}

// need is how many promises leaving takes: all clusters but those that may be out.
func (c *Config) need() int { return max(1, 1+c.inRotation()-c.Guard.MaxOut) }
