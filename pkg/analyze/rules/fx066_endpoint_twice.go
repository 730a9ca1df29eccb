package rules

import (
	"maps"
	"slices"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/analyze/mesh"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "FX066", Name: "endpoint-twice", Severity: diag.Warning,
		Inputs:  analyze.Kinds{"ServiceEntry"},
		Summary: "an endpoint is listed twice",
		Why: "The proxy counts it as two: it gets twice the traffic, and ejecting it is one of two ejections of " +
			"one place, which the limit of ejections counts.",
		Fix:   "list it once, with a weight if it is to get more",
		Check: checkEndpointTwice,
	})
}

func checkEndpointTwice(p *analyze.Pass) {
	for _, h := range p.Hosts() {
		for i, e := range h.Endpoints {
			same := slices.ContainsFunc(h.Endpoints[:i], func(o mesh.Endpoint) bool {
				return o.Address == e.Address && maps.Equal(o.Ports, e.Ports) && maps.Equal(o.Labels, e.Labels) && o.Network == e.Network
			})
			if same {
				p.Report(e.Object, e.Path, "%s is an endpoint of %s already", e.Address, h.Name)
			}
		}
	}
}
