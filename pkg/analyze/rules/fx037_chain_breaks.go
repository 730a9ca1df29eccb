package rules

import (
	"slices"

	networking "istio.io/api/networking/v1alpha3"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/analyze/mesh"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "FX037", Name: "chain-breaks", Severity: diag.Warning,
		Inputs:  analyze.Kinds{"DestinationRule"},
		Summary: "failover is not followed from region to region",
		Why: "For a client only the first entry with its own region counts: its region, then the entry's `to`, then all others " +
			"together. That the `to` has an entry of its own changes nothing for it. Four regions in a fixed order are beyond " +
			"the field.",
		Fix:   "a subset for each order and routes by the client's region, or the endpoints replaced by EnvoyFilter; import and generate write both",
		Check: checkChainBreaks,
	})
}

func checkChainBreaks(p *analyze.Pass) {
	for _, c := range p.Clusters() {
		if !c.IsFailover() || !c.Used() || c.OrderedByFilter() || c.LocalityPath() == "" {
			continue
		}
		failover := c.LocalityLB().GetFailover()
		for _, f := range failover {
			next := slices.IndexFunc(failover, func(g *networking.LocalityLoadBalancerSetting_Failover) bool { return g.GetFrom() == f.GetTo() })
			if next < 0 || failover[next].GetTo() == f.GetFrom() {
				continue
			}
			third := failover[next].GetTo()
			groups := c.Tiers(mesh.InRegion(f.GetFrom())).Groups
			if len(groups) == 0 {
				continue
			}
			last := regionsAt(c, groups[len(groups)-1])
			if len(last) > 1 && slices.Contains(last, third) {
				p.Report(c.Policy.LoadBalancer.Object.Object, c.LocalityPath()+".failover",
					"clients in %s go on from %s to %s at once, not to %s", f.GetFrom(), f.GetTo(), analyze.List(last), third)
			}
		}
	}
}
