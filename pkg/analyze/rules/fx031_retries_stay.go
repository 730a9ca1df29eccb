package rules

import (
	"strconv"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "FX031", Name: "retries-stay", Severity: diag.Warning,
		Inputs:  analyze.Kinds{"ServiceEntry"},
		Summary: "retries cannot reach the next region",
		Why: "Without retryRemoteLocalities every retry goes to the region that failed. With it the first two tries stay " +
			"there: the second region is reached by the second retry, the third by the fourth. Seen live: with one " +
			"attempt failures got through, with two none did.",
		Fix:   "set retries.retryRemoteLocalities: true and attempts: 2 for each further region",
		Check: checkRetriesStay,
	})
}

func checkRetriesStay(p *analyze.Pass) {
	for _, c := range p.Clusters() {
		if !c.IsFailover() || !c.Port.Protocol.IsHTTP() || c.OrderedByFilter() {
			continue
		}
		further := most(c, regionsOf(p, c)) - 1
		need := 2 * further
		if n, ok := c.RoutePatched("route", "retry_policy", "retry_priority", "typed_config", "update_frequency").Number(); ok && n == 1 {
			need = further
		}
		for _, r := range c.Routes() {
			if r.HTTP == nil || further < 1 {
				continue
			}
			retries := r.HTTP.GetRetries()
			at := r.Path + ".retries"
			switch {
			case retries != nil && retries.GetAttempts() == 0:
				p.Report(r.Object.Object, at+".attempts", "a request to %s that fails is not tried in another region: attempts is 0", c)
			case !retries.GetRetryRemoteLocalities().GetValue():
				p.Report(r.Object.Object, at+".retryRemoteLocalities", "retries to %s stay in the region that failed", c).
					WithHint("set retryRemoteLocalities: true").Set(at+".retryRemoteLocalities", "true")
			case int(retries.GetAttempts()) < need:
				p.Report(r.Object.Object, at+".attempts", "retries to %s do not reach the last region: that takes %d attempts, not %d", c, need, retries.GetAttempts()).
					WithHint("set attempts: %d", need).Set(at+".attempts", strconv.Itoa(need))
			}
		}
	}
}
