package analyze

import (
	"cmp"
	"slices"
	"strings"

	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
	"github.com/spillway-mesh/spillway/pkg/analyze/mesh"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

// Report is what a run found.
type Report struct {
	Findings   []*Finding // sorted by place
	Suppressed []Suppressed
	Notes      diag.List     // what could not be judged
	Models     []*mesh.Model // one for each part of the input that can be in one cluster together
}

// Diagnostics are all findings and notes, sorted.
func (r *Report) Diagnostics() diag.List {
	out := slices.Clone(r.Notes)
	for _, f := range r.Findings {
		out = append(out, f.Diagnostic)
	}
	out.Sort()
	return out
}

// Run asks every rule about every part of the snapshot that can be in one cluster together.
func Run(s *manifest.Snapshot, o mesh.Options, rules []Rule) *Report {
	out := &Report{}
	worlds, twice := s.Worlds()
	r := runner{whole: s, told: map[told]bool{}, missing: map[Input][]string{}}
	for _, w := range worlds {
		m := mesh.New(w, o)
		out.Models = append(out.Models, m)
		r.ask(m, rules)
	}
	out.Findings = r.findings
	for _, i := range []Input{MeshConfig, ClientRegions, ProxyVersions, Namespaces} {
		if codes := r.missing[i]; len(codes) > 0 {
			slices.Sort(codes)
			out.Notes.Notef(nil, "SP601", "%s: not judged, since %s %s not known", strings.Join(codes, ", "), i, areOrIs(i)).WithHint("%s", i.how())
		}
	}
	if len(worlds) > 1 && len(s.Apart) == 0 {
		out.Notes.Notef(nil, "SP603", "%s is there more than once, as in %s and %s: what cannot be in one cluster was looked at apart, in %d sets",
			twice[0], twice[0].Source.File, twice[1].Source.File, len(worlds))
	}
	out.checkAnnotations(s)
	slices.SortStableFunc(out.Findings, func(a, b *Finding) int {
		return cmp.Or(
			cmp.Compare(a.Position.File, b.Position.File), cmp.Compare(a.Position.Line, b.Position.Line),
			cmp.Compare(a.Position.Column, b.Position.Column), cmp.Compare(b.Severity, a.Severity),
			cmp.Compare(a.Code, b.Code), cmp.Compare(a.Message, b.Message),
		)
	})
	return out
}

// runner gathers what rules say about one world after the other.
type runner struct {
	whole    *manifest.Snapshot
	findings []*Finding
	told     map[told]bool // what several worlds share is told once
	missing  map[Input][]string
}

func (r *runner) ask(m *mesh.Model, rules []Rule) {
	for _, rule := range rules {
		if !rule.holds(m.Versions) || !rule.applies(m.Snapshot) {
			continue
		}
		p := &Pass{Model: m, Whole: r.whole, rule: rule, told: map[told]bool{}}
		rule.Check(p)
		for _, f := range p.findings {
			key := told{f.Object, f.Path, f.Code + f.Message}
			if !r.told[key] {
				r.told[key] = true
				r.findings = append(r.findings, f)
			}
		}
		for _, i := range p.unknown {
			if !slices.Contains(r.missing[i], rule.Code) {
				r.missing[i] = append(r.missing[i], rule.Code)
			}
		}
	}
}

func areOrIs(i Input) string {
	if i == MeshConfig {
		return "is"
	}
	return "are"
}
