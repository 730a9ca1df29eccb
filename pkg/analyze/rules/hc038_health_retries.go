package rules

import (
	"slices"
	"strings"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "HC038", Name: "health-retries", Severity: diag.Error,
		Inputs:  analyze.Kinds{"VirtualService"},
		Summary: "the gateway asks again instead of passing the verdict on",
		Why:     "With retries of 5xx a verdict of one replica is hidden by another, or is asked for three times; retries of a reset do so for a hang, too. Without a timeout a hang is never answered at all.",
		Fix:     `set timeout: 1500ms and retries: {attempts: 2, retryOn: "connect-failure,refused-stream"}`,
		Check:   checkHealthRetries,
	})
}

func checkHealthRetries(p *analyze.Pass) {
	for _, r := range healthRoutes(p, asksOf(p)) {
		if r.http.GetTimeout().AsDuration() <= 0 {
			p.Report(r.Object, r.at+".timeout", "a server that hangs is never answered for: %s has no timeout", r.path).Set(r.at+".timeout", "1500ms")
		}
		for on := range strings.SplitSeq(r.http.GetRetries().GetRetryOn(), ",") {
			on = strings.TrimSpace(on)
			number := on != "" && strings.Trim(on, "0123456789") == ""
			if number || slices.Contains([]string{"5xx", "gateway-error", "reset", "reset-before-request", "retriable-status-codes", "envoy-ratelimited"}, on) {
				path := r.at + ".retries.retryOn"
				p.Report(r.Object, path, "%s is repeated on %s: a verdict must come through once, as it is", r.path, on).Set(path, "connect-failure,refused-stream")
			}
		}
	}
}
