package rules

import (
	"slices"
	"strconv"

	networking "istio.io/api/networking/v1alpha3"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/analyze/mesh"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "FX063", Name: "weights-as-failover", Severity: diag.Warning,
		Inputs:  analyze.Kinds{"VirtualService"},
		Summary: "requests are parted by weight among hosts outside the mesh",
		Why: "Weights of a route know nothing of health: when a host is dead its share of the requests fails, " +
			"and with 100 and 0 all of them do. Ejection works within a host, not between hosts.",
		Fix:   "one ServiceEntry with an endpoint for each, localities, and failover in its DestinationRule",
		Check: checkWeightsAsFailover,
	})
}

func checkWeightsAsFailover(p *analyze.Pass) {
	for _, vs := range p.Snapshot.VirtualServices {
		for i, h := range vs.Spec.GetHttp() {
			var hosts []string
			for _, d := range h.GetRoute() {
				host := mesh.FullHost(d.GetDestination().GetHost(), vs.Namespace)
				outside := slices.ContainsFunc(p.HostsNamed(host), func(o *mesh.Host) bool { return o.Location == networking.ServiceEntry_MESH_EXTERNAL })
				if outside && !slices.Contains(hosts, host) {
					hosts = append(hosts, host)
				}
			}
			if len(hosts) > 1 {
				p.Report(vs.Object, "spec.http["+strconv.Itoa(i)+"].route", "requests are parted among %s, whether they are alive or not", analyze.List(hosts))
			}
		}
	}
}
