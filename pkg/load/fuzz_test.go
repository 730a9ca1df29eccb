package load

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/spillway-mesh/spillway/pkg/diag"
	"github.com/spillway-mesh/spillway/pkg/validate"
)

// FuzzBytes reads whatever comes: every finding is registered and stands within the file, and a valid object is
// the same when written and read again.
func FuzzBytes(f *testing.F) {
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
	for _, s := range []string{"", "\t", "---\n---\n", "a: &a [*a]", "{", "kind: List\nitems: [1]", "\xff\xfe", "spec: {endpoints: {}}"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		result, diags := Bytes("in.yaml", data)
		lines := bytes.Count(data, []byte("\n")) + 1
		for _, d := range diags {
			if _, ok := diag.Lookup(d.Code); !ok {
				t.Errorf("code %s is not registered", d.Code)
			}
			if d.Position.Line > lines || d.Position.Line < 0 {
				t.Errorf("%s points to line %d of %d", d.Code, d.Position.Line, lines)
			}
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
	if diff := cmp.Diff(x.Object, result.Failovers[0].Object); diff != "" {
		t.Errorf("read again it differs (-first +second):\n%s", diff)
	}
}
