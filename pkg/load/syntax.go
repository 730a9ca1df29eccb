package load

import (
	"bytes"
	"cmp"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/spillway-mesh/spillway/pkg/diag"
)

// cause is what is known about one of the parser's messages.
type cause struct {
	message string         // how it begins
	early   bool           // the line it names is the one before
	find    *regexp.Regexp // what is wrong within the line, its first group; if it is not there, the line's first character
	hint    string
}

//nolint:gochecknoglobals // a table, never changed
var causes = []cause{
	{
		message: "mapping values are not allowed", find: regexp.MustCompile(`^[^:]*:.*?(:)(?: |$)|(:)`),
		hint: "quote the value if it holds a colon, or check the indentation of this line",
	},
	{
		message: "found character that cannot start any token", find: regexp.MustCompile(`^ *(\t)|(?:[:\[{,-] +|^\s*)([%@` + "`" + `\t])`),
		hint: "quote a value that begins with this character; indentation is made of spaces, not tabs",
	},
	{message: "found a tab character", find: regexp.MustCompile(`(\t)`), hint: "indent with spaces, not tabs"},
	{message: "could not find expected ':'", hint: "a name and its value need a colon and a space between them"},
	{message: "found unexpected end of stream", find: regexp.MustCompile(`(?:^|[\s:\[{,-])(["'])`), hint: "close the quote"},
	{message: "found unexpected document indicator", find: regexp.MustCompile(`(?:^|[\s:\[{,-])(["'])`), hint: "close the quote"},
	{message: "found unknown escape character", find: regexp.MustCompile(`(\\[^0abtnvfre "/\\N_LPxuU])`), hint: "write \\\\ for a backslash, or use single quotes"},
	{message: "did not find expected ',' or ']'", early: true, find: regexp.MustCompile(`(\[)`), hint: "put a comma between the entries, or close the bracket"},
	{message: "did not find expected ',' or '}'", early: true, find: regexp.MustCompile(`(\{)`), hint: "put a comma between the entries, or close the brace"},
	{message: "did not find expected key", early: true, hint: "check the indentation of this line and the next ones"},
	{message: "did not find expected '-' indicator", early: true, hint: "check the indentation of this line and the next ones"},
	{message: "did not find expected node content", early: true, hint: "a value is missing, or a comma or bracket too many"},
	{message: "did not find expected <document start>", early: true, hint: "put --- between two documents"},
	{message: "block sequence entries are not allowed", find: regexp.MustCompile(`(-)(?: |$)`), hint: "begin the list on a line of its own"},
	{message: "unknown anchor", find: regexp.MustCompile(`(\*)`), hint: "write the value out; quote it if it begins with an asterisk"},
	{message: "anchor '", find: regexp.MustCompile(`(\*)`), hint: "write the value out"},
	{message: "exceeded max depth", hint: "remove superfluous brackets or indentation"},
}

// syntaxError gives the parser's message a place. The parser names a line at best, and for some mistakes the one before.
func syntaxError(file string, doc []byte, above int, err error) diag.Diagnostic {
	line, message := 1, strings.TrimPrefix(err.Error(), "yaml: ")
	if rest, found := strings.CutPrefix(message, "line "); found {
		number, text, _ := strings.Cut(rest, ": ")
		if n, err := strconv.Atoi(number); err == nil {
			line, message = n, text
		}
	}
	known := causeOf(message)
	if known.early {
		line++
	}
	if name, found := strings.CutPrefix(message, "unknown anchor '"); found {
		alias := "*" + strings.TrimSuffix(name, "' referenced")
		line = bytes.Count(doc[:max(0, bytes.Index(doc, []byte(alias)))], []byte("\n")) + 1
	}
	line, text := nearLine(doc, line)
	code := "SP004"
	switch {
	case strings.HasPrefix(message, "unknown anchor"), strings.HasPrefix(message, "anchor '"):
		code = "SP007"
	case strings.HasPrefix(message, "exceeded max depth"):
		code = "SP008"
	}
	return diag.Diagnostic{
		Code: code, Severity: diag.Error, Message: "the YAML cannot be read: " + shorten(message),
		Hint:     cmp.Or(known.hint, "check this line and the one above it"),
		Position: diag.Position{File: file, Line: above + line, Column: known.column(text)},
	}
}

func causeOf(message string) cause {
	for _, c := range causes {
		if strings.HasPrefix(message, c.message) {
			return c
		}
	}
	return cause{}
}

// nearLine is the line of that number, or the last one before it that is not blank.
func nearLine(text []byte, number int) (int, []byte) {
	lines := bytes.SplitN(text, []byte("\n"), number+1)
	n := min(number, len(lines))
	for n > 1 && len(bytes.TrimSpace(lines[n-1])) == 0 {
		n--
	}
	return n, bytes.TrimSuffix(lines[n-1], []byte("\r"))
}

// column is where within the line the cause stands, counted in characters from 1.
func (c cause) column(line []byte) int {
	at := len(line) - len(bytes.TrimLeft(line, " \t"))
	if c.find != nil {
		groups := c.find.FindSubmatchIndex(line)
		for i := 2; i < len(groups); i += 2 {
			if groups[i] >= 0 {
				at = groups[i]
				break
			}
		}
	}
	return utf8.RuneCount(line[:at]) + 1
}
