package target

import (
	"cmp"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/spillway-mesh/spillway/pkg/diag"
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
)

// Tree is the object as it is written: apiVersion, kind, metadata, body.
func (o Object) Tree() render.Map {
	meta := render.Map{{Key: "name", Value: o.Name}}
	if o.Namespace != "" {
		meta = append(meta, render.Field{Key: "namespace", Value: o.Namespace})
	}
	if len(o.Labels) > 0 {
		meta = append(meta, render.Field{Key: "labels", Value: o.Labels})
	}
	if len(o.Annotations) > 0 {
		meta = append(meta, render.Field{Key: "annotations", Value: o.Annotations})
	}
	tree := make(render.Map, 0, len(o.Body)+3)
	tree = append(tree,
		render.Field{Key: "apiVersion", Value: o.APIVersion},
		render.Field{Key: "kind", Value: o.Kind},
		render.Field{Key: "metadata", Value: meta},
	)
	return append(tree, o.Body...)
}

// Sort puts objects in the order in which they are applied: by rank, and among equals by kind, namespace and name.
func Sort(objects []Object) {
	slices.SortStableFunc(objects, func(a, b Object) int {
		return cmp.Or(
			cmp.Compare(a.Rank, b.Rank), cmp.Compare(a.Kind, b.Kind),
			cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name),
		)
	})
}

// SortFleet puts the objects of a fleet in the order of its clusters, and those of one cluster in the order in which they
// are applied.
func SortFleet(objects []Object, f *plan.Fleet) {
	place := placesOf(f)
	Sort(objects)
	slices.SortStableFunc(objects, func(a, b Object) int { return cmp.Compare(place[a.Cluster], place[b.Cluster]) })
}

// SortFiles does the same for files.
func SortFiles(files []File, f *plan.Fleet) {
	place := placesOf(f)
	slices.SortStableFunc(files, func(a, b File) int {
		return cmp.Or(cmp.Compare(place[a.Cluster], place[b.Cluster]), cmp.Compare(a.Name, b.Name))
	})
}

// placesOf is the order of a fleet's clusters; what is for the whole fleet comes before all of them.
func placesOf(f *plan.Fleet) map[string]int {
	place := make(map[string]int, len(f.Clusters))
	for i, c := range f.Clusters {
		place[c.Name] = i + 1
	}
	return place
}

// RenderAll checks the plan against every target and writes it in each one's language, in the order in which the
// objects must be applied. Nothing is written if a target cannot express the plan. The error is the program's own fault.
func RenderAll(p *plan.Plan, targets []Target) ([]Object, diag.List, error) {
	diags := make(diag.List, 0, len(targets))
	for _, t := range targets {
		diags = append(diags, t.Check(p, field.NewPath("spec"))...)
	}
	if diags.HasErrors() {
		return nil, diags, nil
	}
	var objects []Object
	for _, t := range targets {
		written, err := t.Render(p)
		if err != nil {
			return nil, diags, fmt.Errorf("rendering %s/%s for target %s: %w", p.Namespace, p.Name, t.Info().Name, err)
		}
		objects = append(objects, written...)
	}
	Sort(objects)
	return objects, diags, nil
}
