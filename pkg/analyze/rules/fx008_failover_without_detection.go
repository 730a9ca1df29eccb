package rules

import (
	"strings"

	networking "istio.io/api/networking/v1alpha3"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/analyze/mesh"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "FX008", Name: "failover-without-detection", Severity: diag.Error,
		Inputs:  analyze.Kinds{"ServiceEntry", "DestinationRule"},
		Summary: "failover without outlierDetection",
		Why: "Istio orders endpoints by locality only if outlierDetection says when one is dead. Without it failover settings are " +
			"passed over in silence, and every client uses all regions at once, dead ones too.",
		Fix:   "add outlierDetection to the trafficPolicy, with maxEjectionPercent: 100",
		Check: checkWithoutDetection,
	})
}

func checkWithoutDetection(p *analyze.Pass) {
	known := map[*networking.TrafficPolicy]bool{}
	for _, c := range p.Clusters() {
		if c.Rule != nil && c.Rule.Policy != nil {
			known[c.Rule.Policy.Spec.GetTrafficPolicy()] = true
		}
		if s := c.LocalityLB(); c.OutlierDetection() == nil && s != nil && len(s.GetDistribute()) == 0 && c.Used() && !c.Host.Selects {
			reportUndetected(p, c)
		}
	}
	if p.Mesh.GetDefaultTrafficPolicy().GetOutlierDetection() != nil {
		return
	}
	for _, dr := range p.Snapshot.DestinationRules {
		host := mesh.FullHost(dr.Spec.GetHost(), dr.Namespace)
		kubernetes := strings.HasSuffix(host, ".svc.cluster.local")
		if !kubernetes && !known[dr.Spec.GetTrafficPolicy()] && len(p.HostsNamed(host)) == 0 && vainFailover(dr.Spec.GetTrafficPolicy()) {
			p.Report(dr.Object, "spec.trafficPolicy.loadBalancer.localityLbSetting",
				"the failover of %s is passed over: there is no outlierDetection", dr.Spec.GetHost())
		}
	}
}

// reportUndetected tells of a cluster without detection, if it is meant to fail over.
func reportUndetected(p *analyze.Pass, c *mesh.Cluster) {
	s := c.LocalityLB()
	asked := c.LocalityPath() != "" && len(s.GetFailover())+len(s.GetFailoverPriority()) > 0
	o, path := c.Where("")
	switch {
	case asked:
		p.Report(c.Policy.LoadBalancer.Object.Object, c.LocalityPath(), "the failover of %s is passed over: there is no outlierDetection", c)
	case len(located(c)) < 2:
	case c.Rule == nil:
		p.Report(o, path, "%s has endpoints in %s, and no DestinationRule with outlierDetection: its clients use all of them at once",
			c, analyze.List(located(c)))
	default:
		p.Report(o, path, "%s has endpoints in %s and no outlierDetection: its clients use all of them at once", c, analyze.List(located(c)))
	}
}

// vainFailover says whether a policy alone, whatever its host is, asks for failover and has no detection.
func vainFailover(tp *networking.TrafficPolicy) bool {
	s := tp.GetLoadBalancer().GetLocalityLbSetting()
	off := s.GetEnabled() != nil && !s.GetEnabled().GetValue()
	return !off && tp.GetOutlierDetection() == nil && len(tp.GetPortLevelSettings()) == 0 &&
		len(s.GetFailover())+len(s.GetFailoverPriority()) > 0
}

// located are the localities of a cluster's endpoints that are written out.
func located(c *mesh.Cluster) []string {
	var out []string
	for _, l := range c.Localities() {
		if l != "" {
			out = append(out, l)
		}
	}
	return out
}
