package rules

import (
	"strconv"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "FX018", Name: "duplicate-from", Severity: diag.Error,
		Inputs:  analyze.Kinds{"DestinationRule"},
		Summary: "a second failover entry for the same region is passed over",
		Why: "istiod takes the first entry for a client region and no other, in silence: the third region of such a list " +
			"is not second in line, but last, together with everything else.",
		Fix:   "keep one entry for each region; `spillway import` writes orders of three and more",
		Check: checkDuplicateFrom,
	})
}

func checkDuplicateFrom(p *analyze.Pass) {
	for _, dr := range p.Snapshot.DestinationRules {
		for _, at := range policiesOf(dr) {
			seen := map[string]bool{}
			for i, f := range at.lb.GetLocalityLbSetting().GetFailover() {
				if seen[f.GetFrom()] {
					p.Report(dr.Object, at.path+".loadBalancer.localityLbSetting.failover["+strconv.Itoa(i)+"]",
						"the second failover from %s is passed over; only the first one counts", strconv.Quote(f.GetFrom()))
				}
				seen[f.GetFrom()] = true
			}
		}
	}
}
