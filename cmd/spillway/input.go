package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/spillway-mesh/spillway/pkg/compile"
	"github.com/spillway-mesh/spillway/pkg/diag"
	"github.com/spillway-mesh/spillway/pkg/load"
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/target"
	"github.com/spillway-mesh/spillway/pkg/target/all"
)

// codeUnreadable is the finding that a file could not be read: trouble, not a mistake in a spec.
const codeUnreadable = "SP001"

// inputOptions are the flags of every command that reads specs.
type inputOptions struct {
	files         []string
	recursive     bool
	namespace     string
	platform      string
	istioVersion  string
	clientRegions []string
	failOn        string
}

func (o *inputOptions) bind(c *cobra.Command) {
	f := c.Flags()
	f.StringArrayVarP(&o.files, "filename", "f", nil, "file, folder or - (standard input) with specs; may be repeated")
	f.BoolVarP(&o.recursive, "recursive", "R", false, "read the folders within folders too")
	f.StringVarP(&o.namespace, "namespace", "n", load.DefaultNamespace, "namespace of specs that name none")
	f.StringVar(&o.platform, "platform", "", "`file` that describes the mesh (kind Platform)")
	f.StringVar(&o.istioVersion, "istio-version", "", "oldest Istio `version` in use, such as 1.29; lowers what the platform says")
	f.StringSliceVar(&o.clientRegions, "client-regions", nil, "`regions` that clients run in, besides those in specs and platform")
	bindChoice(c, &o.failOn, [2]string{"fail-on", ""}, "mildest finding that fails the command", "error", "warning", "note")
}

// input is what was read, and everything there is to say about it.
type input struct {
	batch   *compile.Batch // nil if there is no platform to plan for
	fleets  *compile.Fleets
	loaded  load.Result
	diags   diag.List // sorted
	sources map[string][]byte
}

// writers are the targets that a command writes for.
type writers struct {
	hosts  []target.Target
	fleets []target.FleetTarget
}

func allWriters() writers { return writers{hosts: all.Targets(), fleets: all.Fleets()} }

// read loads all input and plans every spec, so that all findings are known before anything is written.
func (o *inputOptions) read(ctx context.Context, io IO, w writers) (*input, error) {
	if len(o.files) == 0 {
		return nil, usagef("give the specs with -f FILE, -f FOLDER or -f -")
	}
	options := load.Options{Namespace: o.namespace, Recursive: o.recursive, Stdin: io.In}
	loaded, diags, err := load.Paths(o.files, options)
	if err != nil {
		return nil, err
	}
	return o.judge(ctx, loaded, diags, w)
}

// judge plans everything that was loaded.
func (o *inputOptions) judge(ctx context.Context, loaded load.Result, diags diag.List, w writers) (*input, error) {
	options := load.Options{Namespace: o.namespace, Recursive: o.recursive}
	in := &input{loaded: loaded, diags: append(diags, compile.Healths(&loaded)...), sources: loaded.Sources}
	in.fleets = compile.NewFleets(loaded.Fleets, w.fleets)
	for n := range in.fleets.Len() {
		_, found := in.fleets.Plan(n)
		in.diags = append(in.diags, found...)
	}
	platform, found, err := o.readPlatform(loaded.Platforms, options)
	in.diags = append(in.diags, found...)
	if err == nil && !found.HasErrors() {
		in.batch = compile.NewBatch(loaded.Failovers, platform, w.hosts)
		err = in.plan(ctx)
		in.diags = append(in.diags, compile.Layers(in.fleets, in.batch)...)
	}
	in.diags.Sort()
	return in, err
}

// plan plans every spec for the sake of its findings.
func (i *input) plan(ctx context.Context) error {
	work := func(n int) (diag.List, error) {
		_, found := i.batch.Plan(n)
		return found, nil
	}
	return ordered(ctx, i.batch.Len(), work, func(_ int, found diag.List) error {
		i.diags = append(i.diags, found...)
		return nil
	})
}

// readOrEnd is read for commands that go on to print something else: it prints the findings on the side, and ends the
// command if one of them is bad enough.
func (o *inputOptions) readOrEnd(ctx context.Context, io IO, w writers) (*input, error) {
	in, err := o.read(ctx, io, w)
	if err != nil {
		return nil, err
	}
	in.diags = append(in.diags, compile.NotWritten(&in.loaded, w.hosts, w.fleets)...)
	in.diags.Sort()
	few, left := fold(in.diags)
	if err := in.printFindings(io.Err, io.Getenv, few); err != nil {
		return nil, err
	}
	if err := writing(fmt.Fprint(io.Err, left)); err != nil {
		return nil, err
	}
	return in, o.verdict(in.diags)
}

// verdict is the error that ends the command if any finding is at least as bad as the user allows.
func (o *inputOptions) verdict(diags diag.List) error {
	threshold := severities()[o.failOn]
	switch {
	case slices.ContainsFunc(diags, func(d diag.Diagnostic) bool { return d.Code == codeUnreadable }):
		return errUnreadable
	case slices.ContainsFunc(diags, func(d diag.Diagnostic) bool { return d.Severity >= threshold }):
		return errFindings
	default:
		return nil
	}
}

// severities are the words for severities on the command line.
func severities() map[string]diag.Severity {
	return map[string]diag.Severity{"critical": diag.Critical, "error": diag.Error, "warning": diag.Warning, "note": diag.Note}
}

// readPlatform takes the platform from its own file, or else from among the specs.
func (o *inputOptions) readPlatform(among []load.Platform, options load.Options) (plan.Platform, diag.List, error) {
	var diags diag.List
	if o.platform != "" {
		options.Recursive = false
		file, found, err := load.Paths([]string{o.platform}, options)
		if err != nil {
			return plan.Platform{}, nil, fmt.Errorf("reading the platform: %w", err)
		}
		among, diags = file.Platforms, found
		if len(among) == 0 && !diags.HasErrors() {
			return plan.Platform{}, nil, usagef("--platform %s: there is no Platform in it", o.platform)
		}
	}
	overrides := plan.Overrides{IstioVersion: o.istioVersion, ClientRegions: o.clientRegions}
	platform, found := compile.Platform(among, overrides)
	return platform, append(diags, found...), nil
}
