package diag

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func example() List {
	var l List
	d := l.Errorf(field.NewPath("spec", "ports").Index(1).Child("name"), "SP107", "the port name %q is there twice", "http").
		WithHint("rename one")
	d.Position = Position{File: "shop.yaml", Line: 2, Column: 4}
	l.Warnf(field.NewPath("spec", "host"), "SP103", "bell \a and escape \x1b[2J").Object = "ExternalFailover shop/orders"
	l.Notef(nil, "SP017", "passed over").Position.File = "bundle.yaml"
	return l
}

func TestWriteText(t *testing.T) {
	t.Parallel()
	source := func(file string) []byte {
		if file != "shop.yaml" {
			return nil
		}
		return []byte("\xef\xbb\xbfports:\n-\té name: http\nlast: 1\n")
	}
	for name, c := range map[string]struct {
		options TextOptions
		want    string
	}{
		"plain": {TextOptions{}, `shop.yaml:2:4: error SP107 spec.ports[1].name: the port name "http" is there twice
  hint: rename one
warning SP103 ExternalFailover shop/orders spec.host: bell \a and escape \x1b[2J
bundle.yaml: note SP017: passed over
`},
		"with the source": {TextOptions{Source: source}, `shop.yaml:2:4: error SP107 spec.ports[1].name: the port name "http" is there twice
  2 | - é name: http
    |    ^
  hint: rename one
warning SP103 ExternalFailover shop/orders spec.host: bell \a and escape \x1b[2J
bundle.yaml: note SP017: passed over
`},
		"in colour": {TextOptions{Colour: true}, "\x1b[1mshop.yaml:2:4:\x1b[0m \x1b[1;31merror\x1b[0m SP107 spec.ports[1].name: " +
			"the port name \"http\" is there twice\n  \x1b[32mhint\x1b[0m: rename one\n" +
			"\x1b[1;33mwarning\x1b[0m SP103 ExternalFailover shop/orders spec.host: bell \\a and escape \\x1b[2J\n" +
			"\x1b[1mbundle.yaml:\x1b[0m \x1b[1;36mnote\x1b[0m SP017: passed over\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out strings.Builder
			if err := WriteText(&out, example(), c.options); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, out.String()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestExcerptOfALongLine(t *testing.T) {
	t.Parallel()
	line := strings.Repeat("a", 1000) + "B" + strings.Repeat("c", 1000)
	var out strings.Builder
	l := List{{Code: "SP004", Severity: Error, Message: "m", Position: Position{File: "f", Line: 1, Column: 1001}}}
	err := WriteText(&out, l, TextOptions{Source: func(string) []byte { return []byte(line) }})
	if err != nil {
		t.Fatal(err)
	}
	want := "f:1:1001: error SP004: m\n  1 | …" + strings.Repeat("a", 50) + "B" + strings.Repeat("c", 49) + "…\n    | " +
		strings.Repeat(" ", 51) + "^\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

func TestWriteJSON(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	if err := WriteJSON(&out, example()[:1]); err != nil {
		t.Fatal(err)
	}
	want := `[
  {
    "code": "SP107",
    "severity": "error",
    "path": "spec.ports[1].name",
    "message": "the port name \"http\" is there twice",
    "hint": "rename one",
    "file": "shop.yaml",
    "line": 2,
    "column": 4
  }
]
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
	out.Reset()
	if err := WriteJSON(&out, nil); err != nil || out.String() != "[]\n" {
		t.Errorf("an empty list is %q, %v", out.String(), err)
	}
}
