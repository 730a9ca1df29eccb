package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/spillway-mesh/spillway/cmd/spillway/internal/clusters"
	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
	"github.com/spillway-mesh/spillway/pkg/analyze/mesh"
	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/behaviour"
	"github.com/spillway-mesh/spillway/pkg/importer"
	"github.com/spillway-mesh/spillway/pkg/load"
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
)

// diffOptions are the flags of diff.
type diffOptions struct {
	input   inputOptions
	against []string
	output  string
	live    liveReading
}

func newDiff(name string, io IO) *cobra.Command {
	var o diffOptions
	c := &cobra.Command{
		Use:   "diff -f FILE --against PATH | --live",
		Short: "Say what specs would change, in words",
		Long: "Diff compares what specs generate with objects that are there: who would go where, what would be ejected, which names\n" +
			"would be sent and checked, what would become of requests. What it has no words for it lists as fields.\n" +
			"It ends with 0 where nothing differs, 1 where something does or a spec is wrong, 2 for a wrong command line, 3 for trouble.",
		Example: examples(name,
			"diff -f failover.yaml --against manifests/", "compare with the objects in a folder",
			"diff -f specs/ --recursive --against generated/", "fail if what is checked in is not up to date",
			"diff -f failover.yaml --live --context east --context west", "compare with what each cluster has",
			"diff -f failover.yaml --against old.yaml -o json", "for a script"),
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return o.run(c.Context(), io) },
	}
	o.input.bind(c)
	o.live.bind(c)
	bindOutput(c, &o.output, "text", "json")
	c.Flags().StringArrayVar(&o.against, "against", nil, "`file` or folder with the objects to compare with, or -; may be repeated")
	return c
}

// difference is what one spec would change.
type difference struct {
	Context   string             `json:"context,omitempty"`
	Kind      string             `json:"kind"`
	Namespace string             `json:"namespace"`
	Name      string             `json:"name"`
	Host      string             `json:"host,omitempty"`
	Changes   []behaviour.Change `json:"changes,omitempty"`
	Fields    []behaviour.Field  `json:"fields,omitempty"`
	New       []string           `json:"new,omitempty"`
	Gone      []string           `json:"gone,omitempty"`
}

func (d difference) none() bool { return len(d.Changes)+len(d.Fields)+len(d.New)+len(d.Gone) == 0 }

func (o *diffOptions) run(ctx context.Context, io IO) error {
	if err := o.live.check(len(o.against) > 0, false); err != nil {
		return err
	}
	if len(o.against) == 0 && !o.live.on {
		return usagef("give what to compare with: --against PATH, or --live")
	}
	in, err := o.input.readOrEnd(ctx, io, allWriters())
	if err != nil {
		return err
	}
	have, silent, err := o.there(ctx, io)
	if err != nil {
		return err
	}
	var all []difference
	for _, one := range have {
		before := mesh.New(one, mesh.Options{ClientRegions: o.input.clientRegions})
		for n := range in.specs() {
			d, err := in.differs(n, before)
			if err != nil {
				return err
			}
			d.Context = one.Root
			all = append(all, d)
		}
	}
	if err := o.print(io, all); err != nil {
		return err
	}
	if silent != nil {
		return silent
	}
	if slices.ContainsFunc(all, func(d difference) bool { return !d.none() }) {
		return errFindings
	}
	return nil
}

// there are the objects to compare with: those of files, or those of each cluster. What of them cannot be compared is the
// second result.
func (o *diffOptions) there(ctx context.Context, io IO) (have []*manifest.Snapshot, silent, err error) {
	found, err := o.read(ctx, io)
	if err != nil {
		return nil, nil, err
	}
	in := &input{sources: found.Snapshot.Sources}
	diags := slices.Concat(found.Wrong, found.Unseen)
	diags.Sort()
	few, left := fold(diags)
	if err := in.printFindings(io.Err, io.Getenv, few); err != nil {
		return nil, nil, err
	}
	if err := writing(fmt.Fprint(io.Err, left)); err != nil {
		return nil, nil, err
	}
	if err := o.input.verdict(diags); err != nil || !o.live.on {
		return []*manifest.Snapshot{found.Snapshot}, nil, err
	}
	worlds, _ := found.Snapshot.Worlds()
	for _, w := range worlds {
		if found.Answered(w.Root) {
			have = append(have, w)
		} else {
			silent = errors.Join(silent, fmt.Errorf("context %s was not compared: it did not answer", w.Root))
		}
	}
	return have, silent, nil
}

func (o *diffOptions) read(ctx context.Context, io IO) (*clusters.Found, error) {
	if o.live.on {
		return o.live.read(ctx)
	}
	s, diags, err := manifest.Read(o.against, load.Options{Namespace: o.input.namespace, Recursive: true, Stdin: io.In})
	return &clusters.Found{Snapshot: s, Wrong: diags}, err //nolint:wrapcheck // says what it was reading
}

// differs compares the objects of the n-th spec with those that are there.
func (i *input) differs(n int, before *mesh.Model) (difference, error) {
	spec, err := i.objects(n)
	if err != nil {
		return difference{}, err
	}
	d := difference{Kind: spec.kind, Namespace: spec.namespace, Name: spec.name}
	var text []byte
	for _, o := range spec.objects {
		text = append(text, "---\n"...)
		text = render.YAML(text, o.Tree(), render.Options{NoComments: true})
	}
	generated, _ := manifest.Bytes("generated", text, load.Options{})
	related := map[string]bool{} // of the objects that are there, those that the spec's take the place of
	if n < len(i.loaded.Failovers) {
		d.words(i.loaded.Failovers[n].Object, generated, before, related)
	}
	d.objects(spec, generated, before.Snapshot, related)
	return d, nil
}

// words compares what clients get.
func (d *difference) words(spec *v1alpha1.ExternalFailover, generated *manifest.Snapshot, before *mesh.Model, related map[string]bool) {
	d.Host = spec.Spec.Host
	after := mesh.New(generated, mesh.Options{})
	hosts := after.HostsNamed(d.Host)
	was := before.Resolve(spec.Namespace, d.Host)
	if was == nil || len(hosts) == 0 {
		return
	}
	old, now := behaviour.Of(before, was, spec.Namespace), behaviour.Of(after, hosts[0], "")
	d.Changes = behaviour.Between(old, now, importer.Options(spec, old, now))
	for _, o := range importer.ObjectsOf(before, was) {
		related[o.String()] = true
	}
}

// objects compares objects of the same name field by field, and finds those that only one side has.
func (d *difference) objects(spec owned, generated, have *manifest.Snapshot, related map[string]bool) {
	was, is := behaviour.All(have), behaviour.All(generated)
	owner := spec.namespace + "/" + spec.name
	var fields []behaviour.Field
	for _, o := range generated.Objects {
		key := o.Group + "/" + o.String()
		if old, found := was[key]; found {
			fields = append(fields, behaviour.Fields(old, is[key])...)
		} else {
			d.New = append(d.New, o.String())
		}
	}
	for _, o := range have.Objects {
		key := o.Group + "/" + o.String()
		ours := o.Labels[plan.LabelManagedBy] == plan.ManagedBy && o.Annotations[plan.AnnotationOwner] == owner
		if is[key] == nil && (ours || related[o.String()]) {
			d.Gone = append(d.Gone, o.String())
		}
	}
	d.Fields = behaviour.Unexplained(fields, d.Changes)
	slices.Sort(d.New)
	slices.Sort(d.Gone)
}

func (o *diffOptions) print(io IO, all []difference) error {
	if o.output == "json" {
		if all == nil {
			all = []difference{}
		}
		text, err := json.MarshalIndent(map[string]any{"specs": all}, "", "  ")
		if err != nil {
			return fmt.Errorf("writing JSON: %w", err)
		}
		return writing(fmt.Fprintln(io.Out, string(text)))
	}
	for _, d := range all {
		if err := writing(fmt.Fprint(io.Out, d.text())); err != nil {
			return err
		}
	}
	return nil
}

func (d difference) text() string {
	name := d.Namespace + "/" + d.Name
	if d.Context != "" {
		name = d.Context + ": " + name
	}
	if d.Host != "" {
		name += " (" + d.Host + ")"
	}
	if d.none() {
		return name + ": no difference\n"
	}
	var b strings.Builder
	b.WriteString(name + ":\n")
	for _, c := range d.Changes {
		fmt.Fprintf(&b, "  %s\n", c)
	}
	for _, f := range d.Fields {
		fmt.Fprintf(&b, "  %s\n", f)
	}
	if len(d.New) > 0 {
		fmt.Fprintf(&b, "  new: %s\n", strings.Join(d.New, ", "))
	}
	if len(d.Gone) > 0 {
		fmt.Fprintf(&b, "  no longer needed: %s\n", strings.Join(d.Gone, ", "))
	}
	return b.String()
}
