// Command report puts the measured table of `make conformance-full` into the README, and draws it.
//
// It reads build/conformance-full.md and rewrites, in the project's root, what stands between the README's marks and the
// picture beside the samples. Run it in this module: go run ./report.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

const (
	begin, end = "<!-- measured:begin -->\n", "<!-- measured:end -->\n"
	picture    = "samples/measured.svg"
)

func main() {
	if err := run("../..", "build/conformance-full.md"); err != nil {
		fmt.Fprintln(os.Stderr, "report:", err)
		os.Exit(1)
	}
}

func run(root, results string) error {
	text, err := os.ReadFile(results)
	if err != nil {
		return fmt.Errorf("reading the results (run make conformance-full first): %w", err)
	}
	rows, err := parse(string(text))
	if err != nil {
		return err
	}
	name := filepath.Join(root, "README.md")
	readme, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	readme, err = between(readme, table(rows))
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	const mode = 0o644
	return errors.Join(
		os.WriteFile(name, readme, mode),
		os.WriteFile(filepath.Join(root, picture), draw(rows), mode),
	)
}

// row is one run that the README shows.
type row struct {
	config, failure             string
	reads, writes, twice, times string
	back                        string
	copied                      bool
}

// shown are the runs that go into the README, by their names in the results.
func shown(run string) (config string, copied, ok bool) {
	for _, c := range []struct {
		run, config string
		copied      bool
	}{
		{"blog-http-", "copied YAML, HTTP", true},
		{"blog-https-", "copied YAML, HTTPS", true},
		{"dynamodb-tls/", "samples/dynamodb-tls", false},
	} {
		if strings.HasPrefix(run, c.run) {
			return c.config, c.copied, true
		}
	}
	return "", false, false
}

// parse reads the results: run, failure, reads, writes, in flight, twice, times, steady, back, counters.
func parse(text string) ([]row, error) {
	const columns = 10
	var out []row
	for line := range strings.Lines(text) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if len(cells) != columns {
			continue
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		if config, copied, ok := shown(cells[0]); ok {
			out = append(out, row{
				config: config, copied: copied, failure: cells[1], reads: cells[2], writes: cells[3], twice: cells[5],
				times: cells[6], back: cells[8],
			})
		}
	}
	if len(out) < 10 || !out[0].copied || out[len(out)-1].copied {
		return nil, errors.New("the results lack the copied YAML or the sample: is this the full table?")
	}
	return out, nil
}

func table(rows []row) string {
	var b strings.Builder
	b.WriteString("| configuration | home region | reads lost/sent | writes lost/sent | reads/writes reached twice | " +
		"p50/p99/max ms in the outage | home again, s |\n|---|---|---|---|---|---|---|\n")
	for _, r := range rows {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s |\n", r.config, r.failure, r.reads, r.writes, r.twice, r.times, r.back)
	}
	return b.String()
}

// between replaces the table between the marks and leaves the words around it.
func between(readme []byte, table string) ([]byte, error) {
	_, rest, ok1 := bytes.Cut(readme, []byte(begin))
	inside, _, ok2 := bytes.Cut(rest, []byte(end))
	from := bytes.Index(inside, []byte("| configuration |"))
	if !ok1 || !ok2 || from < 0 {
		return nil, errors.New("the marks or the table between them are missing")
	}
	old := inside[from:]
	if stop := bytes.Index(old, []byte("\n\n")); stop >= 0 {
		old = old[:stop+1]
	}
	return bytes.Replace(readme, old, []byte(table), 1), nil
}
