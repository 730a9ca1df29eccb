package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/spillway-mesh/spillway/cmd/spillway/internal/folder"
	"github.com/spillway-mesh/spillway/pkg/render"
	"github.com/spillway-mesh/spillway/pkg/target"
	"github.com/spillway-mesh/spillway/pkg/term"
)

// generateOptions are the flags of generate.
type generateOptions struct {
	input      inputOptions
	targets    []string
	output     string
	folder     string
	prune      bool
	noComments bool
	cluster    string
}

func newGenerate(name string, io IO) *cobra.Command {
	var o generateOptions
	c := &cobra.Command{
		Use:   "generate -f FILE",
		Short: "Print the objects that make specs true, or write them to a folder",
		Long: "Generate reads specs and prints the objects that make them true, in the order in which they must be applied:\n" +
			"Istio's for an ExternalFailover, and for a ClusterFailover those of each of its clusters. If any spec is wrong or\n" +
			"refused, all of them are reported and nothing is written.",
		Example: examples(name,
			"generate -f samples/dynamodb-http/failover.yaml", "print the objects of one spec",
			"generate -f samples/dynamodb-http/failover.yaml | kubectl apply -f -", "apply them",
			"generate -f specs/ --recursive -d manifests/ --prune", "keep a folder up to date for GitOps",
			"generate -f specs/ --platform platform.yaml -o plan", "print what the specs mean, in our own words",
			"generate -f clusterfailover.yaml --cluster blue", "print the objects of one cluster of a fleet",
			"generate -f - --istio-version 1.29 < spec.yaml", "write for an older mesh"),
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return o.run(c.Context(), io) },
	}
	o.input.bind(c)
	bindOutput(c, &o.output, "yaml", "json", "plan")
	f := c.Flags()
	f.StringSliceVar(&o.targets, "target", nil, "`targets` to write for (default istio and healthroutes); see `"+name+" targets`")
	f.StringVarP(&o.folder, "directory", "d", "", "`folder` to write one file per object to, instead of printing")
	f.BoolVar(&o.prune, "prune", false, "with -d: remove files of earlier runs that are no longer asked for")
	f.StringVar(&o.cluster, "cluster", "", "of a fleet's objects write only those of this `cluster`")
	f.BoolVar(&o.noComments, "no-comments", false, "leave out the comments that say why")
	complete(c, "target", targetNames())
	return c
}

func (o *generateOptions) check() error {
	switch {
	case o.folder != "" && o.output != "yaml":
		return usagef("-d writes YAML: leave out -o %s", o.output)
	case o.folder == "" && o.prune:
		return usagef("--prune is for a folder: add -d FOLDER")
	case o.cluster != "" && o.output == "plan":
		return usagef("--cluster chooses objects, and a plan has none: leave out one of the two")
	}
	return nil
}

func (o *generateOptions) run(ctx context.Context, io IO) error {
	if err := o.check(); err != nil {
		return err
	}
	targets, err := selectTargets(o.targets, allWriters())
	if err != nil {
		return err
	}
	in, err := o.input.readOrEnd(ctx, io, targets)
	if err != nil {
		return err
	}
	if err := in.checkCluster(o.cluster); err != nil {
		return err
	}
	switch {
	case o.folder != "":
		return o.writeFolder(ctx, io, in)
	case o.output == "plan":
		return o.printPlans(ctx, io, in)
	case o.output == "json":
		return o.printJSON(ctx, io, in)
	default:
		return o.printYAML(ctx, io, in)
	}
}

// leaves says that an object is another cluster's than the one that is asked for.
func (o *generateOptions) leaves(object target.Object) bool {
	return o.cluster != "" && object.Cluster != "" && object.Cluster != o.cluster
}

// header stands above an object and says where it comes from and where it goes.
func header(spec owned, object target.Object) string {
	text := folder.Header(spec.kind, spec.namespace, spec.name)
	if object.Cluster != "" {
		text += "# For the cluster " + object.Cluster + ".\n"
	}
	return text
}

func (o *generateOptions) printYAML(ctx context.Context, io IO, in *input) error {
	first := true
	work := func(i int) ([]byte, error) {
		spec, err := in.objects(i)
		if err != nil {
			return nil, err
		}
		var out []byte
		for _, object := range spec.objects {
			if o.leaves(object) {
				continue
			}
			out = append(out, "---\n"...)
			if !o.noComments {
				out = append(out, header(spec, object)...)
			}
			out = render.YAML(out, object.Tree(), render.Options{NoComments: o.noComments})
		}
		return out, nil
	}
	return ordered(ctx, in.specs(), work, func(_ int, out []byte) error {
		if first && len(out) > 0 {
			out, first = out[len("---\n"):], false
		}
		return writing(io.Out.Write(out))
	})
}

// printJSON prints a List, as kubectl does.
func (o *generateOptions) printJSON(ctx context.Context, io IO, in *input) error {
	work := func(i int) ([]byte, error) {
		spec, err := in.objects(i)
		if err != nil {
			return nil, err
		}
		var out []byte
		for _, object := range spec.objects {
			if o.leaves(object) {
				continue
			}
			out = append(out, ",\n"...)
			out = render.JSON(out, object.Tree())
		}
		return out, nil
	}
	if err := writing(fmt.Fprint(io.Out, `{"apiVersion": "v1", "kind": "List", "items": [`)); err != nil {
		return err
	}
	first := true
	err := ordered(ctx, in.specs(), work, func(_ int, out []byte) error {
		if first && len(out) > 0 {
			out, first = out[1:], false
		}
		return writing(io.Out.Write(out))
	})
	if err != nil {
		return err
	}
	return writing(fmt.Fprintln(io.Out, "]}"))
}

func (o *generateOptions) printPlans(ctx context.Context, io IO, in *input) error {
	work := func(i int) ([]byte, error) {
		tree, err := in.tree(i)
		if err != nil {
			return nil, err
		}
		var out []byte
		if i > 0 {
			out = append(out, "---\n"...)
		}
		return render.YAML(out, tree, render.Options{NoComments: o.noComments}), nil
	}
	return ordered(ctx, in.specs(), work, func(_ int, out []byte) error { return writing(io.Out.Write(out)) })
}

// file is an object's, on its way into the folder.
type file struct {
	object  folder.Object
	content []byte // nil: it is left as it is
}

// into asks for the file, or spares it.
func (f file) into(to *folder.Folder) error {
	if f.content == nil {
		return to.Keep(f.object)
	}
	return to.Put(f.object, f.content)
}

func (o *generateOptions) files(spec owned) []file {
	files := make([]file, 0, len(spec.objects))
	for _, object := range spec.objects {
		one := file{object: folder.Object{
			Cluster: object.Cluster, Rank: object.Rank, Kind: object.Kind, Namespace: object.Namespace, Name: object.Name,
		}}
		if !o.leaves(object) {
			one.content = render.YAML([]byte(header(spec, object)), object.Tree(), render.Options{NoComments: o.noComments})
		}
		files = append(files, one)
	}
	return files
}

// writeFolder writes all files beside the old ones first and renames them at the end.
func (o *generateOptions) writeFolder(ctx context.Context, io IO, in *input) (err error) {
	f, err := folder.Open(o.folder)
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := f.Close(); err == nil {
			err = closeErr
		}
	}()
	work := func(i int) ([]file, error) {
		spec, err := in.objects(i)
		return o.files(spec), err
	}
	progress := term.NewProgress(io.Err, io.Now)
	defer progress.Done()
	f.Watch(func(done, total int) { progress.Step("writing file", done, total) })
	err = ordered(ctx, in.specs(), work, func(i int, files []file) error {
		progress.Step("generating spec", i+1, in.specs())
		for _, file := range files {
			if err := file.into(f); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	report, err := f.Commit(o.prune)
	progress.Done()
	if err != nil {
		return err
	}
	return o.tell(io, report)
}

// tell says on the side what became of the folder.
func (o *generateOptions) tell(io IO, r folder.Report) error {
	text := fmt.Sprintf("%s: %s written, %d unchanged", o.folder, plural(r.Written, "file"), r.Unchanged)
	switch {
	case len(r.Stale) > 0 && r.Pruned:
		text += fmt.Sprintf(", %d removed", len(r.Stale))
	case len(r.Stale) > 0:
		text += fmt.Sprintf("; %s of earlier runs no longer asked for (--prune removes them), such as %s",
			plural(len(r.Stale), "file"), r.Stale[0])
	}
	return writing(fmt.Fprintln(io.Err, text))
}
