package rules

import (
	"slices"
	"strconv"
	"strings"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/analyze/mesh"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "HC027", Name: "cluster-half-left", Severity: diag.Warning,
		Inputs:  analyze.Kinds{"DestinationRule"},
		Summary: "a service of the mesh never leaves a cluster whole",
		Why:     "Envoy ejects at most maxEjectionPercent of the endpoints, 10 % unless told otherwise. With few endpoints in each locality the broken ones stay, and go on getting their share. Of hosts outside of the mesh FX003 tells more.",
		Fix:     "set maxEjectionPercent: 100",
		Check:   checkHalfLeft,
	})
}

func checkHalfLeft(p *analyze.Pass) {
	for _, dr := range p.Snapshot.DestinationRules {
		host := mesh.FullHost(dr.Spec.GetHost(), dr.Namespace)
		if !strings.HasSuffix(host, ".svc.cluster.local") && !strings.HasSuffix(host, ".global") || len(p.HostsNamed(host)) > 0 {
			continue
		}
		policies := policiesOf(dr)
		fails := slices.ContainsFunc(policies, func(at policyAt) bool {
			l := at.lb.GetLocalityLbSetting()
			return l != nil && (l.GetEnabled() == nil || l.GetEnabled().GetValue()) && len(l.GetFailover())+len(l.GetFailoverPriority()) > 0
		})
		for _, at := range policies {
			if most := at.od.GetMaxEjectionPercent(); fails && at.od != nil && most < 100 {
				path := at.path + ".outlierDetection.maxEjectionPercent"
				share := strconv.Itoa(int(most)) + " %"
				if most == 0 {
					share = "10 %, the default,"
				}
				p.Report(dr.Object, path, "at most %s of the endpoints of %s are ejected, so a cluster is never left whole", share, host).Set(path, "100")
			}
		}
	}
}
