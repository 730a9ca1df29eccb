package importer

import (
	"slices"
	"strconv"
	"strings"
	"time"

	networking "istio.io/api/networking/v1alpha3"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/behaviour"
)

const mostClasses = 16

// requests lifts the routes as classes of requests. A host whose requests all get Istio's own treatment is left to the
// spec's defaults.
func (l *lifter) requests() {
	classes := l.classes()
	if len(classes) == 0 || classes[0].Object == nil {
		return
	}
	seen := map[string]bool{}
	for _, c := range classes {
		if !seen[c.Path] {
			seen[c.Path] = true
			l.beyondRoute(c)
		}
	}
	if len(classes) == 1 && classes[0].Match.String() == everything && plainRetries(classes[0]) {
		l.readsAndRest(classes[0])
		return
	}
	for _, c := range classes {
		if len(l.spec.Spec.Requests) == mostClasses-1 {
			l.lost(c.Object, c.Path, "this route and those behind it are not carried over: a spec has %d classes at most", mostClasses)
			break
		}
		if len(c.Beyond) > 0 {
			l.lost(c.Object, c.Path, "the class of requests is wider than the route: a spec matches methods, headers and paths, and not %s",
				listOf(fields(c.Beyond)))
		}
		l.spec.Spec.Requests = append(l.spec.Spec.Requests, l.class(c))
	}
	if last := &l.spec.Spec.Requests[len(l.spec.Spec.Requests)-1]; last.Match != nil {
		c := classes[len(classes)-1]
		l.decide(c.Object, "spec.http", "requests that no route matched were refused with 404; the spec sends them too")
		l.spec.Spec.Requests = append(l.spec.Spec.Requests, v1alpha1.RequestClass{
			Name: l.className("rest"), Retry: v1alpha1.RetryUnprocessed, Timeout: last.Timeout, PerTryTimeout: last.PerTryTimeout,
		})
	}
}

const everything = "all requests"

func fields(paths []string) []string {
	out := make([]string, len(paths))
	for i, p := range paths {
		out[i] = p[strings.LastIndexByte(p, '.')+1:]
	}
	return out
}

// class is one route as a class.
func (l *lifter) class(c behaviour.Class) v1alpha1.RequestClass {
	out := v1alpha1.RequestClass{Retry: retryOf(c)}
	name := c.Name
	if name == "" {
		name = defaultName(c)
	}
	out.Name = l.className(name)
	if c.Match.String() != everything {
		out.Match = &v1alpha1.RequestMatch{
			Methods: c.Match.Methods, Headers: c.Match.Headers, Path: c.Match.Path, PathPrefix: c.Match.PathPrefix,
		}
	}
	if c.Timeout > 0 {
		out.Timeout = &metav1.Duration{Duration: c.Timeout}
	}
	if c.PerTry > 0 && out.Retry != v1alpha1.RetryNever {
		out.PerTryTimeout = &metav1.Duration{Duration: l.perTry(c)}
	}
	return out
}

// perTry keeps a try within the request.
func (l *lifter) perTry(c behaviour.Class) time.Duration {
	if c.Timeout == 0 || c.PerTry <= c.Timeout {
		return c.PerTry
	}
	l.decide(c.Object, c.Path+".retries.perTryTimeout", "a try could take longer (%s) than the whole request (%s); the spec gives it the same time",
		c.PerTry, c.Timeout)
	return c.Timeout
}

func defaultName(c behaviour.Class) string {
	switch {
	case len(c.Match.Methods) > 0:
		return strings.Join(c.Match.Methods, "-")
	case c.Match.Path+c.Match.PathPrefix != "":
		return c.Match.Path + c.Match.PathPrefix
	case c.Match.String() == everything:
		return "rest"
	default:
		return "route"
	}
}

func (l *lifter) className(name string) string {
	return unique(label(name, 63), 63, func(n string) bool {
		return slices.ContainsFunc(l.spec.Spec.Requests, func(c v1alpha1.RequestClass) bool { return c.Name == n })
	})
}

// retryOf is what may be sent again.
func retryOf(c behaviour.Class) v1alpha1.Retry {
	if c.Attempts == 0 {
		return v1alpha1.RetryNever
	}
	if plainRetries(c) {
		return v1alpha1.RetryUnprocessed
	}
	return v1alpha1.RetryFull
}

// plainRetries says that requests are sent again only where no server can have acted, or as Istio does by itself.
func plainRetries(c behaviour.Class) bool {
	for _, on := range c.RetryOn {
		switch on {
		case "connect-failure", "refused-stream", "reset-before-request", "unavailable", "cancelled", "retriable-status-codes":
		default:
			return false
		}
	}
	return c.Attempts > 0
}

// readsAndRest is for a route that only sets times: the spec's defaults, with these times.
func (l *lifter) readsAndRest(c behaviour.Class) {
	if c.Timeout == 0 && c.PerTry == 0 {
		return
	}
	rest := l.class(c)
	rest.Name = "rest"
	reads := rest
	reads.Name, reads.Retry = "reads", v1alpha1.RetryFull
	reads.Match = &v1alpha1.RequestMatch{Methods: []string{"GET", "HEAD", "OPTIONS"}}
	l.spec.Spec.Requests = []v1alpha1.RequestClass{reads, rest}
}

// beyondRoute tells of all that a route does and a class does not.
func (l *lifter) beyondRoute(c behaviour.Class) {
	h := c.Route
	for _, x := range []struct {
		field string
		is    bool
	}{
		{"redirect", h.GetRedirect() != nil},
		{"directResponse", h.GetDirectResponse() != nil},
		{"delegate", h.GetDelegate() != nil},
		{"fault", h.GetFault() != nil},
		{"mirror", h.GetMirror() != nil || len(h.GetMirrors()) > 0},
		{"corsPolicy", h.GetCorsPolicy() != nil},
		{"headers", h.GetHeaders() != nil},
		{"rewrite.uri", h.GetRewrite().GetUri() != "" || h.GetRewrite().GetUriRegexRewrite() != nil},
	} {
		if x.is {
			l.lost(c.Object, c.Path+"."+x.field, "%s is not carried over", x.field)
		}
	}
	if c.Elsewhere {
		l.lost(c.Object, c.Path+".route", "some of these requests went to another host; the spec sends all of them to %s", l.host.Name)
	}
	l.weights(c, h)
	for i, d := range h.GetRoute() {
		if d.GetHeaders() != nil {
			l.lost(c.Object, c.Path+".route["+strconv.Itoa(i)+"].headers", "headers are not carried over")
		}
	}
}

func (l *lifter) weights(c behaviour.Class, h *networking.HTTPRoute) {
	if len(h.GetRoute()) > 1 && !c.Elsewhere {
		l.lost(c.Object, c.Path+".route", "the weights of the %d destinations are not carried over", len(h.GetRoute()))
	}
}
