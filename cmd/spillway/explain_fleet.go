package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spillway-mesh/spillway/pkg/compile"
	"github.com/spillway-mesh/spillway/pkg/picture"
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
	"github.com/spillway-mesh/spillway/pkg/term"
)

// explainFleets is about what stands before clusters, and about their maintenance. A fleet that is refused for its times or
// its windows is shown all the same, after the findings: to see why is what one asks for.
func (o *explainOptions) explainFleets(ctx context.Context, io IO, topic string) error {
	in, err := o.input.read(ctx, io, allWriters())
	if err != nil {
		return err
	}
	if err := in.printFindings(io.Err, io.Getenv, in.diags); err != nil {
		return err
	}
	var fleets []*plan.Fleet
	for i := range in.fleets.Len() {
		if f := in.fleets.Sketch(i); f != nil {
			fleets = append(fleets, f)
		}
	}
	verdict := o.input.verdict(in.diags)
	switch {
	case in.fleets.Len() == 0 && verdict == nil:
		return usagef("explain %s: there is no ClusterFailover in the input", topic)
	case len(fleets) == 0:
		return verdict
	}
	year := o.year
	if year == 0 {
		year = io.Now().UTC().Year()
	}
	out, err := o.fleets(topic, fleets, year, term.For(io.Out, io.Getenv))
	if err != nil {
		return err
	}
	if err := writing(io.Out.Write(out)); err != nil {
		return err
	}
	return verdict
}

// fleets writes all of them in the form that is asked for.
func (o *explainOptions) fleets(topic string, fleets []*plan.Fleet, year int, style term.Style) ([]byte, error) {
	tree := compile.EdgeTree
	text := explainEdges
	draw := picture.Budgets
	if topic == topicCalendar {
		tree = func(f *plan.Fleet) render.Map { return compile.CalendarTree(f, year) }
		text = func(e *explainer, f *plan.Fleet) { explainCalendar(e, f, year) }
		draw = func(all []*plan.Fleet) []byte { return picture.Calendar(all, year) }
	}
	switch o.output {
	case "svg":
		return draw(fleets), nil
	case "json":
		var out []byte
		for i, f := range fleets {
			out = append(out, []string{"[", ",\n"}[min(i, 1)]...)
			out = render.JSON(out, tree(f))
		}
		return append(out, "]\n"...), nil
	default:
		var out strings.Builder
		e := &explainer{w: &out, style: style}
		for i, f := range fleets {
			if i > 0 {
				e.printf("\n")
			}
			text(e, f)
		}
		return []byte(out.String()), e.err
	}
}

// explainCalendar writes the windows of a fleet for people.
func explainCalendar(e *explainer, f *plan.Fleet, year int) {
	m := f.Maintenance
	e.printf("ClusterFailover %s\n", e.style.Bold(f.Owner()))
	facts := term.NewTable()
	facts.Row("between clusters", "work may take "+m.Overrun.String()+" longer than its window, then "+m.Soak.String()+" pass")
	if m.During != "" {
		facts.Row("mode", m.During+" for each window")
	}
	e.table(facts)
	e.section("Windows")
	table := term.NewTable("CLUSTER", "WINDOW", "WRITTEN, IN UTC", "IN "+strconv.Itoa(year))
	for i := range f.Clusters {
		c := &f.Clusters[i]
		if c.Window == nil {
			table.Row(c.Name, "none: at any time")
			continue
		}
		spans := compile.Openings(c, year)
		table.Row(c.Name, compile.InWords(c.Window.Meant), compile.InWords(c.Window.Written),
			fmt.Sprintf("%d times, first %s", len(spans), spans[0].From.UTC().Format("Mon 2006-01-02 15:04")))
	}
	e.table(table)
	if len(m.Exclusions) == 0 {
		return
	}
	e.section("Exclusions")
	table = term.NewTable("NAME", "FROM", "TO", "HOLDS BACK", "OF")
	for _, x := range m.Exclusions {
		of := strings.Join(x.Clusters, ", ")
		if x.Rotation != "" {
			of += "; rotation of " + x.Rotation
		}
		table.Row(x.Name, x.Time.From.Format(time.RFC3339), x.Time.To.Format(time.RFC3339), x.Scope, of)
	}
	e.table(table)
}
