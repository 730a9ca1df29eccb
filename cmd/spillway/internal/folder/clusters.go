package folder

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
)

// clustersFolder holds a folder for each cluster of a fleet.
const clustersFolder = "clusters"

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

// clusterFolders are the folders of all clusters, those of earlier runs too. Links are not followed.
func (f *Folder) clusterFolders() ([]string, error) {
	info, err := f.root.Lstat(clustersFolder)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir() {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", filepath.Join(f.path, clustersFolder), err)
	}
	entries, err := f.entries(clustersFolder)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, e := range entries {
		if e.IsDir() && safeName.MatchString(e.Name()) {
			out = append(out, path.Join(clustersFolder, e.Name()))
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
