package rules

import (
	"time"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/diag"
	"github.com/spillway-mesh/spillway/pkg/window"
)

func init() {
	add(analyze.Rule{
		Code: "HC022", Name: "window-refused", Severity: diag.Error,
		Inputs:  analyze.Kinds{"ContainerCluster"},
		Summary: "a maintenance window that GKE refuses",
		Why: "GKE wants 48 hours of maintenance in any 32 days, in blocks of 4 hours at least. It refuses the whole policy otherwise, and " +
			"the old one stays. The CRD of Config Connector takes anything, also scopes of exclusions that there are not.",
		Fix:   "write longer windows, or more days: two days of 6 hours are enough",
		Check: checkWindowRefused,
	})
}

func checkWindowRefused(p *analyze.Pass) {
	const day = 24 * time.Hour
	within := half()
	for _, r := range recurringOf(p) {
		spans := window.Merge(r.weekly.Spans(within.From, within.To))
		if got, _ := window.Least(spans, within, 32*day, 4*time.Hour); got < 48*time.Hour {
			p.Report(r.Object, r.at.Path(), "the window is open for %s of any 32 days at the least, in blocks of 4 hours; GKE wants 48h", got)
		}
	}
	scopes := map[string]bool{"": true, "NO_UPGRADES": true, "NO_MINOR_UPGRADES": true, "NO_MINOR_OR_NODE_UPGRADES": true}
	for _, o := range p.Snapshot.OfKind("container.cnrm.cloud.google.com", "ContainerCluster") {
		for _, e := range o.Tree.At("spec", "maintenancePolicy", "maintenanceExclusion").Items() {
			scope := e.At("exclusionOptions", "scope")
			from, err := time.Parse(time.RFC3339, e.At("startTime").Text())
			to, err2 := time.Parse(time.RFC3339, e.At("endTime").Text())
			switch {
			case !scopes[scope.Text()]:
				p.Report(o, scope.Path(), "there is no scope %q", scope.Text()).WithHint("write NO_UPGRADES, NO_MINOR_UPGRADES or NO_MINOR_OR_NODE_UPGRADES")
			case err == nil && err2 == nil && (scope.Text() == "" || scope.Text() == "NO_UPGRADES") && to.Sub(from) > 30*day:
				p.Report(o, e.Path(), "all upgrades are excluded for %d days, and GKE takes 30", to.Sub(from)/day).WithHint("shorten it, or exclude minor upgrades only")
			}
		}
	}
}
