package term

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// columnGap separates the columns of a table.
const columnGap = "   "

// Table collects rows and writes them with aligned columns. text/tabwriter would count the invisible bytes of a
// coloured cell as width; this one does not.
type Table struct {
	header []string
	rows   [][]string
}

// NewTable starts a table; without a header only the rows are written.
func NewTable(header ...string) *Table { return &Table{header: header} }

// Row adds one row. Cells may be coloured; a missing cell is empty; a line break inside a cell becomes a space.
func (t *Table) Row(cells ...string) {
	row := make([]string, len(cells))
	for i, cell := range cells {
		row[i] = strings.Join(strings.Fields(cell), " ")
	}
	t.rows = append(t.rows, row)
}

// Len is the number of rows so far.
func (t *Table) Len() int { return len(t.rows) }

// Write prints the table, its header in bold where the style has colour. No line ends in spaces.
func (t *Table) Write(w io.Writer, style Style) error {
	lines := t.rows
	if len(t.header) > 0 {
		header := make([]string, len(t.header))
		for i, h := range t.header {
			header[i] = style.Bold(h)
		}
		lines = append([][]string{header}, t.rows...)
	}
	widths := columnWidths(lines)
	var b strings.Builder
	for _, line := range lines {
		writeLine(&b, line, widths)
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("writing table: %w", err)
	}
	return nil
}

// columnWidths is the widest visible cell of every column.
func columnWidths(lines [][]string) []int {
	var widths []int
	for _, line := range lines {
		for i, cell := range line {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], visible(cell))
		}
	}
	return widths
}

// writeLine pads a cell only once a later one is to be written.
func writeLine(b *strings.Builder, line []string, widths []int) {
	pending := 0
	for i, cell := range line {
		if cell != "" {
			b.WriteString(strings.Repeat(" ", pending))
			b.WriteString(cell)
			pending = 0
		}
		pending += widths[i] - visible(cell) + len(columnGap)
	}
	b.WriteByte('\n')
}

// visible counts the characters of a cell that take up room on the screen.
func visible(cell string) int {
	n := 0
	for rest := cell; rest != ""; {
		if strings.HasPrefix(rest, "\x1b[") {
			if end := strings.IndexByte(rest, 'm'); end >= 0 {
				rest = rest[end+1:]
				continue
			}
		}
		_, size := utf8.DecodeRuneInString(rest)
		rest = rest[size:]
		n++
	}
	return n
}
