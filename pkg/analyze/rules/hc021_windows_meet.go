package rules

import (
	"time"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/diag"
	"github.com/spillway-mesh/spillway/pkg/window"
)

func init() {
	add(analyze.Rule{
		Code: "HC021", Name: "windows-meet", Severity: diag.Warning,
		Inputs:  analyze.Kinds{"ContainerCluster"},
		Summary: "two clusters may be worked on at the same time, or too soon one after the other",
		Why: "A fault that an upgrade brings shows after hours. If the second cluster is upgraded by then, both have it, and nothing is " +
			"left to fail over to. Windows by the clocks of two time zones may meet in some weeks of the year only.",
		Fix:   "give the clusters days of their own, with 14 hours between their windows: 12 to see what broke, 2 for work that takes longer",
		Check: checkWindowsMeet,
	})
}

// checkWindowsMeet compares every two clusters: which ones stand in for each other is not known, hence the warning.
func checkWindowsMeet(p *analyze.Pass) {
	const least = 14 * time.Hour
	all, within := recurringOf(p), half()
	for j := range all {
		for i := range j {
			a, b := all[i], all[j]
			m, ok := window.Closest(a.weekly.Spans(within.From, within.To), b.weekly.Spans(within.From, within.To), least)
			switch {
			case !ok || m.Gap >= least:
			case m.Gap < 0:
				p.Report(b.Object, b.at.Path(), "%s and %s may be worked on at once, for %s every week", a.Name, b.Name, -m.Gap)
			default:
				p.Report(b.Object, b.at.Path(), "between the windows of %s and %s there are %s", a.Name, b.Name, m.Gap)
			}
		}
	}
}
