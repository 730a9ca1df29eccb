package compile

import (
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
)

func fleetRouteTree(r plan.FleetRoute) render.Map {
	gateways := make([]string, 0, len(r.Names))
	for _, n := range r.Names {
		gateways = append(gateways, n.String())
	}
	return render.Map{
		{Key: "gateways", Value: names(gateways)},
		{Key: "hosts", Value: names(r.Hosts)},
		{Key: "probePort", Value: r.ProbePort},
		{Key: "redirect", Value: yes(r.Redirect)},
		{Key: "httpOnly", Value: yes(r.HTTPOnly)},
		{Key: "allowListed", Value: yes(r.AllowListed)},
	}
}

func serverTree(s plan.FleetServer) render.Map {
	return render.Map{
		{Key: "image", Value: s.Image},
		{Key: "replicas", Value: s.Replicas},
		{Key: "mesh", Value: s.Mesh},
		{Key: "alerts", Value: yes(s.Alerts)},
	}
}
