package compile

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/spillway-mesh/spillway/pkg/diag"
	"github.com/spillway-mesh/spillway/pkg/load"
	"github.com/spillway-mesh/spillway/pkg/validate"
)

// Clusters tells what is wrong with the specs of whole clusters: fleets, and the health of single clusters.
func Clusters(loaded *load.Result) diag.List {
	diags := make(diag.List, 0, len(loaded.Fleets)+len(loaded.Healths))
	for _, f := range loaded.Fleets {
		diags = append(diags, f.Source.Report(validate.ClusterFailover(f.Object))...)
	}
	for _, h := range loaded.Healths {
		diags = append(diags, h.Source.Report(validate.ClusterHealth(h.Object))...)
	}
	return diags
}

// NotWritten refuses what no target writes, and tells of what needs none: to print nothing without a word would look like
// success.
func NotWritten(loaded *load.Result) diag.List {
	diags := make(diag.List, 0, len(loaded.Fleets)+len(loaded.Healths))
	for _, f := range loaded.Fleets {
		var one diag.List
		one.Errorf(field.NewPath("spec"), "SP410", "no target of this release writes a ClusterFailover").
			WithHint("check it with validate; a ClusterHealth for each cluster can be written by hand")
		diags = append(diags, f.Source.Report(one)...)
	}
	for _, h := range loaded.Healths {
		var one diag.List
		one.Notef(nil, "SP411", "a ClusterHealth is applied as it is; nothing is generated for it").
			WithHint("apply the file itself")
		diags = append(diags, h.Source.Report(one)...)
	}
	return diags
}
