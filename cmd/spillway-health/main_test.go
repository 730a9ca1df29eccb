package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestEnds holds the exit codes and what is said: for help, for a wrong command line, for a configuration that is not valid and
// for one that cannot be read.
func TestEnds(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	invalid := filepath.Join(dir, "invalid.yaml")
	text := "apiVersion: spillway.dev/v1alpha1\nkind: ClusterHealth\nmetadata: {name: blue}\nspec: {cluster: blue, fleet: f, rest: Strict}\n"
	if err := os.WriteFile(invalid, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args []string
		code int
		said string // in either output
	}{
		"help":              {[]string{"--help"}, 0, "-config FILE"},
		"version":           {[]string{"--version"}, 0, "go1."},
		"nothing":           {nil, exitUsage, "give either --config FILE or --health NAMESPACE/NAME"},
		"both":              {[]string{"--config", invalid, "--health", "a/b"}, exitUsage, "give either"},
		"argument":          {[]string{"--config", invalid, "left.yaml"}, exitUsage, `unexpected argument "left.yaml"`},
		"unknown flag":      {[]string{"--confg", "x"}, exitUsage, "confg"},
		"wrong name":        {[]string{"--health", "blue"}, exitUsage, `wants NAMESPACE/NAME, not "blue"`},
		"wrong port":        {[]string{"--health", "a/b", "--internal-listen", "9090"}, exitUsage, "wants HOST:PORT"},
		"invalid config":    {[]string{"--config", invalid}, exitInvalid, "invalid.yaml:4:"},
		"no such config":    {[]string{"--config", filepath.Join(dir, "none.yaml")}, exitTrouble, "none.yaml"},
		"address in no use": {[]string{"--config", filepath.Join("..", "..", "samples", "three-clusters", "blue.yaml"), "--listen", "256.0.0.1:1"}, exitTrouble, "256.0.0.1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			var out, errs strings.Builder
			if code := run(ctx, c.args, &out, &errs); code != c.code {
				t.Errorf("exit code %d, want %d", code, c.code)
			}
			if all := out.String() + errs.String(); !strings.Contains(all, c.said) {
				t.Errorf("%q is not in what was printed:\n%s", c.said, all)
			}
			if c.code != 0 && out.Len() > 0 {
				t.Errorf("an error was printed where results go:\n%s", out.String())
			}
		})
	}
}

// TestSiblings: the list of other replicas may have spaces and slashes at the end.
func TestSiblings(t *testing.T) {
	t.Parallel()
	f, err := parse([]string{"--config", "x", "--siblings", " http://127.0.0.2:9090/, ,http://127.0.0.3:9090"}, &strings.Builder{})
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(f.options.Siblings, " "); got != "http://127.0.0.2:9090 http://127.0.0.3:9090" {
		t.Errorf("siblings are %q", got)
	}
}
