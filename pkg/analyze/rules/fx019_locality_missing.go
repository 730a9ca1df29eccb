package rules

import (
	"slices"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "FX019", Name: "locality-missing", Severity: diag.Error,
		Inputs:  analyze.Kinds{"ServiceEntry"},
		Summary: "an endpoint without locality among located ones",
		Why: "It counts as one of another region for everybody, together with the last ones, and as the nearest of all for " +
			"clients that have no locality themselves.",
		Fix:   "give every endpoint a locality",
		Check: checkLocalityMissing,
	})
}

func checkLocalityMissing(p *analyze.Pass) {
	for _, c := range p.Clusters() {
		if !c.IsFailover() || !c.Used() || !slices.Contains(c.Localities(), "") || len(c.LocalityLB().GetFailoverPriority()) > 0 {
			continue
		}
		for _, e := range c.Endpoints {
			if e.Locality.Region == "" && e.Path != "" {
				p.Report(e.Object, e.Path, "the endpoint %s of %s has no locality, the others have", e.Address, c)
			}
		}
	}
}
