package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
)

const (
	cacheFile    = "clusterhealth.json"
	siblingsFile = "siblings.json"
	// keepEvery is how often the status is written where nothing changed.
	keepEvery   = 10 * time.Second
	keepTimeout = 5 * time.Second
	// keepGap is the least time between two writes, however often a decision changes.
	keepGap = time.Second
)

// restore configures from what was kept by an earlier process, so that neither a mode nor a baseline is forgotten while the
// API is away.
func (e *engine) restore(dir string) {
	x, err := readCache(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		e.log.Error("the cached configuration cannot be used", "error", err)
	default:
		e.configure(x, true)
	}
	var urls []string
	if text, err := os.ReadFile(filepath.Join(dir, siblingsFile)); err == nil && json.Unmarshal(text, &urls) == nil {
		e.Siblings(urls)
	}
}

// Cached says that there is a configuration to start from, kept by an earlier process.
func Cached(dir string) bool {
	_, err := readCache(dir)
	return dir != "" && err == nil
}

func readCache(dir string) (*v1alpha1.ClusterHealth, error) {
	text, err := os.ReadFile(filepath.Join(dir, cacheFile))
	if err != nil {
		return nil, fmt.Errorf("reading the cached configuration: %w", err)
	}
	x := &v1alpha1.ClusterHealth{}
	if err := json.Unmarshal(text, x); err != nil {
		return nil, fmt.Errorf("reading the cached configuration: %w", err)
	}
	if x.Spec.Cluster == "" {
		return nil, errors.New("the cached configuration names no cluster")
	}
	return x, nil
}

// keep writes the status and the cache whenever something changed.
func (e *engine) keep(dir string) func(context.Context) error {
	return func(ctx context.Context) error {
		t := time.NewTicker(keepEvery)
		defer t.Stop()
		for {
			select {
			case <-ctx.Done():
				return nil
			case <-e.changed:
			case <-t.C:
			}
			e.keepOnce(ctx, dir)
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(keepGap):
			}
		}
	}
}

func (e *engine) keepOnce(ctx context.Context, dir string) {
	own, x, speaks := e.status()
	if x == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, keepTimeout)
	defer cancel()
	err := e.store.Keep(ctx, func(now v1alpha1.ClusterHealthStatus) (v1alpha1.ClusterHealthStatus, bool) {
		next := now
		if speaks {
			next = own
			next.Conditions = slices.Clone(now.Conditions)
			for _, c := range own.Conditions {
				meta.SetStatusCondition(&next.Conditions, c)
			}
		}
		next.Change = merge(now.Change, own.Change, x.Status.Change)
		return next, !sameStatus(&now, &next)
	})
	if err != nil {
		e.log.Warn("the status was not written", "error", err)
	}
	e.tellPeople(ctx, speaks)
	if dir == "" {
		return
	}
	x.Status.Change = own.Change
	if err := writeFile(dir, cacheFile, x); err != nil {
		e.log.Warn("the configuration was not cached", "error", err)
	}
	e.mu.Lock()
	others := e.siblings
	e.mu.Unlock()
	if !others.known {
		return
	}
	if err := writeFile(dir, siblingsFile, others.urls); err != nil {
		e.log.Warn("where the other replicas are was not cached", "error", err)
	}
}

// writeFile replaces a file of the cache in one step: whoever reads it sees the old or the new one.
func writeFile(dir, name string, x any) error {
	text, err := json.Marshal(x)
	if err != nil {
		return err //nolint:wrapcheck // told as it is
	}
	at := filepath.Join(dir, name)
	if err := os.WriteFile(at+".new", text, 0o600); err != nil {
		return err //nolint:wrapcheck // names the file
	}
	return os.Rename(at+".new", at) //nolint:wrapcheck // names the files
}

// status is what the cluster says of itself, a copy of the object as it was last seen, and whether this replica is the one
// that writes: the first by name of those that hear each other. Were all to write, each would put its own view over the other's.
func (e *engine) status() (own v1alpha1.ClusterHealthStatus, seen *v1alpha1.ClusterHealth, speaks bool) {
	d := e.detail()
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.object == nil {
		return v1alpha1.ClusterHealthStatus{}, nil, false
	}
	since := metav1.NewTime(d.Since.Truncate(time.Second))
	s := v1alpha1.ClusterHealthStatus{
		ObservedGeneration: e.object.Generation, Verdict: d.Status, Mode: v1alpha1.HealthMode(d.Mode), Since: &since, Reason: d.Reason,
		Change: changeStatus(e.change),
	}
	for _, c := range append(d.Fail, d.Warn...) {
		at := metav1.NewTime(d.Now.Add(-time.Duration(c.For * float64(time.Second))).Truncate(time.Second))
		s.Checks = append(s.Checks, v1alpha1.CheckStatus{Name: c.Name, State: c.State, Since: &at, Reason: c.Reason})
	}
	for _, p := range d.Peers {
		s.Peers = append(s.Peers, v1alpha1.PeerStatus{Name: p.Name, Confirmed: p.Confirmed, Unknown: p.Unknown})
	}
	s.Guard = &v1alpha1.GuardStatus{
		WouldLeave: d.Leaves, Reason: d.LeavesWhy, Need: int32(d.Guard.Need), Held: int32(d.Guard.Held), //nolint:gosec // of some clusters
	}
	s.Conditions = []metav1.Condition{confirmed(d, e.object.Generation)}
	return s, e.object.DeepCopy(), e.replica.First(e.now())
}

// confirmed says whether enough peers answer for the cluster to leave if it had to.
func confirmed(d *Detail, generation int64) metav1.Condition {
	have := 0
	for i := range d.Peers {
		if d.Peers[i].Confirmed {
			have++
		}
	}
	c := metav1.Condition{
		Type: v1alpha1.ConditionConfirmed, Status: metav1.ConditionTrue, Reason: "PeersAnswer", ObservedGeneration: generation,
		LastTransitionTime: metav1.NewTime(d.Now.Truncate(time.Second)),
		Message:            fmt.Sprintf("%d peers must promise to stay before this cluster leaves, and %d are confirmed", d.Guard.Need, have),
	}
	if have < d.Guard.Need {
		c.Status, c.Reason = metav1.ConditionFalse, "TooFewPeers"
	}
	return c
}

// sameStatus compares what people and other replicas act on: replicas that differ in times only do not write in turn.
func sameStatus(a, b *v1alpha1.ClusterHealthStatus) bool {
	short := func(s *v1alpha1.ClusterHealthStatus) string {
		c := s.DeepCopy()
		c.Since = nil
		for i := range c.Checks {
			c.Checks[i].Since, c.Checks[i].Reason = nil, ""
		}
		if c.Guard != nil {
			c.Guard.Reason = ""
		}
		for i := range c.Conditions {
			c.Conditions[i].LastTransitionTime = metav1.Time{}
		}
		text, err := json.Marshal(c)
		if err != nil {
			return ""
		}
		return string(text)
	}
	return short(a) == short(b)
}
