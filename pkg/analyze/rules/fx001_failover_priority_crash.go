package rules

import (
	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "FX001", Name: "failover-priority-crash", Severity: diag.Critical,
		Inputs:  analyze.Kinds{"ServiceEntry"},
		Summary: "failoverPriority on a DNS host with several localities kills istiod",
		Why: "istiod 1.30 and later reads past the end of a list when it orders such endpoints, and the whole process " +
			"exits; every proxy that connects again kills it again. istioctl calls the objects valid. Seen on a real " +
			"istiod.",
		Fix:     "write failover instead of failoverPriority",
		Affects: "Istio 1.30 and later",
		Since:   30,
		Check:   checkFailoverPriorityCrash,
	})
}

func checkFailoverPriorityCrash(p *analyze.Pass) {
	for _, c := range p.Clusters() {
		s := c.LocalityLB()
		if c.Subset != "" || !c.Host.IsDNS() || len(c.Localities()) < 2 || c.OutlierDetection() == nil ||
			len(s.GetFailoverPriority()) == 0 || len(s.GetDistribute()) > 0 {
			continue
		}
		if path := c.LocalityPath(); path != "" {
			p.Report(c.Policy.LoadBalancer.Object.Object, path+".failoverPriority",
				"istiod exits as soon as a client of %s connects: failoverPriority, looked up by DNS, in %d localities", c, len(c.Localities()))
			continue
		}
		p.Report(c.Host.Entry().Object, "spec.endpoints",
			"istiod exits as soon as a client of %s connects: the mesh's failoverPriority, looked up by DNS, in %d localities", c, len(c.Localities())).
			WithHint("give the host a DestinationRule with a localityLbSetting of its own")
	}
}
