package rules

import (
	"strings"

	networking "istio.io/api/networking/v1alpha3"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
	"github.com/spillway-mesh/spillway/pkg/analyze/mesh"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "HC033", Name: "verdict-ejected", Severity: diag.Error,
		Inputs:  analyze.Kinds{"DestinationRule"},
		Summary: "a verdict is taken for a broken server",
		Why:     "What answers for the cluster says 503 to say no. A rule that ejects servers for it leaves no endpoint, and a gateway that answers 200 when no checker exists then does so: a drained cluster was seen to come back after 29 probes.",
		Fix:     "give the health host a DestinationRule of its own with outlierDetection: {consecutive5xxErrors: 0, consecutiveGatewayErrors: 0, maxEjectionPercent: 0}",
		Check:   checkVerdictEjected,
	})
}

func checkVerdictEjected(p *analyze.Pass) {
	for _, r := range healthRoutes(p, asksOf(p)) {
		host := r.host()
		if host == "" {
			continue
		}
		for _, dr := range inForce(p, host, r.Namespace) {
			for _, at := range policiesOf(dr) {
				if ejects(at.od) {
					p.Report(dr.Object, at.path+".outlierDetection", "%s answers %s: its 503 is a verdict, and would be ejected for it", host, r.path)
				}
			}
		}
	}
}

// inForce are the DestinationRules that a gateway of the namespace may go by for a host: that for the host itself, in the
// namespace of the route rather than in another one; without any those for many hosts.
func inForce(p *analyze.Pass, host, namespace string) []*manifest.DestinationRule {
	var near, exact, wild []*manifest.DestinationRule
	for _, dr := range p.Snapshot.DestinationRules {
		own := mesh.FullHost(dr.Spec.GetHost(), dr.Namespace)
		switch {
		case own == host && dr.Namespace == namespace:
			near = append(near, dr)
		case own == host:
			exact = append(exact, dr)
		case strings.HasPrefix(own, "*") && strings.HasSuffix(host, own[1:]):
			wild = append(wild, dr)
		}
	}
	for _, these := range [][]*manifest.DestinationRule{near, exact, wild} {
		if len(these) > 0 {
			return these
		}
	}
	return nil
}

// ejects says whether any error ejects: five of them do unless that is switched off.
func ejects(od *networking.OutlierDetection) bool {
	if od == nil {
		return false
	}
	off := od.GetConsecutive_5XxErrors() != nil && od.GetConsecutive_5XxErrors().GetValue() == 0
	return !off || od.GetConsecutiveGatewayErrors().GetValue() > 0
}
