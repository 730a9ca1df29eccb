package main

import (
	"context"
	"encoding/json"

	"github.com/spf13/cobra"

	"github.com/spillway-mesh/spillway/cmd/spillway/internal/change"
	"github.com/spillway-mesh/spillway/pkg/term"
)

// preflightOptions are the flags of preflight.
type preflightOptions struct {
	live   liveOptions
	output string
}

func newPreflight(name string, io IO) *cobra.Command {
	var o preflightOptions
	c := &cobra.Command{
		Use: "preflight --cluster NAME", Short: "Say whether a fleet is fit for a change of one cluster", Args: cobra.NoArgs,
		Long: "Preflight asks every cluster that a context is given for, and says of each thing that a change needs whether it is so:\n" +
			"that the others serve, are at rest and confirmed, what fails already, whether there is room, probes and replicas.",
		Example: examples(name, "preflight -n istio-ingress --cluster blue --contexts blue,green", "before blue is upgraded"),
		RunE:    func(c *cobra.Command, _ []string) error { return o.run(c.Context(), io) },
	}
	o.live.bind(c, false)
	bindOutput(c, &o.output, "text", "json")
	return c
}

func (o *preflightOptions) run(ctx context.Context, io IO) error {
	if o.live.cluster == "" {
		return usagef("name the cluster that is to be changed with --cluster")
	}
	all, err := o.live.ask(ctx, true)
	if err != nil {
		return err
	}
	items, ok := change.Preflight(seen(all), o.live.cluster)
	if o.output == "json" {
		text, err := json.MarshalIndent(items, "", "  ")
		if err != nil {
			return err //nolint:wrapcheck // text only
		}
		if err := writing(io.Out.Write(append(text, '\n'))); err != nil {
			return err
		}
	} else {
		table := term.NewTable()
		for _, i := range items {
			mark := "no"
			switch {
			case i.OK:
				mark = "ok"
			case i.Warn:
				mark = "note"
			}
			table.Row(mark, i.Name, i.Text)
		}
		if err := table.Write(io.Out, term.For(io.Out, io.Getenv)); err != nil {
			return err //nolint:wrapcheck // says that it was writing
		}
	}
	if !ok {
		return errFindings
	}
	return nil
}
