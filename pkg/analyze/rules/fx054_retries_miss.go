package rules

import (
	"slices"
	"strings"

	networking "istio.io/api/networking/v1alpha3"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "FX054", Name: "retries-miss", Severity: diag.Warning,
		Inputs:  analyze.Kinds{"VirtualService"},
		Summary: "reads are not repeated after resets or errors",
		Why: "retryOn names what is repeated. Without reset, requests that a dying region cuts off fail; without " +
			"5xx or gateway-error so do those that time out there, as the timeout of one try counts as 504.",
		Fix:   "retryOn: 5xx,reset,connect-failure,refused-stream for requests that may be repeated",
		Check: checkRetriesMiss,
	})
}

func checkRetriesMiss(p *analyze.Pass) {
	for _, c := range p.Clusters() {
		if !c.IsFailover() || !c.Port.Protocol.IsHTTP() {
			continue
		}
		for _, r := range c.Routes() {
			if r.Object == nil || !onlyReads(r.HTTP) || r.HTTP.GetRetries().GetAttempts() == 0 {
				continue
			}
			on := conditions(r.HTTP.GetRetries())
			var missing []string
			if !slices.Contains(on, "reset") {
				missing = append(missing, "reset")
			}
			if !slices.Contains(on, "5xx") && !slices.Contains(on, "gateway-error") {
				missing = append(missing, "5xx")
			}
			if len(missing) > 0 {
				p.Report(r.Object.Object, r.Path+".retries.retryOn", "reads of %s are not repeated after %s", c, analyze.List(missing)).
					WithHint("add %s", analyze.List(missing))
			}
		}
	}
}

// conditions are what a policy retries on; those of Istio where it says nothing.
func conditions(r *networking.HTTPRetry) []string {
	text := r.GetRetryOn()
	if text == "" {
		text = "connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes"
	}
	out := strings.Split(text, ",")
	for i := range out {
		out[i] = strings.TrimSpace(out[i])
	}
	return out
}

// onlyReads says whether a route takes nothing but requests that may be repeated.
func onlyReads(h *networking.HTTPRoute) bool {
	reads := func(m *networking.HTTPMatchRequest) bool {
		methods := []string{m.GetMethod().GetExact()}
		if regex := m.GetMethod().GetRegex(); regex != "" {
			methods = strings.Split(regex, "|")
		}
		return !slices.ContainsFunc(methods, func(s string) bool { return s != "GET" && s != "HEAD" && s != "OPTIONS" })
	}
	return len(h.GetMatch()) > 0 && !slices.ContainsFunc(h.GetMatch(), func(m *networking.HTTPMatchRequest) bool { return !reads(m) })
}
