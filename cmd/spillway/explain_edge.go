package main

import (
	"strings"
	"time"

	"github.com/spillway-mesh/spillway/pkg/compile"
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/term"
)

// explainEdges writes how long users of a fleet wait, and what other ways there are, for people.
func explainEdges(e *explainer, f *plan.Fleet) {
	e.printf("ClusterFailover %s\n", e.style.Bold(f.Owner()))
	facts := term.NewTable()
	facts.Row("hosts", strings.Join(f.Hosts, ", "))
	facts.Row("probe path", f.Health.Path)
	for _, c := range f.Clusters {
		facts.Row("cluster", c.Name+" answers "+c.Token)
	}
	if f.Objective > 0 {
		facts.Row("objective", "users wait "+f.Objective.String()+" at most")
	}
	if allowed, asked := f.Allowance(); asked {
		facts.Row("availability", f.Availability+"% leaves "+allowed.String()+" of 30 days")
	}
	e.table(facts)
	e.section("Until users are in another cluster, in the worst case")
	if len(f.Edges) == 0 {
		e.printf("  no edge is declared: nothing is known of what stands before the clusters\n")
	} else {
		table := term.NewTable("EDGE", "DEAD GATEWAY", "STRICT", "DRAIN", "AND BEYOND")
		for _, t := range f.Edges {
			table.Row(t.Type, worst(t.Known, t.Gateway), worst(t.Known, t.Strict), worst(t.Known, t.Drain), t.Beyond)
		}
		e.table(table)
	}
	explainStages(e, f)
	explainPatterns(e, f)
}

func worst(known bool, d time.Duration) string {
	if !known {
		return "not known"
	}
	return d.String()
}

// explainStages writes what the times are made of: what nine of ten failovers stay below, and the worst.
func explainStages(e *explainer, f *plan.Fleet) {
	table := term.NewTable("EDGE", "FAILURE", "NOTICED", "PROBED", "SPREAD", "CACHED", "ALL")
	for _, edge := range f.Edges {
		if !edge.Known {
			continue
		}
		for _, failure := range plan.ClusterFailures() {
			s := f.Health.Stages(edge.Timing, failure)
			table.Row(edge.Type, string(failure), reach(s.Notice), reach(s.Detect), reach(s.Switch), reach(s.Cached), reach(s.Total()))
		}
	}
	if table.Len() > 0 {
		e.section("What they are made of: nine of ten are faster / the worst")
		e.table(table)
	}
}

func reach(r plan.Reach) string {
	if r == (plan.Reach{}) {
		return "-"
	}
	return r.Typical.Round(time.Second).String() + " / " + r.Worst.String()
}

// explainPatterns compares the ways to fail over between clusters.
func explainPatterns(e *explainer, f *plan.Fleet) {
	e.section("The three patterns, for this fleet")
	patterns := compile.Patterns(f)
	table := term.NewTable("PATTERN", "AS", "DEAD GATEWAY", "STRICT", "KEEPS THE OBJECTIVE")
	for _, p := range patterns {
		as, keeps := p.Edge, p.Keeps
		if p.Of {
			as += ", as in the spec"
		}
		if keeps == "" {
			keeps = "none is given"
		}
		table.Row(p.Name, as, worst(p.Times.Known, p.Times.Gateway), worst(p.Times.Known, p.Times.Strict), keeps)
	}
	e.table(table)
	for _, p := range patterns {
		e.printf("\n  %s\n", e.style.Bold(p.Name))
		about := term.NewTable()
		about.Row("moving parts", strings.Join(p.Parts, "; "))
		about.Row("config cluster dies", p.Dies)
		about.Row("know", p.Careful)
		e.table(about)
	}
}
