package live

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// Detail is the part of what a health server tells of itself that commands read.
type Detail struct {
	Cluster    string    `json:"cluster"`
	Replica    string    `json:"replica"`
	Status     string    `json:"status"`
	Since      time.Time `json:"since"`
	Reason     string    `json:"reason"`
	Leaves     bool      `json:"wouldLeave"`
	LeavesWhy  string    `json:"wouldLeaveWhy"`
	Mode       string    `json:"mode"`
	ModeReason string    `json:"modeReason"`
	Would      string    `json:"would"`
	WouldWhy   string    `json:"wouldWhy"`
	Guard      struct {
		Need int `json:"need"`
		Held int `json:"held"`
	} `json:"guard"`
	Warn       []Check   `json:"warn"`
	Fail       []Check   `json:"fail"`
	Peers      []Peer    `json:"peers"`
	Siblings   []Sibling `json:"siblings"`
	LBProbeAge *float64  `json:"lbProbeAgeSeconds"`
	MaxRPS     float64   `json:"maxRPS"`
	LoadRPS    *float64  `json:"loadRPS"`
	RoundAge   float64   `json:"roundAgeSeconds"`
}

// Check is one that does not pass.
type Check struct {
	Name   string `json:"name"`
	State  string `json:"state"`
	Reason string `json:"reason"`
}

// Peer is another cluster as a replica sees it.
type Peer struct {
	Name          string   `json:"name"`
	Status        string   `json:"status"`
	Confirmed     bool     `json:"confirmed"`
	Unknown       string   `json:"unknown"`
	Age           float64  `json:"ageSeconds"`
	Mode          string   `json:"mode"`
	Refused       string   `json:"refused"`
	Serves        bool     `json:"serves"`
	RTT           float64  `json:"rttSeconds"`
	Skew          float64  `json:"skewSeconds"`
	Keys          []string `json:"keys"`
	KeysDiffer    bool     `json:"keysDiffer"`
	MembersDiffer bool     `json:"membersDiffer"`
	MaxRPS        float64  `json:"maxRPS"`
	LoadRPS       *float64 `json:"loadRPS"`
}

// Sibling is another replica.
type Sibling struct {
	Replica string  `json:"replica"`
	Status  string  `json:"status"`
	Age     float64 `json:"ageSeconds"`
}

// Entry is one transition that a replica remembers.
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
}

// Detail asks the health server, by way of the API server: one of its replicas answers.
func (c *Cluster) Detail(ctx context.Context, service string, port int) (*Detail, error) {
	var d Detail
	if err := c.ask(ctx, service, port, "detail", &d); err != nil {
		return nil, err
	}
	return &d, nil
}

// Why asks for the transitions that a replica remembers, oldest first.
func (c *Cluster) Why(ctx context.Context, service string, port int) ([]Entry, error) {
	var entries []Entry
	err := c.ask(ctx, service, port, "why", &entries)
	return entries, err
}

func (c *Cluster) ask(ctx context.Context, service string, port int, what string, into any) error {
	path := fmt.Sprintf("/api/v1/namespaces/%s/services/%s:%d/proxy/%s", c.Namespace, service, port, what)
	if err := c.do(ctx, question{method: http.MethodGet, path: path}, into); err != nil {
		return fmt.Errorf("asking the health server %s/%s: %w", c.Namespace, service, err)
	}
	return nil
}
