package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
)

// helpTemplate puts the examples first: they are what most people look for.
const helpTemplate = `{{with (or .Long .Short)}}{{. | trimTrailingWhitespaces}}

{{end}}{{if .HasExample}}Examples:
{{.Example}}

{{end}}Usage:
  {{if .Runnable}}{{.UseLine}}{{else}}{{.CommandPath}} COMMAND{{end}}
{{if .HasAvailableSubCommands}}
Commands:{{range .Commands}}{{if (or .IsAvailableCommand (eq .Name "help"))}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}

Use "{{.CommandPath}} COMMAND --help" for more about a command.
{{end}}{{if .HasAvailableLocalFlags}}
Flags:
{{.LocalFlags.FlagUsages | trimTrailingWhitespaces}}
{{end}}`

// execute runs one command line, program name included, and returns the exit code.
func execute(ctx context.Context, args []string, io IO) int {
	started := false
	root := newRoot(programName(args[0]), io)
	root.PersistentPreRun = func(*cobra.Command, []string) { started = true }
	root.SetArgs(args[1:])
	command, err := root.ExecuteContextC(ctx)
	code := exitCode(err, started)
	switch {
	case errors.Is(err, errUnreadable):
	case code == exitUsage:
		fmt.Fprintf(io.Err, "error: %v\nRun '%s --help' for usage.\n", err, command.CommandPath())
	case code == exitTrouble:
		if errors.Is(err, context.Canceled) {
			err = errors.New("interrupted")
		}
		fmt.Fprintf(io.Err, "error: %v\n", err)
	}
	return code
}

// programName is how the user calls the program: kubectl finds its plugins by file name.
func programName(arg0 string) string {
	name := strings.TrimSuffix(filepath.Base(arg0), ".exe")
	if strings.HasPrefix(name, "kubectl-") {
		return "kubectl spillway"
	}
	return "spillway"
}

func newRoot(name string, io IO) *cobra.Command {
	root := &cobra.Command{
		Use:   "spillway",
		Short: "Failover to another region for hosts outside the mesh",
		Long: "Spillway turns one short spec per host into Istio objects that carry its traffic to another region\n" +
			"when the first one dies. It works offline; apply what it prints with kubectl.",
		Example: examples(name,
			"generate -f samples/dynamodb-http/failover.yaml", "print the Istio objects",
			"explain -f samples/dynamodb-http/failover.yaml", "say who goes where, why, and how fast",
			"validate -f specs/ --recursive", "check every spec below a folder",
			"analyze manifests/", "find failovers in hand-written objects that will not fail over",
			"explain SP201", "say what a finding means"),
		Annotations:   map[string]string{cobra.CommandDisplayNameAnnotation: name},
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetIn(io.In)
	root.SetOut(io.Out)
	root.SetErr(io.Err)
	root.SetHelpTemplate(helpTemplate)
	root.CompletionOptions.HiddenDefaultCmd = false
	root.AddCommand(
		newGenerate(name, io),
		newExplain(name, io),
		newValidate(name, io),
		newAnalyze(name, io),
		newImport(name, io),
		newDiff(name, io),
		newTargets(name, io),
		newMode(name, io),
		newFleet(name, io),
		newPreflight(name, io),
		newHealth(name, io),
		newDrill(name, io),
		newEdge(name, io),
		newPeer(name, io),
		newVersion(name, io),
	)
	return root
}

// examples lays out command lines and what they do, in pairs.
func examples(name string, lines ...string) string {
	var b strings.Builder
	for i := 0; i+1 < len(lines); i += 2 {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "  # %s\n  %s %s", strings.ToUpper(lines[i+1][:1])+lines[i+1][1:], name, lines[i])
	}
	return b.String()
}
