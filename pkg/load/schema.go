package load

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	groupschema "k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
)

// object is a kind of ours.
type object interface {
	metav1.Object
	GroupVersionKind() groupschema.GroupVersionKind
	SetGroupVersionKind(groupschema.GroupVersionKind)
}

// fieldSet is the fields of one struct by their YAML names.
type fieldSet struct {
	index    map[string]int // place in the struct
	names    []string       // sorted
	required []string       // names whose absence and whose empty value differ
}

//nolint:gochecknoglobals // constants that the language cannot write as such
var (
	durationType   = reflect.TypeFor[metav1.Duration]()
	metadataType   = reflect.TypeFor[metav1.ObjectMeta]()
	typeMetaType   = reflect.TypeFor[metav1.TypeMeta]()
	failoverStatus = reflect.TypeFor[v1alpha1.ExternalFailoverStatus]()
	ruleType       = reflect.TypeFor[v1alpha1.FailoverRule]()
)

//nolint:gochecknoglobals // derived from the types once, read-only afterwards
var schema = sync.OnceValue(func() map[reflect.Type]*fieldSet {
	sets := map[reflect.Type]*fieldSet{}
	collect(reflect.TypeFor[v1alpha1.ExternalFailover](), sets)
	collect(reflect.TypeFor[v1alpha1.Platform](), sets)
	return sets
})

// collect adds the field sets of a type and of all types below it.
func collect(t reflect.Type, sets map[reflect.Type]*fieldSet) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || sets[t] != nil || t == durationType || t == metadataType || t == failoverStatus {
		return
	}
	set := &fieldSet{index: map[string]int{}}
	sets[t] = set
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" || f.Type == typeMetaType {
			continue
		}
		set.index[name] = i
		collect(f.Type, sets)
	}
	set.names = slices.Sorted(maps.Keys(set.index))
	if t == ruleType {
		set.required = []string{"from"} // "" are the clients without a locality
	}
}

// owners lists where a field of this name exists, as paths such as spec.endpoints[].locality.
func owners(name string, kind reflect.Type) []string {
	var found []string
	var visit func(t reflect.Type, path string)
	visit = func(t reflect.Type, path string) {
		for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
			if t.Kind() == reflect.Slice {
				path += "[]"
			}
			t = t.Elem()
		}
		set := schema()[t]
		if set == nil {
			return
		}
		for _, child := range set.names {
			below := strings.TrimPrefix(path+"."+child, ".")
			if child == name {
				found = append(found, below)
			}
			visit(t.Field(set.index[child]).Type, below)
		}
	}
	visit(kind, "")
	return found
}
