package test

import (
	"fmt"
	"regexp"
	"strings"
)

// document is one Markdown page, by its slash path from the root of the module.
type document struct {
	path string
	text string
}

// block is a fenced block of a page. Info is what stands behind the fence, such as "console cluster".
type block struct {
	doc  string
	line int // of the opening fence
	info string
	body []string
}

// command is one "$ " line of a console block and the output shown below it.
type command struct {
	doc   string
	line  int
	marks []string // what stands behind "console" on the fence
	shell string
	shown []string
}

// at is a problem as editors like to read it.
func at(path string, line int, format string, args ...any) string {
	return fmt.Sprintf("%s:%d: %s", path, line, fmt.Sprintf(format, args...))
}

// blocks finds the fenced blocks of a page and its text without them, line for line.
func blocks(doc document) (fenced []block, prose, problems []string) {
	var open *block
	var fence string
	lines := strings.Split(strings.TrimSuffix(doc.text, "\n"), "\n")
	for i, line := range lines {
		trimmed := strings.TrimSpace(line)
		switch {
		case open == nil && strings.HasPrefix(trimmed, "```"):
			fence = trimmed[:len(trimmed)-len(strings.TrimLeft(trimmed, "`"))]
			open = &block{doc: doc.path, line: i + 1, info: strings.TrimSpace(trimmed[len(fence):])}
			prose = append(prose, "")
		case open != nil && trimmed == fence:
			fenced = append(fenced, *open)
			open = nil
			prose = append(prose, "")
		case open != nil:
			open.body = append(open.body, line)
			prose = append(prose, "")
		default:
			prose = append(prose, line)
		}
	}
	if open != nil {
		problems = append(problems, at(doc.path, open.line, "the fence is never closed"))
	}
	return fenced, prose, problems
}

// commands are what a console block asks the reader to type.
func commands(b block) ([]command, []string) {
	var all []command
	var problems []string
	marks := strings.Fields(b.info)[1:]
	continued := false
	for i, line := range b.body {
		typed, isCommand := strings.CutPrefix(line, "$ ")
		switch {
		case continued:
			last := &all[len(all)-1]
			last.shell += "\n" + line
		case isCommand:
			all = append(all, command{doc: b.doc, line: b.line + 1 + i, marks: marks, shell: typed})
		case len(all) == 0:
			problems = append(problems, at(b.doc, b.line+1+i, "output before any command; a command begins with \"$ \""))
			continue
		default:
			last := &all[len(all)-1]
			last.shown = append(last.shown, line)
		}
		continued = (isCommand || continued) && strings.HasSuffix(line, `\`)
	}
	if len(all) == 0 && len(problems) == 0 {
		problems = append(problems, at(b.doc, b.line, "a console block without a command"))
	}
	return all, problems
}

// sameOutput compares what a page shows with what a command wrote. A line "…" stands for any lines, "…" inside a line
// for any text. It returns the first shown line that is not found, or "".
func sameOutput(shown []string, got string) string {
	lines := strings.Split(strings.TrimRight(got, "\n"), "\n")
	for len(shown) > 0 && strings.TrimSpace(shown[len(shown)-1]) == "" {
		shown = shown[:len(shown)-1]
	}
	skip := false
	for _, want := range shown {
		if strings.TrimSpace(want) == "…" {
			skip = true
			continue
		}
		found := -1
		for i, line := range lines {
			if sameLine(want, line) {
				found = i
				break
			}
			if !skip {
				break
			}
		}
		if found < 0 {
			return want
		}
		lines = lines[found+1:]
		skip = false
	}
	if !skip && len(lines) > 0 && strings.Join(lines, "") != "" {
		return "(end of the output, where there is still: " + lines[0] + ")"
	}
	return ""
}

func sameLine(want, got string) bool {
	parts := strings.Split(strings.TrimRight(want, " "), "…")
	for i, part := range parts {
		parts[i] = regexp.QuoteMeta(part)
	}
	return regexp.MustCompile("^" + strings.Join(parts, ".*") + "$").MatchString(strings.TrimRight(got, " "))
}

// pipeline splits a shell line at the bars outside of quotes.
func pipeline(shell string) []string {
	var stages []string
	var quote rune
	var stage strings.Builder
	for _, r := range shell {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '\'' || r == '"'):
			quote = r
		case quote == 0 && r == '|':
			stages = append(stages, strings.TrimSpace(stage.String()))
			stage.Reset()
			continue
		}
		stage.WriteRune(r)
	}
	return append(stages, strings.TrimSpace(stage.String()))
}

// words splits a stage of a pipeline as a shell does, without expanding anything.
func words(stage string) []string {
	var all []string
	var quote rune
	var word strings.Builder
	inWord := false
	for _, r := range strings.ReplaceAll(stage, "\\\n", " ") {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '\'' || r == '"'):
			quote, inWord = r, true
		case quote == 0 && (r == ' ' || r == '\n' || r == '\t'):
			if inWord {
				all = append(all, word.String())
			}
			word.Reset()
			inWord = false
		default:
			inWord = true
			word.WriteRune(r)
		}
	}
	if inWord {
		all = append(all, word.String())
	}
	return all
}

// headings are the anchors of a page as GitHub makes them.
func headings(prose []string) map[string]bool {
	drop := regexp.MustCompile(`[^\p{L}\p{N} _-]`)
	anchors := map[string]bool{}
	for _, line := range prose {
		if title, ok := strings.CutPrefix(strings.TrimLeft(line, "#"), " "); ok && strings.HasPrefix(line, "#") {
			anchor := drop.ReplaceAllString(strings.ToLower(strings.TrimSpace(title)), "")
			anchors[strings.ReplaceAll(anchor, " ", "-")] = true
		}
	}
	return anchors
}
