package compile

import (
	"fmt"
	"slices"
	"strings"
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

// CalendarTree is when the clusters of a fleet may be worked on in a year, opening by opening, for a script.
func CalendarTree(f *plan.Fleet, year int) render.Map {
	return render.Map{
		{Key: "namespace", Value: f.Namespace},
		{Key: "name", Value: f.Name},
		{Key: "year", Value: year},
		{Key: "maintenance", Value: maintenanceTree(f.Maintenance)},
		{Key: "clusters", Value: list(f.Clusters, func(c plan.FleetCluster) render.Map { return openingsTree(&c, year) })},
	}
}

func openingsTree(c *plan.FleetCluster, year int) render.Map {
	if c.Window == nil {
		return render.Map{{Key: "name", Value: c.Name}}
	}
	return render.Map{
		{Key: "name", Value: c.Name},
		{Key: "meant", Value: weekly(c.Window.Meant)},
		{Key: "written", Value: weekly(c.Window.Written)},
		{Key: "openings", Value: list(Openings(c, year), func(s window.Span) render.Map {
			return render.Map{{Key: "from", Value: s.From.UTC().Format(time.RFC3339)}, {Key: "to", Value: s.To.UTC().Format(time.RFC3339)}}
		})},
	}
}

// Openings lists when the window of a cluster opens in a year.
func Openings(c *plan.FleetCluster, year int) []window.Span {
	from := time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)
	spans := c.Window.Written.Spans(from, from.AddDate(1, 0, 0))
	return slices.DeleteFunc(spans, func(s window.Span) bool { return s.From.Before(from) })
}

// InWords is a window as people say it.
func InWords(w window.Weekly) string {
	days := make([]string, len(w.Days))
	for i, d := range w.Days {
		days[i] = d.String()[:3]
	}
	minutes := int(w.Start.Minutes())
	return fmt.Sprintf("%s %02d:%02d %s, %s", strings.Join(days, ", "), minutes/60, minutes%60, w.Zone, w.Lasts)
}
