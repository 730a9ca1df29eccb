package test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The caps of every Go file written by hand, tests included. Blank lines, comments and table data do not count.
const (
	maxFileLines  = 400
	maxFuncLines  = 60
	maxStatements = 40
	maxComplexity = 15
	maxParameters = 5
)

// shapelessNames say nothing about what a package holds.
func shapelessNames() []string {
	return []string{"util", "utils", "common", "helper", "helpers", "misc", "types", "shared", "base", "lib"}
}

// source is one parsed Go file.
type source struct {
	path string // slash-separated, from the root of the project
	fset *token.FileSet
	ast  *ast.File
	code map[int]bool // the lines that hold code which counts
}

func parse(path string, text []byte) (*source, error) {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, path, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, fmt.Errorf("parsing %s: %w", path, err)
	}
	s := &source{path: path, fset: fset, ast: f, code: codeLines(text)}
	ast.Inspect(f, func(n ast.Node) bool {
		if table, ok := n.(*ast.CompositeLit); ok && isTable(table) {
			s.dropTable(table)
		}
		return true
	})
	return s, nil
}

// codeLines are the lines with at least one token that is not a comment.
func codeLines(text []byte) map[int]bool {
	lines := map[int]bool{}
	file := token.NewFileSet().AddFile("", -1, len(text))
	var s scanner.Scanner
	s.Init(file, text, func(token.Position, string) {}, 0)
	for {
		pos, tok, literal := s.Scan()
		if tok == token.EOF {
			return lines
		}
		if tok == token.SEMICOLON && literal == "\n" {
			continue
		}
		lines[file.Line(pos)] = true // a text over several lines is data, as the rows of a table are
	}
}

// isTable tells rows of data (a slice, array or map) from the fields of one value.
func isTable(c *ast.CompositeLit) bool {
	switch c.Type.(type) {
	case *ast.ArrayType, *ast.MapType:
		return true
	default:
		return false
	}
}

// dropTable takes the rows of a table out of the count, but not the functions written inside it.
func (s *source) dropTable(table *ast.CompositeLit) {
	var functions []*ast.FuncLit
	ast.Inspect(table, func(n ast.Node) bool {
		f, ok := n.(*ast.FuncLit)
		if ok {
			functions = append(functions, f)
		}
		return !ok
	})
	for line := s.line(table.Lbrace) + 1; line < s.line(table.Rbrace); line++ {
		inside := slices.ContainsFunc(functions, func(f *ast.FuncLit) bool { return line >= s.line(f.Pos()) && line <= s.line(f.End()) })
		if !inside {
			delete(s.code, line)
		}
	}
}

func (s *source) line(p token.Pos) int { return s.fset.Position(p).Line }

// capViolations measures one file.
func capViolations(s *source) []string {
	var bad []string
	if n := len(s.code); n > maxFileLines {
		bad = append(bad, fmt.Sprintf("%s: %d lines of code, at most %d", s.path, n, maxFileLines))
	}
	for _, d := range s.ast.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Body != nil {
			bad = append(bad, s.functionViolations(f)...)
		}
	}
	return bad
}

func (s *source) functionViolations(f *ast.FuncDecl) []string {
	at := fmt.Sprintf("%s:%d: %s", s.path, s.line(f.Pos()), f.Name.Name)
	var bad []string
	over := func(what string, n, limit int) {
		if n > limit {
			bad = append(bad, fmt.Sprintf("%s: %d %s, at most %d", at, n, what, limit))
		}
	}
	lines := 0
	for line := s.line(f.Body.Lbrace) + 1; line < s.line(f.Body.Rbrace); line++ {
		if s.code[line] {
			lines++
		}
	}
	over("lines of code", lines, maxFuncLines)
	over("statements", statements(f.Body), maxStatements)
	over("paths through it", complexity(f.Body), maxComplexity)
	over("parameters", f.Type.Params.NumFields(), maxParameters)
	if f.Recv == nil && f.Name.Name == "init" && !strings.Contains(filepath.ToSlash(at), "pkg/analyze/rules/") {
		bad = append(bad, at+": hidden wiring: call it where it is needed")
	}
	return bad
}

func statements(body *ast.BlockStmt) int {
	n := 0
	ast.Inspect(body, func(node ast.Node) bool {
		switch node.(type) {
		case *ast.BlockStmt, *ast.CaseClause, *ast.CommClause, *ast.LabeledStmt, *ast.EmptyStmt:
		case ast.Stmt:
			n++
		}
		return true
	})
	return n
}

// complexity is the cyclomatic number: one, and one more for every branch.
func complexity(body *ast.BlockStmt) int {
	n := 1
	ast.Inspect(body, func(node ast.Node) bool {
		switch x := node.(type) {
		case *ast.IfStmt, *ast.ForStmt, *ast.RangeStmt, *ast.CaseClause, *ast.CommClause:
			n++
		case *ast.BinaryExpr:
			if x.Op == token.LAND || x.Op == token.LOR {
				n++
			}
		}
		return true
	})
	return n
}

// packageViolations checks a folder's name and that one of its files says what the package is.
func packageViolations(files []*source) []string {
	var bad []string
	comments := map[string]bool{}
	for _, s := range files {
		name := filepath.ToSlash(filepath.Dir(s.path)) + ": package " + s.ast.Name.Name
		comments[name] = comments[name] || s.ast.Doc != nil
		if slices.Contains(shapelessNames(), s.ast.Name.Name) {
			bad = append(bad, name+": a package's name says what it holds")
		}
	}
	for name, has := range comments {
		external := strings.HasSuffix(name, "_test") && comments[strings.TrimSuffix(name, "_test")]
		if !has && !external {
			bad = append(bad, name+": no package comment")
		}
	}
	slices.Sort(bad)
	return slices.Compact(bad)
}

// handWritten parses every Go file of the project, the conformance tests included, that no generator wrote.
func handWritten(t *testing.T) []*source {
	t.Helper()
	var all []*source
	root := os.DirFS("..")
	err := fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "bin"):
			return fs.SkipDir
		case d.IsDir() || filepath.Ext(path) != ".go":
			return nil
		}
		text, err := fs.ReadFile(root, path)
		if err != nil {
			return err
		}
		s, err := parse(path, text)
		if err != nil {
			return err
		}
		if !ast.IsGenerated(s.ast) {
			all = append(all, s)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestCaps(t *testing.T) {
	t.Parallel()
	files := handWritten(t)
	if len(files) < 20 {
		t.Fatalf("only %d files found", len(files))
	}
	for _, s := range files {
		for _, v := range capViolations(s) {
			t.Error(v)
		}
	}
	for _, v := range packageViolations(files) {
		t.Error(v)
	}
}

// The negative control: a file made up to pass each cap by one, and its neighbour that just meets it.
func TestCapsCatchViolations(t *testing.T) {
	t.Parallel()
	header := "// Package p is made up.\npackage p\n"
	function := func(body string) string { return header + "func f() {\n" + body + "}\n" }
	for name, tc := range map[string]struct {
		over, within string
		want         []string
	}{
		"file": {
			header + strings.Repeat("var _ = 1\n", 400), header + strings.Repeat("var _ = 1 // why\n\n// why\n", 399),
			[]string{"p.go: 401 lines of code, at most 400"},
		},
		"function": {
			function(strings.Repeat("f(\n)\n", 31)), function(strings.Repeat("f(\n)\n", 30)),
			[]string{"p.go:3: f: 62 lines of code, at most 60"},
		},
		"statements": {
			function(strings.Repeat("f()\n", 41)), function(strings.Repeat("f()\n", 40)),
			[]string{"p.go:3: f: 41 statements, at most 40"},
		},
		"complexity": {
			function(strings.Repeat("if a && b {}\n", 8)), function(strings.Repeat("if a && b {}\n", 7)),
			[]string{"p.go:3: f: 17 paths through it, at most 15"},
		},
		"parameters": {
			header + "func f(a, b, c int, d, e, f string) {}\n", header + "func f(a, b, c int, d, e string) {}\n",
			[]string{"p.go:3: f: 6 parameters, at most 5"},
		},
		"init": {
			header + "func init() {}\n", header + "func (p) init() {}\n",
			[]string{"p.go:3: init: hidden wiring: call it where it is needed"},
		},
		"code inside a table": {
			function("_ = []func(){\nfunc() {\n" + strings.Repeat("f(\n)\n", 30) + "},\n}\n"),
			function("_ = []int{\n" + strings.Repeat("1,\n", 300) + "}\n"),
			[]string{"p.go:3: f: 64 lines of code, at most 60"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, violationsOf(t, tc.over)); diff != "" {
				t.Errorf("over (-want +got):\n%s", diff)
			}
			if got := violationsOf(t, tc.within); len(got) != 0 {
				t.Errorf("within: %v", got)
			}
		})
	}
}

func violationsOf(t *testing.T, text string) []string {
	t.Helper()
	s, err := parse("p.go", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return capViolations(s)
}

func TestPackageRulesCatchViolations(t *testing.T) {
	t.Parallel()
	var files []*source
	for path, text := range map[string]string{
		"pkg/a/a.go":       "// Package a is fine.\npackage a\n",
		"pkg/a/more.go":    "package a\n",
		"pkg/a/a_test.go":  "package a_test\n",
		"pkg/bare/b.go":    "package bare\n",
		"pkg/util/util.go": "// Package util holds everything else.\npackage util\n",
	} {
		s, err := parse(path, []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, s)
	}
	want := []string{"pkg/bare: package bare: no package comment", "pkg/util: package util: a package's name says what it holds"}
	if diff := cmp.Diff(want, packageViolations(files)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
