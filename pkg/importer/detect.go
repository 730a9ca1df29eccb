package importer

import (
	"strconv"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
	"github.com/spillway-mesh/spillway/pkg/analyze/mesh"
	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/plan"
)

// numbers are those of detection that the objects give; 0 where they give none.
type numbers struct {
	gatewayErrors, serverErrors                     int
	interval, ejection, maxEjection, connectTimeout time.Duration
}

// detect lifts the numbers as the profile nearest to them and what differs from it.
func (l *lifter) detect() {
	c := l.view.Main()
	n := l.numbers(c)
	best, fewest := v1alpha1.Detect{}, 99
	for _, p := range []v1alpha1.Profile{v1alpha1.ProfileBalanced, v1alpha1.ProfileFast, v1alpha1.ProfilePatient} {
		if d, differing := n.beyond(p); differing < fewest {
			best, fewest = d, differing
		}
	}
	best.Active = l.active(c)
	if best.Profile == v1alpha1.ProfileBalanced {
		best.Profile = ""
	}
	if best != (v1alpha1.Detect{}) {
		l.spec.Spec.Detect = &best
	}
}

func (l *lifter) numbers(c *mesh.Cluster) numbers {
	var n numbers
	if d, set := c.ConnectTimeout(); set {
		n.connectTimeout = l.connectTimeout(c, d)
	}
	od, path := c.OutlierDetection(), c.Policy.OutlierDetection.Path
	if od == nil {
		return n
	}
	// A count of 0 switches a detector off; a spec has none that is off.
	n.gatewayErrors = int(od.GetConsecutiveGatewayErrors().GetValue())
	n.serverErrors = int(od.GetConsecutive_5XxErrors().GetValue())
	if od.GetConsecutive_5XxErrors() == nil && od.GetConsecutiveErrors() > 0 { //nolint:staticcheck // old objects have it
		n.serverErrors = int(od.GetConsecutiveErrors()) //nolint:staticcheck // as above
	}
	n.interval = l.within(path+".interval", od.GetInterval().AsDuration())
	n.ejection = l.within(path+".baseEjectionTime", od.GetBaseEjectionTime().AsDuration())
	if d, err := time.ParseDuration(c.Patched("outlier_detection", "max_ejection_time").Text()); err == nil {
		n.maxEjection = l.within(path, d)
	}
	if n.gatewayErrors == 0 && n.serverErrors > 0 {
		// Gateway errors are server errors too: they were counted with them.
		n.gatewayErrors = n.serverErrors
	}
	n.gatewayErrors, n.serverErrors = min(n.gatewayErrors, 1000), min(n.serverErrors, 1000)
	return n
}

// longestConnect is how long a connection attempt may take before it eats up the time of a request.
const longestConnect = 3 * time.Second

// connectTimeout is left to the profile where it is too long for any request to get past a region that swallows packets.
func (l *lifter) connectTimeout(c *mesh.Cluster, d time.Duration) time.Duration {
	path := c.Policy.ConnectionPool.Path + ".tcp.connectTimeout"
	if d > longestConnect {
		o, _ := c.Where("")
		l.decide(o, path, "connections were waited for up to %s, which no request survives; the spec takes that of its profile", duration(d))
		return 0
	}
	return l.within(path, d)
}

// within keeps a duration that a spec can hold.
func (l *lifter) within(path string, d time.Duration) time.Duration {
	if d == 0 || d >= time.Millisecond && d <= time.Hour {
		return d
	}
	o, _ := l.view.Main().Where("")
	l.lost(o, path, "%s is not carried over: a spec takes 1ms to 1h", d)
	return 0
}

// beyond is what the numbers say beyond a profile, and how many differ.
func (n numbers) beyond(p v1alpha1.Profile) (v1alpha1.Detect, int) {
	of, _ := plan.ProfileOf(p)
	d, differing := v1alpha1.Detect{Profile: p}, 0
	whole := func(have, profile int) *int32 {
		if have == 0 || have == profile {
			return nil
		}
		differing++
		return new(int32(have)) //nolint:gosec // bounded
	}
	long := func(have, profile time.Duration) *metav1.Duration {
		if have == 0 || have == profile {
			return nil
		}
		differing++
		return &metav1.Duration{Duration: have}
	}
	d.GatewayErrors = whole(n.gatewayErrors, of.GatewayErrors)
	d.ServerErrors = whole(n.serverErrors, of.ServerErrors)
	d.Interval, d.Ejection = long(n.interval, of.Interval), long(n.ejection, of.Ejection)
	d.ConnectTimeout = long(n.connectTimeout, of.ConnectTimeout)
	if max(of.MaxEjection, n.ejection) != n.maxEjection {
		d.MaxEjection = long(n.maxEjection, of.MaxEjection)
	}
	return d, differing
}

// active lifts the first health check that an EnvoyFilter writes.
func (l *lifter) active(c *mesh.Cluster) *v1alpha1.ActiveCheck {
	checks := c.Patched("health_checks").Items()
	if len(checks) == 0 {
		return nil
	}
	v := checks[0]
	a := &v1alpha1.ActiveCheck{
		Interval: durationOf(v.At("interval")), Timeout: durationOf(v.At("timeout")),
		Unhealthy: countOfValue(v.At("unhealthy_threshold")), Healthy: countOfValue(v.At("healthy_threshold")),
	}
	http, filter := v.At("http_health_check"), l.filterOf(c, v)
	switch {
	case http.Exists():
		a.Path, a.Host = http.At("path").Text(), http.At("host").Text()
		a.Expect = expected(http.At("expected_statuses"))
	case v.At("grpc_health_check").Exists():
		a.Host = v.At("grpc_health_check", "authority").Text()
	default:
		l.lost(filter, v.Path(), "the health check is not carried over: a spec has HTTP and gRPC checks only")
		return nil
	}
	if len(checks) > 1 {
		l.lost(filter, checks[1].Path(), "a second health check is not carried over")
	}
	return a
}

// filterOf is the object that a patched value stands in.
func (l *lifter) filterOf(c *mesh.Cluster, v manifest.Value) *manifest.Object {
	for _, p := range c.ClusterPatches() {
		if p.Value.At("health_checks").Exists() {
			return p.Filter.Object
		}
	}
	_ = v
	return l.host.Entry().Object
}

func durationOf(v manifest.Value) *metav1.Duration {
	d, err := time.ParseDuration(v.Text())
	if err != nil || d < time.Millisecond || d > time.Hour {
		return nil
	}
	return &metav1.Duration{Duration: d}
}

func countOfValue(v manifest.Value) *int32 {
	n, ok := v.Number()
	if !ok || n < 1 || n > 100 {
		return nil
	}
	return new(int32(n)) //nolint:gosec // bounded
}

// expected is the range of status codes as a spec spells it; the end is exclusive in Envoy's.
func expected(v manifest.Value) string {
	ranges := v.Items()
	if len(ranges) == 0 {
		return "200"
	}
	from, ok1 := ranges[0].At("start").Number()
	to, ok2 := ranges[0].At("end").Number()
	switch {
	case !ok1 || !ok2 || from < 100 || to > 600 || to <= from:
		return ""
	case to == from+1:
		return strconv.FormatInt(from, 10)
	default:
		return strconv.FormatInt(from, 10) + "-" + strconv.FormatInt(to-1, 10)
	}
}
