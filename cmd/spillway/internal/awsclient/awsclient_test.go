package awsclient

import (
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
