package google

import (
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
	"github.com/spillway-mesh/spillway/pkg/target"
)

// BackendConfig has no field for the Host of the probe, which is an address therefore, nor for the body of the answer.
func BackendConfig(f *plan.Fleet, p Probe, b Backend) render.Map {
	return target.Spec(
		target.KV("healthCheck", render.Map{
			target.Why("sends the pod's address as Host, so the health route is on every host", "type", b.Protocol),
			target.KV("requestPath", f.Health.Path),
			target.Why("of the container, not of the Service", "port", b.TargetPort),
			target.Why("the default of 15s notices a dead gateway after 45s", "checkIntervalSec", Seconds(p.Interval)),
			target.KV("timeoutSec", Seconds(p.Timeout)),
			target.KV("healthyThreshold", p.Healthy),
			target.KV("unhealthyThreshold", p.Unhealthy),
		}),
		target.KV("timeoutSec", Seconds(b.Timeout)),
		target.KV("connectionDraining", render.Map{target.KV("drainingTimeoutSec", Seconds(b.Drain))}),
		target.KV("logging", render.Map{target.KV("enable", true), target.KV("sampleRate", 1.0)}),
	)
}

// FrontendConfig says whether the load balancer redirects users to HTTPS.
func FrontendConfig(redirect string) render.Map {
	return target.Spec(target.KV("redirectToHttps", render.Map{
		target.Why("the load balancer redirects users; the gateway must not, or the probe gets a 301", "enabled", redirect == RedirectAtLoadBalancer),
	}))
}
