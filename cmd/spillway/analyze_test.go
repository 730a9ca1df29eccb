package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/analyze/rules"
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

// TestProxyTellsCodesOfRules: what is said of a proxy has a code that is explained, and the case of all that is said has each.
func TestProxyTellsCodesOfRules(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile(filepath.Join("..", "..", "pkg", "analyze", "proxy", "judge.go"))
	if err != nil {
		t.Fatal(err)
	}
	script, err := os.ReadFile(filepath.Join("testdata", "script", "analyze_proxy.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	told := regexp.MustCompile(`\.say\("([A-Z]+\d+)"`).FindAllStringSubmatch(string(source), -1)
	if len(told) != strings.Count(string(source), ".say(") || len(told) < 8 {
		t.Errorf("%d codes are seen: the search is wrong", len(told))
	}
	for _, m := range told {
		if !slices.ContainsFunc(rules.All(), func(r analyze.Rule) bool { return r.Code == m[1] }) {
			t.Errorf("%s is the code of no rule", m[1])
		}
		if !strings.Contains(string(script), " "+m[1]+" cluster outbound|") {
			t.Errorf("%s has no case in analyze_proxy.txtar", m[1])
		}
	}
}

// TestBounded: what is too large is refused as that, rather than read in part.
func TestBounded(t *testing.T) {
	t.Parallel()
	if data, err := bounded(strings.NewReader("12345"), 5); err != nil || string(data) != "12345" {
		t.Errorf("%q, %v", data, err)
	}
	if _, err := bounded(strings.NewReader("123456"), 5); err == nil || !strings.Contains(err.Error(), "larger than 5 bytes") {
		t.Error(err)
	}
}
