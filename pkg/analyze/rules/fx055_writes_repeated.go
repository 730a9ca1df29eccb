package rules

import (
	"slices"

	networking "istio.io/api/networking/v1alpha3"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "FX055", Name: "writes-repeated", Severity: diag.Error,
		Inputs:  analyze.Kinds{"VirtualService"},
		Summary: "writes are repeated after the server may have acted",
		Why: "After 5xx, gateway-error, reset or the timeout of a try nobody knows whether the server has acted. " +
			"A route that takes every request repeats payments and orders then, in another region where the " +
			"first attempt may not be seen.",
		Fix: "two routes: reads with 5xx,reset,…, all else with " +
			"connect-failure,refused-stream,reset-before-request",
		Check: checkWritesRepeated,
	})
}

func checkWritesRepeated(p *analyze.Pass) {
	for _, c := range p.Clusters() {
		if !c.IsFailover() || !c.Port.Protocol.IsHTTP() {
			continue
		}
		for _, r := range c.Routes() {
			if r.Object == nil || !takesAll(r.HTTP) || r.HTTP.GetRetries().GetAttempts() == 0 {
				continue
			}
			var after []string
			for _, on := range conditions(r.HTTP.GetRetries()) {
				if on == "5xx" || on == "gateway-error" || on == "reset" {
					after = append(after, on)
				}
			}
			if len(after) > 0 {
				p.Report(r.Object.Object, r.Path+".retries.retryOn", "every request to %s is repeated after %s, writes too", c, analyze.List(after))
			}
		}
	}
}

// takesAll says whether a route takes every request that gets to it.
func takesAll(h *networking.HTTPRoute) bool {
	all := func(m *networking.HTTPMatchRequest) bool {
		prefix := m.GetUri().GetPrefix()
		return m.GetMethod() == nil && len(m.GetHeaders()) == 0 && (m.GetUri() == nil || prefix == "/")
	}
	return len(h.GetMatch()) == 0 || slices.ContainsFunc(h.GetMatch(), all)
}
