package plan_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/compile"
	"github.com/spillway-mesh/spillway/pkg/diag"
	"github.com/spillway-mesh/spillway/pkg/load"
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
)

var update = flag.Bool("update", false, "rewrite the wants of the cases")

// quick is the part of a spec that most cases share: they add to it.
const quick = `apiVersion: spillway.dev/v1alpha1
kind: ExternalFailover
metadata: {name: case, namespace: shop}
spec:
`

// TestCases runs testdata/*.txtar. A case has spec.yaml, what stands below spec; platform.yaml, likewise, where the
// platform matters; and want.plan, the parts of the plan that its name's first word asks for, or want.diags, or both.
func TestCases(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases (%v)", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var spec, platform []byte
			for _, f := range archive.Files {
				switch f.Name {
				case "spec.yaml":
					spec = f.Data
				case "platform.yaml":
					platform = f.Data
				case "want.plan", "want.diags":
				default:
					t.Errorf("section %s is not read by anything", f.Name)
				}
			}
			word, _, _ := strings.Cut(filepath.Base(file), "_")
			got := map[string]string{}
			got["want.plan"], got["want.diags"] = outcomeOf(t, spec, platform, word)
			settle(t, file, archive, got)
		})
	}
}

// outcomeOf plans one spec and prints what the case is about.
func outcomeOf(t *testing.T, spec, platform []byte, word string) (printed, said string) {
	t.Helper()
	p, diags := plan.Build(plan.Input{Spec: specOf(t, spec), Platform: platformOf(t, platform)})
	var all bytes.Buffer
	for _, d := range diags {
		all.WriteString(d.Severity.String() + " " + d.Code + " " + d.Path + ": " + d.Message + "\n  " + d.Hint + "\n")
	}
	if p == nil {
		return "", all.String()
	}
	return string(render.YAML(nil, partsFor(word, compile.Tree(p)), render.Options{})), all.String()
}

// partsFor keeps what a case is about, so that it shows on one screen.
func partsFor(word string, tree render.Map) render.Map {
	parts := map[string][]string{
		"order":    {"tiers", "others", "order"},
		"identity": {"pattern", "patternReason", "identity", "endpoints", "order"},
		"requests": {"routes"},
		"detect":   {"detect", "recovery"},
		"budget":   {"connectAttempts", "budget", "recovery"},
		"delivery": {"pattern", "delivery", "deliveryReason", "waypoint", "gateway", "signing", "identity", "endpoints", "order", "routes", "budget"},
	}[word]
	if parts == nil {
		return tree
	}
	var out render.Map
	for _, f := range tree {
		for _, name := range parts {
			if f.Key == name {
				out = append(out, f)
			}
		}
	}
	return out
}

// settle compares the wants, or rewrites them: a want that is empty is left out.
func settle(t *testing.T, file string, archive *txtar.Archive, got map[string]string) {
	t.Helper()
	kept := archive.Files[:0:0]
	for _, f := range archive.Files {
		want, isWant := got[f.Name]
		if !isWant {
			kept = append(kept, f)
			continue
		}
		if diff := cmp.Diff(string(f.Data), want); diff != "" && !*update {
			t.Errorf("%s (-want +got; -update rewrites it):\n%s", f.Name, diff)
		}
	}
	for _, name := range []string{"want.plan", "want.diags"} {
		if got[name] == "" {
			continue
		}
		kept = append(kept, txtar.File{Name: name, Data: []byte(got[name])})
		if !*update && !hasSection(archive, name) {
			t.Errorf("no section %s, but there is:\n%s", name, got[name])
		}
	}
	if *update {
		archive.Files = kept
		if err := os.WriteFile(file, txtar.Format(archive), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func hasSection(archive *txtar.Archive, name string) bool {
	for _, f := range archive.Files {
		if f.Name == name {
			return true
		}
	}
	return false
}

// specOf reads what stands below spec.
func specOf(t testing.TB, below []byte) *v1alpha1.ExternalFailover {
	t.Helper()
	loaded, diags := load.Bytes("spec.yaml", []byte(quick+indent(below)))
	mustBeFine(t, diags)
	return loaded.Failovers[0].Object
}

func platformOf(t *testing.T, below []byte) plan.Platform {
	t.Helper()
	var object *v1alpha1.Platform
	if len(below) > 0 {
		loaded, diags := load.Bytes("platform.yaml",
			[]byte("apiVersion: spillway.dev/v1alpha1\nkind: Platform\nspec:\n"+indent(below)))
		mustBeFine(t, diags)
		object = loaded.Platforms[0].Object
	}
	platform, diags := plan.ResolvePlatform(object, plan.Overrides{})
	mustBeFine(t, diags)
	return platform
}

func indent(text []byte) string {
	return "  " + strings.ReplaceAll(strings.TrimSpace(string(text)), "\n", "\n  ") + "\n"
}

func mustBeFine(t testing.TB, diags diag.List) {
	t.Helper()
	if diags.HasErrors() {
		t.Fatal(diags)
	}
}
