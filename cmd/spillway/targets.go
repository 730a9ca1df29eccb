package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/spillway-mesh/spillway/pkg/diag"
	"github.com/spillway-mesh/spillway/pkg/target"
	"github.com/spillway-mesh/spillway/pkg/target/all"
	"github.com/spillway-mesh/spillway/pkg/term"
)

func newTargets(name string, io IO) *cobra.Command {
	return &cobra.Command{
		Use:     "targets",
		Short:   "List what objects can be written for",
		Example: examples(name, "targets", "list the values of --target"),
		Args:    cobra.NoArgs,
		RunE:    func(*cobra.Command, []string) error { return printTargets(io, all.Described()) },
	}
}

func printTargets(io IO, targets []target.Described) error {
	table := term.NewTable("TARGET", "STABILITY", "WRITES", "CHECKED AGAINST", "SUMMARY")
	for _, t := range targets {
		i := t.Info()
		name, stability, summary := i.Name, i.Stability, i.Summary
		for _, checked := range checks(i.Kinds) {
			var kinds []string
			for _, kind := range i.Kinds {
				if kind.Checked == checked {
					short, _, _ := strings.Cut(kind.Name, ".")
					kinds = append(kinds, short)
				}
			}
			table.Row(name, stability, strings.Join(kinds, ", "), checked, summary)
			name, stability, summary = "", "", ""
		}
	}
	return table.Write(io.Out, term.For(io.Out, io.Getenv))
}

// checks are what kinds were checked against, each once and in the order of the kinds.
func checks(kinds []target.Kind) []string {
	var out []string
	for _, k := range kinds {
		if !slices.Contains(out, k.Checked) {
			out = append(out, k.Checked)
		}
	}
	return out
}

// selectTargets finds the targets by name, each once and in the order in which they are listed. Without any name it is all:
// each writes only what a spec asks it for.
func selectTargets(names []string, known writers) (writers, error) {
	if len(names) == 0 {
		return known, nil
	}
	var chosen writers
	found := map[string]bool{}
	for _, t := range known.hosts {
		if name := t.Info().Name; slices.Contains(names, name) {
			chosen.hosts, found[name] = append(chosen.hosts, t), true
		}
	}
	for _, t := range known.fleets {
		if name := t.Info().Name; slices.Contains(names, name) {
			chosen.fleets, found[name] = append(chosen.fleets, t), true
		}
	}
	for _, name := range names {
		if found[name] {
			continue
		}
		all, hint := targetNames(), ""
		if near, ok := diag.Closest(name, all); ok {
			hint = fmt.Sprintf("; did you mean %s?", near)
		}
		return writers{}, usagef("--target: there is no target %q%s; there are: %s", name, hint, strings.Join(all, ", "))
	}
	return chosen, nil
}

func targetNames() []string {
	targets := all.Described()
	names := make([]string, len(targets))
	for i, t := range targets {
		names[i] = t.Info().Name
	}
	return names
}
