package main

import (
	"encoding/xml"
	"os"
	"strings"
	"testing"
)

const results = `| run | failure | Full lost/sent | Unprocessed lost/sent | in flight | twice F/U | p50/p99/max ms | steady s | back s | eN rM |
|---|---|---|---|---|---|---|---|---|---|
| blog-http-503 | 503 | 91/139 | 91/139 | 3 | 0/0 | 1/5/5 | never | 0.0 | e0 r0 |
`

func full() string {
	out := results
	for _, failure := range []string{"500", "503", "badcert", "blackhole", "expired", "flap", "hang", "refuse", "reset", "<slow>"} {
		out += "| dynamodb-tls/http | " + failure + " | 0/380 | 6/379 | 3 | 4/0 | 1/3/15 | 0.2 | 8.0 | e2 r4 |\n"
	}
	return out
}

func TestTheReadmeTakesTheTable(t *testing.T) {
	t.Parallel()
	rows, err := parse(full())
	if err != nil || len(rows) != 11 {
		t.Fatal(rows, err)
	}
	readme, err := os.ReadFile("../../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	once, err := between(readme, table(rows))
	if err != nil {
		t.Fatal(err)
	}
	if got := string(once); !strings.Contains(got, "| copied YAML, HTTP | 503 | 91/139 | 91/139 | 0/0 | 1/5/5 | 0.0 |\n| samples/dynamodb-tls | 500 |") ||
		strings.Count(got, "| configuration |") != 1 {
		t.Errorf("the table is not in the README, or twice:\n%s", got)
	}
	twice, err := between(once, table(rows))
	if err != nil || string(twice) != string(once) {
		t.Errorf("a second run changes the README again (%v)", err)
	}
	if _, err := between([]byte("no marks"), table(rows)); err == nil {
		t.Error("a README without marks is taken")
	}
}

func TestThePictureIsSound(t *testing.T) {
	t.Parallel()
	rows, err := parse(full())
	if err != nil {
		t.Fatal(err)
	}
	var svg struct {
		Text []string `xml:"text"`
	}
	if err := xml.Unmarshal(draw(rows), &svg); err != nil {
		t.Fatal(err)
	}
	if all := strings.Join(svg.Text, "\n"); !strings.Contains(all, "91 of 139") || !strings.Contains(all, "0 of 380") || !strings.Contains(all, "<slow>") {
		t.Errorf("the picture lacks results: %s", all)
	}
}

func TestAPartOfTheTableIsRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", results, strings.ReplaceAll(full(), "blog-http", "other")} {
		if rows, err := parse(text); err == nil {
			t.Errorf("%d rows were taken", len(rows))
		}
	}
}
