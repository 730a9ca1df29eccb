package diag

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// TextOptions say how diagnostics are printed.
type TextOptions struct {
	// Source returns the text of a file, nil if unknown; with it the line in question is printed.
	Source func(file string) []byte
	// Colour marks severities for a terminal.
	Colour bool
}

// WriteText prints a list for people, one diagnostic after the other:
//
//	shop.yaml:14:5: error SP107 spec.ports[1].name: the port name "http" is there twice, first in spec.ports[0].name
//	  hint: …
func WriteText(w io.Writer, l List, o TextOptions) error {
	p := printer{options: o, files: map[string]*text{}}
	for _, d := range l {
		p.diagnostic(d)
	}
	_, err := w.Write(p.out.Bytes())
	return err
}

// printer is the printing of one list.
type printer struct {
	options TextOptions
	out     bytes.Buffer
	files   map[string]*text
}

// text is a file whose lines can be found.
type text struct {
	data   []byte
	starts []int // of each line
}

// String is the diagnostic in one line, without its hint.
func (d Diagnostic) String() string {
	var out bytes.Buffer
	TextOptions{}.head(&out, d)
	return out.String()
}

func (p *printer) diagnostic(d Diagnostic) {
	p.options.head(&p.out, d)
	p.out.WriteByte('\n')
	if p.options.Source != nil && d.Position.Line > 0 {
		excerpt(&p.out, p.line(d.Position), d.Position)
	}
	if d.Hint != "" {
		fmt.Fprintf(&p.out, "  %s: %s\n", p.options.paint("hint", green), printable(d.Hint))
	}
}

// line finds the line of a position; lines are looked for once per file, since thousands of them may be printed.
func (p *printer) line(at Position) []byte {
	file := p.files[at.File]
	if file == nil {
		file = &text{data: bytes.TrimPrefix(p.options.Source(at.File), []byte("\xef\xbb\xbf")), starts: []int{0}}
		for i, b := range file.data {
			if b == '\n' {
				file.starts = append(file.starts, i+1)
			}
		}
		p.files[at.File] = file
	}
	if at.Line > len(file.starts) {
		return nil
	}
	line, _, _ := bytes.Cut(file.data[file.starts[at.Line-1]:], []byte("\n"))
	return bytes.TrimSuffix(line, []byte("\r"))
}

func (o TextOptions) head(out *bytes.Buffer, d Diagnostic) {
	if p := d.Position.String(); p != "" {
		out.WriteString(o.paint(printable(p)+":", bold) + " ")
	}
	out.WriteString(o.paint(d.Severity.String(), colourOf(d.Severity)) + " " + d.Code)
	if d.Position.Line == 0 && d.Object != "" {
		out.WriteString(" " + printable(d.Object))
	}
	if d.Path != "" {
		out.WriteString(" " + printable(d.Path))
	}
	out.WriteString(": " + printable(d.Message))
}

// String is file:line:column, as far as known.
func (p Position) String() string {
	parts := []string{}
	if p.File != "" {
		parts = append(parts, p.File)
	}
	if p.Line > 0 {
		parts = append(parts, strconv.Itoa(p.Line))
	}
	if p.Line > 0 && p.Column > 0 {
		parts = append(parts, strconv.Itoa(p.Column))
	}
	return strings.Join(parts, ":")
}

// The escape sequences of a terminal.
const (
	bold    = "\x1b[1m"
	red     = "\x1b[1;31m"
	yellow  = "\x1b[1;33m"
	cyan    = "\x1b[1;36m"
	green   = "\x1b[32m"
	without = "\x1b[0m"
)

func colourOf(s Severity) string {
	switch s {
	case Error, Critical:
		return red
	case Warning:
		return yellow
	default:
		return cyan
	}
}

func (o TextOptions) paint(text, colour string) string {
	if !o.Colour {
		return text
	}
	return colour + text + without
}

// printable shows characters that would move a terminal's cursor, or worse, as what they are.
func printable(s string) string {
	if strings.IndexFunc(s, hidden) < 0 {
		return s
	}
	var out strings.Builder
	for _, r := range s {
		if hidden(r) {
			quoted := strconv.QuoteRune(r)
			out.WriteString(quoted[1 : len(quoted)-1])
		} else {
			out.WriteRune(r)
		}
	}
	return out.String()
}

func hidden(r rune) bool { return r != ' ' && !unicode.IsPrint(r) }

// window is how much of a line is shown.
const window = 100

// excerpt prints the line of a position, and a caret below the column.
func excerpt(out *bytes.Buffer, line []byte, p Position) {
	if len(line) == 0 || p.Column < 1 || p.Column > len(line)+1 {
		return
	}
	before, after := runes(line, p.Column-1)
	cut := ""
	if n := utf8.RuneCountInString(before); n > window/2 {
		before, cut = string([]rune(before)[n-window/2:]), "…"
	}
	if room := window - utf8.RuneCountInString(before); utf8.RuneCountInString(after) > room {
		after = string([]rune(after)[:room]) + "…"
	}
	shown := strings.Map(blank, cut+before)
	number := strconv.Itoa(p.Line)
	fmt.Fprintf(out, "  %s | %s%s\n", number, shown, strings.Map(blank, after))
	fmt.Fprintf(out, "  %s | %s^\n", strings.Repeat(" ", len(number)), strings.Repeat(" ", utf8.RuneCountInString(shown)))
}

// runes parts a line behind so many characters, and keeps no more of it than an excerpt may need.
func runes(line []byte, n int) (before, after string) {
	at := 0
	for ; n > 0 && at < len(line); n-- {
		_, size := utf8.DecodeRune(line[at:])
		at += size
	}
	start := max(0, at-utf8.UTFMax*window)
	end := min(len(line), at+utf8.UTFMax*window)
	return strings.ToValidUTF8(string(line[start:at]), "?"), strings.ToValidUTF8(string(line[at:end]), "?")
}

func blank(r rune) rune {
	if hidden(r) {
		return ' '
	}
	return r
}
