package conformance

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/spillway-mesh/spillway/test/conformance/bench"
	"github.com/spillway-mesh/spillway/test/conformance/parts"
)

// table collects the rows of all runs and prints them as Markdown, sorted, at the end.
type table struct {
	mu   sync.Mutex
	rows []string
	file string
}

const tableHead = `| run | failure | Full lost/sent | Unprocessed lost/sent | in flight | twice F/U | p50/p99/max ms | steady s | back s | eN rM |
|---|---|---|---|---|---|---|---|---|---|
`

func newTable(ctx context.Context) (*table, error) {
	root, err := parts.ModuleRoot(ctx)
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(root, "build")
	return &table{file: filepath.Join(dir, "conformance-"+*tier+".md")}, os.MkdirAll(dir, 0o755)
}

func (t *table) add(r *bench.Result) {
	cell := func(f func(*bench.Tally) string, classes ...bench.Class) string {
		for _, c := range classes {
			if x := r.Classes[c]; x != nil {
				return f(x)
			}
		}
		return "–"
	}
	lost := func(x *bench.Tally) string { return fmt.Sprintf("%d/%d", x.Lost(), x.Sent) }
	twice := func(x *bench.Tally) string { return fmt.Sprint(x.Twice) }
	times := func(x *bench.Tally) string { return fmt.Sprintf("%.0f/%.0f/%.0f", x.P50, x.P99, x.Max) }
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rows = append(t.rows, fmt.Sprintf("| %s | %s | %s | %s | %d | %s/%s | %s | %s | %s | e%d r%d |\n", r.Name, r.Kind,
		cell(lost, bench.Full), cell(lost, bench.Unprocessed, bench.Never), r.InFlight,
		cell(twice, bench.Full), cell(twice, bench.Unprocessed, bench.Never), cell(times, bench.Full, bench.Unprocessed, bench.Never),
		seconds(r.Steady), seconds(r.Back), r.Ejections, r.Retries))
}

func seconds(s float64) string {
	if s < 0 {
		return "never"
	}
	return fmt.Sprintf("%.1f", s)
}

// print writes the table to w and to its file.
func (t *table) print(w io.Writer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.rows) == 0 {
		return
	}
	slices.Sort(t.rows)
	text := tableHead + strings.Join(t.rows, "")
	_, err := io.WriteString(w, "\n"+text+"\n")
	if err = errors.Join(err, os.WriteFile(t.file, []byte(text), 0o644)); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}
