package analyze

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
	"github.com/spillway-mesh/spillway/pkg/analyze/mesh"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

// Kinds are kinds of objects by name, such as DestinationRule.
type Kinds []string

// Rule is one thing that can be wrong.
type Rule struct {
	Code     string // such as FX003; never reused for something else
	Name     string // for people, such as ejection-percent
	Severity diag.Severity
	Inputs   Kinds  // the rule is asked only if an object of one of these kinds is there; empty: always
	Summary  string // what is wrong, in a few words
	Why      string // what it leads to
	Fix      string // what to do about it
	// Affects are the versions that the rule is about, in words; empty for all.
	Affects string
	// Since is the oldest version of istiod for which the rule holds, Until the last one; 0 for no bound.
	Since, Until mesh.Version
	Check        func(*Pass)
}

// Page is the rule as `explain` prints it.
func (r Rule) Page() diag.Code {
	why := r.Why
	if r.Affects != "" {
		why += " Affected: " + r.Affects + "."
	}
	return diag.Code{ID: r.Code, Title: r.Summary, Why: why, Fix: r.Fix}
}

// holds says whether the rule is about the versions in use.
func (r Rule) holds(v mesh.Versions) bool {
	return (r.Since == 0 || v.Istiod >= r.Since) && (r.Until == 0 || v.Oldest <= r.Until)
}

// Finding is what a rule found, and how it could be mended.
type Finding struct {
	diag.Diagnostic
	Rule   string // its name
	Object *manifest.Object
	Edits  []Edit // mend it, if that is mechanical
}

// WithHint sets what to do about this one.
func (f *Finding) WithHint(format string, args ...any) *Finding {
	f.Hint = fmt.Sprintf(format, args...)
	return f
}

// As lowers or raises the severity of this one.
func (f *Finding) As(s diag.Severity) *Finding {
	f.Severity = s
	return f
}

// Set mends the finding by giving a field this value, in YAML: Set("spec.trafficPolicy.outlierDetection.maxEjectionPercent",
// "100"). Parents that are not there are added.
func (f *Finding) Set(path, value string) *Finding {
	f.Edits = append(f.Edits, Edit{Object: f.Object, Path: path, Value: value})
	return f
}

// Remove mends the finding by removing a field.
func (f *Finding) Remove(path string) *Finding {
	f.Edits = append(f.Edits, Edit{Object: f.Object, Path: path, Remove: true})
	return f
}

// Edit is one change of a file.
type Edit struct {
	Object *manifest.Object
	Path   string
	Value  string // YAML, on one line
	Remove bool
}

// Input is something that a rule may need and files may not tell.
type Input string

// The inputs that may be unknown.
const (
	MeshConfig    Input = "the mesh configuration"
	ClientRegions Input = "the regions of the clients"
	ProxyVersions Input = "the versions of Istio"
	Namespaces    Input = "the namespaces and their labels"
)

// how says how to give an input.
func (i Input) how() string {
	switch i {
	case MeshConfig:
		return "give the ConfigMap istio of istio-system among the files, or --mesh-config FILE"
	case ClientRegions:
		return "give --client-regions, or the nodes among the files (kubectl get nodes -o yaml)"
	case ProxyVersions:
		return "give --istio-version"
	case Namespaces:
		return "give the namespaces among the files (kubectl get namespaces -o yaml)"
	default:
		return ""
	}
}

// Pass is one rule's look at everything.
type Pass struct {
	*mesh.Model
	// Whole is all that was given, also what is in other clusters than the Snapshot's: what two clusters must agree on.
	Whole    *manifest.Snapshot
	rule     Rule
	findings []*Finding
	told     map[told]bool
	unknown  []Input
}

// told is what makes two findings the same.
type told struct {
	object        *manifest.Object
	path, message string
}

// Report tells of a finding about a field of an object; the path may be empty, for the object itself.
func (p *Pass) Report(o *manifest.Object, path, format string, args ...any) *Finding {
	f := &Finding{Rule: p.rule.Name, Object: o, Diagnostic: diag.Diagnostic{
		Code: p.rule.Code, Severity: p.rule.Severity, Object: o.String(), Path: path,
		Message: fmt.Sprintf(format, args...), Hint: p.rule.Fix, Position: o.Source.Locate(path),
	}}
	key := told{o, path, f.Message}
	if p.told[key] {
		return &Finding{} // what is set on it is lost on purpose
	}
	p.told[key] = true
	p.findings = append(p.findings, f)
	return f
}

// Unknown tells that the rule cannot be sure without an input.
func (p *Pass) Unknown(i Input) {
	if !slices.Contains(p.unknown, i) {
		p.unknown = append(p.unknown, i)
	}
}

// applies says whether there is anything to ask the rule about.
func (r Rule) applies(s *manifest.Snapshot) bool {
	return len(r.Inputs) == 0 || slices.ContainsFunc(s.Objects, func(o *manifest.Object) bool { return slices.Contains(r.Inputs, o.Kind) })
}

// List writes names for a sentence: a, b and c.
func List(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}
