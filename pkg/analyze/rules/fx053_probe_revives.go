package rules

import (
	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "FX053", Name: "probe-revives", Severity: diag.Error,
		Inputs:  analyze.Kinds{"EnvoyFilter"},
		Summary: "a probe of the port brings a dead region back",
		Why: "A passed active check ends an ejection. A check by TCP passes as long as something listens: a " +
			"region whose application is dead is ejected by its errors and brought back by the next probe, " +
			"again and again.",
		Fix:   "check by HTTP, or set outlier_detection.successful_active_health_check_uneject_host: false",
		Check: checkProbeRevives,
	})
}

func checkProbeRevives(p *analyze.Pass) {
	for _, c := range p.Clusters() {
		keeps := c.Patched("outlier_detection", "successful_active_health_check_uneject_host")
		if c.OutlierDetection() == nil || keeps.Exists() && !keeps.Bool() {
			continue
		}
		for _, patch := range c.ClusterPatches() {
			for _, check := range patch.Value.At("health_checks").Items() {
				if tcp := check.At("tcp_health_check"); tcp.Exists() {
					p.Report(patch.Filter.Object, tcp.Path(), "a region of %s that only listens is brought back by each probe", c)
				}
			}
		}
	}
}
