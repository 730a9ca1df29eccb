package peer

import (
	"slices"
	"strings"
	"time"

	"github.com/spillway-mesh/spillway/pkg/health"
)

// mostReason is how much of a reason is told to peers; the whole of it is on the internal port.
const mostReason = 512

func shorten(s string) string {
	if len(s) <= mostReason {
		return s
	}
	return strings.ToValidUTF8(s[:mostReason], "")
}

func statusOf(s health.Status) Status {
	if s == health.Out {
		return StatusOut
	}
	return StatusIn
}

// statusFrom takes what is unknown for In: a sibling is followed only if it says that it is out.
func statusFrom(s Status) health.Status {
	if s == StatusOut {
		return health.Out
	}
	return health.In
}

func voteTo(v health.Vote) Vote {
	switch v {
	case health.VoteIn:
		return VoteIn
	case health.VoteOut:
		return VoteOut
	default:
		return VoteAbstain
	}
}

// voteOf takes a vote that this build does not know for In: the cluster stays.
func voteOf(v Vote) health.Vote {
	switch v {
	case VoteOut:
		return health.VoteOut
	case VoteAbstain:
		return health.Abstain
	default:
		return health.VoteIn
	}
}

func resultTo(r health.Result) Result {
	switch r {
	case health.Pass:
		return ResultPass
	case health.Fail:
		return ResultFail
	default:
		return ResultUnknown
	}
}

func resultOf(r Result) health.Result {
	switch r {
	case ResultPass:
		return health.Pass
	case ResultFail:
		return health.Fail
	default:
		return health.Unknown
	}
}

// assess is what a cluster thinks of itself, whatever its mode. Without a round that counts it is unknown.
func assess(in *health.Inputs) Assessment {
	s := in.Snapshot
	if s == nil || in.Watchdog || in.Now-s.Ended > in.Config.Stale() {
		return Assessment{State: AssessedUnknown}
	}
	out := Assessment{State: AssessedUnknown, RoundAge: since(in.Now, s.Began)}
	switch health.Assess(s) {
	case health.Pass:
		out.State = AssessedPass
	case health.Fail:
		out.State = AssessedFailing
	case health.Unknown:
	}
	out.Score = health.Weigh(s, true).Least()
	return out
}

// since is rounded up: a round must not seem to have begun later than it did.
func since(now, at time.Duration) Millis {
	return Millis((now - at + time.Millisecond - 1) / time.Millisecond)
}

// checkLines are the checks that peers compare with theirs. Those of a round that is too old are unknown.
func checkLines(in *health.Inputs) []CheckLine {
	s := in.Snapshot
	if s == nil || in.Watchdog || in.Now-s.Ended > in.Config.Stale() {
		return nil
	}
	out := make([]CheckLine, 0, len(s.Checks))
	for i := range s.Checks {
		c := &s.Checks[i]
		if c.Importance == health.Informational {
			continue
		}
		out = append(out, CheckLine{Name: c.Name, Settled: resultTo(c.Settled), Last: resultTo(c.Last), Age: since(in.Now, s.Began)})
	}
	return out
}

func peerChecks(lines []CheckLine) []health.PeerCheck {
	out := make([]health.PeerCheck, 0, len(lines))
	for _, l := range lines {
		out = append(out, health.PeerCheck{Name: l.Name, Settled: resultOf(l.Settled), Last: resultOf(l.Last)})
	}
	slices.SortFunc(out, func(a, b health.PeerCheck) int { return strings.Compare(a.Name, b.Name) })
	return slices.CompactFunc(out, func(a, b health.PeerCheck) bool { return a.Name == b.Name })
}

// fitness is what a peer says of itself, for people.
func fitness(a *Response) health.Fitness {
	var f health.Fitness
	switch a.Assessment.State {
	case AssessedPass:
		f.Assessed = health.Pass
	case AssessedFailing:
		f.Assessed = health.Fail
	case AssessedUnknown:
	}
	if a.LBProbeAge != nil {
		f.LBProbed, f.LBProbeAge = true, a.LBProbeAge.Duration()
	}
	if a.Gateway != nil {
		f.GatewayReady, f.GatewayDesired = a.Gateway.Ready, a.Gateway.Desired
	}
	return f
}
