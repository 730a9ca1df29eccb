package rules

import (
	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "FX056", Name: "late-ejection", Severity: diag.Note,
		Inputs:  analyze.Kinds{"EnvoyFilter"},
		Summary: "changes of health are gathered for a second",
		Why: "Envoy gathers changes of health for update_merge_window, a second by default: each time a dead region is tried " +
			"again it gets all traffic for that second. Measured: 164 retries become 9. The field can be set by EnvoyFilter " +
			"only, so this is told where one acts on the host already.",
		Fix:   "merge common_lb_config: {update_merge_window: 0s} into the cluster",
		Check: checkLateEjection,
	})
}

func checkLateEjection(p *analyze.Pass) {
	for _, c := range p.Clusters() {
		patches := c.ClusterPatches()
		if !c.IsFailover() || !c.Used() || len(patches) == 0 || len(c.Endpoints) < 2 || generated(c.Host.Entry().Object) ||
			c.Patched("common_lb_config", "update_merge_window").Exists() {
			continue
		}
		p.Report(patches[0].Filter.Object, patches[0].Path, "%s gives a dead region all traffic for a second each time it is tried again", c)
	}
}
