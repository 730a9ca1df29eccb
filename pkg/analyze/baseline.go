package analyze

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
)

// Baseline is findings that were there already: only others count. It names objects and fields, not files and lines, so
// that moving a file or adding a line makes nothing new.
type Baseline struct {
	Version  int          `json:"version"`
	Findings []knownPlace `json:"findings"`
}

// knownPlace is what a finding is about.
type knownPlace struct {
	Code   string `json:"code"`
	Object string `json:"object"`
	Path   string `json:"path"`
}

const baselineVersion = 1

func placeOf(f *Finding) knownPlace { return knownPlace{f.Code, f.Diagnostic.Object, f.Path} }

// BaselineOf is all that the report tells now.
func BaselineOf(r *Report) *Baseline {
	out := &Baseline{Version: baselineVersion, Findings: []knownPlace{}}
	for _, f := range r.Findings {
		out.Findings = append(out.Findings, placeOf(f))
	}
	slices.SortFunc(out.Findings, func(a, b knownPlace) int {
		return cmp.Or(cmp.Compare(a.Object, b.Object), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Path, b.Path))
	})
	out.Findings = slices.Compact(out.Findings)
	return out
}

// JSON is the baseline as its file holds it.
func (b *Baseline) JSON() ([]byte, error) {
	out, err := json.MarshalIndent(b, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("writing the baseline: %w", err)
	}
	return append(out, '\n'), nil
}

// ParseBaseline reads what JSON wrote.
func ParseBaseline(data []byte) (*Baseline, error) {
	b := &Baseline{}
	if err := json.Unmarshal(data, b); err != nil {
		return nil, fmt.Errorf("reading the baseline: %w", err)
	}
	if b.Version != baselineVersion {
		return nil, fmt.Errorf("reading the baseline: its version is %d, this release knows %d", b.Version, baselineVersion)
	}
	return b, nil
}

// Since takes out of the report what the baseline knows, and says how much that was.
func (r *Report) Since(b *Baseline) int {
	known := map[knownPlace]bool{}
	for _, k := range b.Findings {
		known[k] = true
	}
	before := len(r.Findings)
	r.Findings = slices.DeleteFunc(r.Findings, func(f *Finding) bool { return known[placeOf(f)] })
	return before - len(r.Findings)
}
