package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/spillway-mesh/spillway/cmd/spillway/internal/clusters"
	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
	"github.com/spillway-mesh/spillway/pkg/analyze/mesh"
	"github.com/spillway-mesh/spillway/pkg/analyze/rules"
	"github.com/spillway-mesh/spillway/pkg/diag"
	"github.com/spillway-mesh/spillway/pkg/load"
)

// analyzeOptions are the flags of analyze.
type analyzeOptions struct {
	input         inputOptions
	output        string
	severity      string
	meshConfig    string
	ignore        []string
	baseline      string
	writeBaseline string
	doFix         bool
	write         bool
	fromLive      liveReading
	proxies       []string
}

func newAnalyze(name string, io IO) *cobra.Command {
	var o analyzeOptions
	c := &cobra.Command{
		Use:   "analyze [-f] PATH… | --live | --proxy FILE",
		Short: "Find failovers that will not fail over, in hand-written objects and in specs",
		Long: "Analyze reads any objects: ServiceEntries, DestinationRules, VirtualServices, EnvoyFilters and all others that have a\n" +
			"part in a failover, and specs of spillway.dev. It works out what they mean to the proxies and says, with file, line,\n" +
			"reason and remedy, which failover will not happen, which certificate is not checked, and what would bring down istiod.\n" +
			"An annotation ignore.spillway.dev/CODE with a reason as its value keeps a finding about an object from being told.",
		Example: examples(name,
			"analyze manifests/", "look through a folder and the folders below it",
			"analyze manifests/ --client-regions us-east1,europe-west1", "with the regions that clients run in",
			"analyze manifests/ -o html > report.html", "as a page, with who goes where",
			"analyze manifests/ --fix", "show what would mend some of it; --fix --write does it",
			"analyze --live --context east --context west", "look through clusters, and say in what they differ",
			"analyze --proxy http://127.0.0.1:15000", "look at what a proxy itself has, behind kubectl port-forward",
			"analyze manifests/ --baseline known.json --fail-on warning", "as a strict check that only new findings fail",
			"explain FX003", "say what a finding means"),
		RunE: func(c *cobra.Command, args []string) error {
			o.fromLive.limit(c, o.input.namespace)
			return o.run(c.Context(), io, args)
		},
	}
	o.fromLive.bind(c)
	f := c.Flags()
	f.StringArrayVarP(&o.input.files, "filename", "f", nil, "file, folder or - (standard input); may be repeated")
	f.StringVarP(&o.input.namespace, "namespace", "n", load.DefaultNamespace, "namespace of objects that name none; with --live the only one that is looked at, if given")
	f.StringVar(&o.input.platform, "platform", "", "`file` that describes the mesh (kind Platform)")
	f.StringVar(&o.meshConfig, "mesh-config", "", "`file` with the ConfigMap istio, an IstioOperator or an Istio object")
	f.StringVar(&o.input.istioVersion, "istio-version", "", "oldest Istio `version` in use, such as 1.29")
	f.StringSliceVar(&o.input.clientRegions, "client-regions", nil, "`regions` that clients run in")
	f.StringArrayVar(&o.proxies, "proxy", nil, "look at what a proxy itself has: `FILE` with its config dump or its clusters in JSON, or http://ADMIN; may be repeated for one proxy")
	f.StringArrayVar(&o.ignore, "ignore", nil, "`CODE=REASON` or CODE:NAMESPACE/NAME=REASON, a finding not to be told; may be repeated")
	f.StringVar(&o.baseline, "baseline", "", "`file` of findings that are known: only others are told")
	f.StringVar(&o.writeBaseline, "write-baseline", "", "write all findings to a `file`, for --baseline")
	f.BoolVar(&o.doFix, "fix", false, "show what would mend the findings that can be mended mechanically, as a diff")
	f.BoolVar(&o.write, "write", false, "with --fix: change the files, too")
	bindChoice(c, &o.severity, [2]string{"severity", ""}, "mildest finding that is told", "note", "warning", "error", "critical")
	bindChoice(c, &o.input.failOn, [2]string{"fail-on", ""}, "mildest finding that fails the command", "error", "critical", "warning", "note")
	bindOutput(c, &o.output, "text", "table", "json", "sarif", "github", "html")
	return c
}

// analysis is all that there is to print.
type analysis struct {
	snapshot *manifest.Snapshot
	report   *analyze.Report
	diags    diag.List // all that is told, sorted
	known    int       // findings of the baseline
}

func (o *analyzeOptions) run(ctx context.Context, io IO, args []string) error {
	paths := slices.Concat(o.input.files, args)
	if len(o.proxies) > 0 {
		if len(paths) > 0 || o.fromLive.on || o.doFix {
			return usagef("--proxy is looked at alone")
		}
		return o.runProxy(ctx, io)
	}
	if err := o.fromLive.check(len(paths) > 0, o.doFix); err != nil {
		return err
	}
	if len(paths) == 0 && !o.fromLive.on {
		return usagef("give what to look through: analyze PATH…, - for standard input, or --live")
	}
	if o.write && !o.doFix {
		return usagef("--write belongs to --fix")
	}
	a, err := o.analyze(ctx, io, paths)
	if err != nil {
		return err
	}
	if o.doFix {
		return o.fix(io, a)
	}
	if err := o.print(io, a); err != nil {
		return err
	}
	if err := in(a.snapshot).printWith(io.Err, io.Getenv, a.report.Notes, false); err != nil {
		return err
	}
	if err := writing(fmt.Fprintln(io.Err, a.summary())); err != nil {
		return err
	}
	return o.input.verdict(a.diags)
}

// analyze reads everything and asks every rule.
func (o *analyzeOptions) analyze(ctx context.Context, io IO, paths []string) (*analysis, error) {
	settings, err := o.mesh()
	if err != nil {
		return nil, err
	}
	ignores := make([]analyze.Ignore, len(o.ignore))
	for i, text := range o.ignore {
		if ignores[i], err = analyze.ParseIgnore(text); err != nil {
			return nil, usagef("--ignore: %v", err)
		}
	}
	found, err := o.read(ctx, io, paths)
	if err != nil {
		return nil, err
	}
	a := &analysis{snapshot: found.Snapshot, diags: found.Wrong}
	refused, err := o.specs(ctx, a.snapshot)
	if err != nil {
		return nil, err
	}
	a.report = analyze.Run(a.snapshot, settings, rules.All())
	if len(a.report.Models) > 1 { // folders of several environments or clusters: what is there twice is looked at apart
		refused = slices.DeleteFunc(refused, func(d diag.Diagnostic) bool { return d.Code == "SP270" })
	}
	if o.fromLive.on {
		refused = append(refused, found.Twins(a.report.Models)...)
	}
	a.report.Notes = slices.Concat(found.Unseen, a.report.Notes)
	a.report.Suppress(ignores)
	if err := o.compare(a); err != nil {
		return nil, err
	}
	for _, f := range a.report.Findings {
		a.diags = append(a.diags, f.Diagnostic)
	}
	a.diags = slices.DeleteFunc(append(a.diags, refused...), func(d diag.Diagnostic) bool {
		unread := d.Severity == diag.Error && strings.HasPrefix(d.Code, "SP") // what was not read was not looked at
		return d.Severity < severities()[o.severity] && !unread
	})
	a.diags.Sort()
	return a, nil
}

// read reads files or clusters.
func (o *analyzeOptions) read(ctx context.Context, io IO, paths []string) (*clusters.Found, error) {
	if o.fromLive.on {
		return o.fromLive.read(ctx)
	}
	s, diags, err := manifest.Read(paths, load.Options{Namespace: o.input.namespace, Recursive: true, Stdin: io.In})
	return &clusters.Found{Snapshot: s, Wrong: diags}, err //nolint:wrapcheck // says what it was reading
}

// compare leaves out what the baseline knows, and writes a new one.
func (o *analyzeOptions) compare(a *analysis) error {
	if o.writeBaseline != "" {
		text, err := analyze.BaselineOf(a.report).JSON()
		if err != nil {
			return err
		}
		if err := os.WriteFile(o.writeBaseline, text, 0o644); err != nil { //nolint:gosec // it is to be committed and read by all
			return fmt.Errorf("writing the baseline: %w", err)
		}
	}
	if o.baseline == "" {
		return nil
	}
	text, err := os.ReadFile(o.baseline)
	if err != nil {
		return fmt.Errorf("reading the baseline: %w", err)
	}
	b, err := analyze.ParseBaseline(text)
	if err != nil {
		return usagef("--baseline %s: %v", o.baseline, err)
	}
	a.known = a.report.Since(b)
	return nil
}

// summary says in one line how much was looked at and found.
func (a *analysis) summary() string {
	ours := a.snapshot.Ours
	parts := []string{plural(len(a.snapshot.Objects)+len(ours.Failovers)+len(ours.Fleets)+len(ours.Healths), "object"), count(a.diags)}
	if n := len(a.report.Suppressed); n > 0 {
		parts = append(parts, fmt.Sprintf("%d ignored with a reason", n))
	}
	if a.known > 0 {
		parts = append(parts, fmt.Sprintf("%d known from the baseline", a.known))
	}
	return strings.Join(parts, ", ")
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
		out.Versions = mesh.Versions{Oldest: v, Istiod: max(v, out.Versions.Istiod), Known: true}
	}
	if o.meshConfig != "" {
		s, _, err := manifest.Read([]string{o.meshConfig}, load.Options{})
		if err != nil {
			return out, err
		}
		if s.Mesh == nil {
			return out, usagef("--mesh-config %s: there is no mesh configuration in it", o.meshConfig)
		}
		out.Mesh = s.Mesh
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
