package rules

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
	"github.com/spillway-mesh/spillway/pkg/analyze/mesh"
	"github.com/spillway-mesh/spillway/pkg/diag"
	"github.com/spillway-mesh/spillway/pkg/load"
)

var update = flag.Bool("update", false, "write what was found into the cases")

// retired are codes that no rule may have again.
func retired() []string { return nil }

func TestRulesAreComplete(t *testing.T) {
	t.Parallel()
	names := map[string]string{}
	for _, r := range All() {
		file := filepath.Join("testdata", strings.ToLower(r.Code)+".txtar")
		if _, err := os.Stat(file); err != nil {
			t.Errorf("%s has no case %s", r.Code, file)
		}
		if own, err := filepath.Glob(strings.ToLower(r.Code) + "_*.go"); err != nil || len(own) != 1 {
			t.Errorf("%s is in %v, want one file named after it", r.Code, own)
		}
		if slices.Contains(retired(), r.Code) {
			t.Errorf("%s is retired", r.Code)
		}
		for what, text := range map[string]string{"Name": r.Name, "Summary": r.Summary, "Why": r.Why, "Fix": r.Fix} {
			if strings.TrimSpace(text) == "" {
				t.Errorf("%s has no %s", r.Code, what)
			}
		}
		for _, key := range []string{r.Code, r.Name} {
			if other := names[key]; other != "" {
				t.Errorf("%s is taken by %s and %s", key, other, r.Code)
			}
			names[key] = r.Code
		}
	}
}

// found is what a set of files gives under the rules, without the notes on what is not known.
func found(t *testing.T, name string, text []byte, o mesh.Options, rules []analyze.Rule) *analyze.Report {
	t.Helper()
	s, diags := manifest.Bytes(name, text, load.Options{})
	for _, d := range diags {
		t.Errorf("%v", d)
	}
	return analyze.Run(s, o, rules)
}

// options reads the lines of a case's comment that are flags of a run.
func options(t *testing.T, comment []byte) mesh.Options {
	t.Helper()
	var o mesh.Options
	for line := range strings.Lines(string(comment)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch key {
		case "client-regions":
			o.ClientRegions = strings.Split(value, ",")
		case "istio-version":
			v, err := mesh.ParseVersion(value)
			if err != nil {
				t.Fatal(err)
			}
			o.Versions = mesh.Versions{Istiod: v, Oldest: v, Known: true}
		}
	}
	return o
}

func TestCases(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("testdata", "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatal(err)
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
	code, _, _ := strings.Cut(strings.ToUpper(strings.TrimSuffix(filepath.Base(file), ".txtar")), "_")
	own := slices.DeleteFunc(All(), func(r analyze.Rule) bool { return r.Code != code })
	if len(own) != 1 {
		t.Fatalf("there is no rule %s", code)
	}
	bad, want, good := sections(t, archive)
	o := options(t, archive.Comment)
	got := text(t, found(t, "bad.yaml", bad.Data, o, own))
	if len(got) == 0 {
		t.Error("nothing is found in bad.yaml")
	}
	for _, f := range found(t, "good.yaml", good.Data, o, All()).Findings {
		t.Errorf("good.yaml is not silent: %v\n  hint: %s", f.Diagnostic, f.Hint)
	}
	switch {
	case *update:
		archive.Files = []txtar.File{*bad, {Name: "want", Data: got}, *good}
		if err := os.WriteFile(file, txtar.Format(archive), 0o600); err != nil {
			t.Fatal(err)
		}
	case want == nil:
		t.Error("there is no section want: run with -update")
	default:
		if diff := cmp.Diff(string(want.Data), string(got)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

func sections(t *testing.T, archive *txtar.Archive) (bad, want, good *txtar.File) {
	t.Helper()
	for i := range archive.Files {
		f := &archive.Files[i]
		switch f.Name {
		case "bad.yaml":
			bad = f
		case "want":
			want = f
		case "good.yaml":
			good = f
		default:
			t.Fatalf("a case has the sections bad.yaml, want and good.yaml, not %s", f.Name)
		}
	}
	if bad == nil || good == nil {
		t.Fatal("a case needs bad.yaml and good.yaml")
	}
	return bad, want, good
}

func text(t *testing.T, r *analyze.Report) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := diag.WriteText(&out, r.Diagnostics(), diag.TextOptions{}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
