package folder

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func object(rank int, namespace, name string) Object {
	return Object{Rank: rank, Kind: "ServiceEntry", Namespace: namespace, Name: name}
}

func content(text string) []byte {
	return []byte(Header("ExternalFailover", "shop", "db") + text + "\n")
}

// run puts the objects, each with its name as content, and commits.
func run(t *testing.T, dir string, prune bool, objects ...Object) (Report, error) {
	t.Helper()
	f, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := f.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}()
	for _, o := range objects {
		if err := f.Put(o, content(o.Name)); err != nil {
			t.Fatal(err)
		}
	}
	return f.Commit(prune)
}

func mustRun(t *testing.T, dir string, prune bool, objects ...Object) Report {
	t.Helper()
	report, err := run(t, dir, prune, objects...)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func list(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func wantFiles(t *testing.T, dir string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, list(t, dir)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func TestWritesAndKeeps(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "made", "on", "the", "way")
	if diff := cmp.Diff(Report{Written: 2}, mustRun(t, dir, false, object(10, "shop", "a"), object(40, "shop", "b"))); diff != "" {
		t.Errorf("first run (-want +got):\n%s", diff)
	}
	wantFiles(t, dir, "10-serviceentry-shop-a.yaml", "40-serviceentry-shop-b.yaml")
	old := time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, name := range list(t, dir) {
		if err := os.Chtimes(filepath.Join(dir, name), old, old); err != nil {
			t.Fatal(err)
		}
	}
	write(t, dir, "40-serviceentry-shop-b.yaml", string(content("edited")))
	if err := os.Chmod(filepath.Join(dir, "40-serviceentry-shop-b.yaml"), 0o600); err != nil {
		t.Fatal(err)
	}
	report := mustRun(t, dir, false, object(10, "shop", "a"), object(40, "shop", "b"))
	if diff := cmp.Diff(Report{Written: 1, Unchanged: 1}, report); diff != "" {
		t.Errorf("second run (-want +got):\n%s", diff)
	}
	info, err := os.Stat(filepath.Join(dir, "10-serviceentry-shop-a.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if !info.ModTime().Equal(old) {
		t.Errorf("the unchanged file was touched at %s", info.ModTime())
	}
	edited, err := os.Stat(filepath.Join(dir, "40-serviceentry-shop-b.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if edited.Mode().Perm() != 0o600 {
		t.Errorf("the replaced file's mode became %v", edited.Mode())
	}
}

func TestPruneTakesOnlyItsOwn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	mustRun(t, dir, false, object(10, "shop", "a"), object(10, "shop", "gone"))
	write(t, dir, "notes.yaml", string(content("a copy under another name")))
	write(t, dir, "10-serviceentry-shop-hand.yaml", "# by hand\n")
	write(t, dir, "README.md", "hello\n")
	all := []string{
		"10-serviceentry-shop-a.yaml", "10-serviceentry-shop-gone.yaml", "10-serviceentry-shop-hand.yaml", "README.md", "notes.yaml",
	}
	want := Report{Unchanged: 1, Stale: []string{"10-serviceentry-shop-gone.yaml"}}
	if diff := cmp.Diff(want, mustRun(t, dir, false, object(10, "shop", "a"))); diff != "" {
		t.Errorf("without prune (-want +got):\n%s", diff)
	}
	wantFiles(t, dir, all...)
	want.Pruned = true
	if diff := cmp.Diff(want, mustRun(t, dir, true, object(10, "shop", "a"))); diff != "" {
		t.Errorf("with prune (-want +got):\n%s", diff)
	}
	wantFiles(t, dir, all[0], all[2], all[3], all[4])
}

func TestConflictsChangeNothing(t *testing.T) {
	t.Parallel()
	dir, outside := t.TempDir(), t.TempDir()
	write(t, outside, "target", string(content("elsewhere")))
	write(t, dir, "10-serviceentry-shop-a.yaml", "# by hand\n")
	if err := os.Symlink(filepath.Join(outside, "target"), filepath.Join(dir, "10-serviceentry-shop-b.yaml")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "10-serviceentry-shop-c.yaml"), 0o755); err != nil {
		t.Fatal(err)
	}
	before := list(t, dir)
	_, err := run(t, dir, true, object(10, "shop", "a"), object(10, "shop", "b"), object(10, "shop", "c"), object(10, "shop", "d"))
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"shop-a.yaml was not written by spillway", "shop-b.yaml is a symbolic link", "shop-c.yaml is in the way"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q lacks %q", err, want)
		}
	}
	wantFiles(t, dir, before...)
	got, err := os.ReadFile(filepath.Join(outside, "target"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(content("elsewhere")), string(got)); diff != "" {
		t.Errorf("written through the link:\n%s", diff)
	}
}

func TestRefusesALinkAsFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(link); err == nil || !strings.Contains(err.Error(), "symbolic link") {
		t.Errorf("err = %v", err)
	}
}

func TestOneRunAtATime(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), "another run") {
		t.Errorf("err = %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	mustRun(t, dir, false, object(10, "shop", "a"))
}

func TestLeftoversGo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, ".spillway-1-0.tmp", "half")
	write(t, dir, ".spillway-notes", "kept")
	mustRun(t, dir, false, object(10, "shop", "a"))
	wantFiles(t, dir, ".spillway-notes", "10-serviceentry-shop-a.yaml")
}

func TestCloseWithoutCommitLeavesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Put(object(10, "shop", "a"), content("a")); err != nil {
		t.Fatal(err)
	}
	if len(list(t, dir)) != 1 {
		t.Errorf("expected the temporary file, got %v", list(t, dir))
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	wantFiles(t, dir, []string{}...)
}

func TestPutRefuses(t *testing.T) {
	t.Parallel()
	f, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // nothing was written
	if err := f.Put(object(10, "shop", "a"), []byte("kind: ServiceEntry\n")); err == nil {
		t.Error("content without a header was taken")
	}
	if err := f.Put(object(10, "shop", "../../etc/passwd"), content("x")); err == nil {
		t.Error("a path was taken for a name")
	}
	for i := range 3 {
		err := f.Put(object(10, "shop", "a"), content("x"))
		if (err != nil) != (i == 2) {
			t.Errorf("put %d: %v", i, err)
		}
	}
}

func TestFileNames(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	long := strings.Repeat("long-", 50) + "name"
	mustRun(t, dir, false,
		object(0, "shop-eu", "db"), object(0, "shop", "eu-db"), Object{Rank: 5, Kind: "ClusterRole", Name: "all"}, object(40, "shop", long))
	names := list(t, dir)
	if len(names) != 4 {
		t.Fatalf("files: %v", names)
	}
	if names[1] != "00-serviceentry-shop-eu-db.yaml" || !strings.HasPrefix(names[0], "00-serviceentry-shop-eu-db-") {
		t.Errorf("two objects with one file name: %v", names[:2])
	}
	if names[2] != "05-clusterrole-all.yaml" {
		t.Errorf("without a namespace: %s", names[2])
	}
	if len(names[3]) > 255 || !strings.HasPrefix(names[3], "40-serviceentry-shop-long-long-") {
		t.Errorf("long name: %d %s", len(names[3]), names[3])
	}
	for _, name := range names {
		if !objectName.MatchString(name) {
			t.Errorf("prune would not know %s", name)
		}
	}
}
