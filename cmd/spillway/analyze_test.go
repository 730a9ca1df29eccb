package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSamplesHaveNoFindings: what is generated is what the rules ask for.
func TestSamplesHaveNoFindings(t *testing.T) {
	t.Parallel()
	var out, stderr bytes.Buffer
	args := []string{"spillway", "analyze", filepath.Join("..", "..", "samples"), "--fail-on", "note"}
	code := execute(t.Context(), args, IO{In: strings.NewReader(""), Out: &out, Err: &stderr, Getenv: os.Getenv})
	if code != 0 || out.Len() > 0 {
		t.Errorf("exit code %d\n%s", code, out.String())
	}
}
