package server

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/health"
)

// Config is what an object means to the verdict, every default filled in.
func Config(x *v1alpha1.ClusterHealth) *health.Config {
	s := &x.Spec
	c := &health.Config{
		Generation: x.Generation, Cluster: s.Cluster, Fleet: s.Fleet, Path: s.Path, Token: s.Token,
		Rotation: rotation(s.Rotation), Rest: health.Mode(s.Rest),
		Interval: v1alpha1.DefaultRoundInterval, Timeout: v1alpha1.DefaultRoundTimeout,
		Fall: v1alpha1.DefaultFall, Rise: v1alpha1.DefaultRise, Quorum: v1alpha1.DefaultQuorum,
		Guard: guard(s.Guard), ExpectProbes: s.ExpectProbes != nil && *s.ExpectProbes,
	}
	if c.Fleet == "" {
		c.Fleet = x.Name
	}
	if c.Path == "" {
		c.Path = v1alpha1.DefaultHealthPath
	}
	if c.Token == "" {
		c.Token = health.Token(c.Fleet, c.Cluster)
	}
	if c.Rest == "" {
		c.Rest = health.Relaxed
	}
	if r := s.Round; r != nil {
		set(&c.Interval, r.Interval)
		set(&c.Timeout, r.Timeout)
	}
	if t := s.Thresholds; t != nil {
		count(&c.Fall, t.Fall)
		count(&c.Rise, t.Rise)
		count(&c.Quorum, t.Quorum)
	}
	if m := s.Mode; m != nil {
		c.Mode = &health.ModeSpec{Name: health.Mode(m.Name), Until: m.Until.Time, Force: m.Force}
	}
	for i := range s.Checks {
		c.Checks = append(c.Checks, checkOf(&s.Checks[i]))
	}
	for _, p := range s.Peers {
		c.Peers = append(c.Peers, health.PeerConfig{Name: p.Name, Rotation: rotation(p.Rotation)})
	}
	return c
}

func rotation(r v1alpha1.Rotation) health.Rotation {
	if r == "" {
		return health.Serving
	}
	return health.Rotation(r)
}

func checkOf(h *v1alpha1.HealthCheck) health.Check {
	c := health.Check{Name: h.Name, Importance: health.Importance(h.Importance), Weight: 1, Shared: h.Shared}
	if c.Importance == "" {
		c.Importance = health.Required
	}
	count(&c.Weight, h.Weight)
	return c
}

func guard(s *v1alpha1.GuardSettings) health.GuardConfig {
	g := health.GuardConfig{
		MaxOut: v1alpha1.DefaultMaxOut, Poll: v1alpha1.DefaultPoll, Confirm: v1alpha1.DefaultConfirm, Hold: v1alpha1.DefaultHold,
		MinIn: v1alpha1.DefaultMinIn, MinOut: v1alpha1.DefaultMinOut, MaxOutsPerHour: v1alpha1.DefaultOutsPerHour,
		Verify: v1alpha1.DefaultVerify, MaxChange: v1alpha1.DefaultMaxChange, Capacity: health.RequireForDrain,
	}
	if s == nil {
		return g
	}
	count(&g.MaxOut, s.MaxOut)
	set(&g.Poll, s.Poll)
	count(&g.Confirm, s.Confirm)
	set(&g.Hold, s.Hold)
	set(&g.MinIn, s.MinIn)
	set(&g.MinOut, s.MinOut)
	count(&g.MaxOutsPerHour, s.MaxOutsPerHour)
	set(&g.Verify, s.Verify)
	set(&g.MaxChange, s.MaxChange)
	if s.Capacity != "" {
		g.Capacity = health.CapacityPolicy(s.Capacity)
	}
	return g
}

func set(to *time.Duration, d *metav1.Duration) {
	if d != nil {
		*to = d.Duration
	}
}

func count(to *int, n *int32) {
	if n != nil {
		*to = int(*n)
	}
}
