package rules

import (
	"slices"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/analyze/mesh"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "FX032", Name: "error-thresholds", Severity: diag.Warning,
		Inputs:  analyze.Kinds{"ServiceEntry"},
		Summary: "thresholds for errors that are blind or too nervous",
		Why: "With consecutive5xxErrors: 0 a region that answers only 500 is never left: 750 of 750 requests failed. With " +
			"1 a single stray 500 takes a region out that has one address.",
		Fix:   "consecutiveGatewayErrors: 3 and consecutive5xxErrors: 5",
		Check: checkErrorThresholds,
	})
}

func checkErrorThresholds(p *analyze.Pass) {
	for _, c := range p.Clusters() {
		if !c.IsFailover() || !c.Used() || !c.Port.Protocol.IsHTTP() {
			continue
		}
		threshold := c.OutlierDetection().GetConsecutive_5XxErrors()
		o, path := c.Policy.OutlierDetection.At()
		path += ".consecutive5xxErrors"
		switch {
		case threshold == nil || o == nil:
		case threshold.GetValue() == 0:
			p.Report(o, path, "a region of %s that answers only 500 is never left", c).WithHint("set consecutive5xxErrors: 5").Set(path, "5")
		case threshold.GetValue() == 1 && singleTiers(p, c):
			p.Report(o, path, "one stray error takes a whole region of %s out", c).
				WithHint("set consecutiveGatewayErrors: 3 and consecutive5xxErrors: 5").Set(path, "5")
		}
	}
}

// singleTiers says whether a tier is a single endpoint for clients of some region.
func singleTiers(p *analyze.Pass, c *mesh.Cluster) bool {
	for _, r := range regionsOf(p, c) {
		groups := c.Tiers(mesh.InRegion(r)).Groups
		if len(groups) > 1 && slices.ContainsFunc(groups, func(g []int) bool { return len(g) == 1 }) {
			return true
		}
	}
	return false
}
