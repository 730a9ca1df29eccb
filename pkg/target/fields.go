package target

import (
	"maps"
	"slices"

	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
)

// KV is one field of an object.
func KV(key string, value any) render.Field { return render.Field{Key: key, Value: value} }

// Why is a field with the reason for its value above it.
func Why(comment, key string, value any) render.Field {
	return render.Field{Key: key, Value: value, Comment: comment}
}

// Set drops the fields that have no value: nil, an empty text or an empty mapping or list.
func Set(m render.Map) render.Map {
	return slices.DeleteFunc(m, func(f render.Field) bool {
		switch v := f.Value.(type) {
		case nil:
			return true
		case string:
			return v == ""
		case render.Map:
			return len(v) == 0
		case render.Inline:
			return len(v) == 0
		case render.List:
			return len(v) == 0
		case render.Flow:
			return len(v) == 0
		case map[string]string:
			return len(v) == 0
		default:
			return false
		}
	})
}

// Spec is the body of an object that has a spec and nothing else.
func Spec(fields ...render.Field) render.Map { return render.Map{KV("spec", Set(fields))} }

// OfFleet puts the labels and annotations on an object that say which fleet it belongs to.
func OfFleet(f *plan.Fleet, o Object) Object {
	labels := map[string]string{plan.LabelManagedBy: plan.ManagedBy, plan.LabelOwner: f.OwnerLabel()}
	maps.Copy(labels, o.Labels)
	annotations := map[string]string{plan.AnnotationOwner: f.Owner()}
	maps.Copy(annotations, o.Annotations)
	o.Labels, o.Annotations = labels, annotations
	return o
}
