package rules

import (
	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "HC005", Name: "probe-ranges", Severity: diag.Error,
		Inputs:  probeKinds(),
		Summary: "a health check has numbers that the load balancer refuses",
		Why:     "The CRD of BackendConfig checks none of them: the load balancer refuses the health check later, with an event on the Ingress, and the old one or none stays.",
		Fix:     "keep timeout below interval, both from 1 to 300 seconds, and thresholds from 1 to 10",
		Check:   checkProbeRanges,
	})
}

func checkProbeRanges(p *analyze.Pass) {
	for _, h := range probesOf(p) {
		checkProbeTimes(p, h)
		const most = 10
		for _, threshold := range []manifest.Value{h.unhealthy, h.healthy} {
			if n := number(threshold, 1); n < 1 || n > most {
				p.Report(h.Object, threshold.Path(), "a threshold is 1 to %d, not %d", most, n)
			}
		}
		if path := h.path.Text(); path != "" && path[0] != '/' {
			p.Report(h.Object, h.path.Path(), "the path %q does not begin with a slash", path)
		}
		if h.Kind == "BackendConfig" && h.kind.Text() == "GRPC" {
			p.Report(h.Object, h.kind.Path(), "%s does not probe by GRPC", h.what).WithHint("write HTTP, HTTPS or HTTP2")
		}
	}
}

func checkProbeTimes(p *analyze.Pass, h probe) {
	interval, timeout := number(h.interval, h.leastInterval), number(h.timeout, 1)
	if interval < h.leastInterval || interval > h.mostInterval {
		p.Report(h.Object, h.interval.Path(), "%s probes every 1 to %d seconds, not every %d", h.what, h.mostInterval, interval)
	}
	switch {
	case timeout < 1 || timeout > h.mostTimeout:
		p.Report(h.Object, h.timeout.Path(), "a probe of %s takes 1 to %d seconds, not %d", h.what, h.mostTimeout, timeout)
	case h.interval.Exists() && h.timeout.Exists() && timeout > interval:
		p.Report(h.Object, h.timeout.Path(), "a probe may take %d seconds, and the next one begins after %d", timeout, interval)
	}
}
