package render

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// Block is a block of Terraform's language: its type, its labels and what is in it. Values are those of a Map, and a Block,
// Blocks or an Expression.
type Block struct {
	Type    string
	Labels  []string
	Comment string
	Body    Map
}

// Blocks are several blocks of one name within another block.
type Blocks []Map

// Nested is one block within another.
type Nested Map

// Expression is written as it is, such as a reference to another resource.
type Expression string

// HCL appends blocks as `terraform fmt` would leave them: an empty line between blocks, the equals signs of neighbouring
// attributes below each other.
func HCL(dst []byte, blocks ...Block) []byte {
	for i, b := range blocks {
		if i > 0 {
			dst = append(dst, '\n')
		}
		dst = appendComment(dst, b.Comment, 0)
		dst = append(dst, b.Type...)
		for _, label := range b.Labels {
			dst = append(dst, ' ')
			dst = appendHCLString(dst, label)
		}
		dst = append(dst, " {\n"...)
		dst = appendBody(dst, b.Body, 1)
		dst = append(dst, "}\n"...)
	}
	return dst
}

func appendComment(dst []byte, comment string, depth int) []byte {
	if comment == "" {
		return dst
	}
	for line := range strings.SplitSeq(comment, "\n") {
		dst = append(appendIndent(dst, depth), strings.TrimRight("# "+line, " ")+"\n"...)
	}
	return dst
}

func appendIndent(dst []byte, depth int) []byte {
	for range depth {
		dst = append(dst, "  "...)
	}
	return dst
}

// appendBody writes attributes and blocks. A run of attributes on one line each shares the column of its equals signs; a
// comment, a block or a value on several lines ends a run.
func appendBody(dst []byte, m Map, depth int) []byte {
	for i := 0; i < len(m); {
		if bodies, is := blocksOf(m[i].Value); is {
			for n, body := range bodies {
				if i > 0 || n > 0 {
					dst = append(dst, '\n')
				}
				dst = appendComment(dst, m[i].Comment, depth)
				dst = append(append(appendIndent(dst, depth), m[i].Key...), " {\n"...)
				dst = append(appendIndent(appendBody(dst, body, depth+1), depth), "}\n"...)
			}
			i++
			continue
		}
		if _, after := blocksOf(m[max(i-1, 0)].Value); after {
			dst = append(dst, '\n')
		}
		end, width := run(m, i)
		for ; i < end; i++ {
			dst = appendComment(dst, m[i].Comment, depth)
			dst = append(appendIndent(dst, depth), hclKey(m[i].Key)...)
			for range width - utf8.RuneCountInString(hclKey(m[i].Key)) {
				dst = append(dst, ' ')
			}
			dst = append(dst, " = "...)
			dst = append(appendHCL(dst, m[i].Value, depth), '\n')
		}
	}
	return dst
}

func blocksOf(v any) ([]Map, bool) {
	switch v := v.(type) {
	case Nested:
		return []Map{Map(v)}, true
	case Blocks:
		return v, true
	default:
		return nil, false
	}
}

// run is where a run of attributes that begins at i ends, and how wide its names are.
func run(m Map, i int) (end, width int) {
	for end = i; end < len(m); end++ {
		_, block := blocksOf(m[end].Value)
		if block || end > i && (m[end].Comment != "" || severalLines(m[end].Value)) {
			return end, width
		}
		width = max(width, utf8.RuneCountInString(hclKey(m[end].Key)))
		if severalLines(m[end].Value) {
			return end + 1, width
		}
	}
	return end, width
}

func severalLines(v any) bool {
	switch v := v.(type) {
	case Map:
		return len(v) > 0
	case map[string]string:
		return len(v) > 0
	case List:
		return len(v) > 0
	default:
		return false
	}
}

var plainKey = regexp.MustCompile(`\A[A-Za-z_][A-Za-z0-9_-]*\z`)

func hclKey(key string) string {
	if plainKey.MatchString(key) {
		return key
	}
	return string(appendHCLString(nil, key))
}

func appendHCL(dst []byte, v any, depth int) []byte {
	switch v := v.(type) {
	case Expression:
		return append(dst, v...)
	case string:
		return appendHCLString(dst, v)
	case Map:
		if len(v) == 0 {
			return append(dst, "{}"...)
		}
		dst = append(dst, "{\n"...)
		return append(appendIndent(appendBody(dst, v, depth+1), depth), '}')
	case map[string]string:
		return appendHCL(dst, Map(Sorted(v)), depth)
	case Flow:
		dst = append(dst, '[')
		for i, e := range v {
			if i > 0 {
				dst = append(dst, ", "...)
			}
			dst = appendHCL(dst, e, depth)
		}
		return append(dst, ']')
	case List:
		dst = append(dst, "[\n"...)
		for _, e := range v {
			dst = append(appendHCL(appendIndent(dst, depth+1), e, depth+1), ",\n"...)
		}
		return append(appendIndent(dst, depth), ']')
	case bool, int, int32, int64, float64:
		return appendPlain(dst, v)
	default:
		return appendHCLString(dst, stringOf(v))
	}
}

// appendHCLString quotes a text; templates within it are taken literally.
func appendHCLString(dst []byte, s string) []byte {
	s = string(appendJSONString(nil, s))
	s = strings.ReplaceAll(strings.ReplaceAll(s, "${", "$${"), "%{", "%%{")
	return append(dst, s...)
}
