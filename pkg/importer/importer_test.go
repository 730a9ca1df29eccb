package importer_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
	"github.com/spillway-mesh/spillway/pkg/analyze/mesh"
	"github.com/spillway-mesh/spillway/pkg/behaviour"
	"github.com/spillway-mesh/spillway/pkg/diag"
	"github.com/spillway-mesh/spillway/pkg/importer"
	"github.com/spillway-mesh/spillway/pkg/load"
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
)

var update = flag.Bool("update", false, "rewrite the wants of the cases")

// TestCases lifts what a case holds. Each spec must be one that validate takes, and what it generates is compared with
// what was there before.
func TestCases(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			input := archive.Files[0]
			if input.Name != "in.yaml" {
				t.Fatalf("the first section is %s", input.Name)
			}
			got := map[string]string{}
			got["want.yaml"], got["want.diags"], got["want.changes"] = lift(t, input.Data)
			if again, _, _ := lift(t, input.Data); again != got["want.yaml"] {
				t.Errorf("lifted twice, the specs differ:\n%s", cmp.Diff(got["want.yaml"], again))
			}
			check(t, file, archive, got)
		})
	}
}

func check(t *testing.T, file string, archive *txtar.Archive, got map[string]string) {
	t.Helper()
	if *update {
		archive.Files = archive.Files[:1]
		for _, name := range []string{"want.yaml", "want.diags", "want.changes"} {
			if got[name] != "" {
				archive.Files = append(archive.Files, txtar.File{Name: name, Data: []byte(got[name])})
			}
		}
		if err := os.WriteFile(file, txtar.Format(archive), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	for _, f := range archive.Files[1:] {
		if diff := cmp.Diff(string(f.Data), got[f.Name]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", f.Name, diff)
		}
		delete(got, f.Name)
	}
	for name, text := range got {
		if text != "" {
			t.Errorf("section %s is missing:\n%s", name, text)
		}
	}
}

func lift(t *testing.T, data []byte) (specs, diags, changes string) {
	t.Helper()
	s, found := manifest.Bytes("in.yaml", data, load.Options{})
	m := mesh.New(s, mesh.Options{})
	list, more := importer.Import(m, plan.DefaultPlatform())
	found = append(found, more...)
	var b bytes.Buffer
	for i, x := range list {
		if i > 0 {
			b.WriteString("---\n")
		}
		text := render.YAML(nil, importer.Tree(x.Spec), render.Options{})
		b.Write(text)
		changes += changesOf(t, m, x, text)
	}
	if more.HasErrors() {
		b.Reset()
	}
	found.Sort()
	var text bytes.Buffer
	if err := diag.WriteText(&text, found, diag.TextOptions{}); err != nil {
		t.Fatal(err)
	}
	return b.String(), text.String(), changes
}

// changesOf compares what the printed spec generates with what it was lifted from.
func changesOf(t *testing.T, m *mesh.Model, x importer.Imported, text []byte) string {
	t.Helper()
	read, diags := load.Bytes("spec.yaml", text)
	if diags.HasErrors() || len(read.Failovers) != 1 {
		t.Errorf("the spec cannot be read: %v", diags)
		return ""
	}
	spec := read.Failovers[0].Object
	if diff := cmp.Diff(x.Spec.Spec, spec.Spec); diff != "" {
		t.Errorf("the spec is read as another one (-lifted +read):\n%s", diff)
	}
	s := importer.Generate(spec, plan.DefaultPlatform(), nil)
	if s == nil {
		t.Errorf("the spec is refused:\n%s", text)
		return ""
	}
	after := mesh.New(s, mesh.Options{})
	before, now := behaviour.Of(m, x.Host, ""), behaviour.Of(after, after.HostsNamed(spec.Spec.Host)[0], "")
	var b strings.Builder
	for _, c := range behaviour.Between(before, now, importer.Options(spec, before, now)) {
		b.WriteString(c.String() + "\n")
	}
	return b.String()
}
