package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
	"github.com/spillway-mesh/spillway/pkg/analyze/mesh"
	"github.com/spillway-mesh/spillway/pkg/analyze/rules"
	"github.com/spillway-mesh/spillway/pkg/diag"
	"github.com/spillway-mesh/spillway/pkg/picture"
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/term"
	"github.com/spillway-mesh/spillway/pkg/version"
)

// print writes the findings in the form that is asked for.
func (o *analyzeOptions) print(io IO, a *analysis) error {
	switch o.output {
	case "json":
		return writing(0, diag.WriteJSON(io.Out, a.diags))
	case "sarif":
		return writing(0, diag.WriteSARIF(io.Out, a.diags, diag.SarifTool{Name: "spillway", Version: version.Get().Version, Rules: rules.Codes()}))
	case "github":
		return writing(0, diag.WriteGitHub(io.Out, a.diags))
	case "html":
		return o.printPage(io, a)
	case "table":
		table := term.NewTable("SEVERITY", "CODE", "PLACE", "OBJECT", "FINDING")
		for _, d := range a.diags {
			table.Row(d.Severity.String(), d.Code, d.Position.String(), d.Object, d.Message)
		}
		return table.Write(io.Out, term.For(io.Out, io.Getenv))
	default:
		return in(a.snapshot).printWith(io.Out, io.Getenv, a.diags, true)
	}
}

// in is a snapshot as the printing of findings takes it.
func in(s *manifest.Snapshot) *input { return &input{sources: s.Sources} }

// picturesOf draws for every host outside the mesh which endpoints the clients of each region use, in which order.
func picturesOf(models []*mesh.Model) []byte {
	var plans []*plan.Plan
	for _, c := range clustersOf(models) {
		if len(c.Localities()) < 2 || !c.Used() || c.OrderedByFilter() {
			continue
		}
		p := &plan.Plan{Namespace: c.Host.Namespace, Name: c.String(), Host: c.Host.Name}
		for i, e := range c.Endpoints {
			p.Endpoints = append(p.Endpoints, plan.Endpoint{Name: endpointName(c, i), Address: e.Address, Region: e.Locality.String()})
		}
		for _, region := range drawnRegions(c) {
			p.Tiers = append(p.Tiers, plan.ClientTiers{Region: region, Tiers: namedTiers(c, c.Tiers(mesh.InRegion(region)))})
		}
		elsewhere := namedTiers(c, c.Tiers(mesh.InRegion("\x00")))
		p.Tiers = append(p.Tiers, plan.ClientTiers{Region: plan.Anyone, Tiers: elsewhere})
		if !slices.ContainsFunc(plans, func(q *plan.Plan) bool { return fmt.Sprint(*p) == fmt.Sprint(*q) }) {
			plans = append(plans, p)
		}
	}
	if len(plans) == 0 {
		return nil
	}
	return picture.SVG(plans)
}

func clustersOf(models []*mesh.Model) []*mesh.Cluster {
	var out []*mesh.Cluster
	for _, m := range models {
		out = append(out, m.Clusters()...)
	}
	return out
}

func endpointName(c *mesh.Cluster, i int) string {
	name, _, _ := strings.Cut(c.Endpoints[i].Address, ".")
	for j := range c.Endpoints {
		other, _, _ := strings.Cut(c.Endpoints[j].Address, ".")
		if j != i && other == name {
			return fmt.Sprintf("%s (%d)", name, i+1)
		}
	}
	return name
}

// drawnRegions are the regions of clients as far as known, of endpoints and of the failover entries.
func drawnRegions(c *mesh.Cluster) []string {
	out := slices.Concat(c.Model().ClientRegions().Names, c.Host.Regions())
	for _, f := range c.LocalityLB().GetFailover() {
		out = append(out, f.GetFrom())
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func namedTiers(c *mesh.Cluster, t mesh.Tiers) [][]string {
	var out [][]string
	for _, group := range t.Groups {
		var names []string
		for _, i := range group {
			names = append(names, endpointName(c, i))
		}
		if len(names) > 0 {
			out = append(out, names)
		}
	}
	return out
}
