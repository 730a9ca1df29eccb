package server

import (
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/spillway-mesh/spillway/pkg/health"
	"github.com/spillway-mesh/spillway/pkg/health/peer"
)

// mostEntries is how many transitions are kept for whoever asks why.
const mostEntries = 200

// Entry is one transition: what changed, by which rule, and what was known then.
type Entry struct {
	At      time.Time         `json:"at"`
	Status  string            `json:"status"`
	Vote    string            `json:"vote"`
	Mode    string            `json:"mode"`
	Rule    string            `json:"rule"`
	Reason  string            `json:"reason"`
	Would   string            `json:"would"`
	Failing []string          `json:"failing,omitempty"`
	Unknown []string          `json:"unknown,omitempty"`
	Peers   map[string]string `json:"peers,omitempty"`
	Others  map[string]string `json:"siblings,omitempty"` // the other replicas' votes
	Asking  bool              `json:"asking,omitempty"`
	Given   []string          `json:"promisedTo,omitempty"`
	Round   float64           `json:"roundAgeSeconds"` // negative: no round yet
	Change  string            `json:"change,omitempty"`
	Taken   []string          `json:"baselineFailing,omitempty"`
}

// journal keeps the last transitions, and counts all of them.
type journal struct {
	entries     []Entry // oldest first
	last        Entry
	begun       bool
	transitions map[transition]int
	refusals    map[string]int
	since       time.Time // of the status
}

type transition struct{ to, rule string }

// add notes a decision that differs from the last one in status, vote, mode, rule or what the checks would say; it says
// whether this one did.
func (j *journal) add(in *health.Inputs, r *peer.Replica, d *health.Decision, log *slog.Logger) bool {
	e := Entry{
		At: in.Wall.UTC(), Status: d.Status.String(), Vote: d.Vote.String(), Mode: string(d.Mode), Rule: string(d.Reason.Rule),
		Reason: d.Reason.String(), Would: d.Would.String(),
	}
	if j.begun && e.key() == j.last.key() {
		return false
	}
	e.know(in, r)
	turned := j.begun && e.Status != j.last.Status
	if !j.begun || turned {
		j.since = e.At
	}
	if turned {
		if j.transitions == nil {
			j.transitions = map[transition]int{}
		}
		j.transitions[transition{e.Status, e.Rule}]++
		log.Warn("the cluster's status has changed", "status", e.Status, "reason", e.Reason, "mode", e.Mode)
	}
	log.Info("decision", "entry", e)
	if len(j.entries) == mostEntries {
		j.entries = slices.Delete(j.entries, 0, 1)
	}
	j.entries = append(j.entries, e)
	j.last, j.begun = e, true
	return true
}

// key is what makes an entry another one.
func (e *Entry) key() [5]string { return [5]string{e.Status, e.Vote, e.Mode, e.Rule, e.Would} }

// know adds what was known.
func (e *Entry) know(in *health.Inputs, r *peer.Replica) {
	if s := in.Snapshot; s != nil {
		for i := range s.Checks {
			switch c := &s.Checks[i]; c.Settled {
			case health.Fail:
				e.Failing = append(e.Failing, c.Name)
			case health.Unknown:
				e.Unknown = append(e.Unknown, c.Name)
			case health.Pass:
			}
		}
	}
	e.Peers = map[string]string{}
	for _, p := range r.Peers() {
		e.Peers[p.Name] = peerWord(&p.PeerView)
	}
	e.Others = map[string]string{}
	for _, s := range r.Siblings() {
		e.Others[s.Replica] = s.Vote.String()
	}
	e.Round = -1
	if s := in.Snapshot; s != nil {
		e.Round = (in.Now - s.Ended).Seconds()
	}
	st := r.State()
	e.Asking = st.Ask != nil
	for i := range st.Granted {
		e.Given = append(e.Given, st.Granted[i].Cluster)
	}
	slices.Sort(e.Given)
	if c := in.Change; c != nil {
		e.Change = c.ID
		if c.Baseline != nil {
			e.Taken = c.Baseline.Failing
		}
	}
}

func peerWord(p *health.PeerView) string {
	switch {
	case p.Unknown != "":
		return p.Unknown
	case p.Refused != "":
		return p.Status.String() + ", refuses: " + p.Refused
	default:
		return p.Status.String()
	}
}

func (j *journal) refused(why string) {
	if j.refusals == nil {
		j.refusals = map[string]int{}
	}
	j.refusals[why]++
}

// copies for readers, under the engine's lock.
func (j *journal) counts() (map[transition]int, map[string]int) {
	return maps.Clone(j.transitions), maps.Clone(j.refusals)
}
