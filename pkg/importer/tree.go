package importer

import (
	"reflect"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/render"
)

// Tree is a spec as a person would write it: fields in the order of the API, small things on one line.
func Tree(x *v1alpha1.ExternalFailover) render.Map {
	spec, _ := valueOf(reflect.ValueOf(x.Spec)).(render.Map)
	return render.Map{
		{Key: "apiVersion", Value: v1alpha1.GroupVersion().String()},
		{Key: "kind", Value: v1alpha1.KindExternalFailover},
		{Key: "metadata", Value: render.Inline{{Key: "name", Value: x.Name}, {Key: "namespace", Value: x.Namespace}}},
		{Key: "spec", Value: spec},
	}
}

// valueOf is a value of the API for printing; nil for one that is not set.
func valueOf(v reflect.Value) any {
	switch d := v.Interface().(type) {
	case metav1.Duration:
		return duration(d.Duration)
	case *metav1.Duration:
		if d == nil {
			return nil
		}
		return duration(d.Duration)
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		return scalarOr(v.Elem())
	case reflect.Struct:
		return structOf(v)
	case reflect.Slice:
		return sliceOf(v)
	case reflect.Map:
		return mapOf(v)
	default:
		if v.IsZero() {
			return nil
		}
		return scalarOr(v)
	}
}

// duration is one without zeros at its end: 1m rather than 1m0s.
func duration(d time.Duration) string {
	out := d.String()
	for _, zero := range [][2]string{{"m0s", "m"}, {"h0m", "h"}} {
		if rest, ok := strings.CutSuffix(out, zero[0]); ok {
			out = rest + zero[1]
		}
	}
	return out
}

// scalarOr is a scalar even if it is zero: someone pointed at it.
func scalarOr(v reflect.Value) any {
	switch v.Kind() {
	case reflect.String:
		return v.String()
	case reflect.Bool:
		return v.Bool()
	case reflect.Int32, reflect.Int, reflect.Int64:
		return v.Int()
	default:
		return valueOf(v)
	}
}

func structOf(v reflect.Value) any {
	out := render.Map{}
	for i := range v.NumField() {
		name, options, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		value := valueOf(v.Field(i))
		if value == nil && !strings.Contains(options, "omitempty") && v.Field(i).Kind() == reflect.String {
			value = v.Field(i).String() // an empty string that means something, as failover[].from
		}
		if value != nil {
			out = append(out, render.Field{Key: name, Value: inline(value)})
		}
	}
	return out
}

func sliceOf(v reflect.Value) any {
	if v.Len() == 0 {
		return nil
	}
	if v.Type().Elem().Kind() == reflect.String {
		out := make(render.Flow, v.Len())
		for i := range v.Len() {
			out[i] = v.Index(i).String()
		}
		return out
	}
	out := make(render.List, v.Len())
	for i := range v.Len() {
		out[i] = inline(valueOf(v.Index(i)))
	}
	return out
}

func mapOf(v reflect.Value) any {
	if v.Len() == 0 {
		return nil
	}
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	out := make(render.Inline, 0, len(keys))
	for _, k := range keys {
		out = append(out, render.Field{Key: k.String(), Value: scalarOr(v.MapIndex(k))})
	}
	return out
}

const (
	mostOnALine = 110 // characters
	mostFields  = 8
)

// inline puts a mapping on one line if it is short and holds no list of mappings.
func inline(value any) any {
	m, ok := value.(render.Map)
	if !ok || len(m) > mostFields {
		return value
	}
	for _, f := range m {
		switch f.Value.(type) {
		case render.Map, render.List:
			return value
		}
	}
	one := render.Inline(m)
	if text := render.YAML(nil, render.Map{{Key: "x", Value: one}}, render.Options{}); len(text) > mostOnALine {
		return value
	}
	return one
}
