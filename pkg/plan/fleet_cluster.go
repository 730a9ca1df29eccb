package plan

import (
	"maps"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
)

// clusterOf fills the defaults into what the spec says of a cluster.
func clusterOf(c *v1alpha1.Cluster) FleetCluster {
	out := FleetCluster{
		Name: c.Name, Region: c.Region, Role: string(or(c.Role, v1alpha1.RoleActive)),
		Rotation: string(or(c.Rotation, v1alpha1.RotationServing)),
	}
	if c.Capacity != nil {
		out.MaxRPS = int(c.Capacity.MaxRPS)
	}
	if g := c.GKE; g != nil {
		out.GKE = &FleetGKE{Project: g.Project, Location: g.Location, Membership: or(g.FleetMembership, c.Name)}
	}
	return out
}

func gatewayOf(g *v1alpha1.GatewayRef) FleetGateway {
	if g == nil {
		g = &v1alpha1.GatewayRef{}
	}
	out := FleetGateway{API: string(or(g.API, v1alpha1.GatewayIstio)), Selector: maps.Clone(g.Selector)}
	if len(out.Selector) == 0 && out.API == string(v1alpha1.GatewayIstio) {
		out.Selector = map[string]string{"istio": "ingressgateway"}
	}
	return out
}
