package plan

import (
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
)

const (
	shortestDefault      = 8 * time.Second
	defaultPerTryTimeout = 2 * time.Second
	// dynamoReads matches the operations of DynamoDB's x-amz-target that only read.
	dynamoReads = `.*\.(Get|BatchGet|Query|Scan|Describe|List).*`
)

// requests sorts requests into routes by what may be repeated.
func (b *builder) requests() {
	given := len(b.spec.Requests) > 0
	preset := b.spec.Preset
	if given && preset != "" {
		b.diags.Errorf(b.at("preset"), codeClasses, "preset and requests exclude each other").WithHint("drop one of the two")
		return
	}
	if b.kinds.http == 0 {
		b.noRequests(given)
		return
	}
	switch {
	case given:
		b.classes()
	case preset != "":
		b.preset(preset)
	default:
		b.defaultRoutes()
	}
	tiers := b.plan.mostTiers()
	for i := range b.plan.Routes {
		r := &b.plan.Routes[i]
		r.Attempts = attempts(r.Retry, tiers, b.plan.Detect.FirstRetryLeaves)
		b.timeouts(i, r, tiers)
		b.outconnects(r, tiers)
	}
}

func (b *builder) noRequests(given bool) {
	if !given && b.spec.Preset == "" {
		return
	}
	at := b.at("preset")
	if given {
		at = b.at("requests")
	}
	b.diags.Errorf(at, codeNoRequests, "requests can be told apart and repeated on HTTP, HTTP2 and GRPC ports only, and the "+
		"host has none").WithHint("drop it: on TCP and TLS ports only new connections move to another endpoint")
}

// attempts is how often a request may be sent again: enough to reach the last tier. Where the first retry leaves the
// tier, one per dead tier and one to spare; where Istio's own setting makes every second one leave, two per dead tier and
// one to spare. Never fewer than two: one may meet a connection that is just closing.
func attempts(retry Retry, tiers int, firstLeaves bool) int {
	switch {
	case retry == RetryNever:
		return 0
	case firstLeaves:
		return max(2, tiers)
	default:
		return max(2, 2*(tiers-1)+1)
	}
}

// defaultRoutes are what holds where the spec says nothing. gRPC methods are all POST, and streams outlive any timeout:
// where a port speaks gRPC the rest has none.
func (b *builder) defaultRoutes() {
	reads := Route{
		Name: "reads", Match: &Match{Methods: []string{"GET", "HEAD", "OPTIONS"}}, Retry: RetryFull,
		Timeout: b.defaultTimeout(), PerTryTimeout: defaultPerTryTimeout,
	}
	rest := Route{Name: "rest", Retry: RetryUnprocessed, Timeout: b.defaultTimeout(), PerTryTimeout: defaultPerTryTimeout}
	if b.kinds.grpc > 0 {
		rest.Timeout, rest.PerTryTimeout = 0, 0
	}
	if b.kinds.grpc == b.kinds.http {
		b.plan.Routes = []Route{rest}
		return
	}
	b.plan.Routes = []Route{reads, rest}
	if b.kinds.grpc > 0 {
		b.diags.Warnf(b.at("requests"), codeSharedClasses, "HTTP and GRPC ports share the classes of requests; for the sake of "+
			"gRPC streams all but GET, HEAD and OPTIONS have no timeouts").WithHint(
			"list requests with timeouts for the HTTP paths, or write one spec for each protocol")
	}
}

func (b *builder) preset(preset v1alpha1.Preset) {
	timeout, perTry := b.classTimeouts()
	rest := Route{Name: "rest", Retry: RetryUnprocessed, Timeout: timeout, PerTryTimeout: perTry}
	reads := Route{Name: "reads", Retry: RetryFull, Timeout: b.defaultTimeout(), PerTryTimeout: defaultPerTryTimeout} // no gRPC among them
	switch preset {
	case v1alpha1.PresetDynamoDB:
		reads.Match = &Match{Headers: []HeaderMatch{{Name: "x-amz-target", Regex: dynamoReads}}}
		b.plan.Routes = []Route{reads, rest}
	case v1alpha1.PresetS3:
		reads.Match = &Match{Methods: []string{"GET", "HEAD"}}
		b.plan.Routes = []Route{reads, rest}
	case v1alpha1.PresetGRPC:
		rest.Timeout, rest.PerTryTimeout = 0, 0
		b.plan.Routes = []Route{rest}
	default:
		b.diags.Errorf(b.at("preset"), codeClasses, "there is no preset %q", preset).WithHint(
			"use dynamodb, s3 or grpc, or list requests")
	}
}

// defaultTimeout is long enough for a try in every tier, should all before the last hang.
func (b *builder) defaultTimeout() time.Duration {
	tries := b.triesPerTier()*(b.plan.mostTiers()-1) + 1
	return max(shortestDefault, time.Duration(tries)*defaultPerTryTimeout)
}

// classTimeouts are those of a class that gives none. Streams outlive any, and HTTP and gRPC ports share the classes.
func (b *builder) classTimeouts() (timeout, perTry time.Duration) {
	if b.kinds.grpc == 0 {
		return b.defaultTimeout(), defaultPerTryTimeout
	}
	open := b.spec.Preset != "" && b.spec.Preset != v1alpha1.PresetGRPC ||
		slices.ContainsFunc(b.spec.Requests, func(c v1alpha1.RequestClass) bool { return c.Timeout == nil })
	if open && b.kinds.grpc < b.kinds.http {
		b.diags.Warnf(b.at("requests"), codeSharedClasses, "HTTP and GRPC ports share the classes of requests; for the sake of "+
			"gRPC streams a class that gives no timeout has none").WithHint(
			"give timeouts to the classes of the HTTP paths, or write one spec for each protocol")
	}
	return 0, 0
}

// classes reads the spec's own list.
func (b *builder) classes() {
	list := b.spec.Requests
	b.plan.Routes = make([]Route, 0, len(list))
	timeout, perTry := b.classTimeouts()
	for i := range list {
		s := &list[i]
		r := Route{
			Name: s.Name, Match: matchOf(s.Match), Retry: Retry(s.Retry),
			Timeout: orDefault(s.Timeout, timeout), PerTryTimeout: orDefault(s.PerTryTimeout, perTry),
		}
		if r.Retry == RetryNever && s.PerTryTimeout == nil {
			r.PerTryTimeout = 0 // there is one try, and timeout bounds it
		}
		for j := range b.plan.Routes {
			if b.plan.Routes[j].Name == r.Name {
				b.diags.Errorf(b.class(i).Child("name"), codeTwice, "there are two classes named %q", r.Name).WithHint(
					"give each class a name of its own")
			}
		}
		switch last := i == len(list)-1; {
		case last && r.Match != nil:
			b.diags.Errorf(b.class(i).Child("match"), codeClasses, "the last class has a match, so that some requests would belong to "+
				"none").WithHint("add a class without match at the end, such as {name: rest, retry: Unprocessed}")
		case !last && r.Match == nil:
			b.diags.Errorf(b.class(i), codeClasses, "class %q takes every request, and the classes behind it none", r.Name).WithHint(
				"give it a match, or move it to the end")
		}
		switch r.Retry {
		case RetryNever, RetryUnprocessed, RetryFull:
		default:
			b.diags.Errorf(b.class(i).Child("retry"), codeClasses, "%q is no retry class", r.Retry).WithHint(
				"use Never, Unprocessed or Full")
		}
		b.plan.Routes = append(b.plan.Routes, r)
	}
}

// matchOf copies a match; one that asks for nothing is none.
func matchOf(s *v1alpha1.RequestMatch) *Match {
	if s == nil || len(s.Methods) == 0 && len(s.Headers) == 0 && s.Path == "" && s.PathPrefix == "" {
		return nil
	}
	m := &Match{Methods: s.Methods, Path: s.Path, PathPrefix: s.PathPrefix}
	for _, name := range sortedKeys(s.Headers) {
		m.Headers = append(m.Headers, HeaderMatch{Name: name, Regex: s.Headers[name]})
	}
	return m
}

// timeouts checks that a request can outlive the dead tiers, and that a region that says nothing is left at all.
func (b *builder) timeouts(i int, r *Route, tiers int) {
	switch {
	case tooShort(r.Timeout) || tooShort(r.PerTryTimeout):
		b.diags.Errorf(b.class(i), codeNumbers, "a timeout of class %q is below 1ms", r.Name).WithHint("set 1ms or more, or 0s for none")
	case r.PerTryTimeout == 0 && r.Timeout == 0:
		b.noTimeout(i, r)
	case r.Timeout > 0 && r.PerTryTimeout > r.Timeout:
		b.diags.Errorf(b.class(i).Child("perTryTimeout"), codePerTry, "perTryTimeout %s of class %q is longer than its timeout %s: no "+
			"request would be tried again", r.PerTryTimeout, r.Name, r.Timeout).WithHint(
			"set it to %s or less", (r.Timeout / time.Duration(tiers)).Truncate(time.Millisecond))
	case r.Retry == RetryFull:
		b.outlives(i, r, tiers)
	}
}

// class is the path of a class, or of all where they are defaults.
func (b *builder) class(i int) *field.Path {
	if len(b.spec.Requests) > 0 {
		return b.at("requests").Index(i)
	}
	return b.at("requests")
}

// tooShort says that Istio would refuse a timeout.
func tooShort(d time.Duration) bool { return d != 0 && d < time.Millisecond }

// outlives warns where requests that are repeated in full cannot get past tiers that hang.
func (b *builder) outlives(i int, r *Route, tiers int) {
	tries := time.Duration(b.triesPerTier()*(tiers-1) + 1)
	switch need := tries * r.PerTryTimeout; {
	case tiers == 1:
	case need == 0:
		b.diags.Warnf(b.class(i).Child("perTryTimeout"), codeNoTimeout, "class %q has no perTryTimeout: a request to a region that hangs "+
			"fails after %s instead of moving on", r.Name, r.Timeout).WithHint("set perTryTimeout to %s or less",
			(r.Timeout / tries).Truncate(time.Millisecond))
	case r.Timeout > 0 && r.Timeout < need:
		b.diags.Warnf(b.class(i).Child("timeout"), codeShortTimeout, "the timeout %s of class %q is over before the last of %d tiers is "+
			"tried, if all before it hang (%s)", r.Timeout, r.Name, tiers, need).WithHint(
			"set timeout to %s, or perTryTimeout to %s", need, (r.Timeout / tries).Truncate(time.Millisecond))
	}
}

// outconnects finds requests that cannot get past tiers that swallow connections: the per-try timeout only starts when a
// connection is made, so that each dead tier costs its connectTimeout.
func (b *builder) outconnects(r *Route, tiers int) {
	if r.Timeout == 0 || r.Retry == RetryNever || tiers == 1 {
		return
	}
	connect := b.plan.Detect.ConnectTimeout
	dead := time.Duration(b.triesPerTier() * (tiers - 1))
	at, fits := b.at("detect", "connectTimeout"), (r.Timeout / (dead + 1)).Truncate(time.Millisecond)
	switch {
	case connect >= r.Timeout:
		b.diags.Errorf(at, codeShortTimeout, "a connection attempt may take %s, and the timeout %s of class %q ends the request before: "+
			"none would leave a region that is a black hole", connect, r.Timeout, r.Name).WithHint(
			"set connectTimeout to %s or less, or raise the timeout", fits)
	case dead*connect >= r.Timeout:
		b.diags.Warnf(at, codeShortTimeout, "the timeout %s of class %q is over before the last of %d tiers is tried, if all before it "+
			"are black holes (%s)", r.Timeout, r.Name, tiers, dead*connect).WithHint(
			"set connectTimeout to %s or less, or raise the timeout", fits)
	}
}

// triesPerTier is how often a request is sent into a dead tier before its retries leave it.
func (b *builder) triesPerTier() int {
	if b.plan.Detect.FirstRetryLeaves {
		return 1
	}
	return 2
}

// noTimeout tells of a region that is never left: as a warning where nobody asked for it.
func (b *builder) noTimeout(i int, r *Route) {
	const text = "class %q has no timeouts: a region that hangs is not left"
	if i < len(b.spec.Requests) && b.spec.Requests[i].Timeout != nil && b.spec.Requests[i].PerTryTimeout != nil {
		b.diags.Notef(b.at("requests").Index(i), codeNoTimeout, text, r.Name)
		return
	}
	b.diags.Warnf(b.at("requests"), codeNoTimeout, text, r.Name).WithHint("list requests: unary methods that may be " +
		"repeated with retry: Full, timeout and perTryTimeout, and the rest without")
}
