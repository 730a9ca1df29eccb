package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spillway-mesh/spillway/pkg/diag"
	"github.com/spillway-mesh/spillway/pkg/term"
)

// mostOfOne is how many findings of one code are printed beside a result: a thousand specs may share a warning.
const mostOfOne = 10

// printFindings writes findings for people; at a terminal in colour and with the line in question.
func (i *input) printFindings(w io.Writer, getenv func(string) string, diags diag.List) error {
	return i.printWith(w, getenv, diags, term.IsTerminal(w))
}

// printWith is printFindings with or without the line in question.
func (i *input) printWith(w io.Writer, getenv func(string) string, diags diag.List, lines bool) error {
	var o diag.TextOptions
	if lines {
		o.Source = func(file string) []byte { return i.sources[file] }
	}
	if term.IsTerminal(w) {
		o.Colour = term.For(w, getenv).Colour()
	}
	return writing(0, diag.WriteText(w, diags, o))
}

// fold keeps all errors, but only the first few of any milder finding, and says how many it left out.
func fold(diags diag.List) (kept diag.List, left string) {
	seen := map[string]int{}
	for _, d := range diags {
		seen[d.Code]++
		if d.Severity >= diag.Error || seen[d.Code] <= mostOfOne {
			kept = append(kept, d)
		}
	}
	if n := len(diags) - len(kept); n > 0 {
		return kept, plural(n, "more finding") + " of the same codes; `validate` prints all\n"
	}
	return kept, ""
}

// count says how many findings there are, such as "1 error, 2 warnings".
func count(diags diag.List) string {
	var parts []string
	for _, s := range []diag.Severity{diag.Critical, diag.Error, diag.Warning, diag.Note} {
		n := 0
		for _, d := range diags {
			if d.Severity == s {
				n++
			}
		}
		if n > 0 {
			parts = append(parts, countOf(n, s))
		}
	}
	if len(parts) == 0 {
		return "no findings"
	}
	return strings.Join(parts, ", ")
}

// countOf is such as "2 errors"; critical is no noun.
func countOf(n int, s diag.Severity) string {
	if s == diag.Critical {
		return fmt.Sprintf("%d critical", n)
	}
	return plural(n, s.String())
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
