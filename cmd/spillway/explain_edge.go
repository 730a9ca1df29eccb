package main

import (
	"io"
	"strings"
	"time"

	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/term"
)

// explainEdges writes how long users of a fleet wait in the worst case, for people.
func explainEdges(w io.Writer, style term.Style, f *plan.Fleet) error {
	e := explainer{w: w, style: style}
	e.printf("ClusterFailover %s\n", style.Bold(f.Owner()))
	facts := term.NewTable()
	facts.Row("hosts", strings.Join(f.Hosts, ", "))
	facts.Row("probe path", f.Health.Path)
	for _, c := range f.Clusters {
		facts.Row("cluster", c.Name+" answers "+c.Token)
	}
	if f.Objective > 0 {
		facts.Row("objective", "users wait "+f.Objective.String()+" at most")
	}
	e.table(facts)
	e.section("Until users are in another cluster, in the worst case")
	if len(f.Edges) == 0 {
		e.printf("  no edge is declared: nothing is known of what stands before the clusters\n")
		return e.err
	}
	table := term.NewTable("EDGE", "DEAD GATEWAY", "STRICT", "DRAIN", "AND BEYOND")
	for _, t := range f.Edges {
		table.Row(t.Type, worst(t.Known, t.Gateway), worst(t.Known, t.Strict), worst(t.Known, t.Drain), t.Beyond)
	}
	e.table(table)
	return e.err
}

func worst(known bool, d time.Duration) string {
	if !known {
		return "not known"
	}
	return d.String()
}
