package rules

import (
	"slices"
	"strconv"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/analyze/mesh"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "FX036", Name: "never-distributed", Severity: diag.Warning,
		Inputs:  analyze.Kinds{"ServiceEntry"},
		Summary: "a distribution leaves regions out for good",
		Why: "A distribution sends nothing to a locality that it does not name, also when all those that it " +
			"names are dead: requests then fail although a region is well. It makes no order, so that failover " +
			"does not begin either.",
		Fix:   "name every region in distribute, or use failover instead",
		Check: checkNeverDistributed,
	})
}

func checkNeverDistributed(p *analyze.Pass) {
	for _, c := range p.Clusters() {
		path := c.LocalityPath()
		if path == "" || c.OutlierDetection() == nil || !c.Used() || len(c.Host.Regions()) < 2 {
			continue // a distribution alone is meant as one
		}
		for i, d := range c.LocalityLB().GetDistribute() {
			from := mesh.ParseLocality(d.GetFrom()).Region
			if from == "*" {
				from = mesh.AnyZone
			}
			without := regionsAt(c, c.Tiers(mesh.InRegion(from)).Without)
			if len(without) == 0 {
				continue
			}
			o, _ := c.Policy.LoadBalancer.At()
			p.Report(o, path+".distribute["+strconv.Itoa(i)+"].to", "clients in %s never use %s of %s, also when all else is dead",
				d.GetFrom(), analyze.List(without), c)
		}
	}
}

// regionsAt are the regions of some of a cluster's endpoints, sorted.
func regionsAt(c *mesh.Cluster, endpoints []int) []string {
	out := make([]string, 0, len(endpoints))
	for _, i := range endpoints {
		out = append(out, c.Endpoints[i].Locality.Region)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
