package rules

import (
	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
	"github.com/spillway-mesh/spillway/pkg/analyze/mesh"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "FX020", Name: "waypoint", Severity: diag.Error,
		Inputs:  analyze.Kinds{"ServiceEntry"},
		Summary: "a waypoint passes over what the failover needs",
		Why: "For ambient clients a waypoint stands before the host, and there istiod leaves out: patches of the cluster, " +
			"failoverPriority and zoneAwareLbSetting (all endpoints at once), subjectAltNames of the ServiceEntry, " +
			"subsets of DNS hosts (all endpoints in each), rules with a workloadSelector, and outlierDetection that only " +
			"the mesh sets. Seen on a real istiod.",
		Fix: "keep to failover, outlierDetection and TLS names in a DestinationRule without selector; or put an egress " +
			"gateway behind the waypoint",
		Check: checkWaypoint,
	})
}

func checkWaypoint(p *analyze.Pass) {
	for _, c := range p.Clusters() {
		if p.Waypoint(c.Host) == "" {
			continue
		}
		report := func(o *manifest.Object, path, what string) {
			p.Report(o, path, "the waypoint of %s passes over %s", c.Host.Name, what)
		}
		lb := c.Policy.LoadBalancer
		if lb.Object != nil && len(lb.Value.GetLocalityLbSetting().GetFailoverPriority()) > 0 && c.Host.IsDNS() {
			report(lb.Object.Object, lb.Path+".localityLbSetting.failoverPriority", "failoverPriority: all endpoints are used at once")
		}
		if lb.Object != nil && lb.Value.GetZoneAwareLbSetting() != nil {
			report(lb.Object.Object, lb.Path+".zoneAwareLbSetting", "zoneAwareLbSetting: all endpoints are used at once")
		}
		if c.OutlierDetection() != nil && c.Policy.OutlierDetection.Object == nil {
			report(c.Host.Entry().Object, "spec.endpoints", "outlierDetection that only the mesh sets")
		}
		waypointObjects(c, report)
	}
}

// waypointObjects tells of objects and subsets that have no effect there.
func waypointObjects(c *mesh.Cluster, report func(o *manifest.Object, path, what string)) {
	for _, e := range c.Host.Entries {
		if len(e.Spec.GetSubjectAltNames()) > 0 {
			report(e.Object, "spec.subjectAltNames", "subjectAltNames of the ServiceEntry")
		}
	}
	if c.Rule != nil && c.Rule.Selector != nil {
		report(c.Rule.From[0].Object, "spec.workloadSelector", "rules with a workloadSelector")
	}
	if s, ok := subsetOf(c); ok && c.Host.IsDNS() && len(s.GetLabels()) > 0 {
		report(s.From.Object, s.Path, "the labels of a subset of a DNS host: it holds all endpoints")
	}
	for _, patch := range c.ClusterPatches() {
		if isMerge(patch) && patch.Spec.GetMatch().GetCluster().GetService() == c.Host.Name {
			report(patch.Filter.Object, patch.Path, "patches of the cluster")
		}
	}
}

func subsetOf(c *mesh.Cluster) (mesh.Subset, bool) {
	if c.Rule == nil || c.Subset == "" {
		return mesh.Subset{}, false
	}
	return c.Rule.Subset(c.Subset)
}
