package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/spillway-mesh/spillway/pkg/diag"
	"github.com/spillway-mesh/spillway/pkg/target"
	"github.com/spillway-mesh/spillway/pkg/target/all"
	"github.com/spillway-mesh/spillway/pkg/term"
)

// defaultTarget is what an ExternalFailover is written for unless --target says otherwise.
const defaultTarget = "istio"

func newTargets(name string, io IO) *cobra.Command {
	return &cobra.Command{
		Use:     "targets",
		Short:   "List what objects can be written for",
		Example: examples(name, "targets", "list the values of --target"),
		Args:    cobra.NoArgs,
		RunE:    func(*cobra.Command, []string) error { return printTargets(io, all.Targets()) },
	}
}

func printTargets(io IO, targets []target.Target) error {
	table := term.NewTable("TARGET", "STABILITY", "WRITES", "CHECKED AGAINST", "SUMMARY")
	for _, t := range targets {
		i := t.Info()
		kinds := make([]string, len(i.Kinds))
		for n, kind := range i.Kinds {
			kinds[n], _, _ = strings.Cut(kind, ".")
		}
		table.Row(i.Name, i.Stability, strings.Join(kinds, ", "), i.Checked, i.Summary)
	}
	return table.Write(io.Out, term.For(io.Out, io.Getenv))
}

// selectTargets finds the targets by name, each once and in the order in which they are listed.
func selectTargets(names []string, known []target.Target) ([]target.Target, error) {
	if len(names) == 0 {
		names = []string{defaultTarget}
	}
	wanted := make(map[string]bool, len(names))
	for _, name := range names {
		wanted[name] = true
	}
	var chosen []target.Target
	all := targetNames(known)
	for i, t := range known {
		if wanted[all[i]] {
			chosen = append(chosen, t)
			delete(wanted, all[i])
		}
	}
	for _, name := range names {
		if !wanted[name] {
			continue
		}
		hint := ""
		if near, ok := diag.Closest(name, all); ok {
			hint = fmt.Sprintf("; did you mean %s?", near)
		}
		return nil, usagef("--target: there is no target %q%s; there are: %s", name, hint, strings.Join(all, ", "))
	}
	return chosen, nil
}

func targetNames(targets []target.Target) []string {
	names := make([]string, len(targets))
	for i, t := range targets {
		names[i] = t.Info().Name
	}
	return names
}
