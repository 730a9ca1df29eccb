package rules

import (
	"slices"
	"strings"
	"time"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/analyze/manifest"
	"github.com/spillway-mesh/spillway/pkg/window"
)

// recurring is the maintenance window of a cluster of Config Connector's.
type recurring struct {
	*manifest.Object

	at     manifest.Value
	weekly window.Weekly
}

// recurringOf lists the windows that open on days of the week; others are not judged.
func recurringOf(p *analyze.Pass) []recurring {
	var out []recurring
	for _, o := range p.Snapshot.OfKind("container.cnrm.cloud.google.com", "ContainerCluster") {
		at := o.Tree.At("spec", "maintenancePolicy", "recurringWindow")
		from, err := time.Parse(time.RFC3339, at.At("startTime").Text())
		to, err2 := time.Parse(time.RFC3339, at.At("endTime").Text())
		days := daysOf(at.At("recurrence").Text(), from.UTC().Weekday())
		if err != nil || err2 != nil || len(days) == 0 || !from.Before(to) {
			continue
		}
		from = from.UTC()
		out = append(out, recurring{o, at, window.Weekly{
			Days: days, Lasts: to.Sub(from), Zone: time.UTC,
			Start: time.Duration(from.Hour())*time.Hour + time.Duration(from.Minute())*time.Minute + time.Duration(from.Second())*time.Second,
		}})
	}
	return out
}

// daysOf reads the days of a rule of RFC 5545 that repeats every week, or every day; none of any other.
func daysOf(rule string, first time.Weekday) []time.Weekday {
	parts := map[string]string{}
	for part := range strings.SplitSeq(strings.TrimPrefix(rule, "RRULE:"), ";") {
		key, value, _ := strings.Cut(part, "=")
		parts[key] = value
	}
	week := []time.Weekday{0, 1, 2, 3, 4, 5, 6}
	_, days := parts["BYDAY"]
	known := len(parts) == 1 || len(parts) == 2 && days
	switch {
	case !known:
		return nil
	case parts["FREQ"] == "DAILY" && !days:
		return week
	case parts["FREQ"] == "WEEKLY" && !days:
		return []time.Weekday{first}
	case parts["FREQ"] != "WEEKLY":
		return nil
	}
	given := strings.Split(parts["BYDAY"], ",")
	return slices.DeleteFunc(week, func(d time.Weekday) bool { return !slices.Contains(given, strings.ToUpper(d.String()[:2])) })
}

// half is half a year: what repeats every week has shown itself by then.
func half() window.Span {
	from := time.Date(2027, 1, 4, 0, 0, 0, 0, time.UTC)
	return window.Span{From: from, To: from.AddDate(0, 0, 26*7)}
}
