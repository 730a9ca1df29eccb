package maintenance

import (
	"slices"
	"strings"
	"time"

	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/window"
)

// policy is what GKE is told of one cluster.
type policy struct {
	cluster    *plan.FleetCluster
	start, end string // of the first window; empty if there is none
	recurrence string
	exclusions []exclusion
}

// exclusion is one, in GKE's words.
type exclusion struct {
	name, start, end, scope string
}

// policiesOf is one for each cluster of GKE's that has anything to be told.
func policiesOf(f *plan.Fleet) []policy {
	var out []policy
	for i := range f.Clusters {
		c := &f.Clusters[i]
		if c.GKE == nil {
			continue
		}
		p := policy{cluster: c}
		if c.Window != nil {
			first := firstOf(c.Window.Written)
			p.start, p.end, p.recurrence = stamp(first.From), stamp(first.To), recurrence(c.Window.Written)
		}
		for _, e := range f.Maintenance.ExclusionsOf(c.Name) {
			p.exclusions = append(p.exclusions, exclusion{e.Name, stamp(e.Time.From), stamp(e.Time.To), scope(e.Scope)})
		}
		if p.start != "" || len(p.exclusions) > 0 {
			out = append(out, p)
		}
	}
	return out
}

// firstOf is the first time that the window opens. GKE reads of it how long the window is; that it is past does not matter.
func firstOf(w window.Weekly) window.Span {
	from := plan.Years().From
	spans := w.Spans(from, from.Add(9*24*time.Hour))
	i := slices.IndexFunc(spans, func(s window.Span) bool { return !s.From.Before(from) })
	return spans[i]
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// recurrence is the days of a window in UTC, as RFC 5545 has them.
func recurrence(w window.Weekly) string {
	days := make([]string, len(w.Days))
	for i, d := range w.Days {
		days[i] = strings.ToUpper(d.String()[:2])
	}
	return "FREQ=WEEKLY;BYDAY=" + strings.Join(days, ",")
}

// scope is that of an exclusion as the API spells it.
func scope(s string) string {
	return map[string]string{
		"NoUpgrades": "NO_UPGRADES", "NoMinorUpgrades": "NO_MINOR_UPGRADES", "NoMinorOrNodeUpgrades": "NO_MINOR_OR_NODE_UPGRADES",
	}[s]
}

// short is a duration as people write one: 8h10m, not 8h10m0s.
func short(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
