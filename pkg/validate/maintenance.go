package validate

import (
	"strconv"
	"time"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
)

func (c *checker) maintenance(at *field.Path, m *v1alpha1.MaintenanceRules) {
	c.timeout(at.Child("soak"), m.Soak)
	c.timeout(at.Child("overrun"), m.Overrun)
	choice(c, at.Child("duringMaintenance"), m.DuringMaintenance, false, v1alpha1.ModeStrict)
	c.short(at.Child("image"), m.Image, 512)
	c.count(at.Child("exclusions"), len(m.Exclusions), 0, 20)
	names := seen{}
	for i := range m.Exclusions {
		e, at := &m.Exclusions[i], at.Child("exclusions").Index(i)
		if c.dnsLabel(at.Child("name"), e.Name, longestEndpoint) {
			c.twice(names, at.Child("name"), e.Name, "the exclusion")
		}
		c.moment(at.Child("start"), e.Start.Time)
		c.moment(at.Child("end"), e.End.Time)
		choice(c, at.Child("scope"), e.Scope, false, v1alpha1.ScopeNoUpgrades, v1alpha1.ScopeNoMinorUpgrades, v1alpha1.ScopeNoMinorOrNodeUpgrades)
		c.count(at.Child("clusters"), len(e.Clusters), 0, maxPeers+1)
		clusters := seen{}
		for j, name := range e.Clusters {
			if at := at.Child("clusters").Index(j); c.required(at, name, longestEndpoint) {
				c.twice(clusters, at, name, "the cluster")
			}
		}
	}
	c.count(at.Child("rotations"), len(m.Rotations), 0, 3)
	for i := range m.Rotations {
		r, at := &m.Rotations[i], at.Child("rotations").Index(i)
		c.required(at.Child("cluster"), r.Cluster, longestEndpoint)
		c.moment(at.Child("start"), r.Start.Time)
		c.upTo(at.Child("days"), r.Days, 28)
	}
}

// moment wants a time that is given, and that the clouds can be told.
func (c *checker) moment(at *field.Path, t time.Time) {
	switch {
	case t.IsZero():
		c.errorf(at, "SP101", "a time is required").WithHint(`such as "2027-02-01T00:00:00Z"`)
	case t.Year() < 2020 || t.Year() > 2099:
		c.errorf(at, "SP104", "%s is not a time of this century's next years", t.UTC().Format(time.RFC3339)).WithHint("correct the year")
	}
}

// window wants days, a start, a duration of less than a day, and a time zone that exists.
func (c *checker) window(at *field.Path, w *v1alpha1.MaintenanceWindow) {
	c.count(at.Child("days"), len(w.Days), 1, 7)
	days := seen{}
	for i, d := range w.Days {
		at := at.Child("days").Index(i)
		choice(c, at, d, true, "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
		c.twice(days, at, d, "the day")
	}
	if _, err := time.Parse("15:04", w.Start); err != nil {
		c.errorf(at.Child("start"), "SP554", "%s is not a time of the day", quote(w.Start)).WithHint(`such as "02:00"`)
	}
	if d := w.Duration.Duration; d < time.Hour || d > 24*time.Hour {
		c.errorf(at.Child("duration"), "SP554", "a window of %s is not between 1h and 24h", strconv.Quote(d.String())).WithHint("such as 6h")
	}
	if w.TimeZone == "" {
		return
	}
	if _, err := time.LoadLocation(w.TimeZone); err != nil || w.TimeZone == "Local" {
		c.errorf(at.Child("timeZone"), "SP554", "there is no time zone %s", quote(w.TimeZone)).WithHint("such as Asia/Tokyo or UTC")
	}
}
