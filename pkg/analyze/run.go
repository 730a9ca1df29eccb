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
	Notes      diag.List // what could not be judged
	Model      *mesh.Model
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

// Run asks every rule.
func Run(s *manifest.Snapshot, o mesh.Options, rules []Rule) *Report {
	m := mesh.New(s, o)
	out := &Report{Model: m}
	missing := map[Input][]string{}
	for _, r := range rules {
		if !r.holds(m.Versions) || !r.applies(s) {
			continue
		}
		p := &Pass{Model: m, rule: r, told: map[told]bool{}}
		r.Check(p)
		out.Findings = append(out.Findings, p.findings...)
		for _, i := range p.unknown {
			missing[i] = append(missing[i], r.Code)
		}
	}
	for _, i := range []Input{MeshConfig, ClientRegions, ProxyVersions, Namespaces} {
		if codes := missing[i]; len(codes) > 0 {
			out.Notes.Notef(nil, "SP601", "%s: not judged, since %s %s not known", strings.Join(codes, ", "), i, areOrIs(i)).WithHint("%s", i.how())
		}
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

func areOrIs(i Input) string {
	if i == MeshConfig {
		return "is"
	}
	return "are"
}
