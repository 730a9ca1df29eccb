package manifest

import (
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Value is a field of an object of which only the tree is known, and its path. The zero Value is a field that is not
// there; everything can be asked of it.
type Value struct {
	node *node
	path string
}

// node is a YAML value without what only editors need: yaml.Node is three times as large.
type node struct {
	text   string // of a scalar
	kind   kind
	keys   []string
	values []*node // of a mapping or a list
}

type kind uint8

const (
	isText kind = iota
	isNumber
	isBool
	isNull
	isMap
	isList
)

func treeOf(n *yaml.Node) *node {
	out := &node{text: n.Value}
	switch {
	case n.Kind == yaml.MappingNode:
		out.kind = isMap
		for i := 0; i+1 < len(n.Content); i += 2 {
			out.keys = append(out.keys, n.Content[i].Value)
			out.values = append(out.values, treeOf(n.Content[i+1]))
		}
	case n.Kind == yaml.SequenceNode:
		out.kind = isList
		for _, item := range n.Content {
			out.values = append(out.values, treeOf(item))
		}
	case n.Tag == "!!int", n.Tag == "!!float":
		out.kind = isNumber
	case n.Tag == "!!bool":
		out.kind = isBool
	case n.Tag == "!!null":
		out.kind = isNull
	}
	return out
}

// At goes down by field names: At("spec", "replicas").
func (v Value) At(names ...string) Value {
	for _, name := range names {
		v = v.child(name)
	}
	return v
}

func (v Value) child(name string) Value {
	below := Value{path: strings.TrimPrefix(v.path+"."+name, ".")}
	if v.node == nil || v.node.kind != isMap {
		return below
	}
	for i, key := range v.node.keys {
		if key == name {
			below.node = v.node.values[i] // of a key given twice the last one counts
		}
	}
	return below
}

// Items are the entries of a list.
func (v Value) Items() []Value {
	if v.node == nil || v.node.kind != isList {
		return nil
	}
	out := make([]Value, len(v.node.values))
	for i, item := range v.node.values {
		out[i] = Value{node: item, path: v.path + "[" + strconv.Itoa(i) + "]"}
	}
	return out
}

// Keys are the names of a mapping, in the order of the file.
func (v Value) Keys() []string {
	if v.node == nil || v.node.kind != isMap {
		return nil
	}
	return v.node.keys
}

// Text is a scalar as it is written, "" for anything else.
func (v Value) Text() string {
	if !v.scalar() {
		return ""
	}
	return v.node.text
}

// Bool is whether the value is true; Exists tells an absent one from false.
func (v Value) Bool() bool { return v.scalar() && strings.EqualFold(v.node.text, "true") }

// Number is a whole number, and whether there is one.
func (v Value) Number() (int64, bool) {
	if !v.scalar() {
		return 0, false
	}
	n, err := strconv.ParseInt(v.node.text, 10, 64)
	return n, err == nil
}

// Texts are the scalars of a list.
func (v Value) Texts() []string {
	items := v.Items()
	out := make([]string, len(items))
	for i, item := range items {
		out[i] = item.Text()
	}
	return out
}

// Exists says whether the field is there and is not null.
func (v Value) Exists() bool { return v.node != nil && v.node.kind != isNull }

// Path is where the field stands in its object, or would stand.
func (v Value) Path() string { return v.path }

func (v Value) scalar() bool { return v.node != nil && v.node.kind <= isBool }

// Table is a mapping of scalars.
func (v Value) Table() map[string]string {
	if len(v.Keys()) == 0 {
		return nil
	}
	out := make(map[string]string, len(v.node.keys))
	for i, key := range v.node.keys {
		out[key] = v.node.values[i].text
	}
	return out
}
