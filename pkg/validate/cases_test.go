package validate_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/spillway-mesh/spillway/pkg/diag"
	"github.com/spillway-mesh/spillway/pkg/load"
	"github.com/spillway-mesh/spillway/pkg/validate"
)

var update = flag.Bool("update", false, "rewrite the expected output in testdata")

// TestCases reads each testdata/*.txtar: the file `in`, and `want`, what is printed about it.
func TestCases(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d cases, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			runCase(t, file)
		})
	}
}

func runCase(t *testing.T, file string) {
	t.Helper()
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if len(archive.Files) != 2 || archive.Files[0].Name != "in" || archive.Files[1].Name != "want" {
		t.Fatalf("a case is `in`, then `want`; this one has %d files", len(archive.Files))
	}
	var out strings.Builder
	if err := diag.WriteText(&out, check(t, archive.Files[0].Data), diag.TextOptions{}); err != nil {
		t.Fatal(err)
	}
	if *update {
		archive.Files[1].Data = []byte(out.String())
		if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(archive.Files[1].Data), out.String()); diff != "" {
		t.Error(diff)
	}
}

// check loads and validates, and sees that validating changes nothing.
func check(t *testing.T, data []byte) diag.List {
	t.Helper()
	result, diags := load.Bytes("in", data)
	for _, f := range result.Failovers {
		before := f.Object.DeepCopy()
		diags = append(diags, f.Source.Report(validate.ExternalFailover(f.Object))...)
		if diff := cmp.Diff(before, f.Object); diff != "" {
			t.Errorf("validating changed the object:\n%s", diff)
		}
	}
	for _, f := range result.Fleets {
		before := f.Object.DeepCopy()
		diags = append(diags, f.Source.Report(validate.ClusterFailover(f.Object))...)
		if diff := cmp.Diff(before, f.Object); diff != "" {
			t.Errorf("validating changed the object:\n%s", diff)
		}
	}
	for _, h := range result.Healths {
		before := h.Object.DeepCopy()
		diags = append(diags, h.Source.Report(validate.ClusterHealth(h.Object))...)
		if diff := cmp.Diff(before, h.Object); diff != "" {
			t.Errorf("validating changed the object:\n%s", diff)
		}
	}
	for _, p := range result.Platforms {
		diags = append(diags, p.Source.Report(validate.Platform(p.Object))...)
	}
	for _, d := range diags {
		if d.Hint == "" {
			t.Errorf("no hint: %s", d)
		}
		if d.Position.Line == 0 || d.Position.Column == 0 {
			t.Errorf("no position: %s", d)
		}
	}
	diags.Sort()
	return diags
}
