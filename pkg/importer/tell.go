package importer

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

// tell adds a finding about a field of an object; the same one is told once.
func (l *lifter) tell(s diag.Severity, o *manifest.Object, path, code, text string) *diag.Diagnostic {
	for i := range l.diags {
		if d := &l.diags[i]; d.Code == code && d.Object == o.String() && d.Path == path && d.Message == text {
			return d
		}
	}
	l.diags = append(l.diags, diag.Diagnostic{
		Code: code, Severity: s, Object: o.String(), Path: path, Message: text, Position: o.Source.Locate(path),
	})
	return &l.diags[len(l.diags)-1]
}

// cannot refuses the host.
func (l *lifter) cannot(o *manifest.Object, path, format string, args ...any) {
	l.tell(diag.Error, o, path, codeCannot, fmt.Sprintf(format, args...)).WithHint("leave it out of the input, and keep it as it is")
}

// lost tells of what the spec has no word for.
func (l *lifter) lost(o *manifest.Object, path, format string, args ...any) {
	d := l.tell(diag.Warning, o, path, codeLost, fmt.Sprintf(format, args...))
	if l.known != nil {
		d.Severity = diag.Note
	}
}

// decide tells of what the objects leave open, or say in a way that cannot work.
func (l *lifter) decide(o *manifest.Object, path, format string, args ...any) *diag.Diagnostic {
	return l.tell(diag.Warning, o, path, codeDecided, fmt.Sprintf(format, args...))
}

// decided is decide for what needs a hand of the reader's.
func (l *lifter) decided(o *manifest.Object, path, format string, args ...any) {
	l.decide(o, path, format, args...)
}

func (l *lifter) note(o *manifest.Object, path, code, format string, args ...any) {
	l.tell(diag.Note, o, path, code, fmt.Sprintf(format, args...))
}

// label makes a DNS label of a name, as near as it can.
func label(name string, most int) string {
	out := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r + ('a' - 'A')
		default:
			return '-'
		}
	}, name)
	if len(out) > most {
		out = out[:most]
	}
	if out = strings.Trim(out, "-"); out == "" {
		return "host"
	}
	return out
}

// unique adds a number to a name that is taken.
func unique(name string, most int, taken func(string) bool) string {
	out := name
	for n := 2; taken(out); n++ {
		end := "-" + strconv.Itoa(n)
		out = strings.TrimRight(name[:min(len(name), most-len(end))], "-") + end
	}
	return out
}

func countOf(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

func listOf(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}
