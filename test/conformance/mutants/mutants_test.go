package mutants

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// TestRulesAreTested takes each rule out and prints how many of the tests' packages noticed.
func TestRulesAreTested(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no lists of mutants: %v", err)
	}
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	var killed, total atomic.Int32
	t.Run("all", func(t *testing.T) {
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			l, err := parse(string(text))
			if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			if out, ok := test(t, filepath.Join(root, l.folder), ""); !ok {
				t.Fatalf("%s: the tests fail without any change:\n%s", file, out)
			}
			for _, m := range l.mutants {
				t.Run(strings.TrimSuffix(file, ".txt")+"/"+m.name, func(t *testing.T) {
					t.Parallel()
					total.Add(1)
					if hunt(t, filepath.Join(root, l.folder), &m) {
						killed.Add(1)
					}
				})
			}
		}
	})
	t.Logf("killed %d/%d", killed.Load(), total.Load())
	if killed.Load() != total.Load() {
		t.Errorf("%d rules can be taken out and no test notices", total.Load()-killed.Load())
	}
}

// hunt says whether the tests notice a mutant.
func hunt(t *testing.T, folder string, m *mutant) bool {
	t.Helper()
	overlay, err := m.overlay(folder, t.TempDir())
	if err != nil {
		t.Error(err)
		return false
	}
	out, passed := test(t, folder, overlay)
	switch {
	case strings.Contains(out, "[build failed]") || strings.Contains(out, "[setup failed]"):
		t.Errorf("does not compile:\n%s", out)
	case passed:
		t.Error("survives: no test notices")
	case !strings.Contains(out, "--- FAIL"):
		t.Errorf("ended in something else than a failed test:\n%s", out)
	default:
		return true
	}
	return false
}

// test runs a package's tests, the short ones.
func test(t *testing.T, folder, overlay string) (string, bool) {
	t.Helper()
	args := []string{"test", "-short", "-count=1", "-failfast", "-vet=off"}
	if overlay != "" {
		args = append(args, "-overlay", overlay)
	}
	c := exec.CommandContext(t.Context(), "go", append(args, ".")...)
	c.Dir = folder
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	err := c.Run()
	return out.String(), err == nil
}

// The list itself is held to its form.
func TestParse(t *testing.T) {
	t.Parallel()
	l, err := parse("package: pkg/x\n\n# a\nfile: x.go\n-\told\n+\tnew\n")
	if err != nil || l.folder != "pkg/x" || len(l.mutants) != 1 || l.mutants[0].old != "\told\n" || l.mutants[0].new != "\tnew\n" {
		t.Errorf("%+v, %v", l, err)
	}
	for _, bad := range []string{"", "# a\n", "package: p\n", "package: p\nfile: x\n", "package: p\n# a\nodd\n"} {
		if l, err := parse(bad); err == nil {
			t.Errorf("%q is taken: %+v", bad, l)
		}
	}
	m := mutant{name: "no such text", file: "parse.go", old: "there is no such line\n"}
	if _, err := m.overlay(".", t.TempDir()); err == nil {
		t.Error("a mutant that does not apply is taken")
	}
}
