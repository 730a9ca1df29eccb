package validate_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/spillway-mesh/spillway/pkg/load"
	"github.com/spillway-mesh/spillway/pkg/validate"
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
		result, diags := load.Bytes(f, data)
		for _, x := range result.Failovers {
			diags = append(diags, validate.ExternalFailover(x.Object)...)
		}
		if len(diags) != 0 || len(result.Failovers) != 1 {
			t.Errorf("%s: %d failovers, %v", f, len(result.Failovers), diags)
		}
	}
}
