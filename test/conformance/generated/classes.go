package generated

import (
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/test/conformance/bench"
)

// classOf says by the spec's own words, not by the product's routes, what may be done with a request.
func classOf(spec *v1alpha1.ExternalFailoverSpec, port v1alpha1.Port, c *bench.Call) v1alpha1.RequestClass {
	unprocessed := v1alpha1.RequestClass{Retry: v1alpha1.RetryUnprocessed}
	full := v1alpha1.RequestClass{Retry: v1alpha1.RetryFull}
	for _, r := range spec.Requests {
		if r.Match == nil || matches(r.Match, c) {
			return r
		}
	}
	reading := false
	switch spec.Preset {
	case v1alpha1.PresetDynamoDB:
		_, op, _ := strings.Cut(c.Headers["X-Amz-Target"], ".")
		for _, verb := range []string{"Get", "BatchGet", "Query", "Scan", "Describe", "List"} {
			reading = reading || strings.HasPrefix(op, verb)
		}
	case v1alpha1.PresetS3:
		reading = c.Method == http.MethodGet || c.Method == http.MethodHead
	case v1alpha1.PresetGRPC:
	default:
		reading = port.Protocol != v1alpha1.ProtocolGRPC &&
			slices.Contains([]string{http.MethodGet, http.MethodHead, http.MethodOptions}, c.Method)
	}
	if reading {
		return full
	}
	return unprocessed
}

func matches(m *v1alpha1.RequestMatch, c *bench.Call) bool {
	if len(m.Methods) > 0 && !slices.Contains(m.Methods, c.Method) {
		return false
	}
	if m.Path != "" && c.Path != m.Path || !strings.HasPrefix(c.Path, m.PathPrefix) {
		return false
	}
	for name, expr := range m.Headers {
		value := ""
		for k, v := range c.Headers {
			if strings.EqualFold(k, name) {
				value = v
			}
		}
		if ok, err := regexp.MatchString("^(?:"+expr+")$", value); err != nil || !ok {
			return false
		}
	}
	return true
}
