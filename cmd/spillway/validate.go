package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/spillway-mesh/spillway/pkg/diag"
)

// validateOptions are the flags of validate.
type validateOptions struct {
	input  inputOptions
	output string
}

func newValidate(name string, io IO) *cobra.Command {
	var o validateOptions
	c := &cobra.Command{
		Use:   "validate -f FILE",
		Short: "Say what is wrong with specs, and write nothing",
		Long: "Validate reads the specs of spillway.dev and reports everything that is wrong with them or worth knowing: schema,\n" +
			"fields, what they would do to each other, and whether the mesh can keep what they ask for.",
		Example: examples(name,
			"validate -f failover.yaml", "check one spec",
			"validate -f specs/ --recursive --fail-on warning", "check a repository, strictly",
			"validate -f specs/ -o json", "the findings for a script"),
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return o.run(c.Context(), io) },
	}
	o.input.bind(c)
	bindOutput(c, &o.output, "text", "json")
	return c
}

func (o *validateOptions) run(ctx context.Context, io IO) error {
	in, err := o.input.read(ctx, io, allWriters())
	if err != nil {
		return err
	}
	if o.output == "json" {
		err = writing(0, diag.WriteJSON(io.Out, in.diags))
	} else {
		err = in.printFindings(io.Out, io.Getenv, in.diags)
	}
	if err != nil {
		return err
	}
	specs := len(in.loaded.Failovers) + len(in.loaded.Fleets) + len(in.loaded.Healths)
	if err := writing(fmt.Fprintf(io.Err, "%s, %s\n", plural(specs, "spec"), count(in.diags))); err != nil {
		return err
	}
	return o.input.verdict(in.diags)
}
