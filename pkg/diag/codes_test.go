package diag

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var codeForm = regexp.MustCompile(`^(SP|FX|HC)[0-9]{3}$`)

func TestCodesAreComplete(t *testing.T) {
	t.Parallel()
	last := ""
	for _, c := range Codes() {
		if !codeForm.MatchString(c.ID) {
			t.Errorf("%q is not a code", c.ID)
		}
		if c.ID == last {
			t.Errorf("%s is registered twice", c.ID)
		}
		last = c.ID
		for name, text := range map[string]string{"Title": c.Title, "Why": c.Why, "Fix": c.Fix} {
			if strings.TrimSpace(text) == "" {
				t.Errorf("%s has no %s", c.ID, name)
			}
		}
	}
	if _, found := Lookup("SP101"); !found {
		t.Error("SP101 is not found")
	}
	if c, found := Lookup("SP999"); found {
		t.Errorf("SP999 is found: %v", c)
	}
}

func TestCodesAreThoseInUse(t *testing.T) {
	t.Parallel()
	used := usedCodes(t, "..")
	maps.Copy(used, usedCodes(t, "../../cmd"))
	if used["SP101"] == "" {
		t.Fatal("SP101 is not seen in use, so the search is wrong")
	}
	for code, where := range used {
		if _, found := Lookup(code); !found {
			t.Errorf("%s: %s is not registered", where, code)
		}
	}
	for _, c := range Codes() {
		if used[c.ID] == "" {
			t.Errorf("%s is registered, but nothing reports it", c.ID)
		}
	}
}

// usedCodes finds codes as whole strings in the sources below a folder, and where; the registry itself does not count, and those
// of rules, which analyze/proxy tells of too, have pages of their own.
func usedCodes(t *testing.T, root string) map[string]string {
	t.Helper()
	used := map[string]string{}
	files := token.NewFileSet()
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		base := filepath.Base(path)
		if err != nil || entry.IsDir() || filepath.Ext(base) != ".go" || strings.HasSuffix(base, "_test.go") ||
			slices.Contains([]string{"diag", "rules", "proxy"}, filepath.Base(filepath.Dir(path))) || entry.Name() == "codes.go" {
			return err
		}
		file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
				if text, err := strconv.Unquote(l.Value); err == nil && codeForm.MatchString(text) {
					used[text] = files.Position(l.Pos()).String()
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return used
}
