package awsclient

import (
	"os"
	"strings"
	"testing"
)

func TestSnippets(t *testing.T) {
	t.Parallel()
	all, other := Snippets("tables.internal", "dynamodb")
	if other || len(all) != 3 {
		t.Fatalf("%d snippets, another service: %v", len(all), other)
	}
	for _, s := range all {
		text := strings.Join(s.Lines, "\n")
		for _, want := range []string{"http://tables.internal", "no signature"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: no %q in\n%s", s.Language, want, text)
			}
		}
		if n := len(s.Lines); n < 4 || n > 12 || strings.HasPrefix(s.Lines[0], " ") {
			t.Errorf("%s: %d lines\n%s", s.Language, n, text)
		}
		if strings.Contains(text, "snippet:") || strings.Contains(text, "orders-db") {
			t.Errorf("%s: what belongs to the program shows:\n%s", s.Language, text)
		}
	}
	if _, other := Snippets("a.internal", "s3"); !other {
		t.Error("another service is not told")
	}
}

// TestSampleShowsTheSame holds the sample's page against what explain prints.
func TestSampleShowsTheSame(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../../../samples/dynamodb-signed/README.md")
	if err != nil {
		t.Fatal(err)
	}
	all, _ := Snippets("orders-table.internal", "dynamodb")
	for _, s := range all {
		block := "```text\n" + strings.Join(s.Lines, "\n") + "\n```"
		if s.Language != "Java" && !strings.Contains(string(page), block) {
			t.Errorf("the page does not show, in %s,\n%s", s.Language, block)
		}
	}
}
