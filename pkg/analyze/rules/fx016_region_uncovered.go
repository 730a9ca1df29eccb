package rules

import (
	"slices"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/analyze/mesh"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "FX016", Name: "region-uncovered", Severity: diag.Error,
		Inputs:  analyze.Kinds{"ServiceEntry"},
		Summary: "clients of a region use all endpoints at once",
		Why: "A client whose region is neither the region of an endpoint nor in any failover.from gets every endpoint at the " +
			"first priority: its requests go around the world, half of them to a region that may be dead. Seen live: 100 of 200 each.",
		Fix:   "add a failover entry with from: that region",
		Check: checkRegionUncovered,
	})
}

func checkRegionUncovered(p *analyze.Pass) {
	for _, c := range p.Clusters() {
		s := c.LocalityLB()
		if !c.IsFailover() || len(s.GetFailoverPriority()) > 0 || c.OrderedByFilter() || !c.Used() {
			continue
		}
		if !p.ClientRegions().Known() && c.LimitedTo() == nil {
			p.Unknown(analyze.ClientRegions)
		}
		var missing []string
		for _, region := range p.ClientRegions().Names {
			if c.ReachedFrom(region) && len(c.Tiers(mesh.InRegion(region)).Groups) == 1 && !slices.Contains(c.Host.Regions(), region) {
				missing = append(missing, region)
			}
		}
		if len(missing) == 0 {
			continue
		}
		o, path := c.Where(c.LocalityPath())
		if c.LocalityPath() != "" {
			o = c.Policy.LoadBalancer.Object.Object
		}
		p.Report(o, path, "clients in %s use all endpoints of %s at once: no endpoint is there, and no failover entry is from there",
			analyze.List(missing), c).WithHint("add a failover entry with from: %s", missing[0])
	}
}
