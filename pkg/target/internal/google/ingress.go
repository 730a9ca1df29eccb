package google

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/spillway-mesh/spillway/pkg/diag"
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

// FrontendConfig says whether the load balancer redirects users to HTTPS, which it can serve with a certificate only.
func FrontendConfig(redirect string, certificates []string) render.Map {
	return target.Spec(target.KV("redirectToHttps", render.Map{
		target.Why("the load balancer redirects users; the gateway must not, or the probe gets a 301", "enabled",
			redirect == RedirectAtLoadBalancer && len(certificates) > 0),
	}))
}

// CheckCertificates tells that users are served without HTTPS.
func CheckCertificates(options *field.Path, certificates []string) diag.List {
	var ds diag.List
	if len(certificates) == 0 {
		ds.Warnf(options, "SP338", "there is no certificate: the load balancer serves plain HTTP only").
			WithHint("name one in certificates")
	}
	return ds
}
