package importer_test

import (
	"os"
	"strings"
	"testing"

	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
	"github.com/spillway-mesh/spillway/pkg/analyze/mesh"
	"github.com/spillway-mesh/spillway/pkg/importer"
	"github.com/spillway-mesh/spillway/pkg/load"
	"github.com/spillway-mesh/spillway/pkg/plan"
)

const sample = "../../samples/dynamodb-tls/generated/"

// read reads the objects of a sample, with one text replaced by another.
func read(t *testing.T, old, replacement string) *manifest.Snapshot {
	t.Helper()
	files, err := os.ReadDir(sample)
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, f := range files {
		data, err := os.ReadFile(sample + f.Name())
		if err != nil {
			t.Fatal(err)
		}
		all.WriteString("---\n" + string(data))
	}
	changed := strings.ReplaceAll(all.String(), old, replacement)
	if old != "" && changed == all.String() {
		t.Fatalf("%q is not in the sample", old)
	}
	s, _ := manifest.Bytes("sample.yaml", []byte(changed), load.Options{})
	return s
}

// What somebody changed in generated objects goes before what they remember, and is told.
func TestChangedByHand(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ old, replacement, told, spec string }{
		"a number":    {"baseEjectionTime: 10s", "baseEjectionTime: 45s", "tried again after 45s", "ejection: 45s"},
		"a region":    {"{from: us-east1, to: west}", "{from: us-east1, to: nowhere}", "", ""},
		"an endpoint": {"- address: dynamodb.us-west-1", "- address: dynamodb.us-west-2", "us-west-2", "us-west-2"},
		"a timeout":   {"timeout: 8s", "timeout: 20s", "now 20s", "timeout: 20s"},
		"readers":     {"exportTo: [shop-tls]", "exportTo: [shop-tls, billing]", "billing", "billing"},
		"a comment":   {"# ", "# so: ", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := read(t, c.old, c.replacement)
			out, diags := importer.Import(mesh.New(s, mesh.Options{}), plan.DefaultPlatform())
			if len(out) != 1 || diags.HasErrors() {
				t.Fatalf("%d specs, %v", len(out), diags)
			}
			told := ""
			for _, d := range diags {
				if d.Code == "SP656" {
					told += d.Message + "\n"
				}
			}
			if !strings.Contains(told, c.told) || c.told == "" && told != "" && name == "a comment" {
				t.Errorf("told: %s", told)
			}
			if spec := text(out[0].Spec.Spec); c.spec != "" && !strings.Contains(spec, strings.ReplaceAll(c.spec, ": ", `":"`)) {
				t.Errorf("the spec is without %s: %s", c.spec, spec)
			}
			if out[0].Back != (name == "a comment") {
				t.Errorf("brought back: %v", out[0].Back)
			}
		})
	}
}

// An annotation that nobody can read is told of, and the objects are lifted without it.
func TestUnreadableAnnotation(t *testing.T) {
	t.Parallel()
	s := read(t, `"preset":"dynamodb"`, `"preset":7`)
	out, diags := importer.Import(mesh.New(s, mesh.Options{}), plan.DefaultPlatform())
	if len(out) != 1 || out[0].Back || diags[0].Code != "SP655" {
		t.Fatalf("%d specs, %v", len(out), diags)
	}
	if got := out[0].Spec.Spec.Failover; len(got) != 2 || strings.Join(got[0].To, " ") == "" {
		t.Errorf("the order: %v", got)
	}
}

func FuzzImport(f *testing.F) {
	for _, name := range []string{"testdata/port-sent-on.txtar", "testdata/generated-by-an-operator.txtar", "testdata/inside-the-mesh.txtar"} {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		_, in, _ := strings.Cut(string(data), "-- in.yaml --\n")
		in, _, _ = strings.Cut(in, "\n-- want")
		f.Add([]byte(in))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, _ := manifest.Bytes("in.yaml", data, load.Options{})
		out, diags := importer.Import(mesh.New(s, mesh.Options{}), plan.DefaultPlatform())
		for _, x := range out {
			if x.Spec.Spec.Host == "" && !diags.HasErrors() {
				t.Errorf("a spec without a host: %s", text(x.Spec))
			}
			importer.Tree(x.Spec)
		}
	})
}
