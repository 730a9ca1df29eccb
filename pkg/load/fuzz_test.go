package load

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/tools/txtar"
	"sigs.k8s.io/yaml"

	"github.com/spillway-mesh/spillway/pkg/diag"
	"github.com/spillway-mesh/spillway/pkg/validate"
)

// FuzzBytes reads whatever comes: every finding is registered and stands within the file, and a valid object is
// the same when written and read again.
func FuzzBytes(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		result, diags := Bytes("in.yaml", data)
		lines := bytes.Split(bytes.TrimPrefix(data, []byte(utf8BOM)), []byte("\n"))
		for _, d := range diags {
			if _, ok := diag.Lookup(d.Code); !ok {
				t.Errorf("code %s is not registered", d.Code)
			}
			stands(t, d, lines)
		}
		if diags.HasErrors() {
			return
		}
		for _, x := range result.Failovers {
			if !validate.ExternalFailover(x.Object).HasErrors() { // Go writes a missing list as null
				again(t, x)
			}
		}
	})
}

// seed starts the search from the samples and from the cases.
func seed(f *testing.F) {
	f.Helper()
	samples, err := filepath.Glob("../../samples/*/failover.yaml")
	if err != nil || len(samples) == 0 {
		f.Fatal("no samples to start from", err)
	}
	for _, s := range samples {
		data, err := os.ReadFile(s)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	cases, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(cases) == 0 {
		f.Fatal("no cases to start from", err)
	}
	for _, c := range cases {
		archive, err := txtar.ParseFile(c)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(archive.Files[0].Data)
	}
	for _, s := range []string{"", "\t", "---\n---\n", "a: &a [*a]", "{", "kind: List\nitems: [1]", "\xff\xfe", "spec: {endpoints: {}}"} {
		f.Add([]byte(s))
	}
}

// stands wants a finding to be at a place that is there.
func stands(t *testing.T, d diag.Diagnostic, lines [][]byte) {
	t.Helper()
	line, column := d.Position.Line, d.Position.Column
	if line < 1 || line > len(lines) {
		t.Errorf("%s points to line %d of %d", d.Code, line, len(lines))
	} else if most := utf8.RuneCount(lines[line-1]) + 1; column < 1 || column > most {
		t.Errorf("%s points to column %d of %d in line %d", d.Code, column, most, line)
	}
}

// again writes the object and reads it once more.
func again(t *testing.T, x Failover) {
	t.Helper()
	data, err := yaml.Marshal(x.Object)
	if err != nil {
		t.Fatal(err)
	}
	result, diags := Bytes("again.yaml", data)
	if diags.HasErrors() || len(result.Failovers) != 1 {
		t.Fatalf("written again it is not read: %v\n%s", diags, data)
	}
	if diff := cmp.Diff(x.Object, result.Failovers[0].Object, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("read again it differs (-first +second):\n%s", diff)
	}
}
