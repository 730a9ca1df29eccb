package compile

import (
	"strings"
	"time"

	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
	"github.com/spillway-mesh/spillway/pkg/target"
	"github.com/spillway-mesh/spillway/pkg/target/all"
)

// Patterns compares the ways to fail over between clusters for a fleet.
func Patterns(f *plan.Fleet) []plan.FleetPattern {
	usual := map[string]plan.EdgeTiming{}
	for _, t := range all.Fleets() {
		if edge, ok := t.(target.EdgeTarget); ok {
			usual[edge.Info().Edge] = edge.Timing(edge.Options())
		}
	}
	return f.Patterns(usual)
}

// EdgeTree is what is to be said of a fleet's edges, for a script: how long each stage of each failure takes, and how the
// patterns compare.
func EdgeTree(f *plan.Fleet) render.Map {
	return append(FleetTree(f),
		render.Field{Key: "budget", Value: orNothing(list(f.Edges, func(e plan.Edge) render.Map { return stagesTree(f, e) }))},
		render.Field{Key: "patterns", Value: list(Patterns(f), patternTree)},
	)
}

func stagesTree(f *plan.Fleet, e plan.Edge) render.Map {
	failures := make(render.List, 0, len(plan.ClusterFailures()))
	if e.Known {
		for _, failure := range plan.ClusterFailures() {
			s := f.Health.Stages(e.Timing, failure)
			failures = append(failures, render.Map{
				{Key: "failure", Value: string(failure)},
				{Key: "notice", Value: reachTree(s.Notice)},
				{Key: "detect", Value: reachTree(s.Detect)},
				{Key: "switch", Value: reachTree(s.Switch)},
				{Key: "cached", Value: reachTree(s.Cached)},
				{Key: "total", Value: reachTree(s.Total())},
			})
		}
	}
	return render.Map{
		{Key: "edge", Value: e.Type},
		{Key: "known", Value: e.Known},
		{Key: "failures", Value: orNothing(failures)},
		{Key: "beyond", Value: text(e.Beyond)},
	}
}

func reachTree(r plan.Reach) any {
	if r == (plan.Reach{}) {
		return nil
	}
	return render.Map{
		{Key: "least", Value: r.Least.String()}, {Key: "typical", Value: r.Typical.Round(time.Second).String()}, {Key: "worst", Value: r.Worst.String()},
	}
}

func patternTree(p plan.FleetPattern) render.Map {
	return render.Map{
		{Key: "pattern", Value: p.Name},
		{Key: "edge", Value: p.Edge},
		{Key: "ofFleet", Value: yes(p.Of)},
		{Key: "deadGateway", Value: duration(p.Times.Gateway)},
		{Key: "strict", Value: duration(p.Times.Strict)},
		{Key: "drain", Value: duration(p.Times.Drain)},
		{Key: "beyond", Value: text(p.Times.Beyond)},
		{Key: "objective", Value: text(p.Keeps)},
		{Key: "parts", Value: strings.Join(p.Parts, "; ")},
		{Key: "configClusterDies", Value: p.Dies},
		{Key: "careful", Value: p.Careful},
	}
}
