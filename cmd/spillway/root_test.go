package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestProgramName(t *testing.T) {
	t.Parallel()
	for arg0, want := range map[string]string{
		"spillway":                        "spillway",
		"/usr/local/bin/spillway":         "spillway",
		"/tmp/go-build/spillway.test.exe": "spillway",
		"kubectl-spillway":                "kubectl spillway",
		"/home/me/.krew/kubectl-spillway": "kubectl spillway",
		"kubectl-spillway.exe":            "kubectl spillway",
	} {
		if got := programName(arg0); got != want {
			t.Errorf("%s: %q, want %q", arg0, got, want)
		}
	}
}

func TestExitCode(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		err     error
		started bool
		want    int
	}{
		"fine":                     {nil, true, 0},
		"findings":                 {errFindings, true, 1},
		"the command line, early":  {errors.New("unknown flag"), false, 2},
		"the command line, inside": {usagef("no such target"), true, 2},
		"trouble":                  {io.ErrShortWrite, true, 3},
		"unreadable input":         {errUnreadable, true, 3},
	} {
		if got := exitCode(tc.err, tc.started); got != tc.want {
			t.Errorf("%s: %d, want %d", name, got, tc.want)
		}
	}
}

// fullDisk takes a few bytes and no more.
type fullDisk struct{ room int }

func (d *fullDisk) Write(b []byte) (int, error) {
	if len(b) > d.room {
		return 0, errors.New("no space left on device")
	}
	d.room -= len(b)
	return len(b), nil
}

func TestOutputThatCannotBeWrittenIsTrouble(t *testing.T) {
	t.Parallel()
	spec := filepath.Join("..", "..", "samples", "dynamodb-http", "failover.yaml")
	for _, args := range [][]string{
		{"generate", "-f", spec},
		{"generate", "-f", spec, "-o", "json"},
		{"generate", "-f", spec, "-o", "plan"},
		{"explain", "-f", spec},
		{"explain", "-f", spec, "-o", "json"},
		{"explain", "-f", spec, "-o", "svg"},
		{"explain", "SP401"},
		{"validate", "-f", spec},
		{"targets"},
		{"version"},
	} {
		var stderr bytes.Buffer
		io := IO{In: strings.NewReader(""), Out: &fullDisk{room: 3}, Err: &stderr, Getenv: os.Getenv}
		if code := execute(t.Context(), append([]string{"spillway"}, args...), io); code != exitTrouble {
			t.Errorf("%v: exit code %d", args, code)
		}
		if !strings.Contains(stderr.String(), "no space left on device") {
			t.Errorf("%v: %s", args, stderr.String())
		}
	}
}

func TestInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, stderr bytes.Buffer
	dir := filepath.Join(t.TempDir(), "out")
	args := []string{"spillway", "generate", "-f", filepath.Join("..", "..", "samples"), "--recursive", "-d", dir}
	code := execute(ctx, args, IO{In: strings.NewReader(""), Out: &out, Err: &stderr, Getenv: os.Getenv})
	if code != exitTrouble || out.Len() > 0 || !strings.Contains(stderr.String(), "interrupted") {
		t.Errorf("exit code %d, %q, %q", code, out.String(), stderr.String())
	}
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		t.Errorf("left behind: %v", entries)
	}
}

// Two commands, two option values: nothing of one run may show in the next.
func TestCommandsShareNothing(t *testing.T) {
	t.Parallel()
	spec := filepath.Join("..", "..", "samples", "dynamodb-http", "failover.yaml")
	run := func(args ...string) string {
		var out, stderr bytes.Buffer
		if code := execute(t.Context(), append([]string{"spillway"}, args...), IO{Out: &out, Err: &stderr, Getenv: os.Getenv}); code != 0 {
			t.Fatalf("%v: exit code %d: %s", args, code, stderr.String())
		}
		return out.String()
	}
	first := run("generate", "-f", spec)
	if other := run("generate", "-f", spec, "--no-comments", "-o", "json"); other == first {
		t.Error("the flags do nothing")
	}
	if again := run("generate", "-f", spec); again != first {
		t.Error("a second run differs")
	}
}
