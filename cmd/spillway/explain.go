package main

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/spillway-mesh/spillway/pkg/analyze/rules"
	"github.com/spillway-mesh/spillway/pkg/compile"
	"github.com/spillway-mesh/spillway/pkg/picture"
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
	"github.com/spillway-mesh/spillway/pkg/term"
)

// explainOptions are the flags of explain.
type explainOptions struct {
	input  inputOptions
	output string
	year   int
}

// What explain is about if it is not about a code; tiers if nothing is said.
const (
	topicTiers    = "tiers"
	topicEdge     = "edge"
	topicCalendar = "calendar"
)

// codeForm is how every code looks.
var codeForm = regexp.MustCompile(`\A[A-Z]{2}[0-9]{3}\z`)

func newExplain(name string, io IO) *cobra.Command {
	var o explainOptions
	c := &cobra.Command{
		Use:   "explain CODE | explain [tiers|edge|calendar] -f FILE",
		Short: "Say what a finding means, or who goes where in a failover, why, and how fast",
		Long: "Explain prints for every spec the order of endpoints that the clients of each region get, how it is done and why\n" +
			"so, which requests are repeated, and what each kind of failure costs. About the edge it prints for every fleet of\n" +
			"clusters how long users wait until another cluster serves them, and how the ways to get there compare; about the\n" +
			"calendar, when its clusters may be worked on. With a code it prints what that means.",
		Example: examples(name,
			"explain -f samples/dynamodb-http/failover.yaml", "say what a spec promises",
			"explain -f samples/dynamodb-http/failover.yaml -o svg > failover.svg", "draw it",
			"explain tiers -f specs/ -o json", "the same for a script",
			"explain edge -f clusterfailover.yaml", "say how long a failover of clusters takes",
			"explain calendar -f clusterfailover.yaml -o svg > calendar.svg", "draw when clusters may be worked on",
			"explain SP201", "say what a finding means"),
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: completeCodes,
		RunE:              func(c *cobra.Command, args []string) error { return o.run(c.Context(), io, args) },
	}
	c.DisableFlagsInUseLine = true
	o.input.bind(c)
	bindOutput(c, &o.output, "text", "json", "svg")
	c.Flags().IntVar(&o.year, "year", 0, "of the calendar, this `year` (default this one)")
	return c
}

// completeCodes offers the codes to the shell.
func completeCodes(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	words := []cobra.Completion{
		cobra.CompletionWithDesc(topicTiers, "who goes where"),
		cobra.CompletionWithDesc(topicEdge, "how long a failover of clusters takes"),
		cobra.CompletionWithDesc(topicCalendar, "when clusters may be worked on"),
	}
	for _, c := range rules.Codes() {
		words = append(words, cobra.CompletionWithDesc(c.ID, c.Title))
	}
	return words, cobra.ShellCompDirectiveNoFileComp
}

func (o *explainOptions) run(ctx context.Context, io IO, args []string) error {
	topic := topicTiers
	if len(args) > 0 {
		topic = args[0]
	}
	switch topic {
	case topicTiers:
	case topicEdge, topicCalendar:
		return o.explainFleets(ctx, io, topic)
	default:
		return o.explainCode(io, topic)
	}
	in, err := o.input.readOrEnd(ctx, io, allWriters())
	if err != nil {
		return err
	}
	if n := in.fleets.Len(); n > 0 {
		if err := writing(fmt.Fprintf(io.Err, "%s passed over: explain edge and explain calendar are about those\n", plural(n, "ClusterFailover"))); err != nil {
			return err
		}
	}
	switch o.output {
	case "json":
		return o.printJSON(ctx, io, in.batch)
	case "svg":
		return o.printPicture(ctx, io, in.batch)
	default:
		return o.printText(ctx, io, in.batch)
	}
}

func (o *explainOptions) explainCode(io IO, id string) error {
	c, ok := rules.Lookup(strings.ToUpper(id))
	switch {
	case !ok && codeForm.MatchString(strings.ToUpper(id)):
		return usagef("there is no code %s", strings.ToUpper(id))
	case !ok:
		return usagef("explain %s: give a code such as SP201, or tiers, edge or calendar and -f FILE", id)
	case o.output == "svg":
		return usagef("a code cannot be drawn: leave out -o svg")
	case o.output == "json":
		page := render.Map{
			{Key: "code", Value: c.ID}, {Key: "title", Value: c.Title}, {Key: "why", Value: c.Why}, {Key: "fix", Value: c.Fix},
		}
		return writing(io.Out.Write(append(render.JSON(nil, page), '\n')))
	}
	style := term.For(io.Out, io.Getenv)
	return writing(fmt.Fprintf(io.Out, "%s %s\n\n%s\n\n%s %s\n",
		style.Cyan(c.ID), style.Bold(c.Title), c.Why, style.Bold("What to do:"), c.Fix))
}

func (o *explainOptions) printText(ctx context.Context, io IO, batch *compile.Batch) error {
	style := term.For(io.Out, io.Getenv)
	return eachPlan(ctx, batch, func(i int, p *plan.Plan) ([]byte, error) {
		var out bytes.Buffer
		if i > 0 {
			out.WriteByte('\n')
		}
		err := explain(&out, style, p)
		return out.Bytes(), err
	}, io)
}

func (o *explainOptions) printJSON(ctx context.Context, io IO, batch *compile.Batch) error {
	if err := writing(fmt.Fprint(io.Out, "[")); err != nil {
		return err
	}
	err := eachPlan(ctx, batch, func(i int, p *plan.Plan) ([]byte, error) {
		separator := ",\n"
		if i == 0 {
			separator = ""
		}
		return render.JSON([]byte(separator), compile.Tree(p)), nil
	}, io)
	if err != nil {
		return err
	}
	return writing(fmt.Fprintln(io.Out, "]"))
}

// printPicture draws all specs below one another.
func (o *explainOptions) printPicture(ctx context.Context, io IO, batch *compile.Batch) error {
	var plans []*plan.Plan
	err := ordered(ctx, batch.Len(), func(i int) (*plan.Plan, error) { return planAgain(batch, i) },
		func(_ int, p *plan.Plan) error {
			plans = append(plans, p)
			return nil
		})
	if err != nil {
		return err
	}
	return writing(io.Out.Write(picture.SVG(plans)))
}

// eachPlan writes something about every plan, in order.
func eachPlan(ctx context.Context, batch *compile.Batch, text func(int, *plan.Plan) ([]byte, error), io IO) error {
	work := func(i int) ([]byte, error) {
		p, err := planAgain(batch, i)
		if err != nil {
			return nil, err
		}
		return text(i, p)
	}
	return ordered(ctx, batch.Len(), work, func(_ int, out []byte) error { return writing(io.Out.Write(out)) })
}

// planAgain makes the plan that was checked before, rather than keep ten thousand of them in memory.
func planAgain(batch *compile.Batch, i int) (*plan.Plan, error) {
	p, diags := batch.Plan(i)
	if p == nil {
		return nil, fmt.Errorf("planning a second time: %v", diags) // cannot be: planning is pure
	}
	return p, nil
}
