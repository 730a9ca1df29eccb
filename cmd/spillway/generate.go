package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/spillway-mesh/spillway/cmd/spillway/internal/folder"
	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/compile"
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
	"github.com/spillway-mesh/spillway/pkg/target"
	"github.com/spillway-mesh/spillway/pkg/target/all"
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
}

func newGenerate(name string, io IO) *cobra.Command {
	var o generateOptions
	c := &cobra.Command{
		Use:   "generate -f FILE",
		Short: "Print the objects that make specs true, or write them to a folder",
		Long: "Generate reads ExternalFailover specs and prints the Istio objects that make them true, in the order in\n" +
			"which they must be applied. If any spec is wrong or refused, all of them are reported and nothing is written.",
		Example: examples(name,
			"generate -f samples/dynamodb-http/failover.yaml", "print the objects of one spec",
			"generate -f samples/dynamodb-http/failover.yaml | kubectl apply -f -", "apply them",
			"generate -f specs/ --recursive -d manifests/ --prune", "keep a folder up to date for GitOps",
			"generate -f specs/ --platform platform.yaml -o plan", "print what the specs mean, in our own words",
			"generate -f - --istio-version 1.29 < spec.yaml", "write for an older mesh"),
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return o.run(c.Context(), io) },
	}
	o.input.bind(c)
	bindOutput(c, &o.output, "yaml", "json", "plan")
	f := c.Flags()
	f.StringSliceVar(&o.targets, "target", nil, "`targets` to write for (default istio); see `"+name+" targets`")
	f.StringVarP(&o.folder, "directory", "d", "", "`folder` to write one file per object to, instead of printing")
	f.BoolVar(&o.prune, "prune", false, "with -d: remove files of earlier runs that are no longer asked for")
	f.BoolVar(&o.noComments, "no-comments", false, "leave out the comments that say why")
	complete(c, "target", targetNames(all.Targets()))
	return c
}

func (o *generateOptions) check() error {
	switch {
	case o.folder != "" && o.output != "yaml":
		return usagef("-d writes YAML: leave out -o %s", o.output)
	case o.folder == "" && o.prune:
		return usagef("--prune is for a folder: add -d FOLDER")
	}
	return nil
}

func (o *generateOptions) run(ctx context.Context, io IO) error {
	if err := o.check(); err != nil {
		return err
	}
	targets, err := selectTargets(o.targets, all.Targets())
	if err != nil {
		return err
	}
	batch, err := o.input.readOrEnd(ctx, io, targets)
	if err != nil {
		return err
	}
	switch {
	case o.folder != "":
		return o.writeFolder(ctx, io, batch)
	case o.output == "plan":
		return o.printPlans(ctx, io, batch)
	case o.output == "json":
		return o.printJSON(ctx, io, batch)
	default:
		return o.printYAML(ctx, io, batch)
	}
}

func objectsOf(batch *compile.Batch, i int) (*plan.Plan, []target.Object, error) {
	p, err := planAgain(batch, i)
	if err != nil {
		return nil, nil, err
	}
	objects, err := batch.Objects(p)
	return p, objects, err
}

func (o *generateOptions) yaml(dst []byte, p *plan.Plan, object target.Object) []byte {
	dst = append(dst, folder.Header(v1alpha1.KindExternalFailover, p.Namespace, p.Name)...)
	return render.YAML(dst, object.Tree(), render.Options{NoComments: o.noComments})
}

func (o *generateOptions) printYAML(ctx context.Context, io IO, batch *compile.Batch) error {
	first := true
	work := func(i int) ([]byte, error) {
		p, objects, err := objectsOf(batch, i)
		if err != nil {
			return nil, err
		}
		var out []byte
		for _, object := range objects {
			out = append(out, "---\n"...)
			if !o.noComments {
				out = append(out, folder.Header(v1alpha1.KindExternalFailover, p.Namespace, p.Name)...)
			}
			out = render.YAML(out, object.Tree(), render.Options{NoComments: o.noComments})
		}
		return out, nil
	}
	return ordered(ctx, batch.Len(), work, func(_ int, out []byte) error {
		if first && len(out) > 0 {
			out, first = out[len("---\n"):], false
		}
		return writing(io.Out.Write(out))
	})
}

// printJSON prints a List, as kubectl does.
func (o *generateOptions) printJSON(ctx context.Context, io IO, batch *compile.Batch) error {
	work := func(i int) ([]byte, error) {
		_, objects, err := objectsOf(batch, i)
		if err != nil {
			return nil, err
		}
		var out []byte
		for _, object := range objects {
			out = append(out, ",\n"...)
			out = render.JSON(out, object.Tree())
		}
		return out, nil
	}
	if err := writing(fmt.Fprint(io.Out, `{"apiVersion": "v1", "kind": "List", "items": [`)); err != nil {
		return err
	}
	first := true
	err := ordered(ctx, batch.Len(), work, func(_ int, out []byte) error {
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

func (o *generateOptions) printPlans(ctx context.Context, io IO, batch *compile.Batch) error {
	return eachPlan(ctx, batch, func(i int, p *plan.Plan) ([]byte, error) {
		var out []byte
		if i > 0 {
			out = append(out, "---\n"...)
		}
		return render.YAML(out, compile.Tree(p), render.Options{NoComments: o.noComments}), nil
	}, io)
}

// writeFolder writes all files beside the old ones first and renames them at the end.
func (o *generateOptions) writeFolder(ctx context.Context, io IO, batch *compile.Batch) (err error) {
	f, err := folder.Open(o.folder)
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := f.Close(); err == nil {
			err = closeErr
		}
	}()
	type file struct {
		object  folder.Object
		content []byte
	}
	work := func(i int) ([]file, error) {
		p, objects, err := objectsOf(batch, i)
		if err != nil {
			return nil, err
		}
		files := make([]file, 0, len(objects))
		for _, object := range objects {
			files = append(files, file{
				folder.Object{Rank: object.Rank, Kind: object.Kind, Namespace: object.Namespace, Name: object.Name},
				o.yaml(nil, p, object),
			})
		}
		return files, nil
	}
	progress := term.NewProgress(io.Err, io.Now)
	defer progress.Done()
	f.Watch(func(done, total int) { progress.Step("writing file", done, total) })
	err = ordered(ctx, batch.Len(), work, func(i int, files []file) error {
		progress.Step("generating spec", i+1, batch.Len())
		for _, file := range files {
			if err := f.Put(file.object, file.content); err != nil {
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
