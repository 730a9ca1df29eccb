package rules

import (
	"strconv"
	"strings"

	networking "istio.io/api/networking/v1alpha3"

	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
	"github.com/spillway-mesh/spillway/pkg/analyze/mesh"
)

// policyAt is one of the places in a DestinationRule where a policy may stand.
type policyAt struct {
	path string
	tls  *networking.ClientTLSSettings
	lb   *networking.LoadBalancerSettings
	od   *networking.OutlierDetection
}

// policiesOf are all policies that a DestinationRule spells out: at the top, by port, by subset.
func policiesOf(dr *manifest.DestinationRule) []policyAt {
	out := policiesIn(dr.Spec.GetTrafficPolicy(), "spec.trafficPolicy")
	for i, s := range dr.Spec.GetSubsets() {
		out = append(out, policiesIn(s.GetTrafficPolicy(), "spec.subsets["+strconv.Itoa(i)+"].trafficPolicy")...)
	}
	return out
}

func policiesIn(tp *networking.TrafficPolicy, path string) []policyAt {
	if tp == nil {
		return nil
	}
	out := []policyAt{{path, tp.GetTls(), tp.GetLoadBalancer(), tp.GetOutlierDetection()}}
	for i, p := range tp.GetPortLevelSettings() {
		out = append(out, policyAt{path + ".portLevelSettings[" + strconv.Itoa(i) + "]", p.GetTls(), p.GetLoadBalancer(), p.GetOutlierDetection()})
	}
	return out
}

// ofKubernetes says whether a DestinationRule is for a Kubernetes Service, or may be for many of them.
func ofKubernetes(dr *manifest.DestinationRule) bool {
	host := mesh.FullHost(dr.Spec.GetHost(), dr.Namespace)
	return strings.HasSuffix(host, ".svc.cluster.local") || strings.HasSuffix(host, ".svc") || host == "*" || host == "*.local"
}

// originates says whether TLS settings begin TLS with a certificate that is to be checked by name.
func originates(tls *networking.ClientTLSSettings) bool {
	return tls.GetMode() == networking.ClientTLSSettings_SIMPLE || tls.GetMode() == networking.ClientTLSSettings_MUTUAL
}

// isMerge says whether a patch adds to what is there.
func isMerge(p mesh.Patch) bool {
	op := p.Spec.GetPatch().GetOperation()
	return op == networking.EnvoyFilter_Patch_MERGE || op == networking.EnvoyFilter_Patch_MERGE_AND_REPLACE_LIST
}

// clusterMerges are the patches of all EnvoyFilters that merge into clusters, whether or not the cluster is known.
func clusterMerges(s *manifest.Snapshot) []mesh.Patch {
	var out []mesh.Patch
	for _, f := range s.EnvoyFilters {
		for _, p := range mesh.Patches(f) {
			if p.Spec.GetApplyTo() == networking.EnvoyFilter_CLUSTER && isMerge(p) {
				out = append(out, p)
			}
		}
	}
	return out
}

// generated says whether an object was written by this project from a spec, which was checked itself.
func generated(o *manifest.Object) bool {
	return o.Labels["app.kubernetes.io/managed-by"] == "spillway"
}

// most is the largest number of tiers that clients of any region have.
func most(c *mesh.Cluster, regions []string) int {
	n := 0
	for _, r := range regions {
		n = max(n, len(c.Tiers(mesh.InRegion(r)).Groups))
	}
	return n
}
