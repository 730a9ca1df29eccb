package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/spillway-mesh/spillway/cmd/spillway/internal/folder"
	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/render"
	"github.com/spillway-mesh/spillway/pkg/target"
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
			"Istio's for an ExternalFailover, and for a ClusterFailover those of each of its clusters and of what stands before\n" +
			"them. What is no object, such as Terraform, goes into the folder too, or is printed by -o files. If any spec is wrong\n" +
			"or refused, all of them are reported and nothing is written.",
		Example: examples(name,
			"generate -f samples/dynamodb-http/failover.yaml", "print the objects of one spec",
			"generate -f samples/dynamodb-http/failover.yaml | kubectl apply -f -", "apply them",
			"generate -f specs/ --recursive -d manifests/ --prune", "keep a folder up to date for GitOps",
			"generate -f specs/ --platform platform.yaml -o plan", "print what the specs mean, in our own words",
			"generate -f clusterfailover.yaml --cluster blue", "print the objects of one cluster of a fleet",
			"generate -f clusterfailover.yaml --target gkeingress -o files", "print what stands beside the objects, such as Terraform",
			"generate -f - --istio-version 1.29 < spec.yaml", "write for an older mesh"),
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return o.run(c.Context(), io) },
	}
	o.input.bind(c)
	bindOutput(c, &o.output, "yaml", "json", "plan", "files")
	f := c.Flags()
	f.StringSliceVar(&o.targets, "target", nil, "`targets` to write for (default all that a spec asks for); see `"+name+" targets`")
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
	case o.output == "files":
		return o.printFiles(io, in)
	case o.output == "json":
		return o.printJSON(ctx, io, in)
	default:
		return o.printYAML(ctx, io, in)
	}
}

// leaves says that something is not for the cluster that is asked for.
func (o *generateOptions) leaves(spec owned, cluster string) bool {
	return o.cluster != "" && spec.kind == v1alpha1.KindClusterFailover && cluster != o.cluster
}

// header stands above an object and says where it comes from and where it goes.
func header(spec owned, object target.Object) string {
	text := folder.Header(spec.kind, spec.namespace, spec.name)
	if namespace, name, shared := strings.Cut(object.Shared, "/"); shared {
		text = folder.Header("EgressGateway", namespace, name)
	}
	switch {
	case object.Cluster != "":
		text += "# For the cluster " + object.Cluster + ".\n"
	case spec.kind == v1alpha1.KindClusterFailover:
		text += "# For the whole fleet.\n"
	}
	return text
}

// written is one object as it is printed.
type written struct {
	object target.Object
	text   []byte
}

// once drops the objects that an earlier spec has printed already, because several share them.
type once map[string]string

// print says whether an object is to be printed. What several specs share is the same in all: were it not, one of them would
// lose what it asked for.
func (o once) print(object target.Object) (bool, error) {
	if object.Shared == "" {
		return true, nil
	}
	id := object.Kind + " " + object.Namespace + "/" + object.Name
	text := string(render.JSON(nil, object.Tree()))
	if earlier, printed := o[id]; printed {
		if earlier != text {
			return false, fmt.Errorf("two specs that share %s write it differently", id)
		}
		return false, nil
	}
	o[id] = text
	return true, nil
}

// printObjects prints the objects of all specs in order, with the separator between them.
func (o *generateOptions) printObjects(ctx context.Context, io IO, in *input, separator string, text func(owned, target.Object) []byte) error {
	first, shared := true, once{}
	work := func(i int) ([]written, error) {
		spec, err := in.objects(i)
		if err != nil {
			return nil, err
		}
		out := make([]written, 0, len(spec.objects))
		for _, object := range spec.objects {
			if !o.leaves(spec, object.Cluster) {
				out = append(out, written{object, text(spec, object)})
			}
		}
		return out, nil
	}
	return ordered(ctx, in.specs(), work, func(_ int, all []written) error {
		var out []byte
		for _, w := range all {
			wanted, err := shared.print(w.object)
			if err != nil {
				return err
			}
			if !wanted {
				continue
			}
			if !first {
				out = append(out, separator...)
			}
			out, first = append(out, w.text...), false
		}
		return writing(io.Out.Write(out))
	})
}

func (o *generateOptions) printYAML(ctx context.Context, io IO, in *input) error {
	err := o.printObjects(ctx, io, in, "---\n", func(spec owned, object target.Object) []byte {
		var out []byte
		if !o.noComments {
			out = append(out, header(spec, object)...)
		}
		return render.YAML(out, object.Tree(), render.Options{NoComments: o.noComments})
	})
	if err != nil {
		return err
	}
	return o.tellFiles(io, in)
}

// printJSON prints a List, as kubectl does.
func (o *generateOptions) printJSON(ctx context.Context, io IO, in *input) error {
	if err := writing(fmt.Fprintln(io.Out, `{"apiVersion": "v1", "kind": "List", "items": [`)); err != nil {
		return err
	}
	err := o.printObjects(ctx, io, in, ",\n", func(_ owned, object target.Object) []byte { return render.JSON(nil, object.Tree()) })
	if err != nil {
		return err
	}
	if err := writing(fmt.Fprintln(io.Out, "]}")); err != nil {
		return err
	}
	return o.tellFiles(io, in)
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
