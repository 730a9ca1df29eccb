// Package target says what a target is: a writer of plans in the language of one platform. Each target is a folder
// below this one; target/all lists them.
//
// It imports plan, diag and render. Targets never import each other. Start reading at Target, then at FleetTarget.
//
// An edge is added by one folder below this one and one line in target/all. The folder is the type of spec.edge[] in lower
// case; gkeingress is one to copy. It holds README.md (Name, Description, Options, Example, Limits: tested), options.go with
// the struct Options, whose tags json, min, max and enum are all that decoding and documentation need, the EdgeTarget, and
// testdata/*.txtar with a spec and what is written for it. Strict decoding, times, targets' list, tests of determinism and of
// names follow from that. A type that specs may not name yet is one more value in pkg/api (EdgeType, with its enum) and in
// pkg/validate; findings of its own get codes in pkg/diag, and the README's table a row, which tests ask for. Kinds whose CRD a module ships are validated in test/conformance; of
// others a schema of one's own is put into its edge/testdata/crds.
package target

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/spillway-mesh/spillway/pkg/diag"
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
)

// Info describes a target to people.
type Info struct {
	Name      string // as in --target
	Summary   string // one line
	Stability string // Alpha, Beta or Stable
	Edge      string // the type in spec.edge[] that chooses it; empty for a target that is no edge
	Kinds     []Kind // what it writes
}

// Kind is a kind of object or file that a target writes.
type Kind struct {
	Name    string // Kind.group; of what is no object its own name, such as Terraform
	Checked string // what it was checked against: CRDValidated, SemanticsRun or OwnSubset
}

// CRDValidated says that a real API server took the objects, strictly, with the schema that the module ships.
func CRDValidated(module string) string { return "CRD validated (" + module + ")" }

// SemanticsRun says that the program which reads the objects was run on them.
func SemanticsRun(controller string) string { return "semantics run (" + controller + ")" }

// OwnSubset says that the schema is not to be had: fields were held against one that this project wrote from the kind's
// documentation.
func OwnSubset() string { return "own subset only" }

// Kinds are several kinds that were checked against the same.
func Kinds(checked string, names ...string) []Kind {
	out := make([]Kind, len(names))
	for i, name := range names {
		out[i] = Kind{Name: name, Checked: checked}
	}
	return out
}

// Described is what every target can say of itself, whatever it writes.
type Described interface {
	Info() Info
}

// Target writes a Plan in the language of one platform.
type Target interface {
	Info() Info
	// Check says what this platform cannot express.
	Check(p *plan.Plan, at *field.Path) diag.List
	// Render is pure; the objects come in the order in which they must be applied.
	Render(p *plan.Plan) ([]Object, error)
}

// FleetTarget writes a Fleet: a target may be one, or a Target, or both.
type FleetTarget interface {
	Info() Info
	// CheckFleet says what this target cannot express.
	CheckFleet(f *plan.Fleet, at *field.Path) diag.List
	// RenderFleet is pure; every object names the cluster that it is for.
	RenderFleet(f *plan.Fleet) ([]Object, error)
}

// EdgeTarget is a FleetTarget that writes one type of spec.edge[]. It is asked only about fleets that list the type.
type EdgeTarget interface {
	FleetTarget
	// Options points to the options of the edge, a struct of the target's own with the defaults in it.
	Options() any
	// Timing says how an edge with such options looks at the clusters; options points to what Options gave, filled in.
	Timing(options any) plan.EdgeTiming
}

// FileTarget is a FleetTarget that writes files beside the objects, too.
type FileTarget interface {
	FleetTarget
	// Files is pure, as RenderFleet is.
	Files(f *plan.Fleet) ([]File, error)
}

// File is what is not an object: Terraform, a script, a page with steps to take, a picture. The name's extension says what
// it is: .tf, .sh, .md, .svg or .txt. A line that says where it comes from is put above the content.
type File struct {
	Cluster string // for which alone it is; empty for the whole fleet
	Name    string // such as gkeingress.tf; the owner's name is put before it
	Content string
}

// Object is one Kubernetes object to apply.
type Object struct {
	APIVersion  string
	Kind        string
	Namespace   string
	Name        string
	Labels      map[string]string
	Annotations map[string]string
	Cluster     string // of a fleet, for which alone the object is; empty for what lives outside of all its clusters
	// Shared names what the object belongs to where several specs write it, each the same; empty where only one does.
	Shared string
	Rank   int // the <nn> of the file name; objects are applied in this order and deleted in reverse
	// Body is what follows metadata: spec, or rules, subjects and roleRef.
	Body render.Map
}
