package load

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
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
	index    map[string][]int // place in the struct, as reflect.Value.FieldByIndex takes it
	names    []string         // sorted
	required []string         // names whose absence and whose empty value differ
}

//nolint:gochecknoglobals // constants that the language cannot write as such
var (
	durationType = reflect.TypeFor[metav1.Duration]()
	metadataType = reflect.TypeFor[metav1.ObjectMeta]()
	typeMetaType = reflect.TypeFor[metav1.TypeMeta]()
	timeType     = reflect.TypeFor[metav1.Time]()
	rawType      = reflect.TypeFor[runtime.RawExtension]()
	numberType   = reflect.TypeFor[json.Number]()
	ruleType     = reflect.TypeFor[v1alpha1.FailoverRule]()
)

//nolint:gochecknoglobals // derived from the types once, read-only afterwards
var schema = sync.OnceValue(func() map[reflect.Type]*fieldSet {
	sets := map[reflect.Type]*fieldSet{}
	collect(reflect.TypeFor[v1alpha1.ExternalFailover](), sets)
	collect(reflect.TypeFor[v1alpha1.ClusterFailover](), sets)
	collect(reflect.TypeFor[v1alpha1.ClusterHealth](), sets)
	collect(reflect.TypeFor[v1alpha1.Platform](), sets)
	return sets
})

// collect adds the field sets of a type and of all types below it.
func collect(t reflect.Type, sets map[reflect.Type]*fieldSet) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || sets[t] != nil || slices.Contains(leaves(), t) {
		return
	}
	set := &fieldSet{index: map[string][]int{}}
	sets[t] = set
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" || notHere(f, t) {
			continue
		}
		set.index[name] = f.Index
		if name != "status" { // it is passed over as a whole
			collect(f.Type, sets)
		}
	}
	set.names = slices.Sorted(maps.Keys(set.index))
	if t == ruleType {
		set.required = []string{"from"} // "" are the clients without a locality
	}
}

// leaves are the structs that are read as one value.
func leaves() []reflect.Type { return []reflect.Type{durationType, metadataType, timeType, rawType} }

// notHere says that a field of an embedded struct stands elsewhere in the file: below the struct's own name, or in the
// header, which is read on its own.
func notHere(f reflect.StructField, t reflect.Type) bool {
	if len(f.Index) == 1 {
		return false
	}
	outer := t.Field(f.Index[0])
	name, _, _ := strings.Cut(outer.Tag.Get("json"), ",")
	return name != "" || outer.Type == typeMetaType
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
			visit(t.FieldByIndex(set.index[child]).Type, below)
		}
	}
	visit(kind, "")
	return found
}
