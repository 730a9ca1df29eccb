package rules

import (
	networking "istio.io/api/networking/v1alpha3"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

func init() {
	add(analyze.Rule{
		Code: "FX046", Name: "zone-aware-outside", Severity: diag.Warning,
		Inputs:  analyze.Kinds{"ServiceEntry"},
		Summary: "zone-aware balancing for hosts outside the mesh",
		Why: "zoneAwareLbSetting compares the spread of the client's own fleet with that of the endpoints. For a " +
			"few names outside the mesh it adds nothing to localityLbSetting, is ignored by proxies that do not " +
			"discover themselves, and pins traffic to a region also where nothing would notice its death.",
		Fix:   "use loadBalancer.localityLbSetting with failover",
		Check: checkZoneAwareOutside,
	})
}

func checkZoneAwareOutside(p *analyze.Pass) {
	for _, c := range p.Clusters() {
		lb := c.Policy.LoadBalancer
		if lb.Value.GetZoneAwareLbSetting() == nil || lb.Object == nil || c.Host.Location != networking.ServiceEntry_MESH_EXTERNAL {
			continue
		}
		p.Report(lb.Object.Object, lb.Path+".zoneAwareLbSetting", "%s is outside the mesh", c)
	}
}
