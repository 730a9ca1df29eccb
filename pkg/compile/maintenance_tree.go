package compile

import (
	"time"

	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
	"github.com/spillway-mesh/spillway/pkg/window"
)

// maintenanceTree is when the clusters of a fleet may be worked on.
func maintenanceTree(m plan.FleetMaintenance) render.Map {
	return render.Map{
		{Key: "soak", Value: duration(m.Soak)},
		{Key: "overrun", Value: duration(m.Overrun)},
		{Key: "during", Value: text(m.During)},
		{Key: "image", Value: text(m.Image)},
		{Key: "exclusions", Value: orNothing(list(m.Exclusions, exclusionTree))},
	}
}

func weekly(w window.Weekly) render.Inline {
	days := make([]string, len(w.Days))
	for i, d := range w.Days {
		days[i] = d.String()
	}
	return render.Inline{
		{Key: "days", Value: names(days)},
		{Key: "start", Value: w.Start.String()},
		{Key: "lasts", Value: w.Lasts.String()},
		{Key: "zone", Value: w.Zone.String()},
	}
}

func exclusionTree(e plan.Exclusion) render.Map {
	return render.Map{
		{Key: "name", Value: e.Name},
		{Key: "from", Value: e.Time.From.Format(time.RFC3339)},
		{Key: "to", Value: e.Time.To.Format(time.RFC3339)},
		{Key: "scope", Value: e.Scope},
		{Key: "clusters", Value: names(e.Clusters)},
		{Key: "rotation", Value: text(e.Rotation)},
	}
}
