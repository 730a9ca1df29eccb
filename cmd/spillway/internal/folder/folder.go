// Package folder keeps a folder of generated files: each file is replaced as a whole or not at all, a file that
// spillway did not write is never touched, and one that is unchanged keeps its time.
//
// A run opens the folder, puts every file, and commits. Until Commit nothing but temporary files changes; a run that
// is killed leaves whole files and at most temporary ones, which the next run removes. It must import nothing but the
// standard library. Start reading at Folder.
package folder

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
)

const (
	tempPrefix = ".spillway-"
	tempSuffix = ".tmp"
	// newMode is narrowed by the umask, as for any file a user makes.
	newMode, newDirMode = 0o644, 0o755
	syncsAtOnce         = 16
)

// Folder is a folder under change by one run.
type Folder struct {
	path      string
	root      *os.Root // a handle, so that nobody can swap the folder for another while the run goes on
	lock      *os.File
	asked     map[string]bool // by path, below clusters too
	staged    []staged
	unchanged int
	conflicts []error
	progress  func(done, total int)
}

// staged is a whole new file under a temporary name.
type staged struct{ temp, name string }

// Report says what Commit did.
type Report struct {
	Written   int
	Unchanged int
	// Stale files were written by an earlier run and are no longer asked for; they are gone if Pruned is set.
	Stale  []string
	Pruned bool
}

// Watch has Commit tell how many of the new files are on the disk, from several goroutines.
func (f *Folder) Watch(progress func(done, total int)) { f.progress = progress }

// Open makes the folder if need be, locks it against other runs and removes what a killed run left behind.
func Open(name string) (_ *Folder, err error) {
	if info, err := os.Lstat(name); err == nil && info.Mode()&fs.ModeSymlink != 0 {
		return nil, fmt.Errorf("opening folder %s: it is a symbolic link; name the folder itself", name)
	}
	if err := os.MkdirAll(name, newDirMode); err != nil {
		return nil, fmt.Errorf("making folder %s: %w", name, err)
	}
	root, err := os.OpenRoot(name)
	if err != nil {
		return nil, fmt.Errorf("opening folder %s: %w", name, err)
	}
	f := &Folder{path: name, root: root, asked: map[string]bool{}, progress: func(_, _ int) {}}
	defer func() {
		if err != nil {
			_ = f.Close()
		}
	}()
	if f.lock, err = root.Open("."); err != nil {
		return nil, fmt.Errorf("opening folder %s: %w", name, err)
	}
	if err := lock(f.lock); err != nil {
		return nil, fmt.Errorf("locking folder %s: %w", name, err)
	}
	return f, f.removeLeftovers()
}

// removeLeftovers is safe because the lock says that no other run is at work.
func (f *Folder) removeLeftovers() error {
	entries, err := f.entries(".")
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !isTemp(e.Name()) || !e.Type().IsRegular() {
			continue
		}
		if err := f.root.Remove(e.Name()); err != nil {
			return fmt.Errorf("removing leftover %s: %w", filepath.Join(f.path, e.Name()), err)
		}
	}
	return nil
}

func (f *Folder) entries(folder string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(f.root.FS(), folder)
	if err != nil {
		return nil, fmt.Errorf("listing folder %s: %w", filepath.Join(f.path, folder), err)
	}
	return entries, nil
}

// Put asks for an object's file. The content must begin with a Header. A file in the way that is not ours is not an
// error yet: Commit names all of them at once.
func (f *Folder) Put(o Object, content []byte) error {
	if !isOurs(content) {
		return fmt.Errorf("writing %s: the content has no header", o.fileName())
	}
	name, err := f.claim(o)
	if err != nil {
		return err
	}
	mode, state, err := f.compare(name, content)
	switch {
	case err != nil:
		return err
	case state == foreign:
		return nil
	case state == same:
		f.unchanged++
		return nil
	}
	temp := tempPrefix + strconv.Itoa(os.Getpid()) + "-" + strconv.Itoa(len(f.staged)) + tempSuffix
	f.staged = append(f.staged, staged{temp: temp, name: name})
	if err := f.write(temp, content, mode); err != nil {
		return fmt.Errorf("writing %s: %w", filepath.Join(f.path, temp), err)
	}
	return nil
}

// Keep spares an object's file from pruning without writing it.
func (f *Folder) Keep(o Object) error {
	_, err := f.claim(o)
	return err
}

// claim gives every object of a run a file name of its own: shop-eu/db and shop/eu-db would share one.
func (f *Folder) claim(o Object) (string, error) {
	for _, name := range []string{o.fileName(), o.longFileName()} {
		if !o.safe(name) {
			return "", fmt.Errorf("writing %s %s/%s%s: not a name for a file", o.Kind, o.Namespace, o.Name, o.File)
		}
		name = path.Join(o.Folder, name)
		if !f.asked[name] {
			f.asked[name] = true
			return name, nil
		}
	}
	return "", fmt.Errorf("writing %s %s/%s%s: it comes twice", o.Kind, o.Namespace, o.Name, o.File)
}

// state of a file compared with what is to be written.
type state int

const (
	missing state = iota
	foreign
	same
	different
)

func (f *Folder) compare(name string, content []byte) (fs.FileMode, state, error) {
	full := filepath.Join(f.path, name)
	if ok, err := f.foldersTo(name); err != nil || !ok {
		return 0, foreign, err
	}
	info, err := f.root.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return newMode, missing, nil
	case err != nil:
		return 0, 0, fmt.Errorf("reading %s: %w", full, err)
	case info.Mode()&fs.ModeSymlink != 0:
		f.conflicts = append(f.conflicts, fmt.Errorf("%s is a symbolic link and is not followed; remove it", full))
		return 0, foreign, nil
	case !info.Mode().IsRegular():
		f.conflicts = append(f.conflicts, fmt.Errorf("%s is in the way and is not a file", full))
		return 0, foreign, nil
	}
	old, err := f.root.ReadFile(name)
	switch {
	case err != nil:
		return 0, 0, fmt.Errorf("reading %s: %w", full, err)
	case !isOurs(old):
		f.conflicts = append(f.conflicts, fmt.Errorf("%s was not written by spillway (no header) and is left alone; move it away", full))
		return 0, foreign, nil
	case bytes.Equal(old, content):
		return 0, same, nil
	}
	return info.Mode().Perm(), different, nil
}

// write makes a new file.
func (f *Folder) write(name string, content []byte, mode fs.FileMode) (err error) {
	file, err := f.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, newMode)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if _, err := file.Write(content); err != nil {
		return err
	}
	if mode != newMode {
		return file.Chmod(mode)
	}
	return nil
}

// Commit brings every file that was put under its name and, if asked, removes the stale ones. With any conflict
// nothing changes.
func (f *Folder) Commit(prune bool) (Report, error) {
	report := Report{Unchanged: f.unchanged, Pruned: prune}
	if len(f.conflicts) > 0 {
		return report, errors.Join(f.conflicts...)
	}
	stale, err := f.stale()
	if err != nil {
		return report, err
	}
	report.Stale = stale
	if err := f.makeFolders(); err != nil {
		return report, err
	}
	if err := f.syncStaged(); err != nil {
		return report, err
	}
	for _, s := range f.staged {
		if err := f.root.Rename(s.temp, s.name); err != nil {
			return report, fmt.Errorf("renaming to %s: %w", filepath.Join(f.path, s.name), err)
		}
		report.Written++
	}
	f.staged = nil
	if !prune {
		return report, nil
	}
	for _, name := range stale {
		if err := f.root.Remove(name); err != nil {
			return report, fmt.Errorf("removing %s: %w", filepath.Join(f.path, name), err)
		}
	}
	return report, f.removeEmpty(stale)
}

// syncStaged waits until every new file is on the disk, so that no rename shows an empty one after a crash. Several at a
// time share the disk's journal, which is many times faster than one by one.
func (f *Folder) syncStaged() error {
	var next atomic.Int64
	errs := make([]error, syncsAtOnce)
	var workers sync.WaitGroup
	for w := range errs {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(f.staged) && errs[w] == nil; i = int(next.Add(1)) - 1 {
				errs[w] = f.syncFile(f.staged[i].temp)
				f.progress(i+1, len(f.staged))
			}
		})
	}
	workers.Wait()
	return errors.Join(errs...)
}

func (f *Folder) syncFile(name string) error {
	file, err := f.root.Open(name) // reading is enough, and the file may keep a mode without writing
	if err == nil {
		err = errors.Join(file.Sync(), file.Close())
	}
	if err != nil {
		return fmt.Errorf("writing %s to disk: %w", filepath.Join(f.path, name), err)
	}
	return nil
}

// stale lists the files of earlier runs that this one did not put: by name and by header, so that a file someone
// copied and renamed is left alone.
func (f *Folder) stale() ([]string, error) {
	stale, err := f.staleIn(".", header)
	if err != nil {
		return nil, err
	}
	folders, err := f.fleetFolders()
	if err != nil {
		return nil, err
	}
	for _, folder := range folders {
		more, err := f.staleIn(folder, fleetKind)
		if err != nil {
			return nil, err
		}
		stale = append(stale, more...)
	}
	slices.Sort(stale)
	return stale, nil
}

func (f *Folder) staleIn(folder string, ours *regexp.Regexp) ([]string, error) {
	entries, err := f.entries(folder)
	if err != nil {
		return nil, err
	}
	var stale []string
	for _, e := range entries {
		name := path.Join(folder, e.Name())
		ownName := objectName.MatchString(e.Name()) || folder != "." && fileName.MatchString(e.Name())
		if f.asked[name] || !e.Type().IsRegular() || !ownName {
			continue
		}
		start, err := f.start(name)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", filepath.Join(f.path, name), err)
		}
		if isOurs(start) && ours.Match(start) {
			stale = append(stale, name)
		}
	}
	return stale, nil
}

// start is the first bytes of a file.
func (f *Folder) start(name string) (_ []byte, err error) {
	file, err := f.root.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	start := make([]byte, maxHeader)
	n, err := readUpTo(file, start)
	return start[:n], err
}

// Close removes what was not committed and lets other runs in.
func (f *Folder) Close() error {
	var errs []error
	for _, s := range f.staged {
		if err := f.root.Remove(s.temp); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, fmt.Errorf("removing %s: %w", filepath.Join(f.path, s.temp), err))
		}
	}
	f.staged = nil
	if f.lock != nil {
		errs = append(errs, unlock(f.lock))
		f.lock = nil
	}
	if f.root != nil {
		errs = append(errs, f.root.Close())
		f.root = nil
	}
	return errors.Join(errs...)
}
