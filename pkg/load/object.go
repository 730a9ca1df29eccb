package load

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

// header is what tells one kind of object from another.
type header struct {
	apiVersion, kind     string
	apiVersionAt, kindAt *yaml.Node // nil if missing
	items, spec          *yaml.Node
}

func headerOf(n *yaml.Node) header {
	var h header
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch key.Value {
		case "apiVersion":
			h.apiVersion, h.apiVersionAt = text(value), key
		case "kind":
			h.kind, h.kindAt = text(value), key
		case "items":
			h.items = value
		case "spec":
			h.spec = value
		}
	}
	return h
}

// text is a scalar's value; anything else has none.
func text(n *yaml.Node) string {
	if n.Kind != yaml.ScalarNode || n.Tag == nullTag {
		return ""
	}
	return n.Value
}

func (h header) group() string {
	group, _, found := strings.Cut(h.apiVersion, "/")
	if !found {
		return ""
	}
	return group
}

// looksOurs says whether a document without a full header was probably meant for us.
func (h header) looksOurs() bool {
	if h.group() == v1alpha1.Group || slices.Contains(kinds(), h.kind) {
		return true
	}
	if h.apiVersion != "" || h.kind != "" || h.spec == nil || h.spec.Kind != yaml.MappingNode {
		return false
	}
	for i := 0; i < len(h.spec.Content); i += 2 {
		if key := h.spec.Content[i].Value; key == "endpoints" || key == "failover" || key == "vipCIDR" {
			return true
		}
	}
	return false
}

// kinds are those this release reads.
func kinds() []string {
	return []string{
		v1alpha1.KindExternalFailover, v1alpha1.KindClusterFailover, v1alpha1.KindClusterHealth, v1alpha1.KindPlatform,
	}
}

// document reads one document, or each item of a list.
func (r *reader) document(root *yaml.Node, lineOffset int) {
	if root.Kind == yaml.ScalarNode && root.Tag == nullTag {
		return
	}
	r.objects++
	if root.Kind != yaml.MappingNode {
		if r.options.Others == nil || !r.source.found { // otherwise it is another program's
			r.errorAt(root, lineOffset, "SP011", "the document is %s, not an object", describe(root)).
				WithHint("begin it with apiVersion: %s and its kind", v1alpha1.GroupVersion())
		}
		return
	}
	h := headerOf(root)
	if h.items != nil && h.items.Kind == yaml.SequenceNode && r.isList(h) {
		for _, item := range h.items.Content {
			r.document(item, lineOffset)
		}
		return
	}
	if r.ours(h, root, lineOffset) {
		r.object(h.kind, root, lineOffset)
	}
}

// object reads an object of ours.
func (r *reader) object(kind string, root *yaml.Node, lineOffset int) {
	switch kind {
	case v1alpha1.KindExternalFailover:
		x := new(v1alpha1.ExternalFailover)
		doc := r.walk(root, lineOffset, x)
		r.out.Failovers = append(r.out.Failovers, Failover{Object: x, Source: doc})
	case v1alpha1.KindClusterFailover:
		x := new(v1alpha1.ClusterFailover)
		doc := r.walk(root, lineOffset, x)
		r.out.Fleets = append(r.out.Fleets, Fleet{Object: x, Source: doc})
	case v1alpha1.KindClusterHealth:
		x := new(v1alpha1.ClusterHealth)
		doc := r.walk(root, lineOffset, x)
		r.out.Healths = append(r.out.Healths, Health{Object: x, Source: doc})
	case v1alpha1.KindPlatform:
		p := new(v1alpha1.Platform)
		doc := r.walk(root, lineOffset, p)
		r.out.Platforms = append(r.out.Platforms, Platform{Object: p, Source: doc})
	}
}

// isList says whether a document is a list as kubectl prints it, or one of our kinds; where others are read, of any kind.
func (r *reader) isList(h header) bool {
	return r.options.Others != nil && strings.HasSuffix(h.kind, "List") || h.apiVersion == "v1" && h.kind == "List" ||
		h.group() == v1alpha1.Group && slices.Contains(kinds(), strings.TrimSuffix(h.kind, "List"))
}

// ours decides from the header whether the object is one to read, and says what is wrong with it or passes it over.
func (r *reader) ours(h header, root *yaml.Node, lineOffset int) bool {
	want := v1alpha1.GroupVersion().String()
	switch {
	case h.apiVersion == want && slices.Contains(kinds(), h.kind):
		return true
	case h.apiVersion == want && h.kind == "" || h.apiVersion == "" && slices.Contains(kinds(), h.kind):
		missing := "kind"
		if h.apiVersion == "" {
			missing = "apiVersion"
		}
		r.errorAt(root, lineOffset, "SP014", "%s is missing", missing).
			WithHint("add %s", addition(missing))
	case h.group() == v1alpha1.Group && h.apiVersion != want:
		r.errorAt(h.apiVersionAt, lineOffset, "SP016", "this release does not know apiVersion %s", quote(h.apiVersion)).
			WithHint("write apiVersion: %s, or use a release that knows it", want)
	case h.group() == v1alpha1.Group:
		r.unknownKind(h, lineOffset)
	case h.kind == v1alpha1.KindExternalFailover:
		r.errorAt(h.apiVersionAt, lineOffset, "SP016", "kind %s is of %s, not of %s", h.kind, want, quote(h.apiVersion)).
			WithHint("write apiVersion: %s", want)
	case h.apiVersion == "" || h.kind == "":
		r.headless(h, root, lineOffset)
	default:
		r.skip(h, root, lineOffset)
	}
	return false
}

// unknownKind is a kind that our group does not have, or not yet.
func (r *reader) unknownKind(h header, lineOffset int) {
	d := r.errorAt(h.kindAt, lineOffset, "SP015", "this release does not know kind %s of %s", quote(h.kind), v1alpha1.GroupVersion())
	if meant, found := diag.Closest(h.kind, kinds()); found {
		d.WithHint("did you mean %s?", meant)
		return
	}
	d.WithHint("the kinds are %s", strings.Join(kinds(), ", "))
}

// headless is a document that does not say what it is. In a folder that is mostly a file of another tool; named by the
// user, or with fields of ours, it is a mistake.
func (r *reader) headless(h header, root *yaml.Node, lineOffset int) {
	if (r.source.found || r.options.Others != nil) && !h.looksOurs() {
		r.skip(h, root, lineOffset)
		return
	}
	missing := "kind is"
	switch {
	case h.apiVersion == "" && h.kind == "":
		missing = "apiVersion and kind are"
	case h.apiVersion == "":
		missing = "apiVersion is"
	}
	d := r.errorAt(root, lineOffset, "SP014", "%s missing", missing)
	if h.kind != "" {
		d.WithHint("add the apiVersion of kind %s", shorten(h.kind))
		return
	}
	d.WithHint("begin the document with apiVersion: %s and kind: %s", v1alpha1.GroupVersion(), v1alpha1.KindExternalFailover)
}

func addition(missing string) string {
	if missing == "kind" {
		return "kind: " + v1alpha1.KindExternalFailover
	}
	return "apiVersion: " + v1alpha1.GroupVersion().String()
}

func (r *reader) skip(h header, root *yaml.Node, lineOffset int) {
	if r.options.Others != nil {
		r.other(h, root, lineOffset)
		return
	}
	r.out.Skipped = append(r.out.Skipped, Skipped{
		APIVersion: h.apiVersion, Kind: h.kind, Position: r.at(root, lineOffset),
	})
}

// errorAt adds an error about a whole document.
func (r *reader) errorAt(n *yaml.Node, lineOffset int, code, format string, args ...any) *diag.Diagnostic {
	d := r.diags.Errorf(nil, code, format, args...)
	d.Position = r.at(n, lineOffset)
	return d
}

func (r *reader) at(n *yaml.Node, lineOffset int) diag.Position {
	return diag.Position{File: r.source.name, Line: n.Line + lineOffset, Column: n.Column}
}

// walk fills the object from its node, and says what could not be filled.
func (r *reader) walk(root *yaml.Node, lineOffset int, into object) *Document {
	doc := &Document{File: r.source.name, start: placeOf(hashStart, root, lineOffset)}
	w := walker{doc: doc, lineOffset: lineOffset, hash: hashStart, places: r.places[:0]}
	w.root(root, into)
	if w.more > 0 {
		w.diags.Errorf(nil, "SP020", "%d further errors in this object are not listed", w.more).
			WithHint("correct those listed first").Position = doc.position(doc.start)
	}
	kind := into.GroupVersionKind().Kind
	if kind != v1alpha1.KindPlatform && into.GetNamespace() == "" && !w.failedAt("metadata.namespace") {
		into.SetNamespace(r.options.Namespace)
	}
	doc.Object = strings.TrimSuffix(fmt.Sprintf("%s %s", kind, objectName(into)), " ")
	doc.keep(w.places)
	r.places = w.places
	r.diags = append(r.diags, w.diags.About(doc.Object)...)
	return doc
}

func objectName(o object) string {
	if o.GetName() == "" {
		return ""
	}
	return strings.TrimPrefix(o.GetNamespace()+"/"+o.GetName(), "/")
}
