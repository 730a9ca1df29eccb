package picture

import (
	"strings"
	"time"

	"github.com/spillway-mesh/spillway/pkg/plan"
)

// Budgets draws how long each stage of a failover takes with each edge of the fleets: as bars up to the worst case, with a
// mark below which nine of ten failovers stay, against the objective.
func Budgets(fleets []*plan.Fleet) []byte {
	c := canvas{width: margin + labels + bar + 2*margin, more: fleetStyle}
	y := margin
	names := make([]string, len(fleets))
	for i, f := range fleets {
		if i > 0 {
			y += 2 * margin
		}
		names[i] = f.Owner()
		y = c.budget(f, y)
	}
	return c.document("Time to fail over of "+strings.Join(names, ", "), y+margin)
}

// Sizes of the bars.
const (
	labels    = 190
	bar       = 560
	barHeight = 22
)

// stage is one part of a bar.
type stage struct {
	class, text string
	of          func(plan.Stages) plan.Reach
}

func stages() []stage {
	return []stage{
		{"notice", "the cluster notices and is let go", func(s plan.Stages) plan.Reach { return s.Notice }},
		{"detect", "probes see it", func(s plan.Stages) plan.Reach { return s.Detect }},
		{"switch", "the edge learns of it", func(s plan.Stages) plan.Reach { return s.Switch }},
		{"cached", "answers of DNS run out", func(s plan.Stages) plan.Reach { return s.Cached }},
	}
}

// line draws a text below y and returns where the next may begin.
func (c *canvas) line(x, y, size int, class, text string) int {
	y += size
	c.text(x, y, line{text, size, class})
	c.width = max(c.width, x+width(text, size)+margin)
	return y + leading
}

func (c *canvas) budget(f *plan.Fleet, y int) int {
	y = c.line(margin, y, titleSize, "title", "Until users are in another cluster")
	about := "ClusterFailover " + f.Owner()
	if f.Objective > 0 {
		about += ", objective " + f.Objective.String()
	}
	y = c.line(margin, y, smallSize, "small", about) + margin - leading
	longest := f.Objective
	for _, e := range f.Edges {
		longest = max(longest, e.Gateway, e.Strict, e.Drain)
	}
	if longest == 0 {
		return c.line(margin, y, nameSize, "small", "nothing is known of what stands before the clusters")
	}
	scale := func(d time.Duration) int { return int(int64(bar) * int64(d) / int64(longest)) }
	top := y
	for i := range f.Edges {
		y = c.edge(f, &f.Edges[i], y, scale)
	}
	if f.Objective > 0 {
		x := margin + labels + scale(f.Objective)
		c.add(`<line class="objective" x1="%d" y1="%d" x2="%d" y2="%d"/>`, x, top, x, y)
	}
	return c.stagesLegend(f, y+rowGap)
}

func (c *canvas) edge(f *plan.Fleet, e *plan.Edge, y int, scale func(time.Duration) int) int {
	y = c.line(margin, y, nameSize, "name", e.Type) + leading
	if !e.Known {
		return c.line(margin+padding, y, smallSize, "small", "not known") + rowGap
	}
	for _, failure := range plan.ClusterFailures() {
		s := f.Health.Stages(e.Timing, failure)
		c.text(margin+padding, y+barHeight-7, line{string(failure), smallSize, "small"})
		x, from := margin+labels, time.Duration(0)
		for _, part := range stages() {
			if w := scale(from+part.of(s).Worst) - scale(from); w > 0 {
				c.add(`<rect class="%s" x="%d" y="%d" width="%d" height="%d"/>`, part.class, x+scale(from), y, w, barHeight)
			}
			from += part.of(s).Worst
		}
		total := s.Total()
		mark := x + scale(total.Typical)
		c.add(`<line class="mark" x1="%d" y1="%d" x2="%d" y2="%d"/>`, mark, y-3, mark, y+barHeight+3)
		y = c.line(x, y+barHeight+2, smallSize, "small",
			"typically up to "+total.Typical.Round(time.Second).String()+", at worst "+total.Worst.String()) + leading
	}
	if e.Beyond != "" {
		y = c.line(margin+labels, y, smallSize, "small", "and "+e.Beyond)
	}
	return y + rowGap
}

func (c *canvas) stagesLegend(f *plan.Fleet, y int) int {
	const box = 14
	for _, part := range stages() {
		c.add(`<rect class="%s" x="%d" y="%d" width="%d" height="%d"/>`, part.class, margin, y, box, box)
		y = c.line(margin+box+padding, y, smallSize, "small", part.text) + leading
	}
	c.add(`<line class="mark" x1="%d" y1="%d" x2="%d" y2="%d"/>`, margin+box/2, y, margin+box/2, y+box)
	y = c.line(margin+box+padding, y, smallSize, "small", "nine of ten failovers are faster") + leading
	if f.Objective > 0 {
		c.add(`<line class="objective" x1="%d" y1="%d" x2="%d" y2="%d"/>`, margin+box/2, y, margin+box/2, y+box)
		y = c.line(margin+box+padding, y, smallSize, "small", "the objective")
	}
	return y
}
