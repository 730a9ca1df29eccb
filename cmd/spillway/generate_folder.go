package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spillway-mesh/spillway/cmd/spillway/internal/folder"
	"github.com/spillway-mesh/spillway/pkg/render"
	"github.com/spillway-mesh/spillway/pkg/target"
	"github.com/spillway-mesh/spillway/pkg/term"
)

// file is one on its way into the folder.
type file struct {
	object  folder.Object
	from    target.Object // zero for what is no object
	content []byte        // nil: it is left as it is
}

// into asks for the file, or spares it.
func (f file) into(to *folder.Folder) error {
	if f.content == nil {
		return to.Keep(f.object)
	}
	return to.Put(f.object, f.content)
}

// wanted is every file of a spec.
func (o *generateOptions) wanted(spec owned) []file {
	files := make([]file, 0, len(spec.objects)+len(spec.files))
	for _, object := range spec.objects {
		one := file{from: object, object: folder.Object{
			Folder: spec.place(object.Cluster), Rank: object.Rank, Kind: object.Kind, Namespace: object.Namespace, Name: object.Name,
		}}
		if !o.leaves(spec, object.Cluster) {
			one.content = render.YAML([]byte(header(spec, object)), object.Tree(), render.Options{NoComments: o.noComments})
		}
		files = append(files, one)
	}
	for _, f := range spec.files {
		one := file{object: folder.Object{Folder: spec.place(f.Cluster), File: f.Name}}
		if !o.leaves(spec, f.Cluster) {
			one.content = []byte(beside(spec, f.Name) + f.Content)
		}
		files = append(files, one)
	}
	return files
}

// beside is the first line of a file that is no object.
func beside(spec owned, name string) string {
	return folder.HeaderFor(name, folder.Header(spec.kind, spec.namespace, spec.name))
}

// printFiles prints what is no object: one file as it is, several with their names between them.
func (o *generateOptions) printFiles(io IO, in *input) error {
	var names, texts []string
	err := o.eachFile(in, func(spec owned, f target.File) {
		names = append(names, spec.place(f.Cluster)+"/"+f.Name)
		texts = append(texts, beside(spec, f.Name)+f.Content)
	})
	if err != nil {
		return err
	}
	for i, text := range texts {
		if len(texts) > 1 {
			text = "==> " + names[i] + " <==\n" + text
		}
		if err := writing(fmt.Fprint(io.Out, text)); err != nil {
			return err
		}
	}
	if len(texts) == 0 {
		return writing(fmt.Fprintln(io.Err, "there is nothing beside the objects"))
	}
	return nil
}

// eachFile visits the files that are asked for, in order. Only fleets have any.
func (o *generateOptions) eachFile(in *input, visit func(spec owned, f target.File)) error {
	for i := in.batch.Len(); i < in.specs(); i++ {
		spec, err := in.objects(i)
		if err != nil {
			return err
		}
		for _, f := range spec.files {
			if !o.leaves(spec, f.Cluster) {
				visit(spec, f)
			}
		}
	}
	return nil
}

// tellFiles says on the side what was not printed because it is no object.
func (o *generateOptions) tellFiles(io IO, in *input) error {
	var names []string
	if err := o.eachFile(in, func(_ owned, f target.File) { names = append(names, f.Name) }); err != nil || len(names) == 0 {
		return err
	}
	return writing(fmt.Fprintf(io.Err, "%s beside the objects not printed; -d FOLDER writes them, -o files prints them: %s\n",
		plural(len(names), "file"), strings.Join(names, ", ")))
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
		return o.wanted(spec), err
	}
	progress := term.NewProgress(io.Err, io.Now)
	defer progress.Done()
	f.Watch(func(done, total int) { progress.Step("writing file", done, total) })
	shared := once{}
	err = ordered(ctx, in.specs(), work, func(i int, files []file) error {
		progress.Step("generating spec", i+1, in.specs())
		for _, file := range files {
			wanted, err := shared.print(file.from)
			if err != nil {
				return err
			}
			if !wanted {
				continue
			}
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
