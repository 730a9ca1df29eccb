package test

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// The demo of three clusters prints what its page shows, line by line: one leaves, a second may not, and the first returns.
func TestThreeClusters(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../samples/three-clusters/README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, want, _ := strings.Cut(string(page), "$ sh samples/three-clusters/demo.sh\n")
	want, _, found := strings.Cut(want, "```")
	if !found {
		t.Fatal("the page does not show the demo")
	}
	if _, err := exec.LookPath("curl"); err != nil {
		t.Fatal("the demo asks with curl: install it (apt-get install curl)")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute) // on a machine that must build everything first
	defer cancel()
	c := exec.CommandContext(ctx, "sh", "samples/three-clusters/demo.sh")
	c.Dir, c.WaitDelay = "..", 10*time.Second
	var stderr strings.Builder
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil || string(out) != want {
		t.Errorf("%v\n%s\nwant\n%s\n%s", err, out, want, stderr.String())
	}
}
