package validate

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
)

// longestExpression is what Istio takes (Istio source: pkg/config/validation).
const longestExpression = 1024

func (c *checker) requests(at *field.Path, classes []v1alpha1.RequestClass) {
	c.count(at, len(classes), 0, 16)
	names := seen{}
	for i := range classes {
		r, at := &classes[i], at.Index(i)
		if c.dnsLabel(at.Child("name"), r.Name, longestLabel) {
			c.twice(names, at.Child("name"), r.Name, "the class")
		}
		choice(c, at.Child("retry"), r.Retry, true, v1alpha1.RetryNever, v1alpha1.RetryUnprocessed, v1alpha1.RetryFull)
		c.timeouts(at, r)
		switch last := i == len(classes)-1; {
		case last && !matchesAll(r.Match):
			c.errorf(at.Child("match"), "SP116", "the last class takes what no other class matched, so it has no match").
				WithHint("add a last class without match, such as {name: rest, retry: Unprocessed}")
		case !last && matchesAll(r.Match):
			c.errorf(at.Child("match"), "SP116", "a class without match takes every request, so the classes behind it get none").
				WithHint("add a match, or move the class to the end")
		}
		if r.Match != nil {
			c.match(at.Child("match"), r.Match)
		}
	}
}

func matchesAll(m *v1alpha1.RequestMatch) bool {
	return m == nil || len(m.Methods) == 0 && len(m.Headers) == 0 && m.Path == "" && m.PathPrefix == ""
}

func (c *checker) timeouts(at *field.Path, r *v1alpha1.RequestClass) {
	c.timeout(at.Child("timeout"), r.Timeout)
	c.timeout(at.Child("perTryTimeout"), r.PerTryTimeout)
	if r.Timeout != nil && r.PerTryTimeout != nil && r.Timeout.Duration > 0 && r.PerTryTimeout.Duration > r.Timeout.Duration {
		c.errorf(at.Child("perTryTimeout"), "SP115", "one try may take %s, all tries together only %s", r.PerTryTimeout.Duration, r.Timeout.Duration).
			WithHint("raise timeout, or lower perTryTimeout so that a second try fits in")
	}
}

func (c *checker) match(at *field.Path, m *v1alpha1.RequestMatch) {
	c.methods(at.Child("methods"), m.Methods)
	if n := len(m.Headers); n > 16 {
		c.errorf(at.Child("headers"), "SP105", "the match has %d headers; at most 16 are allowed", n).WithHint("remove some")
	}
	for _, name := range slices.Sorted(maps.Keys(m.Headers)) {
		at := at.Child("headers").Key(name)
		c.header(at, name)
		c.expression(at, m.Headers[name])
	}
	if m.Path != "" && m.PathPrefix != "" {
		c.errorf(at.Child("pathPrefix"), "SP108", "path and pathPrefix exclude each other").WithHint("keep one of the two")
	}
	if m.Path != "" {
		c.urlPath(at.Child("path"), m.Path, "?#")
	}
	if m.PathPrefix != "" {
		c.urlPath(at.Child("pathPrefix"), m.PathPrefix, "?#")
	}
}

func (c *checker) methods(at *field.Path, methods []string) {
	c.count(at, len(methods), 0, 16)
	before := seen{}
	for i, m := range methods {
		at := at.Index(i)
		switch upper := strings.ToUpper(m); {
		case !c.required(at, m, 32) || c.twice(before, at, m, "the method"):
		case !token.MatchString(m):
			c.errorf(at, "SP119", "%s is not an HTTP method", quote(m)).WithHint("such as GET")
		case m != upper:
			c.errorf(at, "SP119", "%s is not an HTTP method; methods tell upper from lower case", quote(m)).WithHint("write %s", upper)
		}
	}
}

var token = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]+$") // RFC 9110, 5.6.2

// header wants a name that a request can be told by. The request's own line is told by methods and paths, and its host
// is the spec's.
func (c *checker) header(at *field.Path, name string) {
	switch lower := strings.ToLower(name); {
	case name == "":
		c.errorf(at, "SP101", "the name of a header is required").WithHint("such as x-amz-target")
	case strings.HasPrefix(name, ":") || lower == "host":
		c.errorf(at, "SP118", "%s cannot be matched here", quote(name)).WithHint("the host is spec.host; use methods, path or pathPrefix for the rest")
	case !token.MatchString(name):
		c.errorf(at, "SP118", "%s is not the name of a header", quote(name)).WithHint("such as x-amz-target")
	case name != lower:
		c.errorf(at, "SP118", "the header %s is not in lower case", quote(name)).WithHint("write %s", lower)
	}
}

// expression wants an RE2 expression, which Go's are.
func (c *checker) expression(at *field.Path, value string) {
	if !c.required(at, value, longestExpression) {
		return
	}
	if _, err := regexp.Compile(value); err != nil {
		c.errorf(at, "SP117", "%s is not an RE2 expression: %s", quote(value), strings.TrimPrefix(err.Error(), "error parsing regexp: ")).
			WithHint("a character with a meaning of its own is taken as it is behind a backslash")
	}
}
