package rules

import (
	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/analyze/mesh"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "FX003", Name: "ejection-percent", Severity: diag.Critical,
		Inputs:  analyze.Kinds{"ServiceEntry"},
		Summary: "maxEjectionPercent is too low for a region to be left",
		Why: "Envoy ejects an endpoint only while that keeps the ejected share of the whole host within maxEjectionPercent, whose " +
			"default is 10. Of two endpoints one is 50 %: it is never ejected, and the failover never happens. Seen live: 749 of " +
			"750 requests failed while the other region was healthy.",
		Fix:     "set outlierDetection.maxEjectionPercent: 100",
		Affects: "Istio 1.20 (Envoy 1.28) and later; before, the first endpoint was ejected in any case",
		Since:   20,
		Check:   checkEjectionPercent,
	})
}

func checkEjectionPercent(p *analyze.Pass) {
	for _, c := range p.Clusters() {
		if !c.IsFailover() || !c.Used() || c.Patched("outlier_detection", "always_eject_one_host").Bool() {
			continue
		}
		have, need := c.EjectionPercent(), needToEject(p, c)
		if have >= need {
			continue
		}
		o, path := c.Policy.OutlierDetection.At()
		if o == nil {
			o, path = c.Where("")
		}
		const field = ".maxEjectionPercent"
		if c.OutlierDetection().GetMaxEjectionPercent() == 0 {
			p.Report(o, path+field, "no endpoint of %s is ever ejected: %d %% of them may be, which is Envoy's default, and leaving a region takes %d %%",
				c, have, need).WithHint("set maxEjectionPercent: 100").Set(path+field, "100")
			continue
		}
		p.Report(o, path+field, "%s cannot leave a region: %d %% of its endpoints may be ejected, and leaving a region takes %d %%", c, have, need).
			WithHint("set maxEjectionPercent: 100").Set(path+field, "100")
	}
}

// needToEject is the percentage of all endpoints that the first tier is, for the clients for whom it is largest.
func needToEject(p *analyze.Pass, c *mesh.Cluster) int {
	most := 0
	for _, region := range regionsOf(p, c) {
		tiers := c.Tiers(mesh.InRegion(region))
		if len(tiers.Groups) > 1 {
			most = max(most, (100*len(tiers.Groups[0])+len(c.Endpoints)-1)/len(c.Endpoints))
		}
	}
	return most
}

// regionsOf are the regions whose clients a rule asks about: those known to exist, those of the endpoints, and those that
// the failover names.
func regionsOf(p *analyze.Pass, c *mesh.Cluster) []string {
	out := append(c.Host.Regions(), p.ClientRegions().Names...)
	for _, f := range c.LocalityLB().GetFailover() {
		out = append(out, f.GetFrom())
	}
	return out
}
