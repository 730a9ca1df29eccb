package rules

import (
	"path/filepath"
	"testing"

	"go.yaml.in/yaml/v3"
	"golang.org/x/tools/txtar"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
	"github.com/spillway-mesh/spillway/pkg/analyze/mend"
	"github.com/spillway-mesh/spillway/pkg/analyze/mesh"
	"github.com/spillway-mesh/spillway/pkg/load"
)

// No input may bring down the analysis, and what it mends is YAML still.
func FuzzAnalyze(f *testing.F) {
	files, err := filepath.Glob(filepath.Join("testdata", "*.txtar"))
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(archive.Files[0].Data)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		s, unread := manifest.Bytes("fuzz.yaml", text, load.Options{})
		report := analyze.Run(s, mesh.Options{ClientRegions: []string{"us-east1", "europe-west1"}}, All())
		var edits []analyze.Edit
		for _, finding := range report.Findings {
			if finding.Code == "" || finding.Message == "" || finding.Hint == "" {
				t.Errorf("a finding lacks something: %+v", finding.Diagnostic)
			}
			edits = append(edits, finding.Edits...)
		}
		mended, left := mend.File(text, edits)
		if len(left) == len(edits) || unread.HasErrors() {
			return
		}
		again, diags := manifest.Bytes("fuzz.yaml", mended, load.Options{})
		if diags.HasErrors() || len(again.Objects) != len(s.Objects) {
			var node yaml.Node
			t.Errorf("mended, it cannot be read: %v %v\n%s", diags, yaml.Unmarshal(mended, &node), mended)
		}
	})
}
