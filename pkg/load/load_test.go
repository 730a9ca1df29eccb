package load

import (
	"os"
	"path/filepath"
	"testing"
)

func TestSamples(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../samples/*/failover.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no samples: %v", err)
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		result, diags := Bytes(f, data)
		if len(diags) != 0 || len(result.Failovers) != 1 {
			t.Errorf("%s: %d failovers, %v", f, len(result.Failovers), diags)
		}
	}
}

func BenchmarkBytes(b *testing.B) {
	var data []byte
	sample, err := os.ReadFile("../../samples/dynamodb-tls/failover.yaml")
	if err != nil {
		b.Fatal(err)
	}
	for range 1000 {
		data = append(append(data, "---\n"...), sample...)
	}
	var benchmarked Result
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		benchmarked, _ = Bytes("specs.yaml", data)
	}
	if len(benchmarked.Failovers) != 1000 {
		b.Fatalf("%d failovers", len(benchmarked.Failovers))
	}
}
