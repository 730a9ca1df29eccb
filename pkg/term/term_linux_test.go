package term

import (
	"os"
	"testing"
)

func TestDevices(t *testing.T) {
	t.Parallel()
	for device, want := range map[string]bool{"/dev/ptmx": true, "/dev/null": false} {
		f, err := os.OpenFile(device, os.O_RDWR, 0)
		if device == "/dev/ptmx" && err != nil {
			t.Logf("this machine hands out no pseudo-terminals (%v); the rest is checked", err)
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = f.Close() })
		if got := IsTerminal(f); got != want {
			t.Errorf("%s: IsTerminal = %v, want %v", device, got, want)
		}
		if got := Width(f, 72); got <= 0 || !want && got != 72 {
			t.Errorf("%s: Width = %d", device, got)
		}
	}
}
