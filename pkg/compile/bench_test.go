package compile

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/spillway-mesh/spillway/pkg/load"
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
	"github.com/spillway-mesh/spillway/pkg/target/all"
)

// BenchmarkCompile goes from loaded specs to rendered YAML, spec by spec on one processor: 1, 1,000 and 10,000 of them,
// the samples in turn.
func BenchmarkCompile(b *testing.B) {
	for _, n := range []int{1, 1000, 10000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			specs := many(b, n)
			targets := all.Targets()
			objects, peak := 0, uint64(0)
			var buffer []byte
			b.ReportAllocs()
			for b.Loop() {
				objects = 0
				batch := NewBatch(specs, plan.DefaultPlatform(), targets)
				for i := range batch.Len() {
					p, diags := batch.Plan(i)
					if p == nil {
						b.Fatal(diags)
					}
					written, err := batch.Objects(p)
					if err != nil {
						b.Fatal(err)
					}
					objects += len(written)
					for _, o := range written {
						buffer = render.YAML(buffer[:0], o.Tree(), render.Options{})
					}
				}
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				peak = max(peak, m.HeapInuse)
			}
			b.ReportMetric(float64(objects), "objects")
			b.ReportMetric(float64(peak)/(1<<20), "heap-MB")
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*n), "us/spec")
		})
	}
}

// many loads the samples over and over, each time under other names.
func many(tb testing.TB, n int) []load.Failover {
	tb.Helper()
	files, err := filepath.Glob("../../samples/*/failover.yaml")
	if err != nil || len(files) == 0 {
		tb.Fatalf("no samples: %v", err)
	}
	var text strings.Builder
	for i := range n {
		file, err := os.ReadFile(files[i%len(files)])
		if err != nil {
			tb.Fatal(err)
		}
		free := regexp.MustCompile(`(?m)^  addresses: .*\n`).ReplaceAllString(string(file), "") // no two may ask for the same
		renamed := strings.Replace(free, "  name: ", fmt.Sprintf("  name: n%d-", i), 1)
		fmt.Fprintf(&text, "%s\n---\n", strings.Replace(renamed, "  host: ", fmt.Sprintf("  host: h%d-", i), 1))
	}
	loaded, diags := load.Bytes("many.yaml", []byte(text.String()))
	if diags.HasErrors() {
		tb.Fatal(diags)
	}
	return loaded.Failovers
}
