package rules

import (
	"strconv"
	"strings"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "FX062", Name: "zones-in-failover", Severity: diag.Error,
		Inputs:  analyze.Kinds{"DestinationRule"},
		Summary: "a zone in failover, which knows regions only",
		Why: "from and to are compared with the region of client and endpoint, letter by letter. region/zone is " +
			"the region of nobody: the entry never applies.",
		Fix:   "write the region alone",
		Check: checkZonesInFailover,
	})
}

func checkZonesInFailover(p *analyze.Pass) {
	for _, dr := range p.Snapshot.DestinationRules {
		for _, at := range policiesOf(dr) {
			for i, f := range at.lb.GetLocalityLbSetting().GetFailover() {
				path := at.path + ".loadBalancer.localityLbSetting.failover[" + strconv.Itoa(i) + "]"
				for _, x := range [][2]string{{".from", f.GetFrom()}, {".to", f.GetTo()}} {
					field, value := x[0], x[1]
					if region, _, zone := strings.Cut(value, "/"); zone {
						p.Report(dr.Object, path+field, "%q is no region, so that the entry never applies", value).
							WithHint("write %s", region).Set(path+field, region)
					}
				}
			}
		}
	}
}
