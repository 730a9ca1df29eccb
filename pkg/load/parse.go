package load

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"go.yaml.in/yaml/v3"
)

// group reads neighbouring documents, all at once if none of them has a syntax error.
func (r *reader) group(data []byte, chunks []chunk) {
	first, last := chunks[0], chunks[len(chunks)-1]
	roots, err := parse(data[first.start:last.end])
	switch {
	case err == nil:
		for _, root := range roots {
			r.document(root, first.line)
		}
	case len(chunks) > 1:
		for i := range chunks {
			r.group(data, chunks[i:i+1])
		}
	default:
		for _, root := range roots {
			r.document(root, first.line)
		}
		r.objects++
		text := data[first.start:first.end]
		if r.options.Others != nil && r.source.found && bytes.Contains(text, []byte("{{")) {
			r.diags = append(r.diags, templateNote(r.source.name, first.line+1))
			return
		}
		r.diags = append(r.diags, syntaxError(r.source.name, text, first.line, err))
	}
}

// parse reads documents up to the first error. It turns a panic of the parser into an error: the input is not ours, and
// the parser panics where it meets what its authors took for impossible.
func parse(text []byte) (roots []*yaml.Node, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("yaml: %v", p)
		}
	}()
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	for {
		var document yaml.Node
		err := decoder.Decode(&document)
		if errors.Is(err, io.EOF) {
			return roots, nil
		}
		if err != nil {
			return roots, err
		}
		roots = append(roots, document.Content...)
	}
}
