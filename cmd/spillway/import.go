package main

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
	"github.com/spillway-mesh/spillway/pkg/analyze/mesh"
	"github.com/spillway-mesh/spillway/pkg/behaviour"
	"github.com/spillway-mesh/spillway/pkg/compile"
	"github.com/spillway-mesh/spillway/pkg/diag"
	"github.com/spillway-mesh/spillway/pkg/importer"
	"github.com/spillway-mesh/spillway/pkg/load"
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
)

// importOptions are the flags of import.
type importOptions struct {
	input  inputOptions
	folder string
}

func newImport(name string, io IO) *cobra.Command {
	var o importOptions
	c := &cobra.Command{
		Use:   "import [-f] PATH…",
		Short: "Lift Istio objects into specs, and say what changes",
		Long: "Import reads ServiceEntries, DestinationRules, VirtualServices and EnvoyFilters and prints an ExternalFailover for\n" +
			"every host that has several endpoints. Objects that were generated come back as the spec they were generated from.\n" +
			"What the spec cannot say, what had to be decided and what will be different is told on the side. If any host cannot\n" +
			"be lifted, all that is wrong is reported and nothing is printed.",
		Example: examples(name,
			"import manifests/mydb.yaml", "print the spec",
			"import manifests/ --write specs/", "write each spec, what it takes the place of, and what changes",
			"import manifests/mydb.yaml | "+name+" generate -f -", "the objects that do fail over"),
		RunE: func(c *cobra.Command, args []string) error { return o.run(c.Context(), io, args) },
	}
	bindObjects(c, &o.input)
	bindChoice(c, &o.input.failOn, [2]string{"fail-on", ""}, "mildest finding that fails the command", "error", "warning", "note")
	c.Flags().StringVar(&o.folder, "write", "", "`folder` to write specs, lists of what they replace, and lists of changes to, instead of printing")
	return c
}

// bindObjects are the flags of commands that read objects and judge them for a mesh.
func bindObjects(c *cobra.Command, o *inputOptions) {
	f := c.Flags()
	f.StringArrayVarP(&o.files, "filename", "f", nil, "file, folder or - (standard input); may be repeated")
	f.StringVarP(&o.namespace, "namespace", "n", load.DefaultNamespace, "namespace of objects that name none")
	f.StringVar(&o.platform, "platform", "", "`file` that describes the mesh (kind Platform)")
	f.StringVar(&o.istioVersion, "istio-version", "", "oldest Istio `version` in use, such as 1.29")
	f.StringSliceVar(&o.clientRegions, "client-regions", nil, "`regions` that clients run in")
}

// lifted is one spec and all there is to write of it.
type lifted struct {
	importer.Imported
	text    []byte
	changes []behaviour.Change
}

func (o *importOptions) run(ctx context.Context, io IO, args []string) error {
	paths := slices.Concat(o.input.files, args)
	if len(paths) == 0 {
		return usagef("give what to lift: import PATH…, or - for standard input")
	}
	options := load.Options{Namespace: o.input.namespace, Recursive: true, Stdin: io.In}
	snapshot, diags, err := manifest.Read(paths, options)
	if err != nil {
		return err
	}
	platform, found, err := o.input.readPlatform(snapshot.Ours.Platforms, options)
	if err != nil {
		return err
	}
	diags = append(diags, found...)
	model := mesh.New(snapshot, mesh.Options{ClientRegions: o.input.clientRegions})
	list, found := importer.Import(model, platform)
	diags = append(diags, found...)
	out, found := liftAll(model, list, platform)
	diags = append(diags, found...)
	if err := o.tell(io, snapshot, diags); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if o.folder != "" {
		return writeLifted(io, o.folder, out)
	}
	return printLifted(io, out)
}

// tell prints the findings on the side, and ends the command if one of them is bad enough.
func (o *importOptions) tell(io IO, s *manifest.Snapshot, diags diag.List) error {
	in := &input{sources: s.Sources}
	diags.Sort()
	few, left := fold(diags)
	if err := in.printFindings(io.Err, io.Getenv, few); err != nil {
		return err
	}
	if err := writing(fmt.Fprint(io.Err, left)); err != nil {
		return err
	}
	return o.input.verdict(diags)
}

// liftAll plans every spec, for the sake of its findings, and compares it with what it was lifted from.
func liftAll(m *mesh.Model, list []importer.Imported, platform plan.Platform) ([]lifted, diag.List) {
	specs := make([]load.Failover, len(list))
	for i := range list {
		specs[i].Object = list[i].Spec
	}
	batch := compile.NewBatch(specs, platform, allWriters().hosts)
	out := make([]lifted, len(list))
	var diags diag.List
	for i, x := range list {
		_, found := batch.Plan(i)
		diags = append(diags, found...)
		out[i] = lift(m, x, platform)
	}
	return out, diags
}

// lift says what a spec changes, as it is printed.
func lift(m *mesh.Model, x importer.Imported, platform plan.Platform) lifted {
	out := lifted{Imported: x, text: render.YAML(nil, importer.Tree(x.Spec), render.Options{})}
	if x.Back {
		return out
	}
	s := importer.Generate(x.Spec, platform, nil)
	if s == nil {
		return out // refused, and told of
	}
	after := mesh.New(s, mesh.Options{})
	now := after.Resolve(x.Spec.Namespace, x.Spec.Spec.Host)
	if now == nil {
		hosts := after.HostsNamed(x.Spec.Spec.Host)
		if len(hosts) == 0 {
			return out
		}
		now = hosts[0]
	}
	before, then := behaviour.Of(m, x.Host, ""), behaviour.Of(after, now, "")
	out.changes = behaviour.Between(before, then, importer.Options(x.Spec, before, then))
	return out
}

func printLifted(io IO, all []lifted) error {
	for i, x := range all {
		var b bytes.Buffer
		if i > 0 {
			b.WriteString("---\n")
		}
		b.Write(x.text)
		if err := writing(io.Out.Write(b.Bytes())); err != nil {
			return err
		}
		if err := writing(fmt.Fprint(io.Err, x.story())); err != nil {
			return err
		}
	}
	return nil
}

// story is what there is to know of a spec besides itself.
func (x lifted) story() string {
	name := x.Spec.Namespace + "/" + x.Spec.Name
	if x.Back {
		return fmt.Sprintf("%s (%s): the spec that its objects were generated from\n", name, x.Spec.Spec.Host)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%s): %s\n", name, x.Spec.Spec.Host, plural(len(x.changes), "change"))
	for _, c := range x.changes {
		fmt.Fprintf(&b, "  %s\n", c)
	}
	return b.String()
}

// removal lists what the spec's objects take the place of. What has the name of a new object is overwritten by it.
func (x lifted) removal(generated map[string]bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# What ExternalFailover %s/%s takes the place of.\n", x.Spec.Namespace, x.Spec.Name)
	b.WriteString("# Apply what it generates first; then delete what is marked delete; take all of them out of their files.\n")
	for _, object := range x.From {
		what := "delete"
		if generated[object.String()] {
			what = "overwritten"
		}
		at := object.Source.Locate("")
		fmt.Fprintf(&b, "%-12s %s  # %s\n", what, object, at)
	}
	return b.String()
}
