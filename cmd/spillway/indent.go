package main

import (
	"bytes"
	"io"
	"maps"
	"slices"
	"strings"
)

// indented writes every line two columns in.
type indented struct{ w io.Writer }

// Write must be given whole lines.
func (i *indented) Write(lines []byte) (int, error) {
	var out bytes.Buffer
	for line := range bytes.Lines(lines) {
		out.WriteString("  ")
		out.Write(line)
	}
	_, err := i.w.Write(out.Bytes())
	return len(lines), err
}

// selectorText writes a label selector as kubectl's -l takes it.
func selectorText(m map[string]string) string {
	parts := make([]string, 0, len(m))
	for _, k := range slices.Sorted(maps.Keys(m)) {
		parts = append(parts, k+"="+m[k])
	}
	return strings.Join(parts, ",")
}
