// Package mend changes single fields in YAML files and leaves everything else as it is: comments, order, quotes, blank lines.
// What it cannot change safely, it leaves alone and says so.
//
// It imports analyze, for the edits, and a YAML parser. Start reading at File, then at document.set.
package mend

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/spillway-mesh/spillway/pkg/analyze"
)

// File applies edits of objects in one file to its text. It returns those that it could not apply.
func File(text []byte, edits []analyze.Edit) (mended []byte, left []analyze.Edit) {
	edits = once(edits)
	// The last object first, and in it the order of the rules: places further up stay where they are.
	slices.SortStableFunc(edits, func(a, b analyze.Edit) int {
		x, y := a.Object.Source.Locate(""), b.Object.Source.Locate("")
		return cmp.Or(cmp.Compare(y.Line, x.Line), cmp.Compare(y.Column, x.Column))
	})
	for _, e := range edits {
		at := e.Object.Source.Locate("")
		start, end := documentAt(text, at.Line)
		d := document{text: text[start:end]}
		above := bytes.Count(text[:start], []byte("\n"))
		if !d.parse(at.Line-above, at.Column) || !d.apply(e) || !d.still(at.Line-above, at.Column) {
			left = append(left, e)
			continue
		}
		text = slices.Concat(text[:start], d.text, text[end:])
	}
	return text, left
}

// once leaves out edits of a field that has one already: the first rule wins.
func once(edits []analyze.Edit) []analyze.Edit {
	type place struct {
		object any
		path   string
	}
	seen := map[place]bool{}
	return slices.DeleteFunc(slices.Clone(edits), func(e analyze.Edit) bool {
		key := place{e.Object, e.Path}
		defer func() { seen[key] = true }()
		return seen[key]
	})
}

// documentAt finds the document around a line: from one marker --- to the next.
func documentAt(text []byte, line int) (start, end int) {
	at, number := 0, 1
	for at < len(text) {
		next := len(text)
		if i := bytes.IndexByte(text[at:], '\n'); i >= 0 {
			next = at + i + 1
		}
		if bytes.HasPrefix(text[at:], []byte("---")) {
			if number > line {
				return start, at
			}
			start = at
		}
		at, number = next, number+1
	}
	return start, len(text)
}

// document is the text of one document and the object in it.
type document struct {
	text   []byte
	object *yaml.Node
}

// parse reads the document and finds the object that begins at a place.
func (d *document) parse(line, column int) bool {
	var root yaml.Node
	if err := yaml.Unmarshal(d.text, &root); err != nil || len(root.Content) == 0 {
		return false
	}
	d.object = mappingAt(root.Content[0], line, column)
	return d.object != nil
}

// still says whether the document is as readable as before.
func (d *document) still(line, column int) bool { return d.parse(line, column) }

func mappingAt(n *yaml.Node, line, column int) *yaml.Node {
	if n.Kind == yaml.MappingNode && n.Line == line && n.Column == column {
		return n
	}
	for _, c := range n.Content {
		if found := mappingAt(c, line, column); found != nil {
			return found
		}
	}
	return nil
}

func (d *document) apply(e analyze.Edit) bool {
	steps := parsePath(e.Path)
	if e.Remove {
		return d.remove(steps)
	}
	return d.set(steps, e.Value)
}

// set gives a field a value, and adds it with all that is missing above it.
func (d *document) set(steps []string, value string) bool {
	at := d.object
	for i, step := range steps {
		key, next := child(at, step)
		switch {
		case next == nil && at.Kind == yaml.MappingNode:
			return d.insert(at, steps[i:], value)
		case next == nil:
			return false
		case i == len(steps)-1:
			return d.replace(next, value)
		case key != nil && next.Kind == yaml.ScalarNode:
			return false // a name without fields behind it
		}
		at = next
	}
	return false
}

// child is the value behind a step, and its key if it is a field.
func child(n *yaml.Node, step string) (key, value *yaml.Node) {
	if n.Kind == yaml.SequenceNode {
		if i, err := strconv.Atoi(step); err == nil && i < len(n.Content) {
			return nil, n.Content[i]
		}
		return nil, nil
	}
	for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == step {
			return n.Content[i], n.Content[i+1]
		}
	}
	return nil, nil
}

// replace writes another value over one that stands on one line.
func (d *document) replace(n *yaml.Node, value string) bool {
	if n.Kind != yaml.ScalarNode || n.Style&(yaml.LiteralStyle|yaml.FoldedStyle|yaml.TaggedStyle) != 0 || n.Anchor != "" {
		return false
	}
	start := d.offset(n)
	raw := n.Value
	switch {
	case n.Style&yaml.DoubleQuotedStyle != 0:
		raw = `"` + raw + `"`
	case n.Style&yaml.SingleQuotedStyle != 0:
		raw = "'" + raw + "'"
	}
	if !bytes.HasPrefix(d.text[start:], []byte(raw)) {
		return false // it has escapes, or goes on over lines
	}
	d.splice(start, start+len(raw), value)
	return true
}

// insert adds fields at the beginning of a mapping: what stands there decides how it is written.
func (d *document) insert(n *yaml.Node, steps []string, value string) bool {
	for i := len(steps) - 1; i > 0; i-- {
		if _, err := strconv.Atoi(steps[i]); err == nil {
			return false // an entry of a list that is not there
		}
		value = "{" + quoted(steps[i]) + ": " + value + "}"
	}
	field := quoted(steps[0]) + ": " + value
	if n.Style&yaml.FlowStyle != 0 {
		start := d.offset(n) + 1
		if len(n.Content) > 0 {
			field += ", "
		}
		d.splice(start, start, field)
		return true
	}
	if len(n.Content) == 0 {
		return false
	}
	first := n.Content[0]
	start := d.offset(first)
	d.splice(start, start, field+"\n"+strings.Repeat(" ", first.Column-1))
	return true
}

// remove takes out a field with a plain value that has its line to itself.
func (d *document) remove(steps []string) bool {
	at := d.object
	for i, step := range steps {
		key, next := child(at, step)
		if next == nil {
			return false
		}
		if i < len(steps)-1 {
			at = next
			continue
		}
		if key == nil || next.Kind != yaml.ScalarNode || next.Line != key.Line || at.Style&yaml.FlowStyle != 0 {
			return false
		}
		start := d.offset(key) - (key.Column - 1)
		if len(bytes.TrimSpace(d.text[start:d.offset(key)])) > 0 {
			return false
		}
		end := len(d.text)
		if i := bytes.IndexByte(d.text[start:], '\n'); i >= 0 {
			end = start + i + 1
		}
		d.splice(start, end, "")
		return true
	}
	return false
}

// offset is where a node begins in the text; columns are counted in characters.
func (d *document) offset(n *yaml.Node) int {
	at := 0
	for range n.Line - 1 {
		at += bytes.IndexByte(d.text[at:], '\n') + 1
	}
	column := 1
	for i := range string(d.text[at:]) {
		if column == n.Column {
			return at + i
		}
		column++
	}
	return len(d.text)
}

func (d *document) splice(start, end int, with string) {
	d.text = slices.Concat(d.text[:start], []byte(with), d.text[end:])
}

// parsePath reads spec.ports[0].name and metadata.annotations[a.b/c].
func parsePath(path string) []string {
	var out []string
	for path != "" {
		switch i := strings.IndexAny(path, ".["); {
		case path[0] == '[':
			key, rest, _ := strings.Cut(path[1:], "]")
			out, path = append(out, key), strings.TrimPrefix(rest, ".")
		case i < 0:
			return append(out, path)
		default:
			out = append(out, path[:i])
			path = strings.TrimPrefix(path[i:], ".")
		}
	}
	return out
}

// quoted is a name as a key: those of fields are plain.
func quoted(name string) string {
	if strings.ContainsAny(name, ":#{}[],&*!|>'\"%@` ") {
		return strconv.Quote(name)
	}
	return name
}
