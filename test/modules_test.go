package test

import (
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// goLine is the oldest Go that builds the product; raising it takes every user along, so it takes a decision.
const goLine = "1.26.0"

// directives reads the lines of a go.mod as words, block by block flattened.
func directives(text string) [][]string {
	var out [][]string
	block := ""
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "//")
		words := strings.Fields(line)
		switch {
		case len(words) == 0:
		case words[0] == ")":
			block = ""
		case words[len(words)-1] == "(":
			block = words[0]
		case block != "":
			out = append(out, append([]string{block}, words...))
		default:
			out = append(out, words)
		}
	}
	return out
}

// moduleViolations checks one go.mod. The product's own go line is exact; a nested module may need a later patch of
// the same Go for its dependencies.
func moduleViolations(name, text string) []string {
	var bad []string
	product := name == "go.mod"
	for _, d := range directives(text) {
		switch {
		case d[0] == "toolchain":
			bad = append(bad, name+": a toolchain line makes every user download a compiler")
		case d[0] == "go" && product && d[1] != goLine:
			bad = append(bad, name+": go "+d[1]+", not "+goLine)
		case d[0] == "go" && !strings.HasPrefix(d[1]+".", "1.26."):
			bad = append(bad, name+": go "+d[1]+", not 1.26")
		case product && slices.Contains([]string{"replace", "exclude", "tool"}, d[0]):
			bad = append(bad, name+": "+d[0]+" does not reach those who `go install` the product")
		case product && d[0] == "require" && slices.Contains(neverRequired(), d[1]):
			bad = append(bad, name+": "+d[1]+" belongs into a module of its own")
		}
	}
	return bad
}

// neverRequired are modules that would pull servers, their dependencies or a second test style into the product.
func neverRequired() []string {
	return []string{
		"istio.io/istio", "k8s.io/kubernetes", "k8s.io/apiserver", "sigs.k8s.io/external-dns", "github.com/stretchr/testify",
		"github.com/golangci/golangci-lint/v2", "sigs.k8s.io/controller-tools",
	}
}

func TestModules(t *testing.T) {
	t.Parallel()
	root := os.DirFS("..")
	seen := 0
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && name != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata") {
			return fs.SkipDir
		}
		if path.Base(name) != "go.mod" {
			return nil
		}
		text, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		seen++
		for _, v := range moduleViolations(name, string(text)) {
			t.Error(v)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen < 3 {
		t.Errorf("only %d modules found", seen)
	}
}

func TestModuleRulesCatchViolations(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		file, text string
		want       []string
	}{
		"as it should be": {"go.mod", "module m\n\ngo 1.26.0\n\nrequire k8s.io/apimachinery v0.37.2\n", nil},
		"a raised patch":  {"go.mod", "go 1.26.8\n", []string{"go.mod: go 1.26.8, not 1.26.0"}},
		"a raised minor":  {"test/x/go.mod", "go 1.27\n", []string{"test/x/go.mod: go 1.27, not 1.26"}},
		"a nested patch":  {"test/x/go.mod", "go 1.26.3\nreplace a => ../..\n", nil},
		"a toolchain": {
			"test/x/go.mod", "go 1.26.0\ntoolchain go1.26.8 // why not\n",
			[]string{"test/x/go.mod: a toolchain line makes every user download a compiler"},
		},
		"a replaced module": {
			"go.mod", "go 1.26.0\nreplace (\n\ta => b v1\n)\n",
			[]string{"go.mod: replace does not reach those who `go install` the product"},
		},
		"a server": {
			"go.mod", "go 1.26.0\nrequire (\n\tistio.io/api v1\n\tistio.io/istio v1\n)\n",
			[]string{"go.mod: istio.io/istio belongs into a module of its own"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, moduleViolations(tc.file, tc.text)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
