package behaviour

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	networking "istio.io/api/networking/v1alpha3"

	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
	"github.com/spillway-mesh/spillway/pkg/analyze/mesh"
)

// Match picks requests, by what a spec can say; the zero Match takes all.
type Match struct {
	Methods    []string
	Path       string
	PathPrefix string
	Headers    map[string]string // expressions by name
}

// Class is requests that are treated alike at a port.
type Class struct {
	Name  string
	Match Match
	// Beyond are fields of the match that have no word here.
	Beyond []string

	Timeout, PerTry time.Duration // 0 is none
	Attempts        int           // retries after the first try
	RetryOn         []string      // sorted
	Remote          bool          // retries leave the region
	Rewrite         string        // the Host that is sent; empty: the application's
	Subset          string
	Port            int  // to which the route sends; 0 is the same
	Elsewhere       bool // some requests go to another host

	Object *manifest.Object // nil: Istio's own route for a host without one
	Path   string           // in Object, such as spec.http[0]
	Route  *networking.HTTPRoute
}

// istioRetries is what Istio retries by itself, and how often.
const istioRetries = 2

// retriesOfIstio are the conditions of its own policy.
func retriesOfIstio() []string {
	return []string{"cancelled", "connect-failure", "refused-stream", "retriable-status-codes", "unavailable"}
}

// Classes are the classes of requests at a port for clients of a region, in the order in which they are tried. The last
// one takes the rest, unless some requests find no route at all.
func (v *View) Classes(port int, region string) []Class {
	c := v.Cluster(port, "")
	if c == nil || !c.Port.Protocol.IsHTTP() {
		return nil
	}
	var out []Class
	for _, vs := range c.Services() {
		if !covers(vs, v.Host.Name) {
			continue
		}
		for i, h := range vs.Spec.GetHttp() {
			out = append(out, v.classesOf(vs, i, h, port, region)...)
			if n := len(out); n > 0 && out[n-1].Match.empty() && len(out[n-1].Beyond) == 0 {
				return out
			}
		}
		return out
	}
	return []Class{{Attempts: istioRetries, RetryOn: retriesOfIstio()}}
}

func covers(vs *manifest.VirtualService, host string) bool {
	return slices.ContainsFunc(vs.Spec.GetHosts(), func(h string) bool {
		h = mesh.FullHost(h, vs.Namespace)
		rest, wild := strings.CutPrefix(h, "*")
		return h == host || wild && strings.HasSuffix(host, rest)
	})
}

// classesOf makes a class of each alternative of a route's match.
func (v *View) classesOf(vs *manifest.VirtualService, i int, h *networking.HTTPRoute, port int, region string) []Class {
	base := Class{Name: h.GetName(), Object: vs.Object, Path: indexed("spec.http", i), Route: h, Timeout: h.GetTimeout().AsDuration()}
	base.Rewrite = h.GetRewrite().GetAuthority()
	retries(&base, h.GetRetries())
	for n, d := range h.GetRoute() {
		here := mesh.FullHost(d.GetDestination().GetHost(), vs.Namespace) == v.Host.Name
		base.Elsewhere = base.Elsewhere || !here
		if n == 0 && here {
			base.Subset, base.Port = d.GetDestination().GetSubset(), int(d.GetDestination().GetPort().GetNumber())
		}
	}
	if len(h.GetMatch()) == 0 {
		return []Class{base}
	}
	var out []Class
	for n, m := range h.GetMatch() {
		if m.GetPort() != 0 && int(m.GetPort()) != port || !inRegion(m.GetSourceLabels(), region) ||
			len(m.GetGateways()) > 0 && !slices.Contains(m.GetGateways(), "mesh") {
			continue
		}
		one := base
		one.match(m, indexed(base.Path+".match", n))
		if !slices.ContainsFunc(out, func(c Class) bool {
			return c.Match.String() == one.Match.String() && len(c.Beyond)+len(one.Beyond) == 0
		}) {
			out = append(out, one)
		}
	}
	return out
}

func retries(c *Class, r *networking.HTTPRetry) {
	if r == nil {
		c.Attempts, c.RetryOn = istioRetries, retriesOfIstio()
		return
	}
	c.Attempts, c.PerTry = int(r.GetAttempts()), r.GetPerTryTimeout().AsDuration()
	c.Remote = r.GetRetryRemoteLocalities().GetValue()
	if c.Attempts == 0 {
		return
	}
	for on := range strings.SplitSeq(r.GetRetryOn(), ",") {
		if on = strings.TrimSpace(on); on != "" {
			c.RetryOn = append(c.RetryOn, on)
		}
	}
	if len(c.RetryOn) == 0 {
		c.RetryOn = retriesOfIstio()
	}
	slices.Sort(c.RetryOn)
}

// match reads what a spec can say too, and keeps the names of the rest.
func (c *Class) match(m *networking.HTTPMatchRequest, at string) {
	beyond := func(name string, is bool) {
		if is {
			c.Beyond = append(c.Beyond, at+"."+name)
		}
	}
	switch u := m.GetUri(); {
	case u.GetExact() != "":
		c.Match.Path = u.GetExact()
	case u.GetPrefix() != "":
		if u.GetPrefix() != "/" { // every path begins so
			c.Match.PathPrefix = u.GetPrefix()
		}
	default:
		beyond("uri", u != nil)
	}
	switch u := m.GetMethod(); {
	case u.GetExact() != "":
		c.Match.Methods = []string{u.GetExact()}
	case plainAlternatives(u.GetRegex()):
		c.Match.Methods = strings.Split(u.GetRegex(), "|")
	default:
		beyond("method", u != nil)
	}
	for _, name := range slices.Sorted(maps.Keys(m.GetHeaders())) {
		expr, ok := expression(m.GetHeaders()[name])
		if !ok {
			beyond("headers["+name+"]", true)
			continue
		}
		if c.Match.Headers == nil {
			c.Match.Headers = map[string]string{}
		}
		c.Match.Headers[name] = expr
	}
	beyond("scheme", m.GetScheme() != nil)
	beyond("authority", m.GetAuthority() != nil)
	beyond("queryParams", len(m.GetQueryParams()) > 0)
	beyond("withoutHeaders", len(m.GetWithoutHeaders()) > 0)
	beyond("ignoreUriCase", m.GetIgnoreUriCase())
	beyond("sourceNamespace", m.GetSourceNamespace() != "")
}

// plainAlternatives says whether an expression is a list of words, GET|HEAD.
func plainAlternatives(regex string) bool {
	return regex != "" && strings.Trim(regex, "ABCDEFGHIJKLMNOPQRSTUVWXYZ|") == ""
}

// expression is a match of a header as an expression for the whole value.
func expression(m *networking.StringMatch) (string, bool) {
	switch {
	case m.GetExact() != "":
		return quoteMeta(m.GetExact()), true
	case m.GetPrefix() != "":
		return quoteMeta(m.GetPrefix()) + ".*", true
	default:
		return cmp.Or(m.GetRegex(), ".*"), m.GetRegex() != "" || m.GetMatchType() == nil
	}
}

func (m Match) empty() bool {
	return len(m.Methods)+len(m.Headers) == 0 && m.Path == "" && m.PathPrefix == ""
}

// String names the requests for people.
func (m Match) String() string {
	var parts []string
	if len(m.Methods) > 0 {
		parts = append(parts, list(m.Methods))
	}
	if m.Path != "" {
		parts = append(parts, m.Path)
	}
	if m.PathPrefix != "" {
		parts = append(parts, m.PathPrefix+"…")
	}
	for _, name := range slices.Sorted(maps.Keys(m.Headers)) {
		parts = append(parts, name+" like "+m.Headers[name])
	}
	if len(parts) == 0 {
		return "all requests"
	}
	return strings.Join(parts, ", ")
}
