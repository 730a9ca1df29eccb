package diag

import (
	"encoding/json"
	"io"
)

// entry is a diagnostic as other programs read it.
type entry struct {
	Code     string `json:"code"`
	Severity string `json:"severity"`
	Object   string `json:"object,omitempty"`
	Path     string `json:"path,omitempty"`
	Message  string `json:"message"`
	Hint     string `json:"hint,omitempty"`
	Position
}

// WriteJSON prints a list for programs: an array, empty if there is nothing to say.
func WriteJSON(w io.Writer, l List) error {
	entries := make([]entry, len(l))
	for i, d := range l {
		entries[i] = entry{
			Code: d.Code, Severity: d.Severity.String(), Object: d.Object, Path: d.Path,
			Message: d.Message, Hint: d.Hint, Position: d.Position,
		}
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(entries)
}
