package maintenance

import (
	"time"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/spillway-mesh/spillway/pkg/diag"
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/window"
)

// What GKE wants of a maintenance policy. Its documentation has given the stretch as 32 days and as 92; a window by itself
// is held to the first. With exclusions, which may last 30 days, only the second can be met, and the first is warned of.
const (
	availability  = 48 * time.Hour
	stretch       = 32 * day
	longStretch   = 92 * day
	block         = 4 * time.Hour
	longest       = 30 * day // of an exclusion of all upgrades
	mostOfAll     = 20
	mostOfThose   = 3
	endOfSupport  = 14 * 30 * day // of a minor version, at the longest: exclusions of minor upgrades end with it
	day           = 24 * time.Hour
	codeRefused   = "HC022"
	codeOneFleet  = "HC023"
	codeNoWindows = "SP706"
	codeImage     = "SP707"
)

// CheckFleet says what GKE does not take, and what windows cannot do elsewhere.
func (Target) CheckFleet(f *plan.Fleet, spec *field.Path) diag.List {
	var ds diag.List
	if !concerned(f) {
		return nil
	}
	for i := range f.Clusters {
		c, at := &f.Clusters[i], spec.Child("clusters").Index(i).Child("maintenance")
		switch {
		case c.GKE != nil:
			checkWindow(&ds, c, at)
			checkExclusions(&ds, f, c, spec)
		case c.Window != nil:
			ds.Notef(at, codeNoWindows, "no cloud is told of the window of %q, which has no gke: it is for people and for the mode alone", c.Name).
				WithHint("elsewhere keep clusters apart by version; the page maintenance.md says how")
		}
	}
	checkFleets(&ds, f, spec)
	if f.Maintenance.During != "" && f.Maintenance.Image == plan.DefaultCommandImage {
		ds.Notef(spec.Child("maintenance", "image"), codeImage, "the image is %s, from wherever the nodes look first", f.Maintenance.Image).
			WithHint("name the registry that you put it into")
	}
	return ds
}

// checkWindow holds a window by itself against the rule: it is the same every week, so that half a year shows all of it.
func checkWindow(ds *diag.List, c *plan.FleetCluster, at *field.Path) {
	if c.Window == nil {
		return
	}
	if got := c.Window.Written.Lasts; got < block {
		ds.Errorf(at.Child("duration"), codeRefused, "of the window of %q %s are open in UTC all year, and GKE counts none below %s",
			c.Name, short(got), short(block)).WithHint("make it longer, or give its start in UTC")
		return
	}
	years := plan.Years()
	within := window.Span{From: years.From, To: years.From.Add(26 * 7 * day)}
	spans := window.Merge(c.Window.Written.Spans(within.From, within.To))
	if got, _ := window.Least(spans, within, stretch, block); got < availability {
		ds.Errorf(at, codeRefused, "the window of %q is open for %s of any 32 days at the least, and GKE wants %s",
			c.Name, short(got), short(availability)).WithHint("add days, or hours: two days of 6 hours are enough")
	}
}

// checkExclusions holds the exclusions of a cluster against GKE's limits.
func checkExclusions(ds *diag.List, f *plan.Fleet, c *plan.FleetCluster, spec *field.Path) {
	all := f.Maintenance.ExclusionsOf(c.Name)
	rules := spec.Child("maintenance", "exclusions")
	var closed []window.Span
	for _, e := range all {
		d := e.Time.Lasts()
		switch {
		case e.Scope != "NoUpgrades" && d > endOfSupport:
			ds.Warnf(rules, codeRefused, "%q keeps minor upgrades from %q for %d days, longer than any minor version is supported", e.Name, c.Name, d/day).
				WithHint("GKE ends it with the support of the version")
		case e.Scope != "NoUpgrades":
		case d > longest:
			ds.Errorf(rules, codeRefused, "%q keeps all upgrades from %q for %d days, and GKE takes %d", e.Name, c.Name, d/day, longest/day).
				WithHint("shorten it, or write scope: NoMinorUpgrades")
		default:
			closed = append(closed, e.Time)
		}
	}
	if n := len(all); n > mostOfAll {
		ds.Errorf(rules, codeRefused, "%q has %d exclusions with those of rotations, and GKE takes %d", c.Name, n, mostOfAll).WithHint("remove some")
	}
	if n := len(closed); n > mostOfThose {
		ds.Errorf(rules, codeRefused, "%q has %d exclusions of all upgrades with those of rotations, and GKE takes %d", c.Name, n, mostOfThose).
			WithHint("write scope: NoMinorUpgrades for some, or remove those that are over")
		return
	}
	if c.Window != nil && len(closed) > 0 && !ds.HasErrors() {
		checkLeft(ds, c, closed, rules)
	}
}

// checkLeft looks at the months around the exclusions for what they leave of the window.
func checkLeft(ds *diag.List, c *plan.FleetCluster, closed []window.Span, at *field.Path) {
	closed = window.Merge(closed)
	within := window.Span{From: closed[0].From.Add(-longStretch), To: closed[len(closed)-1].To.Add(longStretch)}
	left := window.Without(c.Window.Written.Spans(within.From, within.To), closed)
	if got, where := window.Least(left, within, longStretch, block); got < availability {
		ds.Errorf(at, codeRefused, "exclusions leave %s of the window of %q in the 92 days from %s, and GKE wants %s",
			short(got), c.Name, stamp(where.From), short(availability)).WithHint("shorten the exclusions, or move them apart")
		return
	}
	if got, where := window.Least(left, within, stretch, block); got < availability {
		ds.Warnf(at, codeRefused, "exclusions leave %s of the window of %q in the 32 days from %s; GKE wanted %s in any such, and may refuse them still",
			short(got), c.Name, stamp(where.From), short(availability)).WithHint("add days or hours to the window, or shorten the exclusions")
	}
}

// checkFleets tells of clusters that no sequence puts in order.
func checkFleets(ds *diag.List, f *plan.Fleet, at *field.Path) {
	first := map[string]string{}
	for i := range f.Clusters {
		c := &f.Clusters[i]
		if c.GKE == nil {
			continue
		}
		if other := first[c.GKE.Project]; other != "" {
			ds.Notef(at.Child("clusters").Index(i).Child("gke", "project"), codeOneFleet,
				"%q and %q are in one fleet of GKE's: their windows are all that keeps their upgrades apart", other, c.Name).
				WithHint("nothing to do; clusters in projects of their own can be upgraded one after the other, too")
			continue
		}
		first[c.GKE.Project] = c.Name
	}
}
