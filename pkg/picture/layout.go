package picture

import (
	"strconv"

	"github.com/spillway-mesh/spillway/pkg/plan"
)

// Sizes in pixels.
const (
	margin      = 24
	gap         = 52 // between columns, for the arrows
	rowGap      = 20
	padding     = 12
	badge       = 9 // radius of the number of a tier
	titleSize   = 17
	headingSize = 12
	nameSize    = 13
	smallSize   = 11
	leading     = 5 // between lines
	minWidth    = 420
)

// line is one line of text in a box.
type line struct {
	text  string
	size  int
	class string
}

// box is a rectangle with lines in it.
type box struct {
	x, y, w, h int
	class      string
	lines      []line
	dividers   []int // line numbers above which a line is drawn
	number     string
}

// fit gives the box the size its lines need.
func (b *box) fit() {
	b.w, b.h = 0, 2*padding-leading
	for _, l := range b.lines {
		b.w = max(b.w, width(l.text, l.size)+2*padding)
		b.h += l.size + leading
	}
	b.h += 2 * leading * len(b.dividers)
}

// clientBox holds the regions of a row.
func clientBox(r row) box {
	b := box{class: "client"}
	for _, c := range r.clients {
		b.add(c, nameSize, "name")
	}
	if r.remark != "" {
		b.add(r.remark, smallSize, "small")
	}
	b.fit()
	return b
}

// tierBox holds the endpoints of a tier.
func tierBox(tier []plan.Endpoint, number int, promised bool) box {
	b := box{class: "failover", number: strconv.Itoa(number)}
	switch {
	case !promised:
		b.class = "unpromised"
	case number == 1:
		b.class = "good"
	}
	for i, e := range tier {
		if i > 0 {
			b.dividers = append(b.dividers, len(b.lines))
		}
		b.add(e.Name, nameSize, "name")
		b.add(e.Address, smallSize, "small")
		if e.Region != "" {
			b.add(e.Region, smallSize, "small")
		}
	}
	b.fit()
	return b
}

func (b *box) add(text string, size int, class string) {
	for _, l := range wrap(text, maxCharacters) {
		b.lines = append(b.lines, line{l, size, class})
	}
}

// plan lays out and draws one plan below y, and returns where it ends.
func (c *canvas) plan(p *plan.Plan, y int) int {
	rows := rowsOf(p)
	clients := make([]box, len(rows))
	tiers := make([][]box, len(rows))
	clientWidth, columns := width("clients in", headingSize), []int{}
	for i, r := range rows {
		clients[i] = clientBox(r)
		clientWidth = max(clientWidth, clients[i].w)
		for n, tier := range r.tiers {
			b := tierBox(tier, n+1, r.promised)
			tiers[i] = append(tiers[i], b)
			if n == len(columns) {
				columns = append(columns, width(heading(n), headingSize))
			}
			columns[n] = max(columns[n], b.w)
		}
	}
	right := margin + clientWidth
	for _, w := range columns {
		right += gap + w
	}
	c.width = max(c.width, right+margin, minWidth)
	y = c.head(p, y, max(right, minWidth-margin))
	y = c.headings(y, clientWidth, columns)
	for i := range rows {
		y = c.row(y, clients[i], clientWidth, tiers[i], columns) + rowGap
	}
	return c.legend(y)
}

func heading(tier int) string {
	if tier == 0 {
		return "good day"
	}
	return "failover " + strconv.Itoa(tier)
}

// row draws one row whose top is y, and returns its bottom.
func (c *canvas) row(y int, client box, clientWidth int, tiers []box, columns []int) int {
	height := client.h
	for _, t := range tiers {
		height = max(height, t.h)
	}
	middle := y + height/2
	client.x, client.w, client.y = margin, clientWidth, middle-client.h/2
	c.box(client)
	from := client.x + client.w
	for n, t := range tiers {
		t.x, t.w, t.y = margin+clientWidth+gap, columns[n], middle-t.h/2
		for _, w := range columns[:n] {
			t.x += w + gap
		}
		c.arrow(from, t.x, middle, t.class)
		c.box(t)
		from = t.x + t.w
	}
	return y + height
}
