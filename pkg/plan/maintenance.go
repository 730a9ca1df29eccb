package plan

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/window"
)

// FleetMaintenance is when the clusters of a fleet may be worked on.
type FleetMaintenance struct {
	Soak       time.Duration // the least time between the work on two clusters
	Overrun    time.Duration // how much longer than its window work may take: a window starts work, and does not end it
	During     string        // the mode that is set for each window: Strict, or empty for none
	Image      string        // of the command line, which sets it
	Exclusions []Exclusion
}

// FleetWindow is when one cluster may be worked on.
type FleetWindow struct {
	Meant   window.Weekly // by the clocks of its zone
	Written window.Weekly // in UTC: what of it is open whatever the clocks show
}

// Exclusion is a time in which clusters are not upgraded.
type Exclusion struct {
	Name     string
	Time     window.Span
	Scope    string // NoUpgrades, NoMinorUpgrades or NoMinorOrNodeUpgrades
	Clusters []string
	Rotation string // the cluster whose control plane is rotated, if that is the reason
}

// Years are those over which windows are compared: long enough for every pair of changes of the clocks to have come.
func Years() window.Span {
	return window.Span{From: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2032, 1, 1, 0, 0, 0, 0, time.UTC)}
}

// DefaultCommandImage is the image of the command line, from wherever nodes look first.
const DefaultCommandImage = "spillway"

// OperatorRole is the role, in the namespace of the fleet, of those who may set the mode of a cluster.
const OperatorRole = "spillway-operator"

// beforeRotation is how long before a planned rotation upgrades stop, so that none is still under way when it starts.
const beforeRotation = 24 * time.Hour

// ExclusionsOf lists those of a cluster.
func (m *FleetMaintenance) ExclusionsOf(cluster string) []Exclusion {
	return slices.DeleteFunc(slices.Clone(m.Exclusions), func(e Exclusion) bool { return !slices.Contains(e.Clusters, cluster) })
}

// maintenance says when the clusters may be worked on, and refuses windows that would have two of them worked on at once.
func (b *fleetBuilder) maintenance() {
	rules := b.spec.Maintenance
	if rules == nil {
		rules = &v1alpha1.MaintenanceRules{}
	}
	b.fleet.Maintenance = FleetMaintenance{
		Soak: orDefault(rules.Soak, v1alpha1.DefaultSoak), Overrun: orDefault(rules.Overrun, v1alpha1.DefaultOverrun),
		During: string(rules.DuringMaintenance),
	}
	if rules.DuringMaintenance != "" {
		b.fleet.Maintenance.Image = or(rules.Image, DefaultCommandImage)
	}
	for i := range b.fleet.Clusters {
		c := &b.fleet.Clusters[i]
		if w := b.spec.Clusters[i].Maintenance; w != nil {
			c.Window = b.windowOf(c.Name, w, b.at("clusters").Index(i).Child("maintenance"))
		}
	}
	b.exclusions(rules)
	b.rotations(rules)
	if b.diags.HasErrors() {
		return
	}
	b.without()
	b.apart()
	b.strictly()
}

// windowOf reads a window. One that is shorter than the change of the clocks cannot be told to anybody in UTC.
func (b *fleetBuilder) windowOf(cluster string, w *v1alpha1.MaintenanceWindow, at *field.Path) *FleetWindow {
	out := &FleetWindow{Meant: window.Weekly{Lasts: w.Duration.Duration}}
	var err error
	if out.Meant.Zone, err = time.LoadLocation(or(w.TimeZone, "UTC")); err != nil {
		b.diags.Errorf(at.Child("timeZone"), codeWindow, "there is no time zone %q", w.TimeZone).WithHint("such as Asia/Tokyo or UTC")
		out.Meant.Zone = time.UTC
	}
	start, err := time.Parse("15:04", w.Start)
	if err != nil {
		b.diags.Errorf(at.Child("start"), codeWindow, "%q is not a time of the day", w.Start).WithHint(`such as "02:00"`)
	}
	out.Meant.Start = time.Duration(start.Hour())*time.Hour + time.Duration(start.Minute())*time.Minute
	for _, d := range w.Days {
		if day, ok := weekday(d); ok {
			out.Meant.Days = append(out.Meant.Days, day)
		}
	}
	out.Written = out.Meant.UTC(Years().From, Years().To)
	switch lost := out.Meant.Lasts - out.Written.Lasts; {
	case out.Written.Lasts <= 0:
		b.diags.Errorf(at, codeWindow, "nothing of the window of %q is open both in summer and in winter", cluster).
			WithHint("make it longer, or give its start in UTC")
	case lost > 0:
		b.diags.Notef(at, codeSummerTime, "of the window of %q %s of %s are written: clouds count in UTC, and the clocks of %s change",
			cluster, out.Written.Lasts, out.Meant.Lasts, w.TimeZone).
			WithHint("nothing to do; make it %s longer to have %s", lost, out.Meant.Lasts)
	}
	return out
}

// weekday reads a day as it is written in specs: the first three letters.
func weekday(text string) (time.Weekday, bool) {
	for d := range time.Saturday + 1 {
		if d.String()[:3] == text {
			return d, true
		}
	}
	return 0, false
}

func (b *fleetBuilder) exclusions(rules *v1alpha1.MaintenanceRules) {
	m := &b.fleet.Maintenance
	for i := range rules.Exclusions {
		e, at := &rules.Exclusions[i], b.at("maintenance", "exclusions").Index(i)
		if !e.End.After(e.Start.Time) {
			b.diags.Errorf(at.Child("end"), codeExclusion, "the exclusion %q ends before it starts", e.Name).WithHint("swap the two")
		}
		if strings.HasPrefix(e.Name, rotationPrefix) {
			b.diags.Errorf(at.Child("name"), codeExclusion, "names that begin with %q are those of rotations", rotationPrefix).WithHint("rename it")
		}
		out := Exclusion{
			Name: e.Name, Time: window.Span{From: e.Start.UTC(), To: e.End.UTC()}, Scope: string(or(e.Scope, v1alpha1.ScopeNoUpgrades)),
			Clusters: slices.Clone(e.Clusters),
		}
		for j, name := range e.Clusters {
			b.known(name, at.Child("clusters").Index(j))
		}
		if len(out.Clusters) == 0 {
			out.Clusters = b.names()
		}
		m.Exclusions = append(m.Exclusions, out)
	}
}

const rotationPrefix = "rotation-"

// rotations keep upgrades of every cluster away from a planned rotation: of the cluster itself, since the two together are
// what kills it, and of the others, since they stand in if it dies.
func (b *fleetBuilder) rotations(rules *v1alpha1.MaintenanceRules) {
	m := &b.fleet.Maintenance
	for i := range rules.Rotations {
		r, at := &rules.Rotations[i], b.at("maintenance", "rotations").Index(i)
		b.known(r.Cluster, at.Child("cluster"))
		start := r.Start.UTC()
		days := orNumber(r.Days, v1alpha1.DefaultRotationDays)
		m.Exclusions = append(m.Exclusions, Exclusion{
			Name:     rotationPrefix + r.Cluster + start.Format("-20060102"),
			Time:     window.Span{From: start.Add(-beforeRotation), To: start.Add(time.Duration(days) * 24 * time.Hour)},
			Scope:    string(v1alpha1.ScopeNoUpgrades),
			Clusters: b.names(), Rotation: r.Cluster,
		})
		for _, other := range m.Exclusions[:len(m.Exclusions)-1] {
			if other.Rotation != "" && other.Time.From.Before(start.Add(time.Duration(days)*24*time.Hour)) && start.Before(other.Time.To) {
				b.diags.Errorf(at.Child("start"), codeExclusion, "the control planes of %q and %q are rotated at the same time", other.Rotation, r.Cluster).
					WithHint("start one when the other is completed, after %s", other.Time.To.Format(time.RFC3339))
			}
		}
	}
}

// names lists the clusters.
func (b *fleetBuilder) names() []string {
	out := make([]string, len(b.spec.Clusters))
	for i := range b.spec.Clusters {
		out[i] = b.spec.Clusters[i].Name
	}
	return out
}

func (b *fleetBuilder) known(cluster string, at *field.Path) {
	if names := b.names(); !slices.Contains(names, cluster) {
		b.diags.Errorf(at, codeExclusion, "there is no cluster %q", cluster).WithHint("the clusters are %s", strings.Join(names, ", "))
	}
}

// without warns of clusters that may be worked on at any time, and so at the same time as another.
func (b *fleetBuilder) without() {
	clusters := b.fleet.Clusters
	if !slices.ContainsFunc(clusters, func(c FleetCluster) bool { return c.Window != nil }) {
		return
	}
	for i := range clusters {
		if c := &clusters[i]; c.Window == nil {
			b.diags.Warnf(b.at("clusters").Index(i).Child("maintenance"), codeNoWindow,
				"%q has no window: it may be worked on while another cluster is", c.Name).WithHint("give it a window apart from those of the others")
		}
	}
}

// apart compares every two windows, in every week of the years.
func (b *fleetBuilder) apart() {
	clusters, years := b.fleet.Clusters, Years()
	least := b.fleet.Maintenance.Soak + b.fleet.Maintenance.Overrun
	spans := make([][]window.Span, len(clusters))
	for j := range clusters {
		if w := clusters[j].Window; w != nil {
			spans[j] = w.Meant.Spans(years.From, years.To)
		}
		for i := range j {
			if meeting, ok := window.Closest(spans[i], spans[j], least); ok && meeting.Gap < least {
				b.tooClose(i, j, meeting)
			}
		}
	}
}

// tooClose refuses two windows, and says where they meet: two zones that change their clocks on different days do so in
// some weeks of the year only.
func (b *fleetBuilder) tooClose(i, j int, meeting window.Meeting) {
	m := b.fleet.Maintenance
	first, second := b.fleet.Clusters[i].Name, b.fleet.Clusters[j].Name
	if meeting.Swapped {
		first, second = second, first
	}
	when := ", " + often(meeting.Closer)
	at := b.at("clusters").Index(j).Child("maintenance")
	if meeting.Gap < 0 {
		b.diags.Errorf(at, codeWindowsMeet, "%q and %q may be worked on at once, for %s from %s%s",
			first, second, -meeting.Gap, meeting.Second.From.UTC().Format(time.RFC3339), when).
			WithHint("give them other days, such as Mon, Tue and Wed to one and Thu, Fri and Sat to the other")
		return
	}
	b.diags.Errorf(at, codeWindowsMeet, "between the windows of %q and %q there are %s from %s, not %s (soak %s and overrun %s)%s",
		first, second, meeting.Gap, meeting.First.To.UTC().Format(time.RFC3339), m.Soak+m.Overrun, m.Soak, m.Overrun, when).
		WithHint("move one of them, or lower maintenance.soak or maintenance.overrun")
}

// often says how many times in the years something happens.
func often(times int) string {
	years := Years()
	span := fmt.Sprintf("from %d to %d", years.From.Year(), years.To.Year()-1)
	if times == 1 {
		return "once " + span
	}
	return strconv.Itoa(times) + " times " + span
}

// strictly refuses windows for which the mode cannot be set: it ends sooner.
func (b *fleetBuilder) strictly() {
	m, most := &b.fleet.Maintenance, b.fleet.Health.Guard.MaxChange
	if m.During == "" {
		return
	}
	for i := range b.fleet.Clusters {
		c := &b.fleet.Clusters[i]
		if c.Window == nil {
			continue
		}
		if d := m.StrictFor(c.Window); d > most {
			b.diags.Errorf(b.at("clusters").Index(i).Child("maintenance", "duration"), codeStrictTooLong,
				"the mode Strict would have to last %s for the window of %q, and a change lasts %s at most", d, c.Name, most).
				WithHint("shorten the window or maintenance.overrun, or raise health.guard.maxChange")
		}
	}
}

// StrictLead is how long before a window the mode is set, so that what is broken before the work began is not put down to it.
const StrictLead = 10 * time.Minute

// StrictFor is how long the mode lasts for a window.
func (m *FleetMaintenance) StrictFor(w *FleetWindow) time.Duration {
	return StrictLead + w.Written.Lasts + m.Overrun
}
