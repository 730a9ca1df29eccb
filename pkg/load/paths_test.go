package load_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/spillway-mesh/spillway/pkg/diag"
	"github.com/spillway-mesh/spillway/pkg/load"
)

const header = "apiVersion: spillway.dev/v1alpha1\nkind: ExternalFailover\n"

// spec is a document with a name.
func spec(name string) string {
	return header + "metadata: {name: " + name + "}\nspec: {host: " + name + ".internal}\n"
}

// folder makes a folder with files.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// names are the objects found, and texts what was said with paths below the folder.
func names(r load.Result) []string {
	var out []string
	for _, f := range r.Failovers {
		out = append(out, f.Object.Namespace+"/"+f.Object.Name)
	}
	return out
}

func texts(l diag.List, root string) []string {
	var out []string
	for _, d := range l {
		out = append(out, strings.ReplaceAll(d.String(), root+string(filepath.Separator), ""))
	}
	return out
}

func TestPaths(t *testing.T) {
	t.Parallel()
	root := folder(t, map[string]string{
		"a.yaml": spec("a"), "b.yml": spec("b"), "c.json": `{"apiVersion": "v1", "kind": "Secret"}`, "d.txt": "\x00",
		".hidden.yaml": "x", "kustomization.yaml": "resources: [a.yaml]\n", "lost.yaml": "spec: {endpoints: []}\n",
		"deeper/e.yaml": spec("e"), "deeper/.git/f.yaml": "x", "none/readme.md": "", "empty.yaml": "",
	})
	if err := os.Symlink(filepath.Join(root, "a.yaml"), filepath.Join(root, "z.yaml")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(root, filepath.Join(root, "deeper", "round.yaml")); err != nil {
		t.Fatal(err)
	}
	at := func(names ...string) []string {
		for i := range names {
			if names[i] != load.Stdin {
				names[i] = filepath.Join(root, names[i])
			}
		}
		return names
	}
	lost := "lost.yaml:1:1: error SP014: apiVersion and kind are missing"
	passed := []string{
		"c.json:1:1: note SP017: passed over, since only kinds of spillway.dev are read here: 1 Secret",
		"empty.yaml:1:1: warning SP005: the file holds no object",
		"kustomization.yaml:1:1: note SP017: passed over, since only kinds of spillway.dev are read here: 1 without a kind", lost,
	}
	for name, c := range map[string]struct {
		paths   []string
		options load.Options
		names   []string
		texts   []string
	}{
		"a file":              {at("a.yaml"), load.Options{}, []string{"default/a"}, nil},
		"a namespace":         {at("a.yaml"), load.Options{Namespace: "shop"}, []string{"shop/a"}, nil},
		"the order given":     {at("b.yml", "a.yaml", "b.yml", "deeper/../a.yaml"), load.Options{}, []string{"default/b", "default/a"}, nil},
		"standard input":      {at("-", "a.yaml", "-"), load.Options{Stdin: strings.NewReader(spec("s") + "x: 1\n")}, []string{"default/s", "default/a"}, []string{`stdin:5:1: error SP010 x: there is no field "x" here`}},
		"a folder":            {at(""), load.Options{}, []string{"default/a", "default/b", "default/a"}, passed},
		"folders in a folder": {at(""), load.Options{Recursive: true}, []string{"default/a", "default/b", "default/e", "default/a"}, passed},
		"a file without kind": {at("kustomization.yaml"), load.Options{}, nil, []string{"kustomization.yaml:1:1: error SP014: apiVersion and kind are missing"}},
		"no such file":        {at("a.yaml", "missing.yaml"), load.Options{}, []string{"default/a"}, []string{"missing.yaml: error SP001: there is no such file or folder"}},
		"nothing of ours":     {at("c.json"), load.Options{}, nil, []string{"c.json: error SP006: the input holds no object of spillway.dev", passed[0]}},
		"nothing is fine":     {at("c.json"), load.Options{AllowNone: true}, nil, passed[:1]},
		"an empty folder":     {at("none"), load.Options{}, nil, []string{"none: error SP006: the input holds no object of spillway.dev"}},
		"another ending":      {at("d.txt"), load.Options{}, nil, []string{"d.txt:1:1: error SP003: the file is not text: it holds a zero byte"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result, diags, err := load.Paths(c.paths, c.options)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.names, names(result)); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(c.texts, texts(diags, root)); diff != "" {
				t.Error(diff)
			}
			for _, d := range diags {
				if d.Severity != diag.Note && d.Hint == "" {
					t.Errorf("no hint: %s", d)
				}
			}
		})
	}
}

func TestPathsThatMayNotBeRead(t *testing.T) {
	t.Parallel()
	if os.Getuid() == 0 {
		// Root may read everything; what the system says otherwise is tested by its error alone.
		testRefusal(t)
		return
	}
	root := folder(t, map[string]string{"closed/a.yaml": spec("a"), "b.yaml": spec("b")})
	for _, p := range []string{"closed", "b.yaml"} {
		if err := os.Chmod(filepath.Join(root, p), 0); err != nil {
			t.Fatal(err)
		}
	}
	_, diags, err := load.Paths([]string{filepath.Join(root, "closed"), filepath.Join(root, "b.yaml")}, load.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"b.yaml: error SP001: reading it is not permitted", "closed: error SP001: reading it is not permitted"}
	if diff := cmp.Diff(want, texts(diags, root)); diff != "" {
		t.Error(diff)
	}
}

func testRefusal(t *testing.T) {
	t.Helper()
	diags, err := load.Refuse("closed", &os.PathError{Op: "open", Path: "closed", Err: os.ErrPermission})
	if diff := cmp.Diff([]string{"closed: error SP001: reading it is not permitted"}, texts(diags, "")); diff != "" || err != nil {
		t.Error(err, diff)
	}
}

func TestTroubleIsAnError(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken pipe")
	_, _, err := load.Paths([]string{load.Stdin}, load.Options{Stdin: iotest.ErrReader(broken)})
	if !errors.Is(err, broken) || err.Error() != "reading standard input: broken pipe" {
		t.Errorf("got %v", err)
	}
	if _, _, err = load.Paths([]string{load.Stdin}, load.Options{}); err == nil {
		t.Error("no standard input is no error")
	}
	if _, _, err = load.Paths([]string{"a\x00b"}, load.Options{}); err == nil {
		t.Error("a path that cannot be is no error")
	}
}

func TestSizeLimit(t *testing.T) {
	t.Parallel()
	text := spec("a") + "# "
	just := text + strings.Repeat("x", load.MaxFileSize-len(text))
	root := folder(t, map[string]string{"just.yaml": just, "over.yaml": just + "x"})
	result, diags, err := load.Paths([]string{filepath.Join(root, "just.yaml"), filepath.Join(root, "over.yaml")}, load.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"over.yaml:1:1: error SP002: the file is larger than 10 MB"}, texts(diags, root)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"default/a"}, names(result)); diff != "" {
		t.Error(diff)
	}
}
