package rules

import (
	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "FX059", Name: "distribute-and-failover", Severity: diag.Error,
		Inputs:  analyze.Kinds{"DestinationRule"},
		Summary: "distribute and failover in one setting",
		Why: "Only one of the two can be set. The API server refuses both; what came past it is a distribution, " +
			"and failover never applies.",
		Fix:   "keep failover, or keep distribute",
		Check: checkDistributeAndFailover,
	})
}

func checkDistributeAndFailover(p *analyze.Pass) {
	for _, dr := range p.Snapshot.DestinationRules {
		for _, at := range policiesOf(dr) {
			s := at.lb.GetLocalityLbSetting()
			if len(s.GetDistribute()) > 0 && len(s.GetFailover()) > 0 {
				p.Report(dr.Object, at.path+".loadBalancer.localityLbSetting.failover", "failover never applies beside distribute")
			}
		}
	}
}
