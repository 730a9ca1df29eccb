package load

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spillway-mesh/spillway/pkg/diag"
)

func TestSamples(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../samples/*/failover.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no samples: %v", err)
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		result, diags := Bytes(f, data)
		if len(diags) != 0 || len(result.Failovers) != 1 {
			t.Errorf("%s: %d failovers, %v", f, len(result.Failovers), diags)
		}
	}
}

// TestMuchIsWrong wants a list one can read, however much is wrong, and the truth about its end.
func TestMuchIsWrong(t *testing.T) {
	t.Parallel()
	header := "apiVersion: spillway.dev/v1alpha1\nkind: ExternalFailover\n"
	for name, c := range map[string]struct {
		text string
		most int
		last string
	}{
		"in an object": {
			header + "spec:\n" + strings.Repeat("  a: b\n", 1000), mostInObject + 1,
			"800 further errors in this object are not listed",
		},
		"in a file": {
			strings.Repeat("---\nkind: ExternalFailover\n", 3*mostInFile), mostInFile + groupSize/len("---\nkind: ExternalFailover\n") + 2,
			"the rest of the file was not read, since so much is wrong in it",
		},
	} {
		_, diags := Bytes("in", []byte(c.text))
		if len(diags) > c.most {
			t.Errorf("%s: %d findings", name, len(diags))
		}
		if !slices.ContainsFunc(diags, func(d diag.Diagnostic) bool { return d.Code == "SP020" && d.Message == c.last }) {
			t.Errorf("%s: nothing says that more is wrong", name)
		}
	}
}

// TestGroupsAreWhatTheirDocumentsAre reads many documents at once and one by one.
func TestGroupsAreWhatTheirDocumentsAre(t *testing.T) {
	t.Parallel()
	var whole strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&whole, "--- # %d\napiVersion: spillway.dev/v1alpha1\nkind: ExternalFailover\nmetadata: {name: a%d}\nspec: {hots: x}\n", i, i)
	}
	good, diags := Bytes("in", []byte(whole.String()))
	broken, more := Bytes("in", []byte(strings.Replace(whole.String(), "{name: a1234}", "{name: a1234", 1)))
	if len(good.Failovers) != 2000 || len(broken.Failovers) != 1999 || len(diags) != 2000 || len(more) != 2000 {
		t.Fatalf("%d and %d objects, %d and %d findings", len(good.Failovers), len(broken.Failovers), len(diags), len(more))
	}
	for i := range diags {
		if want := (diag.Position{File: "in", Line: 5*i + 5, Column: 8}); diags[i].Position != want {
			t.Fatalf("finding %d is at %v, not %v", i, diags[i].Position, want)
		}
		if i != 1234 && diags[i] != more[i] {
			t.Fatalf("finding %d differs beside a syntax error: %v, %v", i, diags[i], more[i])
		}
	}
	if more[1234].Code != "SP004" {
		t.Errorf("got %v", more[1234])
	}
}

func BenchmarkBytes(b *testing.B) {
	var data []byte
	sample, err := os.ReadFile("../../samples/dynamodb-tls/failover.yaml")
	if err != nil {
		b.Fatal(err)
	}
	for range 1000 {
		data = append(append(data, "---\n"...), sample...)
	}
	var benchmarked Result
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		benchmarked, _ = Bytes("specs.yaml", data)
	}
	if len(benchmarked.Failovers) != 1000 {
		b.Fatalf("%d failovers", len(benchmarked.Failovers))
	}
}
