// Package diag holds the one kind of message this project gives about a user's input: a Diagnostic with a stable
// code, a severity, the field it is about, what is wrong and what to do. Loading, validation, planning, targets and
// analysis share it; the writers turn a List into text or JSON.
//
// It imports the standard library and apimachinery's field paths. Start reading at Diagnostic.
package diag

import (
	"cmp"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Severity says how bad a Diagnostic is.
type Severity int

// The severities, mildest first.
const (
	// Note tells what was passed over or chosen; nothing is wrong.
	Note Severity = iota
	// Warning is likely to hurt; output is written all the same.
	Warning
	// Error refuses the input; nothing is written.
	Error
	// Critical is an error that brings down more than the object it is in: a control plane, every region, or the check of
	// whom one talks to.
	Critical
)

// String is the severity in lower case, as it is printed.
func (s Severity) String() string {
	switch s {
	case Note:
		return "note"
	case Warning:
		return "warning"
	case Error:
		return "error"
	case Critical:
		return "critical"
	default:
		return fmt.Sprintf("severity(%d)", int(s))
	}
}

// Position is a place in a source file; zero Line means unknown. Lines and columns count from 1, columns in characters.
type Position struct {
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
}

// Locator finds where a field stands in the source, the nearest parent for a field that is missing.
type Locator interface {
	Locate(path string) Position
}

// Diagnostic is one message about the user's input.
type Diagnostic struct {
	Code     string   // stable, such as SP201
	Severity Severity // Note, Warning or Error
	Object   string   // such as "ExternalFailover shop/orders-db"; empty for a whole file
	Path     string   // field path, such as spec.endpoints[1].address; empty for a whole object
	Message  string   // what is wrong
	Hint     string   // what to do; may be empty
	Position Position // filled by List.Locate, or by whoever reads the source
}

// WithHint sets what to do and returns the diagnostic, for use behind the List's constructors.
func (d *Diagnostic) WithHint(format string, args ...any) *Diagnostic {
	d.Hint = fmt.Sprintf(format, args...)
	return d
}

// List is what one stage has to say. The zero value is ready for use.
type List []Diagnostic

// Errorf adds an Error about the field and returns it, valid until the next addition.
func (l *List) Errorf(at *field.Path, code, format string, args ...any) *Diagnostic {
	return l.add(Error, at, code, fmt.Sprintf(format, args...))
}

// Warnf adds a Warning about the field and returns it, valid until the next addition.
func (l *List) Warnf(at *field.Path, code, format string, args ...any) *Diagnostic {
	return l.add(Warning, at, code, fmt.Sprintf(format, args...))
}

// Notef adds a Note about the field and returns it, valid until the next addition.
func (l *List) Notef(at *field.Path, code, format string, args ...any) *Diagnostic {
	return l.add(Note, at, code, fmt.Sprintf(format, args...))
}

func (l *List) add(s Severity, at *field.Path, code, message string) *Diagnostic {
	path := ""
	if at != nil {
		path = at.String()
	}
	*l = append(*l, Diagnostic{Code: code, Severity: s, Path: path, Message: message})
	return &(*l)[len(*l)-1]
}

// HasErrors says whether any diagnostic is an Error, or worse.
func (l List) HasErrors() bool {
	return slices.ContainsFunc(l, func(d Diagnostic) bool { return d.Severity >= Error })
}

// About names the object in every diagnostic that names none yet, and returns the list.
func (l List) About(object string) List {
	for i := range l {
		if l[i].Object == "" {
			l[i].Object = object
		}
	}
	return l
}

// Locate fills the position of every diagnostic that has none yet, and returns the list.
func (l List) Locate(where Locator) List {
	for i := range l {
		if l[i].Position == (Position{}) {
			l[i].Position = where.Locate(l[i].Path)
		}
	}
	return l
}

// Sort orders by file, line and column, then worst first, then code, path and message: equal input prints alike.
func (l List) Sort() {
	slices.SortStableFunc(l, func(a, b Diagnostic) int {
		return cmp.Or(
			cmp.Compare(a.Position.File, b.Position.File),
			cmp.Compare(a.Position.Line, b.Position.Line),
			cmp.Compare(a.Position.Column, b.Position.Column),
			cmp.Compare(b.Severity, a.Severity),
			cmp.Compare(a.Code, b.Code),
			cmp.Compare(a.Path, b.Path),
			cmp.Compare(a.Message, b.Message),
		)
	})
}
