package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
	"github.com/spillway-mesh/spillway/pkg/analyze/mesh"
	"github.com/spillway-mesh/spillway/pkg/analyze/rules"
	"github.com/spillway-mesh/spillway/pkg/diag"
	"github.com/spillway-mesh/spillway/pkg/load"
)

// analyzeOptions are the flags of analyze.
type analyzeOptions struct {
	input  inputOptions
	output string
}

func newAnalyze(name string, io IO) *cobra.Command {
	var o analyzeOptions
	c := &cobra.Command{
		Use:   "analyze [-f] PATH…",
		Short: "Find failovers that will not fail over, in hand-written objects and in specs",
		Long: "Analyze reads any objects: ServiceEntries, DestinationRules, VirtualServices, EnvoyFilters and all others that have a\n" +
			"part in a failover, and specs of spillway.dev. It works out what they mean to the proxies and says, with file, line,\n" +
			"reason and remedy, which failover will not happen, which certificate is not checked, and what would bring down istiod.",
		Example: examples(name,
			"analyze manifests/", "look through a folder and the folders below it",
			"analyze manifests/ --client-regions us-east1,europe-west1", "with the regions that clients run in",
			"analyze manifests/ --fail-on warning", "as a strict check",
			"explain FX003", "say what a finding means"),
		RunE: func(c *cobra.Command, args []string) error { return o.run(c.Context(), io, args) },
	}
	f := c.Flags()
	f.StringArrayVarP(&o.input.files, "filename", "f", nil, "file, folder or - (standard input); may be repeated")
	f.StringVarP(&o.input.namespace, "namespace", "n", load.DefaultNamespace, "namespace of objects that name none")
	f.StringVar(&o.input.platform, "platform", "", "`file` that describes the mesh (kind Platform)")
	f.StringVar(&o.input.istioVersion, "istio-version", "", "oldest Istio `version` in use, such as 1.29")
	f.StringSliceVar(&o.input.clientRegions, "client-regions", nil, "`regions` that clients run in")
	bindChoice(c, &o.input.failOn, [2]string{"fail-on", ""}, "mildest finding that fails the command", "error", "critical", "warning", "note")
	bindOutput(c, &o.output, "text", "json")
	return c
}

func (o *analyzeOptions) run(ctx context.Context, io IO, args []string) error {
	paths := slices.Concat(o.input.files, args)
	if len(paths) == 0 {
		return usagef("give what to look through: analyze PATH…, or - for standard input")
	}
	settings, err := o.mesh()
	if err != nil {
		return err
	}
	snapshot, diags, err := manifest.Read(paths, load.Options{Namespace: o.input.namespace, Recursive: true, Stdin: io.In})
	if err != nil {
		return err
	}
	refused, err := o.specs(ctx, snapshot)
	if err != nil {
		return err
	}
	report := analyze.Run(snapshot, settings, rules.All())
	for _, f := range report.Findings {
		diags = append(diags, f.Diagnostic)
	}
	diags = append(diags, refused...)
	diags.Sort()
	if o.output == "json" {
		err = writing(0, diag.WriteJSON(io.Out, diags))
	} else {
		err = o.print(io, snapshot, diags)
	}
	if err != nil {
		return err
	}
	if err := in(snapshot).printWith(io.Err, io.Getenv, report.Notes, false); err != nil {
		return err
	}
	objects := len(snapshot.Objects) + len(snapshot.Ours.Failovers) + len(snapshot.Ours.Fleets) + len(snapshot.Ours.Healths)
	if err := writing(fmt.Fprintf(io.Err, "%s, %s\n", plural(objects, "object"), count(diags))); err != nil {
		return err
	}
	return o.input.verdict(diags)
}

// mesh is what the flags say about the mesh. A platform found among the files may be another mesh's; one that is named
// counts.
func (o *analyzeOptions) mesh() (mesh.Options, error) {
	out := mesh.Options{ClientRegions: o.input.clientRegions}
	if o.input.platform != "" {
		platform, diags, err := o.input.readPlatform(nil, load.Options{})
		if err != nil {
			return out, err
		}
		if diags.HasErrors() {
			return out, usagef("--platform: %v", diags[0])
		}
		out.ClientRegions = append(out.ClientRegions, platform.Regions...)
		out.Versions = mesh.Versions{Oldest: mesh.Version(platform.Oldest.Minor), Istiod: mesh.Version(platform.Istiod.Minor), Known: true}
	}
	if o.input.istioVersion != "" {
		v, err := mesh.ParseVersion(o.input.istioVersion)
		if err != nil {
			return out, usagef("--istio-version: %v", err)
		}
		out.Versions = mesh.Versions{Oldest: v, Istiod: v, Known: true}
	}
	return out, nil
}

// specs is what refuses the specs of spillway.dev; what else there is to say about them, validate says.
func (o *analyzeOptions) specs(ctx context.Context, s *manifest.Snapshot) (diag.List, error) {
	if len(s.Ours.Failovers)+len(s.Ours.Fleets)+len(s.Ours.Healths) == 0 {
		return nil, nil
	}
	in, err := o.input.judge(ctx, s.Ours, nil, allWriters())
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(in.diags, func(d diag.Diagnostic) bool { return d.Severity < diag.Error }), nil
}

// print writes the findings for people, each with the line in question.
func (o *analyzeOptions) print(io IO, s *manifest.Snapshot, diags diag.List) error {
	return in(s).printWith(io.Out, io.Getenv, diags, true)
}

// in is a snapshot as the printing of findings takes it.
func in(s *manifest.Snapshot) *input { return &input{sources: s.Sources} }
