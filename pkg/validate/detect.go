package validate

import (
	"strconv"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
)

// The bounds of a duration. Istio takes whole milliseconds only (Istio source: pkg/config/validation/agent); anything
// above a day is a mistyped unit.
const (
	shortest    = time.Millisecond
	longestTime = 24 * time.Hour
)

func (c *checker) detect(at *field.Path, d *v1alpha1.Detect) {
	choice(c, at.Child("profile"), d.Profile, false, v1alpha1.ProfileFast, v1alpha1.ProfileBalanced, v1alpha1.ProfilePatient)
	c.upTo(at.Child("gatewayErrors"), d.GatewayErrors, 1000)
	c.upTo(at.Child("serverErrors"), d.ServerErrors, 1000)
	c.duration(at.Child("interval"), d.Interval)
	c.duration(at.Child("ejection"), d.Ejection)
	c.duration(at.Child("maxEjection"), d.MaxEjection)
	c.duration(at.Child("connectTimeout"), d.ConnectTimeout)
	if d.Ejection != nil && d.MaxEjection != nil && d.MaxEjection.Duration < d.Ejection.Duration {
		c.errorf(at.Child("maxEjection"), "SP115", "maxEjection %s is below ejection %s", d.MaxEjection.Duration, d.Ejection.Duration).
			WithHint("raise it to %s at least", d.Ejection.Duration)
	}
	if d.Active != nil {
		c.active(at.Child("active"), d.Active)
	}
}

func (c *checker) active(at *field.Path, a *v1alpha1.ActiveCheck) {
	if a.Path != "" {
		c.urlPath(at.Child("path"), a.Path, "#")
	}
	if a.Host != "" {
		c.hostPort(at.Child("host"), a.Host)
	}
	if a.Expect != "" {
		c.statusRange(at.Child("expect"), a.Expect)
	}
	c.duration(at.Child("interval"), a.Interval)
	c.duration(at.Child("timeout"), a.Timeout)
	c.upTo(at.Child("unhealthy"), a.Unhealthy, 100)
	c.upTo(at.Child("healthy"), a.Healthy, 100)
}

// statusRange wants one HTTP status, or two with a hyphen.
func (c *checker) statusRange(at *field.Path, value string) {
	first, last, found := strings.Cut(value, "-")
	if !found {
		last = first
	}
	from, ok := status(first)
	to, ok2 := status(last)
	switch {
	case !ok || !ok2:
		c.errorf(at, "SP126", "%s is not a range of HTTP status codes", quote(value)).WithHint("write a range such as 200-499, or one code such as 204")
	case from > to:
		c.errorf(at, "SP126", "the range %s is empty", quote(value)).WithHint("write the lower code first: %d-%d", to, from)
	}
}

func status(s string) (int, bool) {
	n, err := strconv.Atoi(s)
	return n, err == nil && len(s) == 3 && n >= 100 && n <= 599
}

// duration wants whole milliseconds, more than none.
func (c *checker) duration(at *field.Path, d *metav1.Duration) {
	if d != nil && d.Duration == 0 {
		c.errorf(at, "SP114", "the duration is zero").WithHint("write a longer one, or remove the line so that the default holds")
		return
	}
	c.timeout(at, d)
}

// timeout is a duration that may be zero, which means none.
func (c *checker) timeout(at *field.Path, d *metav1.Duration) {
	switch {
	case d == nil || d.Duration == 0:
	case d.Duration < 0:
		c.errorf(at, "SP114", "the duration %s is negative", d.Duration).WithHint("remove the minus sign")
	case d.Duration < shortest || d.Duration%time.Millisecond != 0:
		c.errorf(at, "SP114", "the duration %s is not in whole milliseconds", d.Duration).WithHint("write whole milliseconds, such as 250ms")
	case d.Duration > longestTime:
		c.errorf(at, "SP114", "the duration %s is longer than a day", d.Duration).WithHint("write at most 24h")
	}
}

// urlPath wants the path of a URL, without the characters that end it.
func (c *checker) urlPath(at *field.Path, value, without string) {
	if !c.short(at, value, 1024) {
		return
	}
	switch {
	case !strings.HasPrefix(value, "/"):
		c.errorf(at, "SP120", "the path %s does not begin with /", quote(value)).WithHint("write %s", quote("/"+value))
	case strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r == 0x7f }):
		c.errorf(at, "SP120", "the path %s has a space or a control character", quote(value)).WithHint("write it as %%20 and the like")
	case strings.ContainsAny(value, without):
		c.errorf(at, "SP120", "the path %s has a query or a fragment", quote(value)).WithHint("write the path alone")
	}
}
