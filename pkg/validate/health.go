package validate

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

// Bounds of the guard's times; what is outside breaks the arithmetic of promises, or asks more often than is polite.
const (
	shortestHold  = 15 * time.Second
	longestHold   = 5 * time.Minute
	shortestPoll  = 500 * time.Millisecond
	shortestRound = time.Second
	maxPeers      = 15
	maxChecks     = 1000
)

// ClusterHealth tells everything that is wrong with the fields of one object.
func ClusterHealth(x *v1alpha1.ClusterHealth) diag.List {
	c := &checker{}
	c.metadata(x)
	s, at := &x.Spec, field.NewPath("spec")
	c.dnsLabel(at.Child("cluster"), s.Cluster, longestEndpoint)
	c.short(at.Child("fleet"), s.Fleet, longestName)
	c.rotation(at.Child("rotation"), s.Rotation)
	c.token(at.Child("token"), s.Token)
	if s.Mode != nil {
		c.mode(at.Child("mode"), s)
	}
	c.capacity(at.Child("capacity"), s.Capacity)
	c.health(at, &s.HealthSettings)
	c.peers(at.Child("peers"), s)
	if len(s.Peers) > 0 && s.PeerKeys == nil {
		c.errorf(at.Child("peerKeys"), "SP101", "messages between clusters are signed, and no keys are given").
			WithHint("name the Secret that holds them: peerKeys: {secret: {name: spillway-peer-keys}}")
	}
	return c.diags
}

func (c *checker) rotation(at *field.Path, r v1alpha1.Rotation) {
	choice(c, at, r, false, v1alpha1.RotationServing, v1alpha1.RotationStandby, v1alpha1.RotationOut)
}

func (c *checker) token(at *field.Path, token string) {
	const longestToken = 64
	if !c.short(at, token, longestToken) {
		return
	}
	if strings.ContainsFunc(token, func(r rune) bool { return !isTokenRune(r) }) {
		c.errorf(at, "SP501", "the token %s has other characters than letters, digits, dots, hyphens and underscores", quote(token)).
			WithHint("leave it out: one is made from the names of fleet and cluster")
	}
}

func isTokenRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '-' || r == '_'
}

// mode checks what an operator has set.
func (c *checker) mode(at *field.Path, s *v1alpha1.ClusterHealthSpec) {
	m := s.Mode
	choice(c, at.Child("name"), m.Name, true, v1alpha1.ModeStrict, v1alpha1.ModeDrain, v1alpha1.ModeObserve, v1alpha1.ModeForceHealthy)
	if m.Until.IsZero() {
		c.errorf(at.Child("until"), "SP101", "a mode ends: a time is required").WithHint(`such as until: "2026-11-23T02:00:00Z"`)
	}
	if strings.TrimSpace(m.Reason) == "" {
		c.errorf(at.Child("reason"), "SP101", "a reason is required").WithHint("say why, for those who find it at night")
	}
	if len(m.Drill) > 0 && m.Name != v1alpha1.ModeObserve {
		c.errorf(at.Child("drill"), "SP502", "a drill needs the mode Observe, in which nothing leaves").WithHint("set name: Observe, or remove drill")
	}
	c.short(at.Child("reason"), m.Reason, 512)
	c.short(at.Child("by"), m.By, longestName)
	known := make([]string, len(s.Checks))
	for i := range s.Checks {
		known[i] = s.Checks[i].Name
	}
	if s.Discover != nil {
		known = nil // a name may be one that is found
	}
	c.checkNames(at.Child("drill"), m.Drill, known)
	c.checkNames(at.Child("rebaseline"), m.Rebaseline, known)
}

// checkNames wants names of checks, each once; of those that are known, if any are.
func (c *checker) checkNames(at *field.Path, names, known []string) {
	c.count(at, len(names), 0, 16)
	before := seen{}
	for i, n := range names {
		at := at.Index(i)
		if c.dnsLabel(at, n, longestLabel) && !c.twice(before, at, n, "the check") && known != nil && !slices.Contains(known, n) {
			c.unknownName(at, "check", n, known)
		}
	}
}

func (c *checker) capacity(at *field.Path, s *v1alpha1.Capacity) {
	if s != nil && s.MaxRPS < 1 {
		c.errorf(at.Child("maxRPS"), "SP104", "%d is out of range", s.MaxRPS).WithHint("write how many requests a second the cluster can serve")
	}
}

// health checks the settings that all clusters of a fleet share.
func (c *checker) health(at *field.Path, s *v1alpha1.HealthSettings) {
	if s.Path != "" {
		c.probePath(at.Child("path"), s.Path)
	}
	choice(c, at.Child("rest"), s.Rest, false, v1alpha1.ModeRelaxed, v1alpha1.ModeGuard)
	choice(c, at.Child("checkerDown"), s.CheckerDown, false, v1alpha1.CheckerDownStay, v1alpha1.CheckerDownLeave)
	if s.Round != nil {
		c.round(at.Child("round"), s.Round)
	}
	if t := s.Thresholds; t != nil {
		c.upTo(at.Child("thresholds", "fall"), t.Fall, 100)
		c.upTo(at.Child("thresholds", "rise"), t.Rise, 100)
		c.upTo(at.Child("thresholds", "quorum"), t.Quorum, 100)
	}
	c.checks(at.Child("checks"), s.Checks)
	if s.Discover != nil && c.required(at.Child("discover", "label"), s.Discover.Label, longestName+1+longestLabel) {
		c.labels(at.Child("discover"), map[string]string{s.Discover.Label: ""})
	}
	if s.Guard != nil {
		c.guard(at.Child("guard"), s.Guard)
	}
	if k := s.PeerKeys; k != nil {
		c.peerKeys(at.Child("peerKeys"), k)
	}
}

// probePath wants a path that proxies, load balancers and DNS compare letter by letter.
func (c *checker) probePath(at *field.Path, path string) {
	const longestPath = 200 // of which the raw paths below it need some more
	if !c.short(at, path, longestPath) {
		return
	}
	c.urlPath(at, path, "?#")
	for _, reserved := range []string{"/strict", "/relaxed", "/peer"} {
		if strings.HasSuffix(path, reserved) {
			c.errorf(at, "SP120", "%s ends with %s, which is a path of its own below it", quote(path), reserved).
				WithHint("such as /.well-known/cluster-health")
		}
	}
	if path == "/" || strings.HasSuffix(path, "/") || strings.Contains(path, "//") {
		c.errorf(at, "SP120", "%s is not a plain path: it is compared letter by letter", quote(path)).
			WithHint("such as /.well-known/cluster-health")
	}
}

func (c *checker) round(at *field.Path, r *v1alpha1.Round) {
	c.duration(at.Child("interval"), r.Interval)
	c.duration(at.Child("timeout"), r.Timeout)
	interval, timeout := durationOr(r.Interval, v1alpha1.DefaultRoundInterval), durationOr(r.Timeout, v1alpha1.DefaultRoundTimeout)
	switch {
	case interval < shortestRound:
		c.errorf(at.Child("interval"), "SP503", "rounds every %s ask more than is needed", interval).WithHint("write 1s or more")
	case timeout >= interval:
		c.errorf(at.Child("timeout"), "SP503", "the timeout %s is not below the interval %s: rounds would overlap", timeout, interval).
			WithHint("lower the timeout, or raise the interval")
	}
}

func durationOr(d *metav1.Duration, or time.Duration) time.Duration {
	if d == nil {
		return or
	}
	return d.Duration
}

// guard checks the times of promises against each other.
func (c *checker) guard(at *field.Path, g *v1alpha1.GuardSettings) {
	c.upTo(at.Child("maxOut"), g.MaxOut, maxPeers-1)
	c.upTo(at.Child("confirm"), g.Confirm, 100)
	c.upTo(at.Child("maxOutsPerHour"), g.MaxOutsPerHour, 60)
	for name, d := range map[string]*metav1.Duration{
		"poll": g.Poll, "hold": g.Hold, "minIn": g.MinIn, "minOut": g.MinOut, "verify": g.Verify, "maxChange": g.MaxChange,
	} {
		c.duration(at.Child(name), d)
	}
	choice(c, at.Child("capacity"), g.Capacity, false, v1alpha1.CapacityRequireForDrain, v1alpha1.CapacityWarn, v1alpha1.CapacityIgnore)
	hold, poll := durationOr(g.Hold, v1alpha1.DefaultHold), durationOr(g.Poll, v1alpha1.DefaultPoll)
	switch {
	case hold < shortestHold || hold > longestHold:
		c.errorf(at.Child("hold"), "SP503", "hold %s is not between %s and %s", hold, shortestHold, longestHold).
			WithHint("30s suits most: a cluster that dies frees the other after it")
	case poll < shortestPoll:
		c.errorf(at.Child("poll"), "SP503", "polls every %s ask more than is needed", poll).WithHint("write 500ms or more")
	case 4*poll > hold:
		c.errorf(at.Child("poll"), "SP503", "at polls every %s a promise of %s hardly survives a lost one", poll, hold).
			WithHint("poll at least four times within hold")
	}
}

func (c *checker) peerKeys(at *field.Path, k *v1alpha1.PeerKeys) {
	if (k.Secret == nil) == (k.Files == nil) {
		c.errorf(at, "SP108", "exactly one of secret and files is needed").WithHint("in a cluster secret, outside of one files")
	}
	if k.Secret != nil && c.required(at.Child("secret", "name"), k.Secret.Name, longestName) {
		c.objectName(at.Child("secret", "name"), k.Secret.Name)
	}
	if k.Files != nil {
		c.required(at.Child("files", "dir"), k.Files.Dir, 1024)
	}
}

// peers checks the other clusters of the fleet.
func (c *checker) peers(at *field.Path, s *v1alpha1.ClusterHealthSpec) {
	c.count(at, len(s.Peers), 0, maxPeers)
	names := seen{}
	for i := range s.Peers {
		p, at := &s.Peers[i], at.Index(i)
		c.dnsLabel(at.Child("name"), p.Name, longestEndpoint)
		c.rotation(at.Child("rotation"), p.Rotation)
		c.token(at.Child("token"), p.Token)
		switch p.Name {
		case "":
		case s.Cluster:
			c.errorf(at.Child("name"), "SP504", "%s is this cluster itself", quote(p.Name)).WithHint("list the other clusters only")
		default:
			c.twice(names, at.Child("name"), p.Name, "the peer")
		}
		c.count(at.Child("urls"), len(p.URLs), 1, 4)
		urls := seen{}
		for j, u := range p.URLs {
			if at := at.Child("urls").Index(j); !c.twice(urls, at, u, "the URL") {
				c.peerURL(at, u)
			}
		}
		if p.Host != "" {
			c.hostPort(at.Child("host"), p.Host)
		}
	}
}

// peerURL wants https, but on loopback: what travels in the clear could be recorded and sent again.
func (c *checker) peerURL(at *field.Path, text string) {
	u := c.url(at, text)
	if u == nil {
		return
	}
	ip, err := netip.ParseAddr(u.Hostname())
	loopback := err == nil && ip.IsLoopback()
	if u.Scheme == "http" && !loopback {
		c.errorf(at, "SP504", "%s is not encrypted", quote(text)).WithHint("write https; plain http is for loopback addresses only")
	}
	if !strings.HasSuffix(u.Path, "/peer") {
		c.errorf(at, "SP504", "%s does not end with the path of peers", quote(text)).WithHint("end it with the probe path and /peer")
	}
}

// url wants an absolute http or https URL; nil if it is none.
func (c *checker) url(at *field.Path, text string) *url.URL {
	if !c.required(at, text, 2048) {
		return nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		c.errorf(at, "SP505", "%s is not the URL of a server", quote(text)).WithHint("such as http://checkout.shop/healthz")
		return nil
	}
	if u.User != nil {
		c.errorf(at, "SP505", "the URL holds a user or password, which would be seen by all who see the object").
			WithHint("remove it")
	}
	return u
}
