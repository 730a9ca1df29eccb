// Package compile is the whole product in one place: specs and a platform in; plans, objects and findings out.
//
// Compile does it for one spec. A Batch does it for many whose addresses and hosts depend on each other, without ever
// holding more than one spec's objects: the caller checks all specs first and writes nothing if one is refused, and then
// asks for the objects spec by spec, from as many goroutines as it likes. Everything is pure. It imports every stage
// below it and no Kubernetes client; it does no I/O and holds no goroutine. Start reading at Compile.
package compile

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/diag"
	"github.com/spillway-mesh/spillway/pkg/load"
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/target"
	"github.com/spillway-mesh/spillway/pkg/validate"
)

// Compile turns one spec into the objects that make it true, in the order in which they must be applied. With any Error
// among the findings there are none. An error is the program's own fault.
func Compile(spec *v1alpha1.ExternalFailover, platform plan.Platform, targets []target.Target) ([]target.Object, diag.List, error) {
	batch := NewBatch([]load.Failover{{Object: spec}}, platform, targets)
	p, diags := batch.Plan(0)
	if p == nil {
		return nil, diags, nil
	}
	objects, err := batch.Objects(p)
	return objects, diags, err
}

// Batch is a number of specs that are compiled for the same platform. Its methods may be called from several goroutines.
type Batch struct {
	specs     []load.Failover
	platform  plan.Platform
	targets   []target.Target
	addresses map[types.NamespacedName][]string
	together  []diag.List // per spec: what no spec can know alone
}

// NewBatch looks at what no spec can know alone: who gets which address, and whether two claim the same name or host.
func NewBatch(specs []load.Failover, platform plan.Platform, targets []target.Target) *Batch {
	objects := make([]*v1alpha1.ExternalFailover, len(specs))
	for i, s := range specs {
		objects[i] = s.Object
	}
	b := &Batch{specs: specs, platform: platform, targets: targets, together: plan.Together(objects)}
	addresses, diags := plan.Allocate(objects, platform)
	b.addresses = addresses
	diags = append(diags, plan.SharedGateways(objects, platform)...)
	if len(diags) == 0 {
		return b
	}
	index := make(map[string]int, len(objects))
	for i, s := range slices.Backward(objects) {
		index[plan.ObjectOf(s)] = i
	}
	for _, d := range diags {
		i := index[d.Object]
		b.together[i] = append(b.together[i], d)
	}
	return b
}

// Len is the number of specs.
func (b *Batch) Len() int { return len(b.specs) }

// Source says where the i-th spec was read; empty if it was not read from a file.
func (b *Batch) Source(i int) diag.Position {
	if source := b.specs[i].Source; source != nil {
		return source.Locate("")
	}
	return diag.Position{}
}

// Plan says what the i-th spec means and everything that is to be said about it, with places in the source. The plan is
// nil if the spec is wrong or refused.
func (b *Batch) Plan(i int) (*plan.Plan, diag.List) {
	spec := b.specs[i]
	p, diags := b.build(i)
	if spec.Source == nil {
		return p, diags.About(plan.ObjectOf(spec.Object))
	}
	return p, spec.Source.Report(diags)
}

// build asks each stage in turn. Of a spec that an earlier stage finds wrong, the planner's errors are told too, but only
// those about fields that what is wrong cannot have touched: the others may be mere consequences, and mislead.
func (b *Batch) build(i int) (*plan.Plan, diag.List) {
	spec := b.specs[i]
	diags := validate.ExternalFailover(spec.Object)
	diags = append(diags, b.together[i]...)
	if spec.Source != nil && spec.Source.Partial() {
		return nil, diags
	}
	p, found := plan.Build(plan.Input{
		Spec: spec.Object, Platform: b.platform, Addresses: b.addresses[nameOf(spec.Object)],
	})
	if diags.HasErrors() {
		return nil, append(diags, untouched(found, diags)...)
	}
	diags = append(diags, found...)
	if diags.HasErrors() {
		return nil, diags
	}
	for _, t := range b.targets {
		diags = append(diags, t.Check(p, field.NewPath("spec"))...)
	}
	if diags.HasErrors() {
		return nil, diags
	}
	return p, diags
}

// Objects writes a plan that Plan made, in every target's language, in the order in which they must be applied.
func (b *Batch) Objects(p *plan.Plan) ([]target.Object, error) {
	var objects []target.Object
	for _, t := range b.targets {
		written, err := t.Render(p)
		if err != nil {
			return nil, fmt.Errorf("rendering %s for target %s: %w", p.Owner(), t.Info().Name, err)
		}
		objects = append(objects, written...)
	}
	target.Sort(objects)
	return objects, nil
}

func nameOf(spec *v1alpha1.ExternalFailover) types.NamespacedName {
	return types.NamespacedName{Namespace: spec.Namespace, Name: spec.Name}
}
