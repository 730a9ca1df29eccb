package render

import (
	"math"
	"strconv"
	"unicode/utf8"
)

// JSON appends v, a Map or any value that it may hold, to dst as JSON with the keys in the same order as in YAML and
// returns the result. Each level is indented by two spaces, the first line not at all; comments are dropped.
func JSON(dst []byte, v any) []byte { return appendJSON(dst, v, 0) }

func appendJSON(dst []byte, v any, indent int) []byte {
	switch v := v.(type) {
	case Map:
		return appendObject(dst, v, indent)
	case Inline:
		return appendObject(dst, v, indent)
	case map[string]string:
		return appendObject(dst, Sorted(v), indent)
	case List:
		return appendArray(dst, v, indent)
	case Flow:
		return appendArray(dst, v, indent)
	case Item:
		return appendJSON(dst, v.Value, indent)
	case string:
		return appendJSONString(dst, v)
	case bool, int, int32, int64, float64:
		return appendPlain(dst, v)
	case nil:
		return append(dst, "null"...)
	default:
		return appendJSONString(dst, stringOf(v))
	}
}

// appendPlain writes a value that JSON does not quote.
func appendPlain(dst []byte, v any) []byte {
	switch v := v.(type) {
	case bool:
		return strconv.AppendBool(dst, v)
	case int:
		return strconv.AppendInt(dst, int64(v), 10)
	case int32:
		return strconv.AppendInt(dst, int64(v), 10)
	case int64:
		return strconv.AppendInt(dst, v, 10)
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return append(dst, "null"...)
		}
		return strconv.AppendFloat(dst, v, 'g', -1, 64)
	default:
		return append(dst, "null"...)
	}
}

func appendObject(dst []byte, m []Field, indent int) []byte {
	if empty(m) {
		return append(dst, "{}"...)
	}
	sep := byte('{')
	for _, f := range m {
		if f.Value == nil {
			continue
		}
		dst = append(dst, sep)
		sep = ','
		dst = appendLine(dst, indent+2)
		dst = appendJSONString(dst, f.Key)
		dst = append(dst, ": "...)
		dst = appendJSON(dst, f.Value, indent+2)
	}
	return append(appendLine(dst, indent), '}')
}

func appendArray(dst []byte, values []any, indent int) []byte {
	if len(values) == 0 {
		return append(dst, "[]"...)
	}
	sep := byte('[')
	for _, v := range values {
		dst = append(dst, sep)
		sep = ','
		dst = appendLine(dst, indent+2)
		dst = appendJSON(dst, v, indent+2)
	}
	return append(appendLine(dst, indent), ']')
}

func appendLine(dst []byte, indent int) []byte {
	dst = append(dst, '\n')
	for range indent {
		dst = append(dst, ' ')
	}
	return dst
}

func appendJSONString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r == '\n':
			dst = append(dst, '\\', 'n')
		case r == '\t':
			dst = append(dst, '\\', 't')
		case r < ' ' || r == 0x7F || r == '\u2028' || r == '\u2029':
			dst = appendHex(append(dst, '\\', 'u'), r, 4)
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return append(dst, '"')
}
