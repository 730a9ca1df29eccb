// Package target says what a target is: a writer of plans in the language of one platform. Each target is a folder
// below this one; target/all lists them.
//
// It imports plan, diag and render. Targets never import each other. Start reading at Target, then at FleetTarget.
package target

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/spillway-mesh/spillway/pkg/diag"
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
)

// Info describes a target to people.
type Info struct {
	Name      string   // as in --target
	Summary   string   // one line
	Stability string   // Alpha, Beta or Stable
	Checked   string   // what its output was checked against
	Kinds     []string // the kinds it writes, as Kind.group
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

// Object is one Kubernetes object to apply.
type Object struct {
	APIVersion  string
	Kind        string
	Namespace   string
	Name        string
	Labels      map[string]string
	Annotations map[string]string
	Cluster     string // of a fleet, for which alone the object is; empty outside of fleets
	Rank        int    // the <nn> of the file name; objects are applied in this order and deleted in reverse
	// Body is what follows metadata: spec, or rules, subjects and roleRef.
	Body render.Map
}
