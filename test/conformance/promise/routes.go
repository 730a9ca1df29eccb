package promise

import (
	"strings"

	routev3 "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"

	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/test/conformance/xdsclient"
)

// route compares the i-th route with the i-th class of requests: the plan's order is the order of matching.
func (c *checker) route(routes []*routev3.Route, i int) {
	r, want := routes[i], c.plan.Routes[i]
	same := func(what string, got, want any) {
		if got != want {
			c.differ("route %s: %s is %v, want %v", r.GetName(), what, got, want)
		}
	}
	if !strings.HasPrefix(r.GetName(), want.Name) {
		c.differ("route %d is %q, want class %q", i, r.GetName(), want.Name)
	}
	action := r.GetRoute()
	same("timeout", action.GetTimeout().AsDuration(), want.Timeout)
	same("the endpoint's own Host", action.GetAutoHostRewrite().GetValue(), c.plan.Identity.HostMode == plan.HostPerEndpoint)
	shared := ""
	if c.plan.Identity.HostMode == plan.HostShared {
		shared = c.plan.Identity.SharedHost
	}
	same("the shared Host", action.GetHostRewriteLiteral(), shared)
	policy := action.GetRetryPolicy()
	if want.Retry == plan.RetryNever {
		same("a retry policy", policy != nil, false)
		return
	}
	same("retries", int(policy.GetNumRetries().GetValue()), want.Attempts)
	same("per-try timeout", policy.GetPerTryTimeout().AsDuration(), want.PerTryTimeout)
	full := strings.Contains(","+policy.GetRetryOn()+",", ",5xx,")
	same("repeated after 5xx", full, want.Retry == plan.RetryFull)
	same("repeated after any reset", strings.Contains(","+policy.GetRetryOn()+",", ",reset,"), want.Retry == plan.RetryFull)
	frequency, err := xdsclient.UpdateFrequency(r)
	if err != nil {
		c.differ("%v", err)
	}
	leaves := 2 // istiod's own
	if c.plan.Detect.FirstRetryLeaves {
		leaves = 1
	}
	same("retries per priority", frequency, leaves)
}
