package load

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"go.yaml.in/yaml/v3"
)

// chunk reads the document of a piece of text, and looks for more behind it, which would be an error.
func (r *reader) chunk(c chunk) {
	decoder := yaml.NewDecoder(bytes.NewReader(c.text))
	for {
		var root yaml.Node
		err := parse(decoder, &root)
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			r.diags = append(r.diags, syntaxError(r.source.name, c, err))
			r.objects++
			return
		}
		if len(root.Content) == 1 {
			r.document(root.Content[0], c.line)
		}
	}
}

// parse turns a panic of the parser into an error: the input is not ours, and the parser panics where it meets what its
// authors took for impossible.
func parse(decoder *yaml.Decoder, into *yaml.Node) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("yaml: %v", p)
		}
	}()
	return decoder.Decode(into)
}
