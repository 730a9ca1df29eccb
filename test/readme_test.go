// Package test holds what is true of the whole tree: the pages do what they show, the samples are what the command line
// writes and are safe to apply, packages import only what they may, and no word is out of place.
//
// It is no part of the product. Start reading at TestReadme and TestSamples.
package test

import (
	"context"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

const goRun = "go run ./cmd/spillway"

// spillway builds the command line once for a test and returns the binary's path.
func spillway(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "spillway")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "./cmd/spillway")
	build.Dir = ".."
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building the command line: %v\n%s", err, out)
	}
	return binary
}

// reader types a page's commands in a folder that looks like the root of the module.
type reader struct {
	t      *testing.T
	root   string // of the module, absolute
	dir    string // where commands run; what they write stays here
	binary string
}

func newReader(t *testing.T) *reader {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	r := &reader{t: t, root: root, dir: t.TempDir(), binary: spillway(t)}
	for _, name := range []string{"samples", "manifests", "Makefile"} {
		if err := os.Symlink(filepath.Join(root, name), filepath.Join(r.dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// check reads one page and lists what is wrong with it, and how many commands it ran.
func (r *reader) check(doc document) (problems []string, ran int) {
	fenced, prose, problems := blocks(doc)
	problems = append(problems, r.checkLinks(doc, prose)...)
	for _, b := range fenced {
		switch language, _, _ := strings.Cut(b.info, " "); language {
		case "console":
			all, wrong := commands(b)
			problems = append(problems, wrong...)
			for _, c := range all {
				wrong, typed := r.checkCommand(c)
				problems = append(problems, wrong...)
				ran += typed
			}
		case "yaml":
			problems = append(problems, r.checkYAML(b)...)
		case "text", "mermaid":
		default:
			problems = append(problems, at(doc.path, b.line, "a block of kind %q: use console, yaml or text", b.info))
		}
	}
	return problems, ran
}

func (r *reader) checkCommand(c command) (problems []string, ran int) {
	stages := pipeline(c.shell)
	inCluster := slices.Contains(c.marks, "cluster")
	lead := 0 // stages before the first that needs a cluster
	for i, stage := range stages {
		kind := kindOf(stage)
		if kind == unknown || kind == needsCluster && !inCluster {
			problems = append(problems, at(c.doc, c.line, "%q is not something a page may show here", stage))
		}
		if kind == local && lead == i {
			lead = i + 1
		}
		problems = append(problems, r.checkWords(c, stage)...)
	}
	if len(problems) > 0 || lead == 0 {
		return problems, 0
	}
	if target, ok := strings.CutPrefix(c.shell, "make "); ok {
		return r.checkMake(c, target), 1
	}
	return r.checkRun(c, strings.Join(stages[:lead], " | "), lead == len(stages)), 1
}

// stageKind says what a stage of a pipeline needs.
type stageKind int

const (
	unknown stageKind = iota
	local
	needsCluster
)

func kindOf(stage string) stageKind {
	if stage == goRun || strings.HasPrefix(stage, goRun+" ") {
		return local
	}
	first, _, _ := strings.Cut(stage, " ")
	switch first {
	case "sed", "cat", "ls", "make", "tail", "head", "grep", "diff":
		return local
	case "kubectl", "istioctl", "xargs", "sh": // a script has a test of its own
		return needsCluster
	default:
		return unknown
	}
}

// checkWords looks at what can be known of a stage without running it: that our flags and all named files exist.
func (r *reader) checkWords(c command, stage string) []string {
	var problems []string
	all := words(stage)
	for _, word := range all {
		if !strings.HasPrefix(word, "samples/") && !strings.HasPrefix(word, "manifests/") {
			continue
		}
		if _, err := os.Stat(filepath.Join(r.root, word)); err != nil {
			problems = append(problems, at(c.doc, c.line, "%s does not exist", word))
		}
	}
	if args, ok := strings.CutPrefix(stage, goRun); ok {
		problems = append(problems, r.checkFlags(c, words(args))...)
	}
	return problems
}

func (r *reader) checkFlags(c command, args []string) []string {
	var verbs, flags []string
	for _, arg := range args {
		switch {
		case strings.HasPrefix(arg, "-") && arg != "-":
			name, _, _ := strings.Cut(arg, "=")
			flags = append(flags, name)
		case len(flags) == 0:
			verbs = append(verbs, arg)
		}
	}
	help, err := r.run(strings.Join(append([]string{goRun}, append(verbs[:min(1, len(verbs))], "--help")...), " "))
	if err != nil {
		return []string{at(c.doc, c.line, "spillway %s --help: %v", strings.Join(verbs, " "), err)}
	}
	var problems []string
	for _, flag := range flags {
		if !regexp.MustCompile(`(?m)(^|[\s,])` + regexp.QuoteMeta(flag) + `\b`).MatchString(help) {
			problems = append(problems, at(c.doc, c.line, "spillway %s has no flag %s", strings.Join(verbs, " "), flag))
		}
	}
	return problems
}

func (r *reader) checkMake(c command, target string) []string {
	makefile, err := os.ReadFile(filepath.Join(r.root, "Makefile"))
	if err != nil || !regexp.MustCompile(`(?m)^`+regexp.QuoteMeta(target)+`:`).Match(makefile) {
		return []string{at(c.doc, c.line, "the Makefile has no target %q (%v)", target, err)}
	}
	return nil
}

// checkRun types the line. The shown output is compared if the whole line could run.
func (r *reader) checkRun(c command, shell string, whole bool) []string {
	want := 0
	for _, mark := range c.marks {
		if code, ok := strings.CutPrefix(mark, "exit="); ok {
			want, _ = strconv.Atoi(code)
		}
	}
	out, err := r.run(shell)
	code := 0
	if exit, ok := err.(*exec.ExitError); ok { //nolint:errorlint // CombinedOutput returns it bare
		code = exit.ExitCode()
	} else if err != nil {
		return []string{at(c.doc, c.line, "%s: %v", shell, err)}
	}
	if code != want {
		return []string{at(c.doc, c.line, "%s: exit code %d, not %d\n%s", shell, code, want, out)}
	}
	if !whole || len(strings.Join(c.shown, "")) == 0 {
		return nil
	}
	if missing := sameOutput(c.shown, out); missing != "" {
		return []string{at(c.doc, c.line, "%s: the output has no %q at its place; it is\n%s", shell, missing, out)}
	}
	return nil
}

func (r *reader) run(shell string) (string, error) {
	ctx, cancel := context.WithTimeout(r.t.Context(), time.Minute)
	defer cancel()
	run := exec.CommandContext(ctx, "sh", "-c", strings.ReplaceAll(shell, goRun, r.binary))
	run.Dir = r.dir
	out, err := run.CombinedOutput()
	return string(out), err
}

// checkYAML wants the lines of a YAML block to stand, one after the other, in the file that the fence names.
func (r *reader) checkYAML(b block) []string {
	_, name, ok := strings.Cut(b.info, " ")
	if !ok {
		return []string{at(b.doc, b.line, "name the file behind the fence: ```yaml PATH")}
	}
	text, err := os.ReadFile(filepath.Join(r.root, name))
	if err != nil {
		return []string{at(b.doc, b.line, "%v", err)}
	}
	if len(b.body) == 0 || !strings.Contains("\n"+string(text), "\n"+strings.Join(b.body, "\n")+"\n") {
		return []string{at(b.doc, b.line, "these lines do not stand together in %s", name)}
	}
	return nil
}

// checkLinks wants every relative link to lead to a file, and every anchor to a heading.
func (r *reader) checkLinks(doc document, prose []string) []string {
	link := regexp.MustCompile(`\]\(([^)\s]+)\)|src(?:set)?="([^"]+)"`)
	var problems []string
	for i, line := range prose {
		for _, hit := range link.FindAllStringSubmatch(line, -1) {
			if to := hit[1] + hit[2]; !strings.Contains(to, "://") {
				if wrong := r.checkLink(doc, prose, to); wrong != "" {
					problems = append(problems, at(doc.path, i+1, "%s", wrong))
				}
			}
		}
	}
	return problems
}

func (r *reader) checkLink(doc document, prose []string, to string) string {
	file, anchor, _ := strings.Cut(to, "#")
	if file != "" {
		full := filepath.Join(r.root, path.Dir(doc.path), file)
		if _, err := os.Stat(full); err != nil {
			return "the link to " + to + " leads nowhere"
		}
		if anchor == "" {
			return ""
		}
		text, err := os.ReadFile(full)
		if err != nil {
			return "the link to " + to + ": " + err.Error()
		}
		_, prose, _ = blocks(document{path: file, text: string(text)})
	}
	if !headings(prose)[anchor] {
		return "the link to " + to + " has no heading at its end"
	}
	return ""
}

// pages are the pages whose commands are typed.
func pages(t *testing.T) []document {
	t.Helper()
	targets, err := fs.Glob(os.DirFS(".."), "pkg/target/*/README.md")
	if err != nil {
		t.Fatal(err)
	}
	names := append([]string{"README.md", "samples/README.md"}, targets...)
	err = fs.WalkDir(os.DirFS(".."), "samples", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Name() == "README.md" && path.Dir(name) != "samples" {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	var all []document
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join("..", name))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, document{path: name, text: string(text)})
	}
	return all
}

func TestReadme(t *testing.T) {
	t.Parallel()
	r := newReader(t)
	ran := 0
	for _, doc := range pages(t) {
		problems, typed := r.check(doc)
		for _, problem := range problems {
			t.Error(problem)
		}
		ran += typed
	}
	if ran < 12 {
		t.Errorf("only %d commands were typed: the pages have lost theirs, or the reader does not see them", ran)
	}
}

// TestReadmeFinds is the negative control of TestReadme: each page holds one fault, and it is found.
func TestReadmeFinds(t *testing.T) {
	t.Parallel()
	r := newReader(t)
	const spec = "samples/dynamodb-http/failover.yaml"
	for want, text := range map[string]string{
		"the output has no":    "```console\n$ go run ./cmd/spillway version\nno such line\n```\n",
		"end of the output":    "```console\n$ cat samples/dynamodb-http/failover.yaml\napiVersion: spillway.dev/v1alpha1\n```\n",
		"has no flag --colour": "```console cluster\n$ go run ./cmd/spillway generate --colour -f " + spec + " | kubectl apply -f -\n```\n",
		"does not exist":       "```console cluster\n$ kubectl apply -f samples/none/generated\n```\n",
		"exit code 1, not 0":   "```console\n$ grep nothing-like-this samples/dynamodb-http/failover.yaml\n```\n",
		"exit code 0, not 3":   "```console exit=3\n$ cat samples/dynamodb-http/failover.yaml\n```\n",
		"may show here":        "```console\n$ kubectl get pods\n```\n",
		"no target":            "```console\n$ make nothing\n```\n",
		"do not stand":         "```yaml " + spec + "\nspec:\n  host: other.internal\n```\n",
		"name the file":        "```yaml\nspec: {}\n```\n",
		"leads nowhere":        "See [this](samples/none.md).\n",
		"has no heading":       "See [this](samples/README.md#none).\n",
		"never closed":         "```console\n$ make test\n",
		"before any command":   "```console\nspillway version\n```\n",
		"without a command":    "```console\n```\n",
		"of kind":              "```go\npackage x\n```\n",
	} {
		problems, _ := r.check(document{path: "page.md", text: text})
		if len(problems) != 1 || !strings.Contains(problems[0], want) {
			t.Errorf("want one problem with %q, got %q for\n%s", want, problems, text)
		}
	}
	fine := "# A page\n\nSee [it](#a-page).\n\n```console\n$ sed 's/a|b/c/' " + spec + " | head -n 3\napiVersion: …\n…\nmetadata:\n```\n" +
		"```yaml " + spec + "\nkind: ExternalFailover\nmetadata:\n```\n"
	if problems, ran := r.check(document{path: "page.md", text: fine}); len(problems) != 0 || ran != 1 {
		t.Errorf("found %q in a page without a fault (%d commands typed)", problems, ran)
	}
}
