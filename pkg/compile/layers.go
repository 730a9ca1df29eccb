package compile

import (
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/spillway-mesh/spillway/pkg/diag"
)

// Layers warns of clusters that may be left for what a host's own failover would have mended: of checks that watch an
// ExternalFailover of the same run whose clients need longer to move than the cluster needs to fail.
func Layers(fleets *Fleets, batch *Batch) diag.List {
	index := make(map[types.NamespacedName]int, len(batch.specs))
	for i, s := range batch.specs {
		index[nameOf(s.Object)] = i
	}
	var all diag.List
	for n := range fleets.Len() {
		f, _ := fleets.Plan(n)
		if f == nil {
			continue
		}
		var diags diag.List
		for i := range f.Health.Checks {
			x := f.Health.Checks[i].Failover
			if x == nil {
				continue
			}
			at, known := index[types.NamespacedName{Namespace: or(x.Namespace, f.Namespace), Name: x.Name}]
			if !known {
				continue
			}
			p, _ := batch.Plan(at)
			if p == nil || p.Inner() <= f.Outer() {
				continue
			}
			diags.Warnf(field.NewPath("spec", "health", "checks").Index(i), "SP709",
				"clients of %s need up to %s to leave what is dead, and the check fails after %s: the cluster may be left first", p.Host, p.Inner(), f.Outer()).
				WithHint("shorten detect or perTryTimeout of %s, or raise thresholds.fall", p.Owner())
		}
		if source := fleets.specs[n].Source; source != nil {
			diags = source.Report(diags)
		}
		all = append(all, diags...)
	}
	return all
}

func or(value, other string) string {
	if value == "" {
		return other
	}
	return value
}
