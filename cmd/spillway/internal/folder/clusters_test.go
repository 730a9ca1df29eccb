package folder

import (
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func ofCluster(cluster string) Object {
	return Object{Folder: ClusterFolder(cluster), Rank: 5, Kind: "ClusterHealth", Namespace: "edge", Name: cluster}
}

func fleetContent() []byte { return []byte(Header("ClusterFailover", "edge", "shop") + "x\n") }

// fleetRun puts the objects of the first clusters, keeps those of the others, and commits.
func fleetRun(t *testing.T, dir string, prune bool, put, keep []string) (Report, error) {
	t.Helper()
	f, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // Commit's error is what counts
	for _, c := range put {
		if err := f.Put(ofCluster(c), fleetContent()); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range keep {
		if err := f.Keep(ofCluster(c)); err != nil {
			t.Fatal(err)
		}
	}
	return f.Commit(prune)
}

func TestClustersHaveFolders(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, step := range []struct {
		prune     bool
		put, keep []string
		want      Report
		left      []string
	}{
		{put: []string{"blue", "green"}, want: Report{Written: 2}, left: []string{"blue", "green"}},
		{put: []string{"blue"}, keep: []string{"green"}, prune: true, want: Report{Unchanged: 1, Pruned: true}, left: []string{"blue", "green"}},
		{
			put: []string{"blue"}, left: []string{"blue", "green"},
			want: Report{Unchanged: 1, Stale: []string{"clusters/green/05-clusterhealth-edge-green.yaml"}},
		},
		{
			put: []string{"blue"}, prune: true, left: []string{"blue"},
			want: Report{Unchanged: 1, Pruned: true, Stale: []string{"clusters/green/05-clusterhealth-edge-green.yaml"}},
		},
	} {
		got, err := fleetRun(t, dir, step.prune, step.put, step.keep)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(step.want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		wantFiles(t, filepath.Join(dir, "clusters"), step.left...)
	}
	if _, err := fleetRun(t, dir, true, nil, nil); err != nil {
		t.Fatal(err)
	}
	wantFiles(t, dir, []string{}...)
}

// Below clusters may be folders of other runs, and of people.
func TestPruneBelowClustersTakesOnlyAFleets(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := fleetRun(t, dir, false, []string{"blue"}, nil); err != nil {
		t.Fatal(err)
	}
	blue := filepath.Join(dir, "clusters", "blue")
	write(t, blue, "40-serviceentry-shop-a.yaml", string(content("of a run of its own")))
	write(t, blue, "05-clusterhealth-edge-hand.yaml", "# by hand\n")
	write(t, filepath.Join(dir, "clusters"), "05-clusterhealth-edge-beside.yaml", string(fleetContent()))
	if _, err := fleetRun(t, dir, true, nil, nil); err != nil {
		t.Fatal(err)
	}
	wantFiles(t, blue, "05-clusterhealth-edge-hand.yaml", "40-serviceentry-shop-a.yaml")
}

func TestClusterFoldersInTheWay(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(t *testing.T, dir string){
		"clusters/blue is a symbolic link": func(t *testing.T, dir string) {
			t.Helper()
			if err := os.MkdirAll(filepath.Join(dir, "clusters", "elsewhere"), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink("elsewhere", filepath.Join(dir, "clusters", "blue")); err != nil {
				t.Fatal(err)
			}
		},
		"clusters is in the way and is not a folder": func(t *testing.T, dir string) {
			t.Helper()
			write(t, dir, "clusters", "mine")
		},
	} {
		dir := t.TempDir()
		spoil(t, dir)
		_, err := fleetRun(t, dir, true, []string{"blue"}, nil)
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("error %v lacks %q", err, name)
		}
		wantFiles(t, dir, "clusters")
	}
	f, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // nothing was written
	if f.Put(ofCluster("../up"), fleetContent()) == nil || f.Put(ofCluster("a/b"), fleetContent()) == nil {
		t.Error("a path was taken for the name of a cluster")
	}
}

// What is no object lies beside the objects, and is pruned like them: by its name and its header.
func TestFilesBesideObjects(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text := Header("ClusterFailover", "edge", "shop")
	run := func(prune bool, names ...string) Report {
		t.Helper()
		f, err := Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = f.Close() }()
		for _, name := range names {
			o := Object{Folder: path.Dir(name), File: path.Base(name)}
			if err := f.Put(o, []byte(HeaderFor(name, text)+"x\n")); err != nil {
				t.Fatal(err)
			}
		}
		r, err := f.Commit(prune)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	all := []string{"fleet/a.tf", "fleet/a.md", "fleet/a.svg", "clusters/blue/a.sh"}
	if r := run(false, all...); r.Written != len(all) {
		t.Errorf("%+v", r)
	}
	if err := os.WriteFile(filepath.Join(dir, "fleet", "mine.md"), []byte("# mine\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := run(true, all[:1]...); r.Unchanged != 1 || len(r.Stale) != 3 {
		t.Errorf("%+v", r)
	}
	if _, err := os.Stat(filepath.Join(dir, "fleet", "mine.md")); err != nil {
		t.Error(err)
	}
	f, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	for _, o := range []Object{{Folder: "fleet", File: "../a.tf"}, {Folder: "fleet", File: "a.exe"}, {Folder: "elsewhere", File: "a.tf"}} {
		if f.Put(o, []byte(text)) == nil {
			t.Errorf("%+v is written", o)
		}
	}
}
