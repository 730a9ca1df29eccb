package picture

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/window"
)

// Calendar draws when the clusters of the fleets may be worked on in a year: one week hour by hour, then every day of the
// year, with exclusions and rotations.
func Calendar(fleets []*plan.Fleet, year int) []byte {
	c := canvas{more: fleetStyle}
	y := margin
	names := make([]string, len(fleets))
	for i, f := range fleets {
		if i > 0 {
			y += 2 * margin
		}
		names[i] = f.Owner()
		y = c.calendar(f, year, y)
	}
	return c.document(fmt.Sprintf("Maintenance windows of %s in %d", strings.Join(names, ", "), year), y+margin)
}

// Sizes of the calendar.
const (
	hourWidth = 5
	weekRow   = 26
	dayWidth  = 26
	stripe    = 9 // of a cluster in a day
	monthGap  = 7
)

// weekStart is a Monday; in the picture of a week it stands for every Monday.
func weekStart(year int) time.Time {
	t := time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)
	for t.Weekday() != time.Monday {
		t = t.AddDate(0, 0, 1)
	}
	return t
}

func (c *canvas) calendar(f *plan.Fleet, year, y int) int {
	y = c.line(margin, y, titleSize, "title", "Maintenance windows "+strconv.Itoa(year))
	about := fmt.Sprintf("ClusterFailover %s, soak %s, overrun %s; days and hours in UTC", f.Owner(), f.Maintenance.Soak, f.Maintenance.Overrun)
	y = c.line(margin, y, smallSize, "small", about) + margin - leading
	if !slices.ContainsFunc(f.Clusters, func(k plan.FleetCluster) bool { return k.Window != nil }) {
		y = c.line(margin, y, nameSize, "small", "no cluster has a window: each may be worked on at any time") + rowGap
	}
	left := c.left(f)
	y = c.week(f, year, left, y) + rowGap
	y = c.year(f, year, left, y) + rowGap
	return c.calendarLegend(f, y)
}

// left is where the hours and days begin: right of the longest name.
func (c *canvas) left(f *plan.Fleet) int {
	longest := width("Month", smallSize)
	for _, k := range f.Clusters {
		longest = max(longest, width(k.Name, nameSize))
	}
	return margin + longest + padding
}

// class is the colour of a cluster.
func class(i int) string { return "k" + strconv.Itoa(i%6) }

// week draws the hours of a week. What is meant may move by an hour with the clocks; what is written stays.
func (c *canvas) week(f *plan.Fleet, year, left, y int) int {
	start := weekStart(year)
	week := window.Span{From: start, To: start.AddDate(0, 0, 7)}
	x := func(t time.Time) int { return left + int(t.Sub(start).Hours()*hourWidth) }
	c.width = max(c.width, x(week.To)+margin)
	y += smallSize
	for d := range 7 {
		day := start.AddDate(0, 0, d)
		c.text(x(day)+2, y, line{day.Weekday().String()[:3], smallSize, "heading"})
	}
	y += leading
	top := y
	for i := range f.Clusters {
		k := &f.Clusters[i]
		c.text(margin, y+weekRow/2+5, line{k.Name, nameSize, "name"})
		if k.Window != nil {
			c.open(f, i, week, x, y)
		}
		y += weekRow
	}
	for d := range 8 {
		at := x(start.AddDate(0, 0, d))
		c.add(`<line class="divider" x1="%d" y1="%d" x2="%d" y2="%d"/>`, at, top, at, y)
	}
	return y
}

// open draws the windows of one cluster in a week, and behind each what work may take longer.
func (c *canvas) open(f *plan.Fleet, i int, week window.Span, x func(time.Time) int, y int) {
	k := &f.Clusters[i]
	cut := func(s window.Span) window.Span {
		if s.From.Before(week.From) {
			s.From = week.From
		}
		if s.To.After(week.To) {
			s.To = week.To
		}
		return s
	}
	block := func(classes string, s window.Span, inset int) {
		if s = cut(s); s.From.Before(s.To) {
			c.add(`<rect class="%s" x="%d" y="%d" width="%d" height="%d" rx="2"/>`, classes, x(s.From), y+inset, x(s.To)-x(s.From), weekRow-2*inset)
		}
	}
	before := week.From.Add(-7 * 24 * time.Hour)
	for _, s := range k.Window.Meant.Spans(before, week.To) {
		block("soak", window.Span{From: s.To.Add(f.Maintenance.Overrun), To: s.To.Add(f.Maintenance.Overrun + f.Maintenance.Soak)}, 10)
		block("overrun", window.Span{From: s.To, To: s.To.Add(f.Maintenance.Overrun)}, 7)
	}
	for _, s := range k.Window.Meant.Spans(week.From, week.To) {
		block(class(i)+" meant", s, 5)
	}
	for _, s := range k.Window.Written.Spans(week.From, week.To) {
		block(class(i), s, 5)
	}
}

// year draws a row for each month and a cell for each of its days, with a stripe for each cluster.
func (c *canvas) year(f *plan.Fleet, year, left, y int) int {
	y += smallSize
	for d := range 31 {
		c.text(left+d*dayWidth+7, y, line{strconv.Itoa(d + 1), smallSize, "heading"})
	}
	c.width = max(c.width, left+31*dayWidth+margin)
	y += leading
	height := max(len(f.Clusters)*stripe, smallSize)
	for month := time.January; month <= time.December; month++ {
		c.text(margin, y+height/2+4, line{month.String()[:3], smallSize, "small"})
		for day := time.Date(year, month, 1, 0, 0, 0, 0, time.UTC); day.Month() == month; day = day.AddDate(0, 0, 1) {
			c.day(f, day, left+(day.Day()-1)*dayWidth, y, height)
		}
		y += height + monthGap
	}
	return y
}

func (c *canvas) day(f *plan.Fleet, day time.Time, x, y, height int) {
	kind := "day"
	if day.Weekday() == time.Saturday || day.Weekday() == time.Sunday {
		kind = "day weekend"
	}
	c.add(`<rect class="%s" x="%d" y="%d" width="%d" height="%d"/>`, kind, x, y, dayWidth-2, height)
	whole := window.Span{From: day, To: day.AddDate(0, 0, 1)}
	for i := range f.Clusters {
		k := &f.Clusters[i]
		top := y + i*stripe
		if k.Window != nil && slices.ContainsFunc(k.Window.Meant.Spans(whole.From, whole.To), func(s window.Span) bool { return !s.From.Before(whole.From) }) {
			c.add(`<rect class="%s" x="%d" y="%d" width="%d" height="%d"/>`, class(i), x, top, dayWidth-2, stripe-1)
		}
		for _, e := range f.Maintenance.ExclusionsOf(k.Name) {
			if e.Time.From.Before(whole.To) && e.Time.To.After(whole.From) {
				kind := "excluded"
				if e.Rotation == k.Name {
					kind = "rotated"
				}
				c.add(`<line class="%s" x1="%d" y1="%d" x2="%d" y2="%d"/>`, kind, x, top+stripe/2, x+dayWidth-2, top+stripe/2)
			}
		}
	}
}

func (c *canvas) calendarLegend(f *plan.Fleet, y int) int {
	const box = 14
	row := func(shape, text string) {
		c.add("%s", shape)
		y = c.line(margin+box+padding, y, smallSize, "small", text) + leading
	}
	square := func(class string) string {
		return fmt.Sprintf(`<rect class="%s" x="%d" y="%d" width="%d" height="%d"/>`, class, margin, y, box, box)
	}
	stroke := func(class string) string {
		return fmt.Sprintf(`<line class="%s" x1="%d" y1="%d" x2="%d" y2="%d"/>`, class, margin, y+box/2, margin+box, y+box/2)
	}
	for i := range f.Clusters {
		text := f.Clusters[i].Name + " may be worked on"
		if w := f.Clusters[i].Window; w == nil {
			text = f.Clusters[i].Name + " has no window"
		} else if w.Meant.Lasts != w.Written.Lasts {
			text += "; pale where it depends on the season"
		}
		row(square(class(i)), text)
	}
	row(square("overrun"), "work may take longer")
	row(square("soak"), "no other cluster yet")
	if len(f.Maintenance.Exclusions) > 0 {
		row(stroke("excluded"), "upgrades are held back")
		row(stroke("rotated"), "its control plane is rotated")
	}
	return y
}
