package folder

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// clustersFolder holds a folder for each cluster of a fleet.
const clustersFolder = "clusters"

// safe says that neither the file's name nor its folder's leads anywhere else.
func (o Object) safe(name string) bool {
	cluster, below := strings.CutPrefix(o.Folder, clustersFolder+"/")
	known := o.Folder == "" || o.Folder == FleetFolder || below && safeName.MatchString(cluster)
	return known && safeName.MatchString(name) && (o.File == "" || fileName.MatchString(name))
}

// foldersTo looks at the folders on the way to a file, and says whether it can be written. What is in the way is noted
// as a conflict: a link might lead anywhere.
func (f *Folder) foldersTo(name string) (bool, error) {
	for _, folder := range foldersOf(name) {
		info, err := f.root.Lstat(folder)
		full := filepath.Join(f.path, folder)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return true, nil
		case err != nil:
			return false, fmt.Errorf("reading %s: %w", full, err)
		case info.Mode()&fs.ModeSymlink != 0:
			f.conflicts = append(f.conflicts, fmt.Errorf("%s is a symbolic link and is not followed; remove it", full))
			return false, nil
		case !info.IsDir():
			f.conflicts = append(f.conflicts, fmt.Errorf("%s is in the way and is not a folder", full))
			return false, nil
		}
	}
	return true, nil
}

// foldersOf are the folders on the way to a file, the outermost first.
func foldersOf(name string) []string {
	var out []string
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		out = append(out, dir)
	}
	slices.Reverse(out)
	return out
}

// makeFolders makes those that new files need.
func (f *Folder) makeFolders() error {
	for _, s := range f.staged {
		dir := path.Dir(s.name)
		if dir == "." {
			continue
		}
		if err := f.root.MkdirAll(dir, newDirMode); err != nil {
			return fmt.Errorf("making folder %s: %w", filepath.Join(f.path, dir), err)
		}
	}
	return nil
}

// fleetFolders are those of the fleet and of all clusters, those of earlier runs too. Links are not followed.
func (f *Folder) fleetFolders() ([]string, error) {
	var out []string
	for _, folder := range []string{FleetFolder, clustersFolder} {
		info, err := f.root.Lstat(folder)
		switch {
		case errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir():
		case err != nil:
			return nil, fmt.Errorf("reading %s: %w", filepath.Join(f.path, folder), err)
		case folder == FleetFolder:
			out = append(out, folder)
		default:
			entries, err := f.entries(folder)
			if err != nil {
				return nil, err
			}
			for _, e := range entries {
				if e.IsDir() && safeName.MatchString(e.Name()) {
					out = append(out, path.Join(folder, e.Name()))
				}
			}
		}
	}
	return out, nil
}

// removeEmpty removes the folders that have nothing left in them after their files went.
func (f *Folder) removeEmpty(gone []string) error {
	for _, name := range gone {
		for _, folder := range slices.Backward(foldersOf(name)) {
			if _, err := f.root.Lstat(folder); errors.Is(err, fs.ErrNotExist) {
				continue
			}
			entries, err := f.entries(folder)
			if err != nil {
				return err
			}
			if len(entries) > 0 {
				break
			}
			if err := f.root.Remove(folder); err != nil {
				return fmt.Errorf("removing %s: %w", filepath.Join(f.path, folder), err)
			}
		}
	}
	return nil
}
