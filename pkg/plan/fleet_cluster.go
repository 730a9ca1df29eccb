package plan

import (
	"maps"
	"slices"
	"time"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
)

// What a fleet leaves out.
const (
	defaultSoak    = 12 * time.Hour
	defaultOverrun = 2 * time.Hour
	defaultZone    = "UTC"
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
	if w := c.Maintenance; w != nil {
		out.Window = &FleetWindow{
			Days: slices.Clone(w.Days), Start: w.Start, Duration: w.Duration.Duration, Zone: or(w.TimeZone, defaultZone),
		}
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

func maintenanceOf(m *v1alpha1.MaintenanceRules) FleetMaintenance {
	if m == nil {
		m = &v1alpha1.MaintenanceRules{}
	}
	return FleetMaintenance{
		Soak: orDefault(m.Soak, defaultSoak), Overrun: orDefault(m.Overrun, defaultOverrun), During: string(m.DuringMaintenance),
	}
}
