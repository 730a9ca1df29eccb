package folder

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const (
	childDir   = "SPILLWAY_TEST_FOLDER"
	childFiles = 40
	childLines = 4000
)

// TestMain lets the test binary be the run that is killed.
func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		if err := writeForever(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// body is a whole file: every line says which run wrote it, the last one that it is the last.
func body(run int) []byte {
	line := fmt.Sprintf("run: %d\n", run)
	return append(content(strings.Repeat(line, childLines)), "end: true\n"...)
}

func writeForever(dir string) error {
	for i := 0; ; i++ {
		f, err := Open(dir)
		if err != nil {
			return err
		}
		for n := range childFiles {
			if err := f.Put(object(10, "shop", fmt.Sprintf("n%d", n)), body(i)); err != nil {
				return err
			}
		}
		if _, err := f.Commit(true); err != nil {
			return err
		}
		if err := f.Close(); err != nil {
			return err
		}
	}
}

func TestKilledRunsLeaveWholeFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	leftovers, whole := 0, 0
	for i := range 25 {
		killAfter(t, dir, time.Duration(20+i*7)*time.Millisecond)
		for _, name := range list(t, dir) {
			if isTemp(name) {
				leftovers++
				continue
			}
			got, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			if err := checkWhole(got); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			whole++
		}
	}
	if whole == 0 || leftovers == 0 {
		t.Fatalf("the test proves nothing: %d whole files, %d leftovers; no run was killed while it wrote", whole, leftovers)
	}
	mustRun(t, dir, true, object(10, "shop", "a"))
	wantFiles(t, dir, "10-serviceentry-shop-a.yaml")
}

func TestCheckWholeSeesHalfAFile(t *testing.T) {
	t.Parallel()
	all := body(7)
	if err := checkWhole(all); err != nil {
		t.Fatal(err)
	}
	for _, bad := range [][]byte{nil, all[:len(all)/2], append(bytes.Clone(all[:len(all)/2]), body(8)[len(all)/2:]...)} {
		if checkWhole(bad) == nil {
			t.Errorf("%d bytes taken for a whole file", len(bad))
		}
	}
}

// killAfter starts a run and kills it without warning.
func killAfter(t *testing.T, dir string, d time.Duration) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childDir+"="+dir)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(d)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil || stderr.Len() > 0 {
		t.Fatalf("the run ended by itself: %v %s", err, stderr.String())
	}
}

func checkWhole(got []byte) error {
	if !isOurs(got) {
		return fmt.Errorf("no header in %d bytes", len(got))
	}
	lines := strings.Split(string(got), "\n")
	for i, line := range lines[1 : len(lines)-1] {
		switch {
		case line == "end: true" && i == len(lines)-3:
			return nil
		case line == "" && i == childLines:
		case line != lines[1]:
			return fmt.Errorf("line %d is %q, the first %q", i+2, line, lines[1])
		}
	}
	return fmt.Errorf("it ends after %d lines", len(lines))
}
