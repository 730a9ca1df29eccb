// Package term adapts output to whoever reads it: colour and aligned tables for a person at a terminal, plain lines
// for a pipe or a file.
//
// A Style is decided once per stream and passed along; there is no global switch. It must import nothing but the
// standard library and golang.org/x/term. Start reading at For.
package term

import (
	"io"

	xterm "golang.org/x/term"
)

// file is the part of *os.File that tells a terminal from a pipe.
type file interface{ Fd() uintptr }

// IsTerminal reports whether a writer is a terminal. A writer that wraps one (a buffer, a tee) is not.
func IsTerminal(w io.Writer) bool {
	f, ok := w.(file)
	return ok && xterm.IsTerminal(int(f.Fd()))
}

// Width returns the columns of the terminal behind a writer, or the fallback where there is none.
func Width(w io.Writer, fallback int) int {
	f, ok := w.(file)
	if !ok {
		return fallback
	}
	columns, _, err := xterm.GetSize(int(f.Fd()))
	if err != nil || columns <= 0 {
		return fallback
	}
	return columns
}

// Style writes text with or without colour. The zero Style writes none.
type Style struct{ colour bool }

// For decides the style of one stream: colour on a terminal, unless the environment asks for none by NO_COLOR (set
// and not empty, see no-color.org) or by TERM=dumb. Pass os.Getenv, or a fake in tests.
func For(w io.Writer, getenv func(string) string) Style {
	return styleFor(IsTerminal(w), getenv)
}

func styleFor(terminal bool, getenv func(string) string) Style {
	return Style{colour: terminal && getenv("NO_COLOR") == "" && getenv("TERM") != "dumb"}
}

// Colour reports whether the style writes any, for callers that must choose between two layouts.
func (s Style) Colour() bool { return s.colour }

// Bold marks what the eye should find first, such as a heading.
func (s Style) Bold(text string) string { return s.wrap("1", text) }

// Dim marks what may be skipped, such as a position or a comment.
func (s Style) Dim(text string) string { return s.wrap("2", text) }

// Red marks an error or a loss.
func (s Style) Red(text string) string { return s.wrap("31", text) }

// Green marks what is as it should be.
func (s Style) Green(text string) string { return s.wrap("32", text) }

// Yellow marks a warning.
func (s Style) Yellow(text string) string { return s.wrap("33", text) }

// Cyan marks a name that can be typed, such as a command or a code.
func (s Style) Cyan(text string) string { return s.wrap("36", text) }

// wrap leaves an empty string empty, so that an empty table cell stays one.
func (s Style) wrap(code, text string) string {
	if !s.colour || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}
