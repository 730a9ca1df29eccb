package load

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

// walker fills a typed object from YAML nodes, remembers where each field stands, and tells everything wrong.
type walker struct {
	doc        *Document
	diags      diag.List
	lineOffset int
	kind       reflect.Type
	places     []place // of all fields so far
	more       int     // errors that were not told
	joined     bool    // a second object follows without a line between

	path []byte // of the field being read
	hash uint64 // of that path
}

// mark is where a walker goes back to when a field is done.
type mark struct {
	length int
	hash   uint64
}

// enter goes down to a field, which stands at the node.
func (w *walker) enter(at *yaml.Node, steps ...string) mark {
	m := mark{len(w.path), w.hash}
	for _, s := range steps {
		w.path = append(w.path, s...)
		w.hash = hashOn(w.hash, s)
	}
	w.places = append(w.places, placeOf(w.hash, at, w.lineOffset))
	return m
}

func (w *walker) leave(m mark) { w.path, w.hash = w.path[:m.length], m.hash }

// field goes down to a named field.
func (w *walker) field(at *yaml.Node, name string) mark {
	if len(w.path) == 0 {
		return w.enter(at, name)
	}
	return w.enter(at, ".", name)
}

// entry goes down to an entry of a map.
func (w *walker) entry(at *yaml.Node, name string) mark { return w.enter(at, "[", name, "]") }

// mostInObject is how many errors are told about one object: more are one mistake, told again and again.
const mostInObject = 200

// errorf tells what is wrong with the field being read.
func (w *walker) errorf(code string, at *yaml.Node, format string, args ...any) *diag.Diagnostic {
	path := string(w.path)
	if len(w.diags) >= mostInObject {
		w.more++
		return &diag.Diagnostic{Path: path}
	}
	w.doc.unread = append(w.doc.unread, path)
	w.diags = append(w.diags, diag.Diagnostic{
		Code: code, Severity: diag.Error, Path: path, Message: fmt.Sprintf(format, args...),
		Position: w.doc.position(placeOf(0, at, w.lineOffset)),
	})
	return &w.diags[len(w.diags)-1]
}

func (w *walker) failedAt(path string) bool {
	return slices.ContainsFunc(w.doc.unread, func(u string) bool { return within(path, u) })
}

// root reads the object itself.
func (w *walker) root(n *yaml.Node, into object) {
	v := reflect.ValueOf(into).Elem()
	w.kind = v.Type()
	h := headerOf(n)
	into.SetGroupVersionKind(v1alpha1.GroupVersion().WithKind(h.kind))
	if deep := tooDeep(n, maxDepth); deep != nil {
		w.errorf("SP008", deep, "the object is nested more than %d levels deep", maxDepth).WithHint("remove superfluous brackets or indentation")
		return
	}
	w.object(n, n, v)
}

// value reads a node into a variable; key is where the field's name stands. It says whether the variable was set.
func (w *walker) value(key, n *yaml.Node, v reflect.Value) bool {
	if !w.plain(key, n) {
		return false
	}
	switch v.Type() {
	case durationType:
		return w.duration(key, n, v)
	case timeType:
		return w.timestamp(key, n, v)
	case numberType:
		return w.decimal(key, n, v)
	case rawType:
		return w.raw(key, n, v)
	case metadataType:
		return w.metadata(key, n, v.Addr().Interface().(*metav1.ObjectMeta))
	}
	switch v.Kind() {
	case reflect.Pointer:
		target := reflect.New(v.Type().Elem())
		if !w.value(key, n, target.Elem()) {
			return false
		}
		v.Set(target)
		return true
	case reflect.Struct:
		return w.object(key, n, v)
	case reflect.Slice:
		return w.list(key, n, v)
	case reflect.Map:
		return w.table(key, n, v)
	default:
		return w.scalar(key, n, v)
	}
}

// object reads a mapping into a struct.
func (w *walker) object(key, n *yaml.Node, v reflect.Value) bool {
	if n.Kind != yaml.MappingNode {
		w.wrongType(key, n, "an object with fields").WithHint("the fields are %s", strings.Join(schema()[v.Type()].names, ", "))
		return false
	}
	set := schema()[v.Type()]
	top := len(w.path) == 0
	w.pairs(n, w.field, func(k, value *yaml.Node) {
		i, known := set.index[k.Value]
		switch {
		case top && (k.Value == "status" || k.Value == "apiVersion" || k.Value == "kind"):
		case !known:
			w.unknown(k, set)
		default:
			w.value(k, value, v.FieldByIndex(i))
		}
	})
	for _, name := range set.required {
		m := w.field(key, name)
		if !has(n, name) && !w.failedAt(string(w.path)) {
			w.errorf("SP019", key, "the field is missing").WithHint("add %s: a region, \"*\" for everyone else, or \"\" for clients without a locality", name)
		}
		w.leave(m)
	}
	return true
}

// list reads a sequence into a slice; an item that cannot be read stays empty, so that the others keep their numbers.
func (w *walker) list(key, n *yaml.Node, v reflect.Value) bool {
	if n.Kind != yaml.SequenceNode {
		w.wrongType(key, n, "a list").WithHint("write each entry on its own line behind a hyphen, or within [ ]")
		return false
	}
	v.Set(reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content)))
	for i, item := range n.Content {
		m := w.enter(item, "[", strconv.Itoa(i), "]")
		w.value(item, item, v.Index(i))
		w.leave(m)
	}
	return true
}

// table reads a mapping into a map.
func (w *walker) table(key, n *yaml.Node, v reflect.Value) bool {
	if n.Kind != yaml.MappingNode {
		w.wrongType(key, n, "an object with names and values").WithHint("such as {NAME: VALUE}")
		return false
	}
	v.Set(reflect.MakeMapWithSize(v.Type(), len(n.Content)/2))
	w.pairs(n, w.entry, func(k, value *yaml.Node) {
		item := reflect.New(v.Type().Elem()).Elem()
		w.value(k, value, item)
		v.SetMapIndex(reflect.ValueOf(k.Value), item)
	})
	return true
}

// pairs goes down to each field of a mapping, and refuses names that are not plain or come twice.
func (w *walker) pairs(n *yaml.Node, down func(key *yaml.Node, name string) mark, visit func(key, value *yaml.Node)) {
	seen := map[string]int(nil)
	if len(n.Content) > manyFields {
		seen = make(map[string]int, len(n.Content)/2)
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		switch {
		case key.Tag == mergeTag:
			w.errorf("SP007", key, "the merge key << is not allowed").WithHint("write the values out")
			continue
		case key.Kind != yaml.ScalarNode || key.Tag == nullTag:
			w.errorf("SP011", key, "the name of a field is %s, not text", describe(key)).WithHint("write a plain name, a colon and the value")
			continue
		case key.Anchor != "":
			w.errorf("SP007", key, "anchors are not allowed").WithHint("write the value out where it is used")
		}
		m := down(key, key.Value)
		if first := firstOf(n, i, seen); first != nil {
			w.twice(key, first)
		} else {
			visit(key, n.Content[i+1])
		}
		w.leave(m)
	}
}

// manyFields is from where on a map finds duplicates faster than looking.
const manyFields = 64

// twice tells of a field that is there already. A second apiVersion is a second object, and all of its fields come twice:
// it is told once.
func (w *walker) twice(key, first *yaml.Node) {
	top := string(w.path) == key.Value
	if top && w.joined {
		return
	}
	d := w.errorf("SP009", key, "the field is given twice, first in line %d", first.Line+w.lineOffset).WithHint("keep one of the two")
	if top && key.Value == "apiVersion" {
		w.joined = true
		d.WithHint("begin the second object with a line ---, or keep one of the two")
	}
}

// firstOf finds an earlier field of the same name.
func firstOf(n *yaml.Node, i int, seen map[string]int) *yaml.Node {
	name := n.Content[i].Value
	if seen != nil {
		if j, found := seen[name]; found {
			return n.Content[j]
		}
		seen[name] = i
		return nil
	}
	for j := 0; j < i; j += 2 {
		if n.Content[j].Value == name {
			return n.Content[j]
		}
	}
	return nil
}

func has(n *yaml.Node, name string) bool {
	for i := 0; i < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			return true
		}
	}
	return false
}

// unknown tells about a field that does not exist here, and which one was probably meant.
func (w *walker) unknown(key *yaml.Node, set *fieldSet) {
	d := w.errorf("SP010", key, "there is no field %s here", quote(key.Value))
	w.hintUnknown(d, key.Value, set.names)
}

func (w *walker) hintUnknown(d *diag.Diagnostic, name string, here []string) {
	if meant, found := diag.Closest(name, here); found {
		d.WithHint("did you mean %s?", meant)
		if w.more == 0 {
			w.doc.unread = append(w.doc.unread, strings.TrimSuffix(d.Path, name)+meant)
		}
		return
	}
	if elsewhere := owners(name, w.kind); len(elsewhere) > 0 && len(elsewhere) <= 3 {
		d.WithHint("%s is a field of %s", name, strings.Join(parents(elsewhere), " and "))
		return
	}
	d.WithHint("the fields here are %s", strings.Join(here, ", "))
}

func parents(paths []string) []string {
	out := make([]string, 0, len(paths))
	for _, p := range paths {
		if i := strings.LastIndexByte(p, '.'); i >= 0 {
			out = append(out, p[:i])
		} else {
			out = append(out, "the object itself")
		}
	}
	return out
}

// maxDepth is more than any object of ours needs.
const maxDepth = 32

// tooDeep finds a node more than so many levels down.
func tooDeep(n *yaml.Node, levels int) *yaml.Node {
	if levels == 0 {
		return n
	}
	for _, c := range n.Content {
		if found := tooDeep(c, levels-1); found != nil {
			return found
		}
	}
	return nil
}
