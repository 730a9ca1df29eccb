package test

import (
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// verbs are the tasks that people and the pipeline rely on.
func verbs() []string {
	return strings.Fields("help build test lint fmt generate verify samples bench conformance conformance-full modelcheck soak fuzz images")
}

// described returns the tasks of a Makefile that `make help` lists.
func described(makefile string) []string {
	var names []string
	for _, m := range regexp.MustCompile(`(?m)^([a-z-]+):[^#\n]*## \S`).FindAllStringSubmatch(makefile, -1) {
		names = append(names, m[1])
	}
	return names
}

// makeViolations checks the tasks; undescribed, forgotten and real-file ones are all found.
func makeViolations(makefile string, want []string) []string {
	var bad []string
	names := described(makefile)
	phony := ""
	for _, m := range regexp.MustCompile(`(?m)^\.PHONY:(.*)$`).FindAllStringSubmatch(makefile, -1) {
		phony += m[1] + " "
	}
	for _, v := range want {
		if !slices.Contains(names, v) {
			bad = append(bad, v+": no task with a description")
		}
	}
	for _, n := range names {
		if !slices.Contains(want, n) {
			bad = append(bad, n+": not among the known tasks")
		}
		if !slices.Contains(strings.Fields(phony), n) {
			bad = append(bad, n+": a file of that name would hide the task; list it as .PHONY")
		}
	}
	if regexp.MustCompile(`(?m)^-?include\b`).MatchString(makefile) {
		bad = append(bad, "an include: the Makefile is read in one place")
	}
	return bad
}

func TestMakefile(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range makeViolations(string(text), verbs()) {
		t.Error(v)
	}
}

// A slip in make's own syntax shows only when the task runs, which for some is after an hour of others.
func TestEveryTaskExpands(t *testing.T) {
	t.Parallel()
	program, err := exec.LookPath("make")
	if err != nil {
		t.Fatalf("the project is built with make: %v", err)
	}
	for _, verb := range verbs() {
		c := exec.CommandContext(t.Context(), program, "-n", verb)
		c.Dir = ".."
		c.Env = slices.DeleteFunc(os.Environ(), func(e string) bool { return strings.HasPrefix(e, "MAKE") })
		if out, err := c.CombinedOutput(); err != nil {
			t.Errorf("make -n %s: %v\n%s", verb, err, out)
		}
	}
}

func TestMakeRulesCatchViolations(t *testing.T) {
	t.Parallel()
	got := makeViolations("include x.mk\n.PHONY: a b\na: ## one\nb:\nc: a ## three\nd: ## four\n", []string{"a", "b", "c"})
	want := []string{
		"b: no task with a description",
		"c: a file of that name would hide the task; list it as .PHONY",
		"d: not among the known tasks",
		"d: a file of that name would hide the task; list it as .PHONY",
		"an include: the Makefile is read in one place",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

// The pipeline's script must at least be a script: it runs on a machine where nobody looks.
func TestPipelineScriptParses(t *testing.T) {
	t.Parallel()
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Fatalf("the project's scripts need bash: %v", err)
	}
	if out, err := exec.CommandContext(t.Context(), bash, "-n", "../.ci/run").CombinedOutput(); err != nil {
		t.Errorf("bash -n: %v\n%s", err, out)
	}
	text, err := os.ReadFile("../.ci/run")
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"set -euo pipefail", "RACE=required", "\nstage 'make test' make test\nstage 'make lint' make lint\nstage 'make verify' make verify\nstage 'make conformance' make conformance\n"} {
		if !strings.Contains(string(text), part) {
			t.Errorf(".ci/run no longer holds %q", part)
		}
	}
}
