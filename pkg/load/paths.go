package load

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spillway-mesh/spillway/pkg/diag"
)

// Stdin is the path that stands for standard input.
const Stdin = "-"

// stdinName is what positions call standard input.
const stdinName = "stdin"

// Paths reads files, folders and standard input. What the user can put right, such as a wrong path, is a diagnostic; an
// error is the machine's trouble.
func Paths(paths []string, o Options) (Result, diag.List, error) {
	g := gatherer{options: o, seen: map[string]bool{}}
	for _, p := range paths {
		if err := g.path(p); err != nil {
			return Result{}, nil, err
		}
	}
	result, diags := o.read(g.sources)
	diags = append(diags, g.diags...)
	if !o.AllowNone && result.none() && !diags.HasErrors() {
		d := diags.Errorf(nil, "SP006", "the input holds no object of spillway.dev")
		d.WithHint("give files with an ExternalFailover")
		if g.folders && !o.Recursive {
			d.WithHint("give files with an ExternalFailover, or add --recursive for the folders within folders")
		}
		d.Position.File = strings.Join(paths, ", ")
		diags = slices.DeleteFunc(diags, func(d diag.Diagnostic) bool { return d.Code == "SP005" }) // the same, file by file
	}
	diags.Sort()
	return result, diags, nil
}

// none says that nothing of ours was found.
func (r *Result) none() bool {
	return len(r.Failovers)+len(r.Fleets)+len(r.Healths)+len(r.Platforms) == 0
}

// gatherer reads the bytes of all files.
type gatherer struct {
	options Options
	seen    map[string]bool // a file named twice, or named and found in a folder, is read once
	folders bool            // a folder holds further folders
	sources []source
	diags   diag.List
}

// path reads what the user named.
func (g *gatherer) path(path string) error {
	if path == Stdin {
		return g.stdin()
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return g.refuse(path, err)
	case info.IsDir():
		return g.folder(path)
	default:
		return g.file(path, false)
	}
}

func (g *gatherer) stdin() error {
	if g.seen[Stdin] {
		return nil
	}
	g.seen[Stdin] = true
	if g.options.Stdin == nil {
		return errors.New("reading standard input: there is none")
	}
	data, err := readLimited(g.options.Stdin, g.options.limit())
	if err != nil {
		return fmt.Errorf("reading standard input: %w", err)
	}
	g.sources = append(g.sources, source{name: stdinName, data: data})
	return nil
}

// folder reads the YAML and JSON files of a folder, by name. Hidden ones belong to editors, version control and mounts.
func (g *gatherer) folder(folder string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return g.refuse(folder, err)
	}
	for _, e := range entries {
		path := filepath.Join(folder, e.Name())
		switch {
		case strings.HasPrefix(e.Name(), "."):
		case e.IsDir() && !g.options.Recursive:
			g.folders = true
		case e.IsDir():
			if err := g.folder(path); err != nil {
				return err
			}
		case slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(path)):
			if err := g.entry(path, e); err != nil {
				return err
			}
		}
	}
	return nil
}

// entry reads a file found in a folder. A link to a folder is not followed, since it may lead around in a circle.
func (g *gatherer) entry(path string, e fs.DirEntry) error {
	if !e.Type().IsRegular() {
		info, err := os.Stat(path)
		if err != nil {
			return g.refuse(path, err)
		}
		if !info.Mode().IsRegular() {
			return nil
		}
	}
	return g.file(path, true)
}

func (g *gatherer) file(path string, found bool) error {
	if clean := filepath.Clean(path); g.seen[clean] {
		return nil
	} else {
		g.seen[clean] = true
	}
	f, err := os.Open(path)
	if err != nil {
		return g.refuse(path, err)
	}
	data, err := readLimited(f, g.options.limit())
	if err = errors.Join(err, f.Close()); err != nil {
		return g.refuse(path, err)
	}
	g.sources = append(g.sources, source{name: path, data: data, found: found})
	return nil
}

// readLimited reads one byte more than is allowed at most, which is enough to see that it is too much.
func readLimited(r io.Reader, limit int) ([]byte, error) {
	return io.ReadAll(io.LimitReader(r, int64(limit)+1))
}

// refuse tells what the user can put right, and hands back the rest as an error.
func (g *gatherer) refuse(path string, err error) error {
	reason, hint := "", ""
	switch {
	case errors.Is(err, fs.ErrNotExist):
		reason, hint = "there is no such file or folder", "check the path"
	case errors.Is(err, fs.ErrPermission):
		reason, hint = "reading it is not permitted", "check the permissions of it and of the folders above it"
	default:
		return fmt.Errorf("reading %s: %w", path, err)
	}
	d := g.diags.Errorf(nil, "SP001", "%s", reason)
	d.Hint, d.Position.File = hint, path
	return nil
}
