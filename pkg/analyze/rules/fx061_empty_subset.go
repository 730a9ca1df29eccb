package rules

import (
	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "FX061", Name: "empty-subset", Severity: diag.Error,
		Inputs:  analyze.Kinds{"DestinationRule"},
		Summary: "a subset that no endpoint is in",
		Why:     "Requests that a route sends to a subset without endpoints fail at once with 503, in every region.",
		Fix:     "write labels that endpoints carry, under spec.endpoints[].labels of the ServiceEntry",
		Check:   checkEmptySubset,
	})
}

func checkEmptySubset(p *analyze.Pass) {
	for _, c := range p.Clusters() {
		if c.Subset == "" || len(c.Endpoints) > 0 || c.Host.Selects || len(c.Host.Endpoints) == 0 || c.Rule == nil {
			continue
		}
		if s, found := c.Rule.Subset(c.Subset); found {
			p.Report(s.From.Object, s.Path+".labels", "no endpoint of %s carries these labels", c.Host.Name)
		}
	}
}
