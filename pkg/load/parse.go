package load

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/spillway-mesh/spillway/pkg/diag"
)

// chunk reads the documents of a piece of text: one, unless the parser knows line ends that split does not.
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

// syntaxError gives the parser's message a place.
func syntaxError(file string, c chunk, err error) diag.Diagnostic {
	line, message := 1, strings.TrimPrefix(err.Error(), "yaml: ")
	if rest, found := strings.CutPrefix(message, "line "); found {
		number, text, _ := strings.Cut(rest, ": ")
		if n, err := strconv.Atoi(number); err == nil {
			line, message = n, text
		}
	}
	d := diag.Diagnostic{
		Code: "SP004", Severity: diag.Error, Message: "the YAML cannot be read: " + message,
		Position: diag.Position{File: file, Line: c.line + line, Column: 1},
	}
	return d
}
