// Package awsclient shows what an application changes when a gateway signs for it: the lines that make a client whose requests
// carry no signature, in Go, Python and Java.
//
// The lines are cut out of whole programs, which the conformance tests run. It imports the standard library only. Start
// reading at Snippets.
package awsclient

import (
	"embed"
	"strings"
)

// programs are whole; what is shown stands between the two marks.
//
//go:embed programs
var programs embed.FS

const (
	begin = "snippet: begin"
	end   = "snippet: end"
	// host and service are what the programs say where a spec says something else.
	host    = "orders-db.internal"
	service = "dynamodb"
)

// Snippet is the part of a program that an application changes.
type Snippet struct {
	Language string
	Lines    []string
}

// Snippets are for clients of a host. They are written for DynamoDB; Other says that the service is another one, whose
// clients are made alike.
func Snippets(dialled, signed string) (all []Snippet, other bool) {
	for _, p := range []struct{ language, file string }{{"Go", "client.go.txt"}, {"Python", "client.py"}, {"Java", "Client.java"}} {
		text, err := programs.ReadFile("programs/" + p.file)
		if err != nil {
			continue // cannot be: the files are part of the binary
		}
		all = append(all, Snippet{Language: p.language, Lines: marked(strings.ReplaceAll(string(text), host, dialled))})
	}
	return all, signed != service
}

// marked are the lines between the marks, without their common indentation.
func marked(text string) []string {
	var out []string
	inside, indent := false, -1
	for line := range strings.SplitSeq(text, "\n") {
		switch {
		case strings.Contains(line, begin):
			inside = true
		case strings.Contains(line, end):
			inside = false
		case inside:
			if n := len(line) - len(strings.TrimLeft(line, " \t")); line != "" && (indent < 0 || n < indent) {
				indent = n
			}
			out = append(out, line)
		}
	}
	for i, line := range out {
		out[i] = strings.ReplaceAll(line[min(max(indent, 0), len(line)):], "\t", "    ")
	}
	return out
}
