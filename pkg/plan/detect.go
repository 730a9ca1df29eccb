package plan

import (
	"strconv"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
)

// streams is how many requests share one HTTP/2 connection. When a region goes dark without a word, those on its
// connections are lost if they may not be repeated, and so are those that join them until the region is ejected. A full
// connection takes no more: the next request dials, notices, and moves on.
const streams = 4

// ProfileOf is the numbers of a detection profile; false for a name that does not exist.
func ProfileOf(name v1alpha1.Profile) (Detect, bool) {
	switch name {
	case v1alpha1.ProfileFast:
		return Detect{
			GatewayErrors: 2, ServerErrors: 3, Interval: time.Second, Ejection: 5 * time.Second,
			MaxEjection: 5 * time.Second, ConnectTimeout: 250 * time.Millisecond,
		}, true
	case "", v1alpha1.ProfileBalanced:
		return Detect{
			GatewayErrors: 3, ServerErrors: 5, Interval: time.Second, Ejection: 10 * time.Second,
			MaxEjection: 10 * time.Second, ConnectTimeout: 500 * time.Millisecond,
		}, true
	case v1alpha1.ProfilePatient:
		return Detect{
			GatewayErrors: 5, ServerErrors: 10, Interval: 5 * time.Second, Ejection: 30 * time.Second,
			MaxEjection: 60 * time.Second, ConnectTimeout: time.Second,
		}, true
	default:
		return Detect{}, false
	}
}

// detect resolves the profile and what overrides it.
func (b *builder) detect() {
	s := b.spec.Detect
	if s == nil {
		s = &v1alpha1.Detect{}
	}
	d, ok := ProfileOf(s.Profile)
	if !ok {
		b.diags.Errorf(b.at("detect", "profile"), codeNumbers, "there is no profile %q", s.Profile).WithHint(
			"use Fast, Balanced or Patient")
	}
	d.Profile = string(s.Profile)
	if d.Profile == "" {
		d.Profile = string(v1alpha1.ProfileBalanced)
	}
	b.count32(s.GatewayErrors, &d.GatewayErrors, "detect", "gatewayErrors")
	b.count32(s.ServerErrors, &d.ServerErrors, "detect", "serverErrors")
	b.duration(s.Interval, &d.Interval, "detect", "interval")
	b.duration(s.Ejection, &d.Ejection, "detect", "ejection")
	d.MaxEjection = max(d.MaxEjection, d.Ejection)
	b.duration(s.MaxEjection, &d.MaxEjection, "detect", "maxEjection")
	b.duration(s.ConnectTimeout, &d.ConnectTimeout, "detect", "connectTimeout")
	if d.MaxEjection < d.Ejection {
		b.diags.Errorf(b.at("detect", "maxEjection"), codeNumbers, "maxEjection %s is below ejection %s", d.MaxEjection, d.Ejection).
			WithHint("set it to %s or more", d.Ejection)
	}
	d.MaxEjectionPercent = 100
	d.MinHealthPercent = 1
	d.IdleTimeout = 30 * time.Second
	if b.kinds.http2 > 0 {
		d.Streams = streams
	}
	d.Keepalive = Keepalive{Time: 30 * time.Second, Interval: 5 * time.Second, Probes: 3}
	d.DNSRefresh, d.DNSFailureBase, d.DNSFailureMax = 5*time.Second, time.Second, 5*time.Second
	d.RetryBackoff = 10 * time.Millisecond
	d.FirstRetryLeaves = b.plan.EnvoyFilter
	if s.Active != nil {
		d.Active = b.active(s.Active)
	}
	b.plan.Detect = d
}

func (b *builder) active(s *v1alpha1.ActiveCheck) *Active {
	at := b.at("detect", "active")
	a := &Active{Path: s.Path, Host: s.Host, Interval: 5 * time.Second, Timeout: time.Second, Unhealthy: 2, Healthy: 3}
	if a.Path == "" {
		a.Path, a.GRPCHealth = "/", b.kinds.grpc > 0
	}
	if a.GRPCHealth {
		b.diags.Warnf(at, codeGRPCHealth, "GRPC ports are probed by grpc.health.v1.Health/Check: an endpoint that does not serve "+
			"it counts as dead").WithHint("make sure that every endpoint serves it, or set path to one that answers within expect")
	}
	if a.Host == "" {
		a.OwnHosts = b.ownProbes() && b.plan.Order.Mechanism == MechanismPriorities
		a.Host = b.activeHost(at)
	}
	b.duration(s.Interval, &a.Interval, "detect", "active", "interval")
	b.duration(s.Timeout, &a.Timeout, "detect", "active", "timeout")
	b.count32(s.Unhealthy, &a.Unhealthy, "detect", "active", "unhealthy")
	b.count32(s.Healthy, &a.Healthy, "detect", "active", "healthy")
	var ok bool
	if a.ExpectMin, a.ExpectMax, ok = statusRange(s.Expect); !ok {
		b.diags.Errorf(at.Child("expect"), codeNumbers, "%q is no range of status codes", s.Expect).WithHint(
			`write "200-499", or one code`)
	}
	if !b.plan.EnvoyFilter {
		b.diags.Errorf(at, codeActive, "active checks are written by EnvoyFilter, and %s", b.noFilter()).WithHint(
			"drop active: live traffic still finds a dead endpoint, and tries it again after its ejection")
	}
	if b.kinds.http == 0 {
		b.diags.Errorf(at, codeActive, "active checks speak HTTP, and no port of the host does").WithHint("drop active")
	}
	return a
}

// ownProbes says that each endpoint expects probes with a Host of its own.
func (b *builder) ownProbes() bool {
	d := b.spec.Detect
	return d != nil && d.Active != nil && d.Active.Host == "" && b.plan.Identity.HostMode == HostPerEndpoint
}

// activeHost is the Host of probes where the spec gives none: what requests carry. One check has one Host for all
// endpoints, unless the endpoints are written out (M3), each with its own.
func (b *builder) activeHost(at *field.Path) string {
	switch b.plan.Identity.HostMode {
	case HostKeep:
	case HostShared:
		return b.plan.Identity.SharedHost
	case HostPerEndpoint:
		if b.plan.Order.Mechanism != MechanismPriorities {
			b.diags.Warnf(at, codeActiveHost, "each endpoint expects a Host of its own, and probes carry %s to all of them: a strict "+
				"server refuses it, and what it says of a living front end hides a dead application", b.spec.Host).WithHint(
				"set detect.active.host to a name that all of them serve; with EnvoyFilters and istiod %s, probes carry each endpoint's "+
					"own name", replacesLists())
		}
	}
	return b.spec.Host
}

const defaultExpect = "200-499"

// statusRange reads "200-499" or "204"; empty is the default.
func statusRange(text string) (low, high int, ok bool) {
	if text == "" {
		text = defaultExpect
	}
	first, last, isRange := strings.Cut(text, "-")
	if !isRange {
		last = first
	}
	low, err1 := strconv.Atoi(first)
	high, err2 := strconv.Atoi(last)
	return low, high, err1 == nil && err2 == nil && 100 <= low && low <= high && high < 600
}

// duration reads an override; what Istio refuses is refused here.
func (b *builder) duration(s *metav1.Duration, out *time.Duration, path ...string) {
	if s == nil {
		return
	}
	if s.Duration < time.Millisecond || s.Duration > time.Hour {
		b.diags.Errorf(b.at(path...), codeNumbers, "%s is out of range", s.Duration).WithHint("set 1ms to 1h")
		return
	}
	*out = s.Duration
}

func (b *builder) count32(s *int32, out *int, path ...string) {
	if s == nil {
		return
	}
	if *s < 1 {
		b.diags.Errorf(b.at(path...), codeNumbers, "%d is too low", *s).WithHint("set 1 or more")
		return
	}
	*out = int(*s)
}

// connects decides how often a new TCP connection is tried. Each address is left after gatewayErrors failed tries and a
// name often stands for several, so this reaches the last tier as long as no name has more than four.
func (b *builder) connects() {
	const addressesPerName, most = 4, 32
	if b.kinds.tcp == 0 && b.kinds.passThrough < 0 {
		return
	}
	dead := b.plan.mostTiers() - 1
	b.plan.ConnectAttempts = min(b.plan.Detect.GatewayErrors*addressesPerName*dead+1, most)
}

// mostTiers is the greatest number of tiers that any client has.
func (p *Plan) mostTiers() int {
	most := 1
	for i := range p.Tiers {
		most = max(most, len(p.Tiers[i].Tiers))
	}
	return most
}
