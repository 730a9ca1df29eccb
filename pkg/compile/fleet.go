package compile

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/diag"
	"github.com/spillway-mesh/spillway/pkg/load"
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/target"
	"github.com/spillway-mesh/spillway/pkg/validate"
)

// Fleets is to ClusterFailovers what a Batch is to ExternalFailovers. They need no platform.
type Fleets struct {
	specs    []load.Fleet
	targets  []target.FleetTarget
	together []diag.List // per spec: what no spec can know alone
}

// NewFleets looks at what no spec can know alone: whether two would write the same object.
func NewFleets(specs []load.Fleet, targets []target.FleetTarget) *Fleets {
	objects := make([]*v1alpha1.ClusterFailover, len(specs))
	for i, s := range specs {
		objects[i] = s.Object
	}
	return &Fleets{specs: specs, targets: targets, together: plan.TogetherFleets(objects)}
}

// Len is the number of specs.
func (f *Fleets) Len() int { return len(f.specs) }

// Plan says what the i-th spec means and everything that is to be said about it, with places in the source. The fleet is
// nil if the spec is wrong or refused.
func (f *Fleets) Plan(i int) (*plan.Fleet, diag.List) {
	spec := f.specs[i]
	p, diags := f.build(i)
	if spec.Source == nil {
		return p, diags.About(v1alpha1.KindClusterFailover + " " + spec.Object.Namespace + "/" + spec.Object.Name)
	}
	return p, spec.Source.Report(diags)
}

// Sketch is the i-th fleet for those who want to see it, even if it is refused for its times or its windows; nil if it is
// wrong.
func (f *Fleets) Sketch(i int) *plan.Fleet {
	spec := f.specs[i]
	if validate.ClusterFailover(spec.Object).HasErrors() || spec.Source != nil && spec.Source.Partial() {
		return nil
	}
	timings, diags := timingsOf(spec.Object)
	if diags.HasErrors() {
		return nil
	}
	p, _ := plan.SketchFleet(spec.Object, timings...)
	return p
}

// build asks each stage in turn, and none whose input an earlier one found wrong.
func (f *Fleets) build(i int) (*plan.Fleet, diag.List) {
	spec := f.specs[i]
	diags := append(validate.ClusterFailover(spec.Object), f.together[i]...)
	if diags.HasErrors() || spec.Source != nil && spec.Source.Partial() {
		return nil, diags
	}
	p, found := Fleet(spec.Object)
	diags = append(diags, found...)
	if p == nil {
		return nil, diags
	}
	for _, t := range asked(f.targets, p) {
		diags = append(diags, t.CheckFleet(p, field.NewPath("spec"))...)
	}
	if diags.HasErrors() {
		return nil, diags
	}
	return p, diags
}

// Objects writes a fleet that Plan made, in every target's language, cluster by cluster in the order in which they must be
// applied.
func (f *Fleets) Objects(p *plan.Fleet) ([]target.Object, error) {
	var objects []target.Object
	for _, t := range asked(f.targets, p) {
		written, err := t.RenderFleet(p)
		if err != nil {
			return nil, fmt.Errorf("rendering %s for target %s: %w", p.Owner(), t.Info().Name, err)
		}
		objects = append(objects, written...)
	}
	target.SortFleet(objects, p)
	return objects, nil
}

// Files writes what is no object: each file's name begins with its fleet's.
func (f *Fleets) Files(p *plan.Fleet) ([]target.File, error) {
	var files []target.File
	for _, t := range asked(f.targets, p) {
		writer, ok := t.(target.FileTarget)
		if !ok {
			continue
		}
		written, err := writer.Files(p)
		if err != nil {
			return nil, fmt.Errorf("rendering %s for target %s: %w", p.Owner(), t.Info().Name, err)
		}
		for _, file := range written {
			file.Name = p.Namespace + "-" + p.Name + "-" + file.Name
			files = append(files, file)
		}
	}
	target.SortFiles(files, p)
	return files, nil
}

// Healths tells what is wrong with the health of single clusters.
func Healths(loaded *load.Result) diag.List {
	diags := make(diag.List, 0, len(loaded.Healths))
	for _, h := range loaded.Healths {
		diags = append(diags, h.Source.Report(validate.ClusterHealth(h.Object))...)
	}
	return diags
}

// NotWritten tells of what nothing is written for, because it needs nothing or none of the targets writes it: to print
// nothing without a word would look like success.
func NotWritten(loaded *load.Result, targets []target.Target, fleets []target.FleetTarget) diag.List {
	diags := make(diag.List, 0, len(loaded.Healths))
	pass := func(source *load.Document, kind string) {
		var one diag.List
		one.Warnf(field.NewPath("spec"), "SP410", "none of the chosen targets writes anything of this %s", kind).WithHint("leave --target out, or name one that does")
		diags = append(diags, source.Report(one)...)
	}
	if len(targets) == 0 {
		for _, f := range loaded.Failovers {
			pass(f.Source, v1alpha1.KindExternalFailover)
		}
	}
	for _, f := range loaded.Fleets {
		if !slices.ContainsFunc(fleets, func(t target.FleetTarget) bool { return writes(t, f.Object) }) {
			pass(f.Source, v1alpha1.KindClusterFailover)
		}
	}
	for _, h := range loaded.Healths {
		var one diag.List
		one.Notef(nil, "SP411", "a ClusterHealth is applied as it is; nothing is generated for it").
			WithHint("apply the file itself")
		diags = append(diags, h.Source.Report(one)...)
	}
	return diags
}
