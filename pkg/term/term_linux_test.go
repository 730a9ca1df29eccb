package term

import (
	"os"
	"testing"
)

func TestPseudoTerminalIsATerminal(t *testing.T) {
	t.Parallel()
	pty, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pty.Close() })
	if !IsTerminal(pty) {
		t.Error("a pseudo-terminal is not taken for a terminal")
	}
	if got := Width(pty, 72); got <= 0 {
		t.Errorf("Width = %d", got)
	}
}
