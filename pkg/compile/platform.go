package compile

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/spillway-mesh/spillway/pkg/diag"
	"github.com/spillway-mesh/spillway/pkg/load"
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/validate"
)

// Platform resolves the platform that all specs are for. There may be none, and then the defaults hold, but not two.
func Platform(found []load.Platform, o plan.Overrides) (plan.Platform, diag.List) {
	if len(found) == 0 {
		return plan.ResolvePlatform(nil, o)
	}
	first := found[0]
	diags := validate.Platform(first.Object)
	platform, resolved := plan.ResolvePlatform(first.Object, o)
	if !diags.HasErrors() {
		diags = append(diags, resolved...)
	}
	diags = first.Source.Report(diags)
	for _, second := range found[1:] {
		var diags2 diag.List
		at := first.Source.Locate("")
		diags2.Errorf(field.NewPath("kind"), "SP401", "there are two platforms; the first is in %s, line %d", at.File, at.Line).
			WithHint("give one, with --platform or among the specs")
		diags = append(diags, second.Source.Report(diags2)...)
	}
	return platform, diags
}
