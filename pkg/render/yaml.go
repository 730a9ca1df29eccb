package render

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
)

// Options say how YAML is written. The zero value writes everything.
type Options struct {
	// NoComments drops the comments above the values.
	NoComments bool
}

// YAML appends m to dst as one YAML document in block style, without a document marker, and returns the result. Fields
// whose value is nil are left out. Besides the values that Map names, a map[string]string is written sorted by key, and
// anything else as the string that fmt makes of it, such as 10s for a duration. YAML's readers take keys of up to 1024
// characters, escapes included.
func YAML(dst []byte, m Map, o Options) []byte {
	e := emitter{out: dst, comments: !o.NoComments}
	if empty(m) {
		return append(e.out, "{}\n"...)
	}
	e.fields(m, 0, false)
	return e.out
}

// Strings is a list of strings on one line.
func Strings(values ...string) Flow {
	out := make(Flow, len(values))
	for i, v := range values {
		out[i] = v
	}
	return out
}

// emitter appends to out; every method that writes a value starts right behind "key:" or "-" and ends with a newline.
type emitter struct {
	out      []byte
	comments bool
}

// fields writes the fields of a mapping that is not empty. With inItem the first one stands behind "- ", and its
// comment was written above that.
func (e *emitter) fields(m []Field, indent int, inItem bool) {
	for _, f := range m {
		if f.Value == nil {
			continue
		}
		if !inItem {
			e.comment(f.Comment, indent)
			e.pad(indent)
		}
		inItem = false
		e.out = appendScalar(e.out, f.Key, flowContext)
		e.out = append(e.out, ':')
		e.value(f.Value, indent)
	}
}

// value writes what follows "key:" of a mapping at the indent.
func (e *emitter) value(v any, indent int) {
	switch v := v.(type) {
	case Map:
		if empty(v) {
			e.raw(" {}\n")
			return
		}
		e.raw("\n")
		e.fields(v, indent+2, false)
	case map[string]string:
		e.value(Sorted(v), indent)
	case List:
		if len(v) == 0 {
			e.raw(" []\n")
			return
		}
		e.raw("\n")
		e.items(v, indent)
	case Item:
		e.value(v.Value, indent)
	default:
		e.raw(" ")
		e.leaf(v, indent)
	}
}

func (e *emitter) items(l List, indent int) {
	for _, v := range l {
		if it, ok := v.(Item); ok {
			e.comment(it.Comment, indent)
			v = it.Value
		}
		if m, ok := v.(map[string]string); ok {
			v = Sorted(m)
		}
		m, isMap := v.(Map)
		nested, isList := v.(List)
		switch {
		case isMap && !empty(m):
			e.comment(firstComment(m), indent)
			e.pad(indent)
			e.raw("- ")
			e.fields(m, indent+2, true)
		case isList && len(nested) > 0:
			e.pad(indent)
			e.raw("-\n")
			e.items(nested, indent+2)
		default:
			e.pad(indent)
			e.raw("-")
			e.value(v, indent)
		}
	}
}

// leaf writes a value that stands on the line of its key, or a literal block below it.
func (e *emitter) leaf(v any, indent int) {
	if s, ok := v.(string); ok && literal(s) {
		e.block(s, indent+2)
		return
	}
	e.inline(v, blockContext)
	e.raw("\n")
}

func (e *emitter) inline(v any, c context) {
	switch v := v.(type) {
	case Inline:
		e.raw("{")
		sep := ""
		for _, f := range v {
			if f.Value == nil {
				continue
			}
			e.raw(sep)
			sep = ", "
			e.out = appendScalar(e.out, f.Key, flowContext)
			e.raw(": ")
			e.inline(f.Value, flowContext)
		}
		e.raw("}")
	case Flow:
		e.sequence(v)
	case List:
		e.sequence(v)
	case Map:
		e.inline(Inline(v), flowContext)
	case map[string]string:
		e.inline(Inline(Sorted(v)), flowContext)
	case Item:
		e.inline(v.Value, c)
	case string:
		e.out = appendScalar(e.out, v, c)
	case nil:
		e.raw("null")
	default:
		e.out = appendNumber(e.out, v, c)
	}
}

func (e *emitter) sequence(values []any) {
	e.raw("[")
	for i, v := range values {
		if i > 0 {
			e.raw(", ")
		}
		e.inline(v, flowContext)
	}
	e.raw("]")
}

// block writes a literal: "|" keeps the newline at the end, "|-" says there is none.
func (e *emitter) block(s string, indent int) {
	if body, ok := strings.CutSuffix(s, "\n"); ok {
		e.raw("|\n")
		s = body
	} else {
		e.raw("|-\n")
	}
	for line := range strings.SplitSeq(s, "\n") {
		if line != "" {
			e.pad(indent)
		}
		e.raw(line)
		e.raw("\n")
	}
}

func (e *emitter) comment(text string, indent int) {
	if text == "" || !e.comments {
		return
	}
	for line := range strings.SplitSeq(text, "\n") {
		e.pad(indent)
		e.raw("# ")
		e.raw(printable(line))
		e.raw("\n")
	}
}

func (e *emitter) raw(s string) { e.out = append(e.out, s...) }

func (e *emitter) pad(n int) {
	for range n {
		e.out = append(e.out, ' ')
	}
}

// Sorted is a mapping with the keys of m in order.
func Sorted(m map[string]string) Map {
	out := make(Map, 0, len(m))
	for _, k := range slices.Sorted(maps.Keys(m)) {
		out = append(out, Field{Key: k, Value: m[k]})
	}
	return out
}

func empty(m []Field) bool {
	return !slices.ContainsFunc(m, func(f Field) bool { return f.Value != nil })
}

func firstComment(m []Field) string {
	for _, f := range m {
		if f.Value != nil {
			return f.Comment
		}
	}
	return ""
}

// printable keeps a comment a comment, whatever name of a user's it quotes.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, s)
}

func stringOf(v any) string { return fmt.Sprint(v) }
