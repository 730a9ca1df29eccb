package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/spillway-mesh/spillway/pkg/version"
)

func newVersion(name string, io IO) *cobra.Command {
	var output string
	c := &cobra.Command{
		Use:     "version",
		Short:   "Print which build this is",
		Example: examples(name, "version", "print the version, commit and Go release", "version -o json", "the same for a script"),
		Args:    cobra.NoArgs,
		RunE:    func(*cobra.Command, []string) error { return printVersion(io, version.Get(), output) },
	}
	bindOutput(c, &output, "text", "json")
	return c
}

func printVersion(io IO, info version.Info, output string) error {
	if output == "text" {
		return writing(fmt.Fprintln(io.Out, info))
	}
	data, err := json.MarshalIndent(info, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding the version: %w", err)
	}
	return writing(fmt.Fprintln(io.Out, string(data)))
}
