package terraform

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"golang.org/x/tools/txtar"
)

// arguments are what a resource or a block in it takes: the blocks with what they take, the others with nil.
type arguments map[string]arguments

var word = regexp.MustCompile(`[A-Za-z0-9_]+|[{}]`)

// schemas reads testdata.
func schemas(t *testing.T) arguments {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "*.txt"))
	check(t, err)
	all := arguments{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		check(t, err)
		for line := range strings.Lines(string(text)) {
			name, rest, ok := strings.Cut(strings.TrimSpace(line), ":")
			if !ok || strings.HasPrefix(name, "#") {
				continue
			}
			words := word.FindAllString(rest, -1)
			all[name] = take(&words)
		}
	}
	return all
}

// take reads arguments up to a closing brace.
func take(words *[]string) arguments {
	out, last := arguments{}, ""
	for len(*words) > 0 {
		w := (*words)[0]
		*words = (*words)[1:]
		switch w {
		case "{":
			out[last] = take(words)
		case "}":
			return out
		default:
			out[w], last = nil, w
		}
	}
	return out
}

// faults parses Terraform with HashiCorp's own library, and holds resources against the schemas and references against what
// is there.
func faults(name string, text []byte, known arguments) []string {
	file, diags := hclsyntax.ParseConfig(text, name, hcl.InitialPos)
	if diags.HasErrors() {
		return []string{diags.Error()}
	}
	var bad []string
	if !bytes.Equal(hclwrite.Format(text), text) {
		bad = append(bad, name+" is not formatted as terraform fmt does it")
	}
	body := file.Body.(*hclsyntax.Body)
	there := map[string]bool{}
	for _, b := range body.Blocks {
		if b.Type == "resource" && len(b.Labels) == 2 {
			there[b.Labels[0]+"."+b.Labels[1]] = true
		}
	}
	for _, b := range body.Blocks {
		if b.Type != "resource" {
			continue
		}
		takes, ok := known[b.Labels[0]]
		if !ok {
			bad = append(bad, "no schema of "+b.Labels[0]+": add one to testdata")
			continue
		}
		bad = append(bad, within(b.Labels[0], b.Body, takes, there)...)
	}
	return bad
}

func within(at string, body *hclsyntax.Body, takes arguments, there map[string]bool) []string {
	var bad []string
	for _, a := range body.Attributes {
		if inner, ok := takes[a.Name]; !ok || inner != nil {
			bad = append(bad, fmt.Sprintf("%s takes no argument %s", at, a.Name))
		}
		if strings.HasSuffix(at, ".lifecycle") {
			continue
		}
		for _, v := range a.Expr.Variables() {
			if len(v) < 2 || v.RootName() == "var" || v.RootName() == "data" {
				continue
			}
			if step, ok := v[1].(hcl.TraverseAttr); ok && !there[v.RootName()+"."+step.Name] {
				bad = append(bad, fmt.Sprintf("%s refers to %s.%s, which is not there", at, v.RootName(), step.Name))
			}
		}
	}
	for _, b := range body.Blocks {
		inner, ok := takes[b.Type]
		if !ok || inner == nil {
			bad = append(bad, fmt.Sprintf("%s takes no block %s", at, b.Type))
			continue
		}
		bad = append(bad, within(at+"."+b.Type, b.Body, inner, there)...)
	}
	slices.Sort(bad)
	return bad
}

// written is every file for Terraform in the cases of the targets and in the samples.
func written(t *testing.T) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	root := filepath.Join("..", "..", "..")
	cases, err := filepath.Glob(filepath.Join(root, "pkg", "target", "*", "testdata", "*.txtar"))
	check(t, err)
	for _, file := range cases {
		archive, err := txtar.ParseFile(file)
		check(t, err)
		for _, f := range archive.Files {
			if strings.HasSuffix(f.Name, ".tf") {
				out[file+" "+f.Name] = f.Data
			}
		}
	}
	samples, err := filepath.Glob(filepath.Join(root, "samples", "*", "generated", "*", "*.tf"))
	check(t, err)
	for _, file := range samples {
		text, err := os.ReadFile(file)
		check(t, err)
		out[file] = text
	}
	return out
}

func TestTerraform(t *testing.T) {
	t.Parallel()
	known := schemas(t)
	files := written(t)
	if len(files) < 2 || len(known) < 3 {
		t.Fatalf("%d files, %d schemas", len(files), len(known))
	}
	for name, text := range files {
		for _, fault := range faults(name, text, known) {
			t.Errorf("%s: %s", name, fault)
		}
	}
}

// TestTerraformFinds is the negative control.
func TestTerraformFinds(t *testing.T) {
	t.Parallel()
	known := arguments{"a": {"name": nil, "part": {"size": nil}}}
	for want, text := range map[string]string{
		"":                       "resource \"a\" \"x\" {\n  name = \"n\"\n\n  part {\n    size = 1\n  }\n}\n",
		"takes no argument nmae": "resource \"a\" \"x\" {\n  nmae = \"n\"\n}\n",
		"takes no argument part": "resource \"a\" \"x\" {\n  part = {}\n}\n",
		"takes no block name":    "resource \"a\" \"x\" {\n  name {\n  }\n}\n",
		"a.part takes no":        "resource \"a\" \"x\" {\n  part {\n    sise = 1\n  }\n}\n",
		"no schema of b":         "resource \"b\" \"x\" {\n}\n",
		"refers to a.y":          "resource \"a\" \"x\" {\n  name = a.y.id\n}\n",
		"is not formatted":       "resource \"a\" \"x\" {\n  name   = \"n\"\n}\n",
		"Unclosed configuration": "resource \"a\" \"x\" {\n",
		"Invalid multi-line":     "resource \"a\" \"x\" {\n  name = \"${\"\n}\n",
	} {
		got := faults("x.tf", []byte(text), known)
		if want == "" && len(got) > 0 || want != "" && !strings.Contains(strings.Join(got, "\n"), want) {
			t.Errorf("want %q, got %q for\n%s", want, got, text)
		}
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
