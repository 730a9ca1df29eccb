package diag

import (
	"bytes"
	"fmt"
	"io"
	"strings"
)

// WriteGitHub prints a list as workflow commands, which GitHub shows beside the lines of a change.
func WriteGitHub(w io.Writer, l List) error {
	var out bytes.Buffer
	for _, d := range l {
		level := min(d.Severity, Error).String()
		if d.Severity == Note {
			level = "notice"
		}
		properties := []string{}
		if d.Position.File != "" {
			properties = append(properties, "file="+property(d.Position.File))
		}
		if d.Position.Line > 0 {
			properties = append(properties, fmt.Sprintf("line=%d", d.Position.Line))
		}
		if d.Position.Column > 0 {
			properties = append(properties, fmt.Sprintf("col=%d", d.Position.Column))
		}
		properties = append(properties, "title="+property(d.Code+" "+d.Object))
		fmt.Fprintf(&out, "::%s %s::%s\n", level, strings.Join(properties, ","), data(withHint(d)))
	}
	_, err := w.Write(out.Bytes())
	return err
}

func data(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

func property(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C").Replace(strings.TrimSpace(s))
}
