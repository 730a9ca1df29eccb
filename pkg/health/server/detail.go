package server

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"

	"github.com/spillway-mesh/spillway/pkg/health"
	"github.com/spillway-mesh/spillway/pkg/health/peer"
	"github.com/spillway-mesh/spillway/pkg/version"
)

// Detail is everything that the internal port tells about a cluster.
type Detail struct {
	Cluster    string          `json:"cluster"`
	Fleet      string          `json:"fleet"`
	Rotation   string          `json:"rotation"`
	Replica    string          `json:"replica"`
	Status     string          `json:"status"` // In or Out
	Since      time.Time       `json:"since"`
	Rule       string          `json:"rule"`
	Reason     string          `json:"reason"`
	Vote       string          `json:"vote"`
	Leaves     bool            `json:"wouldLeave"` // if it failed now
	LeavesWhy  string          `json:"wouldLeaveWhy"`
	Mode       string          `json:"mode"` // that acts
	ModeReason string          `json:"modeReason"`
	ModeSet    string          `json:"modeSet,omitempty"` // by an operator
	Until      *time.Time      `json:"until,omitempty"`
	SetBy      string          `json:"setBy,omitempty"`
	SetReason  string          `json:"setReason,omitempty"`
	Change     *ChangeDetail   `json:"change,omitempty"`
	Would      string          `json:"would"`
	WouldWhy   string          `json:"wouldWhy"`
	Guard      GuardDetail     `json:"guard"`
	Pass       []CheckDetail   `json:"pass"`
	Warn       []CheckDetail   `json:"warn"` // unknown, or Informational and failing
	Fail       []CheckDetail   `json:"fail"`
	RoundAge   float64         `json:"roundAgeSeconds"` // negative: no round yet
	Stuck      bool            `json:"stuck"`
	Peers      []PeerDetail    `json:"peers"`
	Siblings   []SiblingDetail `json:"siblings"`
	LBProbeAge *float64        `json:"lbProbeAgeSeconds,omitempty"`
	MaxRPS     float64         `json:"maxRPS,omitempty"`
	LoadRPS    *float64        `json:"loadRPS,omitempty"` // absent: not known
	Build      string          `json:"build"`
	ConfigHash string          `json:"configHash"`
	Cached     bool            `json:"cachedConfig"`
	Now        time.Time       `json:"now"`
}

// ChangeDetail is the change that goes on.
type ChangeDetail struct {
	ID       string     `json:"id"`
	Started  time.Time  `json:"started"`
	Ends     time.Time  `json:"ends"` // at the latest
	Acted    *time.Time `json:"effectiveAt,omitempty"`
	Baseline []string   `json:"baselineFailing"`
	Taken    bool       `json:"baselineTaken"`
}

// GuardDetail is what stands between this cluster and a departure.
type GuardDetail struct {
	Need     int             `json:"need"`
	Held     int             `json:"held"`
	Asking   bool            `json:"asking"`
	Given    []PromiseDetail `json:"given"`
	LeftHour int             `json:"departuresInHour"`
}

// PromiseDetail is a promise that this replica has given.
type PromiseDetail struct {
	Cluster string  `json:"cluster"`
	Replica string  `json:"replica"`
	Left    float64 `json:"secondsLeft"`
}

// CheckDetail is a check.
type CheckDetail struct {
	Name       string  `json:"name"`
	State      string  `json:"state"`
	Last       string  `json:"last"`
	Importance string  `json:"importance"`
	Shared     bool    `json:"shared,omitempty"`
	For        float64 `json:"seconds"`
	Took       float64 `json:"tookSeconds"`
	Reason     string  `json:"reason"`
	Baseline   bool    `json:"inBaseline,omitempty"`
}

// PeerDetail is a peer as this replica sees it.
type PeerDetail struct {
	Name      string   `json:"name"`
	Status    string   `json:"status"`
	Confirmed bool     `json:"confirmed"`
	Streak    int      `json:"streak"`
	Unknown   string   `json:"unknown,omitempty"`
	Age       float64  `json:"ageSeconds"` // negative: never heard
	Mode      string   `json:"mode"`
	Reason    string   `json:"reason"`
	Score     int      `json:"score"`
	Refused   string   `json:"refused,omitempty"`
	Promised  bool     `json:"promised"`
	Serves    bool     `json:"serves"` // its probe path answers 200 with its token
	RTT       float64  `json:"rttSeconds"`
	Skew      float64  `json:"skewSeconds"`
	Keys      []string `json:"keys"`
	Build     string   `json:"build"`

	KeysDiffer    bool     `json:"keysDiffer,omitempty"`
	MembersDiffer bool     `json:"membersDiffer,omitempty"`
	MaxRPS        float64  `json:"maxRPS,omitempty"`
	LoadRPS       *float64 `json:"loadRPS,omitempty"` // absent: not known
}

// SiblingDetail is another replica.
type SiblingDetail struct {
	Replica string  `json:"replica"`
	Vote    string  `json:"vote"`
	Status  string  `json:"status"`
	Age     float64 `json:"ageSeconds"` // negative: never heard
}

// detail is a copy of everything, in words.
func (e *engine) detail() *Detail {
	e.mu.Lock()
	defer e.mu.Unlock()
	in, st, dec := e.in, e.replica.State(), e.replica.Decision()
	in.Now, in.Wall = e.now(), e.wall()
	for _, p := range e.replica.Peers() {
		in.Peers = append(in.Peers, p.PeerView)
	}
	for _, s := range e.replica.Siblings() {
		in.Siblings = append(in.Siblings, s.SiblingView)
	}
	d := &Detail{
		Status: dec.Status.String(), Since: e.journal.since, Rule: string(dec.Reason.Rule), Reason: dec.Reason.String(), Vote: dec.Vote.String(),
		Mode: string(dec.Mode), ModeReason: dec.ModeReason.String(), Would: dec.Would.String(), WouldWhy: dec.WouldReason.String(),
		RoundAge: -1, Stuck: in.Watchdog, Build: version.Get().String(), Cached: e.cached, Now: in.Wall.UTC(),
		Pass: []CheckDetail{}, Warn: []CheckDetail{}, Fail: []CheckDetail{}, Peers: []PeerDetail{}, Siblings: []SiblingDetail{},
	}
	d.Leaves, d.LeavesWhy = health.IfItFailed(&in, st, &dec)
	e.describe(d)
	d.checks(&in)
	d.guard(&in, &st)
	for _, s := range in.Siblings {
		d.Siblings = append(d.Siblings, SiblingDetail{s.Replica, s.Vote.String(), s.Status.String(), age(in.Now, s.HeardAt, s.Heard)})
	}
	for _, p := range e.replica.Peers() {
		d.Peers = append(d.Peers, PeerDetail{
			Name: p.Name, Status: p.Status.String(), Streak: p.Streak, Unknown: p.Unknown, Age: age(in.Now, p.SentAt, p.Heard), Mode: string(p.Mode),
			Confirmed: e.config != nil && p.Unknown == "" && p.Streak >= e.config.Guard.Confirm, Reason: p.Reason, Score: p.Score, Refused: p.Refused,
			Promised: st.Ask != nil && p.PromiseAsk == st.Ask.ID, Serves: p.ProbeOK && in.Now-p.ProbeAt <= 2*e.config.Guard.Poll,
			RTT: p.RTT.Seconds(), Skew: p.Skew.Seconds(), Keys: p.Keys, Build: p.Build,
			KeysDiffer: keysDiffer(e.keys.Ring(), p.Keys), MembersDiffer: membersDiffer(e.config, p.Members),
			MaxRPS: p.Capacity.Max, LoadRPS: loadOf(p.Capacity),
		})
	}
	d.MaxRPS, d.LoadRPS = in.Capacity.Max, loadOf(in.Capacity)
	if at, probed := e.lb.last(); probed {
		a := (in.Now - at).Seconds()
		d.LBProbeAge = &a
	}
	return d
}

// describe says what is configured.
func (e *engine) describe(d *Detail) {
	if e.config == nil {
		return
	}
	d.Cluster, d.Fleet, d.Rotation, d.Replica = e.config.Cluster, e.config.Fleet, string(e.config.Rotation), e.replica.Name()
	if text, err := json.Marshal(e.object.Spec); err == nil {
		sum := sha256.Sum256(text)
		d.ConfigHash = hex.EncodeToString(sum[:6])
	}
	if m := e.object.Spec.Mode; m != nil {
		d.ModeSet, d.SetBy, d.SetReason, d.Until = string(m.Name), m.By, m.Reason, &m.Until.Time
	}
	if c := e.change; c != nil {
		d.Change = &ChangeDetail{ID: c.ID, Started: c.Started, Ends: c.Started.Add(e.config.Guard.MaxChange), Baseline: []string{}, Taken: c.Baseline != nil}
		if !c.EffectiveAt.IsZero() {
			d.Change.Acted = &c.EffectiveAt
		}
		if c.Baseline != nil {
			d.Change.Baseline = append(d.Change.Baseline, c.Baseline.Failing...)
		}
	}
}

func (d *Detail) checks(in *health.Inputs) {
	s := in.Snapshot
	if s == nil {
		return
	}
	d.RoundAge = (in.Now - s.Ended).Seconds()
	for i := range s.Checks {
		c := &s.Checks[i]
		one := CheckDetail{
			Name: c.Name, State: c.Settled.String(), Last: c.Last.String(), Importance: string(c.Importance), Shared: c.Shared,
			For: (in.Now - c.Since).Seconds(), Took: c.Took.Seconds(), Reason: c.Reason,
		}
		if d.Change != nil {
			for _, name := range d.Change.Baseline {
				one.Baseline = one.Baseline || name == c.Name
			}
		}
		switch {
		case c.Settled == health.Pass:
			d.Pass = append(d.Pass, one)
		case c.Settled == health.Unknown || c.Importance == health.Informational:
			d.Warn = append(d.Warn, one)
		default:
			d.Fail = append(d.Fail, one)
		}
	}
}

func (d *Detail) guard(in *health.Inputs, st *health.State) {
	d.Guard = GuardDetail{Asking: st.Ask != nil, Given: []PromiseDetail{}, LeftHour: len(st.Outs)}
	if in.Config == nil {
		return
	}
	d.Guard.Need, d.Guard.Held = health.Promises(in, st)
	for _, p := range st.Granted {
		d.Guard.Given = append(d.Guard.Given, PromiseDetail{p.Cluster, p.Replica, (p.Until - in.Now).Seconds()})
	}
}

func age(now, at time.Duration, known bool) float64 {
	if !known {
		return -1
	}
	return (now - at).Seconds()
}

func loadOf(c health.Capacity) *float64 {
	if c.Max == 0 || !c.Known {
		return nil
	}
	return &c.Load
}

// keysDiffer says that a peer that was heard accepts other keys.
func keysDiffer(own *peer.Keyring, theirs []string) bool {
	return own != nil && len(theirs) > 0 && !slices.Equal(own.IDs(), slices.Sorted(slices.Values(theirs)))
}

// membersDiffer says that a peer that was heard knows another fleet.
func membersDiffer(c *health.Config, theirs string) bool {
	return c != nil && theirs != "" && theirs != peer.Members(c)
}
