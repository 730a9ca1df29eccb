package behaviour

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
	"github.com/spillway-mesh/spillway/pkg/plan"
)

// Field is a field of an object of one name that differs.
type Field struct {
	Object string `json:"object"`
	Path   string `json:"path"`
	Now    string `json:"now,omitempty"`    // as JSON; empty: not set
	Before string `json:"before,omitempty"` // as JSON; empty: not set

	kind string
}

// String is the difference as a sentence without an end.
func (f Field) String() string {
	return fmt.Sprintf("%s %s: now %s; before: %s", f.Object, f.Path, cmp.Or(f.Now, "not set"), cmp.Or(f.Before, "not set"))
}

// Fields are the fields that differ between two objects of one kind and name, in order. What an API server adds is left
// out: only what is asked for is compared, and what ties an object to its spec.
func Fields(before, now any) []Field {
	was, is := flat(before), flat(now)
	object, kind := nameOf(now)
	var out []Field
	for _, path := range slices.Sorted(maps.Keys(join(was, is))) {
		if was[path] != is[path] {
			out = append(out, Field{Object: object, Path: path, Now: is[path], Before: was[path], kind: kind})
		}
	}
	return out
}

func join(a, b map[string]string) map[string]string {
	out := maps.Clone(a)
	maps.Copy(out, b)
	return out
}

// Unexplained are the fields that no change in words speaks of.
func Unexplained(fields []Field, changes []Change) []Field {
	return slices.DeleteFunc(slices.Clone(fields), func(f Field) bool {
		return slices.ContainsFunc(speaks(f), func(t Topic) bool {
			return slices.ContainsFunc(changes, func(c Change) bool { return c.Topic == t })
		})
	})
}

// speaks says which topics a field is a part of.
func speaks(f Field) []Topic {
	for _, x := range []struct {
		kind, prefix string
		topics       []Topic
	}{
		{"ServiceEntry", "spec.exportTo", []Topic{Visibility}},
		{"ServiceEntry", "spec.addresses", []Topic{Address}},
		{"ServiceEntry", "spec.ports", []Topic{Ports}},
		{"ServiceEntry", "spec.endpoints", []Topic{Endpoints, Tiers, Ports}},
		{"ServiceEntry", "metadata.annotations", topics()},
		{"DestinationRule", "spec.exportTo", []Topic{Visibility}},
		{"DestinationRule", "spec.trafficPolicy.tls", []Topic{Names, Trust, Ports}},
		{"DestinationRule", "spec.trafficPolicy.outlierDetection", []Topic{Ejection}},
		{"DestinationRule", "spec.trafficPolicy.loadBalancer.localityLbSetting", []Topic{Tiers}},
		{"DestinationRule", "spec.trafficPolicy.connectionPool.tcp", []Topic{Pools}},
		{"DestinationRule", "spec.trafficPolicy.connectionPool.http.idleTimeout", []Topic{Pools}},
		{"DestinationRule", "spec.subsets", []Topic{Tiers}},
		{"VirtualService", "spec.exportTo", []Topic{Visibility}},
		{"VirtualService", "spec.http", []Topic{Requests, Tiers, Names}},
		{"VirtualService", "spec.tcp", []Topic{Tiers}},
		{"VirtualService", "spec.tls", []Topic{Tiers}},
		{"EnvoyFilter", "spec.configPatches", []Topic{Tiers, Names, Requests, Checks, Ejection}},
	} {
		if f.kind == x.kind && strings.HasPrefix(f.Path, x.prefix) {
			return x.topics
		}
	}
	return nil
}

func nameOf(o any) (object, kind string) {
	x := objectOf(o)
	return x.String(), x.Kind
}

// objectOf is the object of any form: typed or not.
func objectOf(o any) *manifest.Object {
	switch x := o.(type) {
	case *manifest.ServiceEntry:
		return x.Object
	case *manifest.DestinationRule:
		return x.Object
	case *manifest.VirtualService:
		return x.Object
	case *manifest.EnvoyFilter:
		return x.Object
	case *manifest.Object:
		return x
	default:
		return &manifest.Object{}
	}
}

// flat is every scalar below an object by its path.
func flat(o any) map[string]string {
	out := map[string]string{}
	x := objectOf(o)
	if text := x.Annotations[plan.AnnotationSpec]; text != "" {
		out["metadata.annotations["+plan.AnnotationSpec+"]"] = text
	}
	if owner := x.Annotations[plan.AnnotationOwner]; owner != "" {
		out["metadata.annotations["+plan.AnnotationOwner+"]"] = owner
	}
	switch t := o.(type) {
	case *manifest.ServiceEntry:
		flatMessage(out, t.Spec)
	case *manifest.DestinationRule:
		flatMessage(out, t.Spec)
	case *manifest.VirtualService:
		flatMessage(out, t.Spec)
	case *manifest.EnvoyFilter:
		flatMessage(out, t.Spec)
	default:
		for _, key := range x.Tree.Keys() {
			if !slices.Contains([]string{"apiVersion", "kind", "metadata", "status"}, key) {
				flatTree(out, x.Tree.At(key))
			}
		}
	}
	return out
}

func flatMessage(out map[string]string, m proto.Message) {
	text, err := protojson.Marshal(m)
	if err != nil {
		return
	}
	var v any
	if json.Unmarshal(text, &v) == nil {
		flatJSON(out, "spec", v)
	}
}

func flatJSON(out map[string]string, path string, v any) {
	switch v := v.(type) {
	case map[string]any:
		if len(v) == 0 {
			out[path] = "{}"
		}
		for key, inner := range v {
			flatJSON(out, path+"."+key, inner)
		}
	case []any:
		for i, inner := range v {
			flatJSON(out, indexed(path, i), inner)
		}
	default:
		text, err := json.Marshal(v)
		if err == nil {
			out[path] = string(text)
		}
	}
}

func flatTree(out map[string]string, v manifest.Value) {
	switch {
	case len(v.Keys()) > 0:
		for _, key := range v.Keys() {
			flatTree(out, v.At(key))
		}
	case len(v.Items()) > 0:
		for _, item := range v.Items() {
			flatTree(out, item)
		}
	case v.Exists():
		out[v.Path()] = strconv.Quote(v.Text())
	}
}

// All are the objects of a snapshot in the form that Fields takes, by kind, namespace and name.
func All(s *manifest.Snapshot) map[string]any {
	out := map[string]any{}
	for _, o := range s.Objects {
		out[key(o)] = o
	}
	for _, o := range s.ServiceEntries {
		out[key(o.Object)] = o
	}
	for _, o := range s.DestinationRules {
		out[key(o.Object)] = o
	}
	for _, o := range s.VirtualServices {
		out[key(o.Object)] = o
	}
	for _, o := range s.EnvoyFilters {
		out[key(o.Object)] = o
	}
	return out
}

func key(o *manifest.Object) string { return o.Group + "/" + o.String() }
