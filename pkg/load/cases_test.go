package load_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/spillway-mesh/spillway/pkg/diag"
	"github.com/spillway-mesh/spillway/pkg/load"
)

var update = flag.Bool("update", false, "rewrite the expected output in testdata")

// TestCases reads each testdata/*.txtar: the file `in` (or `in.quoted`, one Go string without its quotes per line), and
// `want`, what is printed about it and found in it.
func TestCases(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) < 40 {
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
	if len(archive.Files) == 1 && *update {
		archive.Files = append(archive.Files, txtar.File{Name: "want"})
	}
	if len(archive.Files) != 2 || archive.Files[1].Name != "want" {
		t.Fatalf("a case is `in` or `in.quoted`, then `want`; this one has %d files", len(archive.Files))
	}
	in, want := archive.Files[0], &archive.Files[1]
	data := in.Data
	switch in.Name {
	case "in":
	case "in.quoted":
		data = unquote(t, data)
	default:
		t.Fatalf("unread file %s", in.Name)
	}
	got := describe(t, data)
	if *update {
		want.Data = []byte(got)
		if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(want.Data), got); diff != "" {
		t.Error(diff)
	}
}

func unquote(t *testing.T, data []byte) []byte {
	t.Helper()
	var out strings.Builder
	for line := range strings.Lines(string(data)) {
		text, err := strconv.Unquote(`"` + strings.TrimSuffix(line, "\n") + `"`)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		out.WriteString(text)
	}
	return []byte(out.String())
}

// describe prints what loading says and finds.
func describe(t *testing.T, data []byte) string {
	t.Helper()
	result, diags := load.Bytes("in", data)
	for _, d := range diags {
		if d.Hint == "" && d.Severity != diag.Note {
			t.Errorf("no hint: %s", d)
		}
	}
	var out strings.Builder
	source := func(file string) []byte { return result.Sources[file] }
	if err := diag.WriteText(&out, diags, diag.TextOptions{Source: source}); err != nil {
		t.Fatal(err)
	}
	for _, f := range result.Failovers {
		partial := ""
		if f.Source.Partial() {
			partial = " (in part)"
		}
		fmt.Fprintf(&out, "found %s with host %q%s\n", f.Source.Object, f.Object.Spec.Host, partial)
	}
	for _, f := range result.Fleets {
		fmt.Fprintf(&out, "found %s with hosts %q\n", f.Source.Object, f.Object.Spec.Hosts)
		for _, e := range f.Object.Spec.Edge {
			if e.Options != nil {
				fmt.Fprintf(&out, "  edge %s with options %s\n", e.Type, e.Options.Raw)
			}
		}
	}
	for _, h := range result.Healths {
		fmt.Fprintf(&out, "found %s of cluster %q\n", h.Source.Object, h.Object.Spec.Cluster)
		if m := h.Object.Spec.Mode; m != nil {
			fmt.Fprintf(&out, "  mode %s until %s\n", m.Name, m.Until.UTC().Format(time.RFC3339))
		}
	}
	for _, p := range result.Platforms {
		fmt.Fprintf(&out, "found %s\n", p.Source.Object)
	}
	for _, s := range result.Skipped {
		fmt.Fprintf(&out, "passed over %s %s\n", s.APIVersion, s.Kind)
	}
	return out.String()
}
