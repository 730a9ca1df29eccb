package test

import (
	"bytes"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// fleetSamples are the folders below samples/ that hold a fleet of clusters and all that is written for it.
func fleetSamples(t *testing.T) []string {
	t.Helper()
	specs, err := filepath.Glob("../samples/cluster-*/clusterfailover.yaml")
	if err != nil || len(specs) < 2 {
		t.Fatalf("%d samples of fleets found, want 2 or more (%v)", len(specs), err)
	}
	var names []string
	for _, spec := range specs {
		names = append(names, filepath.Base(filepath.Dir(spec)))
	}
	return names
}

// tree reads the files of a folder and of those below it.
func tree(t *testing.T, root string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(root, path)
		files[filepath.ToSlash(name)] = read(t, path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestFleetSamplesAreGenerated compares what is committed with what the command line writes now.
func TestFleetSamplesAreGenerated(t *testing.T) {
	t.Parallel()
	binary := spillway(t)
	for _, name := range fleetSamples(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fresh := t.TempDir()
			command := exec.CommandContext(t.Context(), binary, "generate", "-f", "samples/"+name+"/clusterfailover.yaml", "-d", fresh)
			command.Dir = ".."
			if out, err := command.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			now, committed := tree(t, fresh), tree(t, filepath.Join("../samples", name, "generated"))
			for file, text := range now {
				if !bytes.Equal(text, committed[file]) {
					t.Errorf("samples/%s/generated/%s is not what generate writes: run make generate", name, file)
				}
			}
			for file := range committed {
				if now[file] == nil {
					t.Errorf("samples/%s/generated/%s is written by nobody: run make generate", name, file)
				}
			}
			if len(now) < 5 {
				t.Errorf("samples/%s: %d files only", name, len(now))
			}
			draw := exec.CommandContext(t.Context(), binary, "explain", "edge", "-f", "samples/"+name+"/clusterfailover.yaml", "-o", "svg")
			draw.Dir = ".."
			if picture, err := draw.Output(); err != nil || !bytes.Equal(picture, read(t, filepath.Join("../samples", name, "times.svg"))) {
				t.Errorf("samples/%s/times.svg is not what explain edge draws (%v): run make generate", name, err)
			}
		})
	}
}

// TestFleetSamplesReadLikeOneAnother holds the pages and specs to their form.
func TestFleetSamplesReadLikeOneAnother(t *testing.T) {
	t.Parallel()
	index := string(read(t, "../samples/README.md"))
	for _, name := range fleetSamples(t) {
		page := string(read(t, filepath.Join("../samples", name, "README.md")))
		last := -1
		for _, section := range []string{
			"](clusterfailover.yaml)", "](generated/)", "](times.svg)", "\n## What it protects from\n", "\n## What is hard about it\n", "\n## Apply it\n",
			"\n## What it cannot do\n",
		} {
			if where := strings.Index(page, section); where <= last {
				t.Errorf("samples/%s/README.md: %q is missing or out of order", name, strings.TrimSpace(section))
			} else {
				last = where
			}
		}
		if lines := strings.Count(page, "\n"); lines > 80 {
			t.Errorf("samples/%s/README.md has %d lines; it should be a page", name, lines)
		}
		if !strings.Contains(index, "]("+name+"/README.md)") {
			t.Errorf("samples/README.md does not lead to %s", name)
		}
	}
}

// TestFleetSamplesAreFlawless asks every rule of the analysis about what is written, as about anybody's objects: for each fleet,
// and for all samples together.
func TestFleetSamplesAreFlawless(t *testing.T) {
	t.Parallel()
	binary := spillway(t)
	for _, name := range append(fleetSamples(t), "maintenance", "") {
		command := exec.CommandContext(t.Context(), binary, "analyze", "samples/"+name, "--fail-on", "warning")
		command.Dir = ".."
		if out, err := command.CombinedOutput(); err != nil || !strings.Contains(string(out), "no findings") {
			t.Errorf("samples/%s (%v):\n%s", name, err, out)
		}
	}
}

// TestMirrorsAreEqual wants the objects in every config cluster to be the same, byte for byte below the line that says which
// cluster a file is for.
func TestMirrorsAreEqual(t *testing.T) {
	t.Parallel()
	mirrored := func(cluster string) map[string]string {
		out := map[string]string{}
		for file, text := range tree(t, filepath.Join("../samples/cluster-mci/generated/clusters", cluster)) {
			if slices.ContainsFunc([]string{"-backendconfig-", "-frontendconfig-", "-multiclusterservice-", "-multiclusteringress-"},
				func(kind string) bool { return strings.Contains(file, kind) }) {
				out[file] = strings.Replace(string(text), "# For the cluster "+cluster+".\n", "", 1)
			}
		}
		return out
	}
	blue, green := mirrored("blue"), mirrored("green")
	if len(blue) != 4 || !maps.Equal(blue, green) {
		t.Errorf("%d and %d objects, or they differ", len(blue), len(green))
	}
	for file, text := range blue {
		if !strings.Contains(text, "\nkind: ") || strings.Contains(text, "# For the cluster") {
			t.Errorf("%s is no object without its line about the cluster", file)
		}
	}
}

// TestScriptsOfFleetSamplesParse has a shell read every script, and run none.
func TestScriptsOfFleetSamplesParse(t *testing.T) {
	t.Parallel()
	scripts := 0
	for _, name := range fleetSamples(t) {
		for file := range tree(t, filepath.Join("../samples", name, "generated")) {
			if !strings.HasSuffix(file, ".sh") {
				continue
			}
			scripts++
			path := filepath.Join("../samples", name, "generated", file)
			if out, err := exec.CommandContext(t.Context(), "sh", "-n", path).CombinedOutput(); err != nil {
				t.Errorf("%s: %v\n%s", path, err, out)
			}
			if info, err := os.Stat(path); err != nil || info.Size() == 0 {
				t.Errorf("%s is empty (%v)", path, err)
			}
		}
	}
	if scripts == 0 {
		t.Error("there are no scripts")
	}
}

// TestStepsOfANewCluster wants each step of the sample's page to change the new cluster's Service and, besides the fleet's page,
// the ClusterHealths: nothing else.
func TestStepsOfANewCluster(t *testing.T) {
	t.Parallel()
	binary, text := spillway(t), string(read(t, "../samples/cluster-gclb/clusterfailover.yaml"))
	write := func(rotation string) map[string][]byte {
		dir := t.TempDir()
		spec := strings.Replace(text, "- name: green\n", "- name: green\n    rotation: "+rotation+"\n", 1)
		command := exec.CommandContext(t.Context(), binary, "generate", "-f", "-", "-d", dir)
		command.Stdin = strings.NewReader(spec)
		if out, err := command.CombinedOutput(); err != nil {
			t.Fatalf("rotation %s: %v\n%s", rotation, err, out)
		}
		return tree(t, dir)
	}
	const service = "clusters/green/52-service-istio-ingress-shop-edge.yaml"
	before := write("Out")
	for step, share := range map[string]string{"Standby": "1", "Serving": "100"} {
		after := write(step)
		for file := range after {
			told := file == service || strings.Contains(file, "-clusterhealth-") || strings.HasSuffix(file, "-gkeingress.md")
			if !told && !bytes.Equal(before[file], after[file]) {
				t.Errorf("%s changes %s", step, file)
			}
		}
		if want := `"capacity_scaler":` + share + `}`; !strings.Contains(string(after[service]), want) {
			t.Errorf("%s: no %s in the Service", step, want)
		}
	}
	if !strings.Contains(string(before[service]), `"capacity_scaler":0}`) {
		t.Error("a cluster that is out has capacity")
	}
}
