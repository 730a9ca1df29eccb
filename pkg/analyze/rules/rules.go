// Package rules holds the rules of the analysis, one file each. A rule's file adds it to the list; nothing else has to be
// told. How to write one stands in the documentation of package analyze.
//
// It imports analyze, manifest, mesh, diag and region. Start reading at any rule.
package rules

import (
	"cmp"
	"slices"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

//nolint:gochecknoglobals // filled while the program starts, only read afterwards
var list []analyze.Rule

func add(r analyze.Rule) { list = append(list, r) }

// All are the rules, by code.
func All() []analyze.Rule {
	out := slices.Clone(list)
	slices.SortFunc(out, func(a, b analyze.Rule) int { return cmp.Compare(a.Code, b.Code) })
	return out
}

// Lookup finds the page of a code, of a rule or of anything else that this program says.
func Lookup(code string) (diag.Code, bool) {
	for _, r := range list {
		if r.Code == code {
			return r.Page(), true
		}
	}
	return diag.Lookup(code)
}

// Codes are all pages, by code.
func Codes() []diag.Code {
	var out []diag.Code
	for _, r := range list {
		out = append(out, r.Page())
	}
	for _, c := range diag.Codes() {
		if !slices.ContainsFunc(out, func(have diag.Code) bool { return have.ID == c.ID }) {
			out = append(out, c)
		}
	}
	slices.SortFunc(out, func(a, b diag.Code) int { return cmp.Compare(a.ID, b.ID) })
	return out
}
