package load

import (
	"fmt"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/spillway-mesh/spillway/pkg/diag"
)

// texts reads a file with others, and keeps their names and one value of each.
func texts(file string, found bool) (Result, diag.List) {
	o := Options{Others: func(x *Other) any {
		return fmt.Sprintf("%s at %v: %v", x.Kind, x.Source.Locate("spec.b[1].c"), valueAt(x.Root, "spec", "b"))
	}}
	return o.read([]source{{name: "f.yaml", data: []byte(file), found: found}})
}

func valueAt(n *yaml.Node, names ...string) string {
	for _, name := range names {
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == name {
				n = n.Content[i+1]
				break
			}
		}
	}
	out, err := yaml.Marshal(n)
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(string(out))
}

func TestOthers(t *testing.T) {
	t.Parallel()
	const head = "apiVersion: x.example/v1\nkind: Thing\n"
	for name, tc := range map[string]struct {
		file  string
		want  []string
		codes []string
	}{
		"plain":                              {head + "spec:\n  b:\n  - c: 1\n  - c: 2\n", []string{"Thing at f.yaml:6:5: - c: 1\n- c: 2"}, nil},
		"list":                               {"apiVersion: v1\nkind: ThingList\nitems:\n- {apiVersion: x/v1, kind: A}\n- {apiVersion: x/v1, kind: B}\n", []string{"A", "B"}, nil},
		"alias":                              {head + "a: &a [x]\nspec:\n  b: *a\n", []string{"Thing at f.yaml:5:3: [x]"}, nil},
		"merge":                              {head + "a: &a {b: [x], k: 1}\nspec:\n  <<: *a\n", []string{"Thing at f.yaml:3:8: [x]"}, nil},
		"a merged field that is written out": {head + "a: &a {b: [x]}\nspec:\n  <<: *a\n  b: [y]\n", []string{"Thing at f.yaml:6:3: [y]"}, nil},
		"an anchor within itself":            {head + "spec: &a\n  b: [*a]\n", nil, []string{"SP007"}},
		"no kind":                            {"a: b\n", nil, nil},
		"not an object":                      {"- a\n", nil, nil},
		"a template":                         {head + "metadata: {{ x }}\n  y\n", nil, []string{"SP021"}},
		"a template that is YAML":            {head + "metadata:\n  name: {{ x }}\n", nil, []string{"SP021"}},
		"broken":                             {head + "metadata: [\n", nil, []string{"SP004"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, diags := texts(tc.file, true)
			if len(got.Others) != len(tc.want) {
				t.Fatalf("found %v, want %v; %v", got.Others, tc.want, diags)
			}
			for i, want := range tc.want {
				if !strings.HasPrefix(got.Others[i].(string), want) {
					t.Errorf("%v, want %v", got.Others[i], want)
				}
			}
			for i, d := range diags {
				if i >= len(tc.codes) || d.Code != tc.codes[i] {
					t.Errorf("%v", d)
				}
			}
			if len(diags) != len(tc.codes) {
				t.Errorf("%d findings, want %v", len(diags), tc.codes)
			}
		})
	}
}

// A few lines that stand for a thousand million values are refused before anything is expanded.
func TestBombIsRefused(t *testing.T) {
	t.Parallel()
	var file strings.Builder
	file.WriteString("apiVersion: v1\nkind: Thing\na0: &a0 [x,x,x,x,x,x,x,x,x,x]\n")
	for i := range 9 {
		fmt.Fprintf(&file, "a%d: &a%d [%s]\n", i+1, i+1, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d,", i), 10), ","))
	}
	got, diags := texts(file.String(), false)
	if len(got.Others) != 0 || len(diags) != 1 || diags[0].Code != "SP007" {
		t.Errorf("found %v; %v", got.Others, diags)
	}
}

func TestLargeFileIsRefused(t *testing.T) {
	t.Parallel()
	got, diags := texts(strings.Repeat("a", MaxOthersSize+1), false)
	if len(got.Others) != 0 || len(diags) != 1 || diags[0].Code != "SP002" || diags[0].Message != "the file is larger than 100 MB" {
		t.Errorf("%v", diags)
	}
}

// Many documents are read at once, and come out in the order of the file.
func TestOthersKeepTheirOrder(t *testing.T) {
	t.Parallel()
	var file strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&file, "---\napiVersion: v1\nkind: Thing%d\nspec: {text: %s}\n", i, strings.Repeat("x", 100))
	}
	got, _ := texts(file.String(), false)
	if len(got.Others) != 3000 {
		t.Fatalf("%d objects", len(got.Others))
	}
	for i, o := range got.Others {
		if !strings.HasPrefix(o.(string), fmt.Sprintf("Thing%d at ", i)) {
			t.Fatalf("object %d is %v", i, o)
		}
	}
}
