package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spillway-mesh/spillway/pkg/importer"
	"github.com/spillway-mesh/spillway/pkg/plan"
)

// newFile is a file on its way.
type newFile struct {
	path string
	text []byte
}

// writeLifted writes three files for each spec side by side: the spec, what it takes the place of, and what changes. A file
// that is there already and says something else is left alone, and then nothing is written at all.
func writeLifted(io IO, folder string, all []lifted) error {
	files := make([]newFile, 0, 3*len(all))
	for _, x := range all {
		base := filepath.Join(folder, x.Spec.Namespace+"-"+x.Spec.Name)
		generated := map[string]bool{}
		if s := importer.Generate(x.Spec, plan.DefaultPlatform(), nil); s != nil {
			for _, o := range s.Objects {
				generated[o.String()] = true
			}
		}
		files = append(files,
			newFile{base + ".yaml", x.text},
			newFile{base + ".remove.txt", []byte(x.removal(generated))},
			newFile{base + ".changes.txt", []byte(x.story())},
		)
	}
	if err := os.MkdirAll(folder, 0o755); err != nil { //nolint:gosec // narrowed by the umask, as any folder a user makes
		return fmt.Errorf("making folder %s: %w", folder, err)
	}
	n, err := fresh(files)
	if err != nil {
		return err
	}
	for _, f := range n {
		if err := writeWhole(f); err != nil {
			return err
		}
	}
	return writing(fmt.Fprintf(io.Err, "%s: %s written, %d unchanged\n", folder, plural(len(n), "file"), len(files)-len(n)))
}

// fresh are the files that are not there yet; one that is there with another text is an error.
func fresh(files []newFile) ([]newFile, error) {
	var out []newFile
	var conflicts []error
	for _, f := range files {
		have, err := os.ReadFile(f.path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			out = append(out, f)
		case err != nil:
			return nil, fmt.Errorf("reading %s: %w", f.path, err)
		case !bytes.Equal(have, f.text):
			conflicts = append(conflicts, fmt.Errorf("writing %s: it is there already and says something else; move it away first", f.path))
		}
	}
	return out, errors.Join(conflicts...)
}

// writeWhole puts a file into place at once, so that a run that is stopped leaves no half of one.
func writeWhole(f newFile) (err error) {
	temp, err := os.CreateTemp(filepath.Dir(f.path), ".spillway-*.tmp")
	if err != nil {
		return fmt.Errorf("writing %s: %w", f.path, err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(temp.Name())
		}
	}()
	_, err = temp.Write(f.text)
	if err = errors.Join(err, temp.Chmod(0o644), temp.Close()); err != nil {
		return fmt.Errorf("writing %s: %w", f.path, err)
	}
	if err := os.Rename(temp.Name(), f.path); err != nil {
		return fmt.Errorf("writing %s: %w", f.path, err)
	}
	return nil
}
