package load

import (
	"slices"
	"strconv"

	"go.yaml.in/yaml/v3"

	"github.com/spillway-mesh/spillway/pkg/diag"
)

// Other is an object of a kind that is not of spillway.dev, as it stands in the file.
type Other struct {
	APIVersion string
	Kind       string
	Root       *yaml.Node // without aliases, anchors and merge keys: they are expanded
	Source     *Document
}

// mostNodes is to how many values an object may expand. The largest real ones, bundles of resources in a ConfigMap or a
// CustomResourceDefinition, have some ten thousand.
const mostNodes = 1_000_000

// other hands over an object of another kind. What other people write has anchors and merge keys, which the API server
// does not see either: they are expanded, within bounds.
func (r *reader) other(h header, root *yaml.Node, lineOffset int) {
	if h.kind == "" || h.apiVersion == "" {
		return
	}
	if isTemplate(root) {
		r.diags = append(r.diags, templateNote(r.source.name, root.Line+lineOffset))
		return
	}
	if deep := tooDeep(root, maxDepthOthers); deep != nil {
		r.errorAt(root, lineOffset, "SP008", "the object is nested more than %d levels deep", maxDepthOthers).
			WithHint("remove superfluous brackets or indentation")
		return
	}
	e := expander{left: mostNodes, open: map[*yaml.Node]bool{}}
	if needsExpanding(root) {
		root = e.expand(root)
	}
	if e.failed {
		r.errorAt(root, lineOffset, "SP007", "the aliases of the object expand to more than %d values", mostNodes).
			WithHint("write the values out where they are used")
		return
	}
	doc := &Document{File: r.source.name, start: placeOf(hashStart, root, lineOffset), plain: true}
	doc.Object = h.kind
	i := indexer{lineOffset: lineOffset, places: r.places[:0]}
	i.mapping(root, hashStart, true)
	doc.keep(i.places)
	r.places = i.places
	made := r.options.Others(&Other{APIVersion: h.apiVersion, Kind: h.kind, Root: root, Source: doc})
	if made != nil {
		r.out.Others = append(r.out.Others, made)
	}
}

// maxDepthOthers is more than any object has; schemas of CustomResourceDefinitions are the deepest.
const maxDepthOthers = 200

// indexer notes where each field stands.
type indexer struct {
	lineOffset int
	places     []place
}

func (i *indexer) mapping(n *yaml.Node, hash uint64, top bool) {
	for at := 0; at+1 < len(n.Content); at += 2 {
		key, value := n.Content[at], n.Content[at+1]
		below := hash
		if !top {
			below = hashOn(below, ".")
		}
		below = hashOn(below, key.Value)
		i.places = append(i.places, placeOf(below, key, i.lineOffset))
		i.value(value, below)
	}
}

func (i *indexer) value(n *yaml.Node, hash uint64) {
	switch n.Kind {
	case yaml.MappingNode:
		i.mapping(n, hash, false)
	case yaml.SequenceNode:
		for index, item := range n.Content {
			below := hashOn(hashOn(hashOn(hash, "["), strconv.Itoa(index)), "]")
			i.places = append(i.places, placeOf(below, item, i.lineOffset))
			i.value(item, below)
		}
	default: // a scalar has nothing below it
	}
}

// needsExpanding says whether there is an alias or a merge key; most files have none.
func needsExpanding(n *yaml.Node) bool {
	if n.Kind == yaml.AliasNode || n.Tag == mergeTag {
		return true
	}
	return slices.ContainsFunc(n.Content, needsExpanding)
}

// expander replaces aliases by what they stand for, and merge keys by the fields they bring.
type expander struct {
	left   int
	open   map[*yaml.Node]bool // anchors being expanded: one within itself has no end
	failed bool
}

func (e *expander) expand(n *yaml.Node) *yaml.Node {
	if e.left--; e.left < 0 || e.failed {
		e.failed = true
		return n
	}
	if n.Kind == yaml.AliasNode {
		if e.open[n.Alias] {
			e.failed = true
			return n
		}
		e.open[n.Alias] = true
		defer delete(e.open, n.Alias)
		copied := *e.expand(n.Alias)
		copied.Anchor, copied.Line, copied.Column = "", n.Line, n.Column
		return &copied
	}
	if len(n.Content) == 0 {
		return n
	}
	out := *n
	out.Anchor = ""
	out.Content = make([]*yaml.Node, 0, len(n.Content))
	if n.Kind != yaml.MappingNode {
		for _, item := range n.Content {
			out.Content = append(out.Content, e.expand(item))
		}
		return &out
	}
	var merged []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], e.expand(n.Content[i+1])
		switch {
		case key.Tag != mergeTag:
			out.Content = append(out.Content, key, value)
		case value.Kind == yaml.SequenceNode:
			merged = append(merged, value.Content...)
		default:
			merged = append(merged, value)
		}
	}
	for _, m := range merged {
		out.Content = append(out.Content, missing(&out, m)...)
	}
	return &out
}

// missing is the fields of a merged mapping that are not there yet: those written out win.
func missing(into, from *yaml.Node) []*yaml.Node {
	var add []*yaml.Node
	for i := 0; from.Kind == yaml.MappingNode && i+1 < len(from.Content); i += 2 {
		if !has(into, from.Content[i].Value) {
			add = append(add, from.Content[i], from.Content[i+1])
		}
	}
	return add
}

// isTemplate says whether an object is named by something like {{ .Values.name }}, which is YAML too: a mapping.
func isTemplate(root *yaml.Node) bool {
	for i := 0; i+1 < len(root.Content); i += 2 {
		if root.Content[i].Value != "metadata" {
			continue
		}
		m := root.Content[i+1]
		for j := 0; j+1 < len(m.Content); j += 2 {
			if key := m.Content[j].Value; (key == "name" || key == "namespace") && m.Content[j+1].Kind == yaml.MappingNode {
				return true
			}
		}
	}
	return false
}

// templateNote tells of a file that becomes YAML only later.
func templateNote(file string, line int) diag.Diagnostic {
	return diag.Diagnostic{
		Code: "SP021", Severity: diag.Note, Position: diag.Position{File: file, Line: line, Column: 1},
		Message: "a template was passed over, since it is no YAML yet", Hint: "give what the template program prints, such as helm template",
	}
}
