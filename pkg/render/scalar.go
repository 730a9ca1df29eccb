package render

import (
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// context is where a scalar stands: brackets, braces and commas mean something only in flow context.
type context bool

const (
	blockContext context = false
	flowContext  context = true
)

// plainBytes may stand anywhere in a plain scalar; flowBytes not between brackets, where some readers also take a
// question mark for the start of a key. Colon and space depend on what
// follows. Everything else is quoted.
const (
	plainBytes = "-_./+@=~()^$|<>*%&;\\!"
	flowBytes  = "[]{},?"
	firstBytes = "_/.^($\\"
)

// appendScalar writes a string so that every YAML 1.1 and 1.2 reader takes it for exactly that string.
func appendScalar(dst []byte, s string, c context) []byte {
	switch {
	case plain(s, c):
		return append(dst, s...)
	case strings.ContainsAny(s, "\\\"") && printableASCII(s):
		dst = append(dst, '\'')
		dst = append(dst, strings.ReplaceAll(s, "'", "''")...)
		return append(dst, '\'')
	default:
		return appendDouble(dst, s)
	}
}

// plain says whether s needs no quotes.
func plain(s string, c context) bool {
	if s == "" || !alphanumeric(s[0]) && strings.IndexByte(firstBytes, s[0]) < 0 {
		return false
	}
	for i := range len(s) {
		if !plainAt(s, i, c) {
			return false
		}
	}
	return !reserved(s) && !numeric(s)
}

func plainAt(s string, i int, c context) bool {
	b := s[i]
	switch {
	case alphanumeric(b), strings.IndexByte(plainBytes, b) >= 0:
		return true
	case c == blockContext && strings.IndexByte(flowBytes, b) >= 0:
		return true
	case b == ' ':
		return i+1 < len(s) && s[i+1] != ' '
	case b == ':':
		return c == blockContext && i+1 < len(s) && s[i+1] != ' '
	default:
		return false
	}
}

func alphanumeric(b byte) bool {
	return 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9'
}

// reserved words are booleans and nulls of YAML 1.1 or 1.2, in any spelling, and document markers.
func reserved(s string) bool {
	if strings.HasPrefix(s, "...") {
		return true
	}
	if len(s) > len("false") {
		return false
	}
	switch strings.ToLower(s) {
	case "y", "n", "yes", "no", "on", "off", "true", "false", "null", ".inf", ".nan":
		return true
	default:
		return false
	}
}

// numeric says whether some reader could take s for a number, a sexagesimal or a time. A dotted quad is none.
func numeric(s string) bool {
	if ('0' > s[0] || s[0] > '9') && s[0] != '.' {
		return false
	}
	if strings.IndexByte(s, ':') >= 0 {
		return true
	}
	dots, digits := 0, true
	for i := range len(s) {
		switch b := s[i]; {
		case '0' <= b && b <= '9':
		case b == '.':
			dots++
		case 'a' <= b && b <= 'f', 'A' <= b && b <= 'F', strings.IndexByte("xXoO_+-, tTzZ", b) >= 0:
			digits = false
		default:
			return false
		}
	}
	return !digits || dots != 3
}

func printableASCII(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

func appendDouble(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r == '\n':
			dst = append(dst, '\\', 'n')
		case r == '\t':
			dst = append(dst, '\\', 't')
		case r != utf8.RuneError && unicode.IsPrint(r):
			dst = utf8.AppendRune(dst, r)
		case r <= 0xFFFF:
			dst = appendHex(append(dst, '\\', 'u'), r, 4)
		default:
			dst = appendHex(append(dst, '\\', 'U'), r, 8)
		}
	}
	return append(dst, '"')
}

func appendHex(dst []byte, r rune, width int) []byte {
	const digits = "0123456789abcdef"
	for shift := 4 * (width - 1); shift >= 0; shift -= 4 {
		dst = append(dst, digits[r>>shift&0xF])
	}
	return dst
}

// literal says whether s reads best as a block of lines, and can be one.
func literal(s string) bool {
	if strings.IndexByte(s, '\n') < 0 || s[0] == ' ' || s[0] == '\n' || strings.HasSuffix(s, "\n\n") {
		return false
	}
	for line := range strings.SplitSeq(s, "\n") {
		if strings.HasSuffix(line, " ") {
			return false
		}
	}
	for _, r := range s {
		if r != '\n' && (r == utf8.RuneError || !unicode.IsPrint(r)) {
			return false
		}
	}
	return true
}

// appendNumber writes what is no string; a type that is no number either becomes the string that fmt makes of it.
func appendNumber(dst []byte, v any, c context) []byte {
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
		switch {
		case math.IsNaN(v):
			return append(dst, ".nan"...)
		case math.IsInf(v, 1):
			return append(dst, ".inf"...)
		case math.IsInf(v, -1):
			return append(dst, "-.inf"...)
		}
		return strconv.AppendFloat(dst, v, 'g', -1, 64)
	default:
		return appendScalar(dst, stringOf(v), c)
	}
}
