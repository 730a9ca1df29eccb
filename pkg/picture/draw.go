package picture

import (
	"bytes"
	"fmt"

	"github.com/spillway-mesh/spillway/pkg/plan"
)

// style fits light pages, and dark ones where the viewer says so; without that the background keeps it readable.
const style = `
    text { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace; fill: #1f2328; }
    .page { fill: #ffffff; }
    .name, .title { font-weight: 600; }
    .small, .heading { fill: #59636e; }
    rect.client { fill: #ddf4ff; stroke: #54aeff; }
    rect.good { fill: #dafbe1; stroke: #2da44e; }
    rect.failover { fill: #fff8c5; stroke: #bf8700; }
    rect.unpromised { fill: #f6f8fa; stroke: #818b98; }
    .divider { stroke: #818b98; stroke-width: 0.5; }
    .edge { fill: none; stroke-width: 2; }
    .edge.good { stroke: #1a7f37; }
    .edge.failover { stroke: #9a6700; stroke-dasharray: 6 4; }
    .edge.unpromised { stroke: #818b98; }
    .head.good, .badge.good { fill: #1a7f37; }
    .head.failover, .badge.failover { fill: #9a6700; }
    .head.unpromised, .badge.unpromised { fill: #59636e; }
    .number { fill: #ffffff; font-weight: 600; }
    @media (prefers-color-scheme: dark) {
      text { fill: #f0f6fc; }
      .page { fill: #0d1117; }
      .small, .heading { fill: #a5aeb8; }
      rect.client { fill: #12233b; stroke: #388bfd; }
      rect.good { fill: #10291a; stroke: #2ea043; }
      rect.failover { fill: #2b2410; stroke: #bb8009; }
      rect.unpromised { fill: #161b22; stroke: #656c76; }
      .edge.good { stroke: #3fb950; }
      .edge.failover { stroke: #d29922; }
      .head.good, .badge.good { fill: #3fb950; }
      .head.failover, .badge.failover { fill: #d29922; }
      .head.unpromised, .badge.unpromised { fill: #a5aeb8; }
      .number { fill: #0d1117; }
    }
`

// fleetStyle is for pictures of fleets, besides.
const fleetStyle = `
    .notice { fill: #8250df; } .detect { fill: #bf8700; } .switch { fill: #0969da; } .cached { fill: #818b98; }
    .mark { stroke: #1f2328; stroke-width: 2; }
    .objective { stroke: #cf222e; stroke-width: 2; stroke-dasharray: 5 3; }
    .k0 { fill: #0969da; } .k1 { fill: #1a7f37; } .k2 { fill: #8250df; } .k3 { fill: #bc4c00; } .k4 { fill: #1b7c83; } .k5 { fill: #bf3989; }
    .meant { opacity: 0.4; }
    .day { fill: #eff2f5; } .weekend { fill: #dde3e9; }
    .overrun { fill: #d4a72c; } .soak { fill: #d1d9e0; }
    .excluded { stroke: #59636e; stroke-width: 2; stroke-dasharray: 2 2; }
    .rotated { stroke: #cf222e; stroke-width: 3; }
    @media (prefers-color-scheme: dark) {
      .notice { fill: #a371f7; } .detect { fill: #d29922; } .switch { fill: #388bfd; } .cached { fill: #656c76; }
      .mark { stroke: #f0f6fc; }
      .objective, .rotated { stroke: #f85149; }
      .k0 { fill: #388bfd; } .k1 { fill: #3fb950; } .k2 { fill: #a371f7; } .k3 { fill: #db6d28; } .k4 { fill: #39c5cf; } .k5 { fill: #db61a2; }
      .day { fill: #161b22; } .weekend { fill: #21262d; }
      .overrun { fill: #9e6a03; } .soak { fill: #30363d; }
      .excluded { stroke: #a5aeb8; }
    }
`

// canvas collects shapes; its width grows with them.
type canvas struct {
	body  bytes.Buffer
	width int
	more  string // style
}

func (c *canvas) add(format string, args ...any) { fmt.Fprintf(&c.body, "  "+format+"\n", args...) }

// text draws one line whose baseline is y.
func (c *canvas) text(x, y int, l line) {
	c.add(`<text class="%s" x="%d" y="%d" font-size="%d">%s</text>`, l.class, x, y, l.size, escape(l.text))
}

// head names the plan and how it is done, and returns where the next thing may begin.
func (c *canvas) head(p *plan.Plan, y, right int) int {
	perLine := func(size int) int { return int(float64(right-margin) / (float64(size) * characterWidth)) }
	for _, part := range wrap(p.Host, perLine(titleSize)) {
		y += titleSize
		c.text(margin, y, line{part, titleSize, "title"})
		y += leading
	}
	about := fmt.Sprintf("ExternalFailover %s, pattern %s, mechanism %s", p.Owner(), p.Pattern, p.Order.Mechanism)
	if p.Pattern == "" { // somebody else's objects, read back
		about = p.Name + " in namespace " + p.Namespace
	}
	for _, part := range wrap(about, perLine(smallSize)) {
		y += smallSize
		c.text(margin, y, line{part, smallSize, "small"})
		y += leading
	}
	return y + margin - leading
}

// headings names the columns.
func (c *canvas) headings(y, clientWidth int, columns []int) int {
	y += headingSize
	c.text(margin, y, line{"clients in", headingSize, "heading"})
	x := margin + clientWidth + gap
	for n, w := range columns {
		c.text(x, y, line{heading(n), headingSize, "heading"})
		x += w + gap
	}
	return y + padding
}

func (c *canvas) box(b box) {
	c.add(`<rect class="%s" x="%d" y="%d" width="%d" height="%d" rx="6"/>`, b.class, b.x, b.y, b.w, b.h)
	y := b.y + padding - leading
	for i, l := range b.lines {
		if len(b.dividers) > 0 && b.dividers[0] == i {
			b.dividers = b.dividers[1:]
			y += leading + leading/2
			c.add(`<line class="divider" x1="%d" y1="%d" x2="%d" y2="%d"/>`, b.x, y, b.x+b.w, y)
			y += leading - leading/2
		}
		y += l.size + leading
		c.text(b.x+padding, y-1, l)
	}
	if b.number != "" {
		c.add(`<circle class="badge %s" cx="%d" cy="%d" r="%d"/>`, b.class, b.x+b.w, b.y, badge)
		c.add(`<text class="number" x="%d" y="%d" font-size="%d" text-anchor="middle">%s</text>`,
			b.x+b.w, b.y+4, smallSize, escape(b.number))
	}
}

// arrow goes from one box to the next; the class failover is dashed.
func (c *canvas) arrow(from, to, y int, class string) {
	const head = 8
	c.add(`<path class="edge %s" d="M%d %dH%d"/>`, class, from+2, y, to-head)
	c.add(`<path class="head %s" d="M%d %dl-%d -5v10z"/>`, class, to-1, y, head)
}

// legend says what the two kinds of arrows mean.
func (c *canvas) legend(y int) int {
	const length = 36
	c.width = max(c.width, margin+length+padding+width(legendFailover, smallSize)+margin)
	for _, l := range []line{{legendGood, smallSize, "good"}, {legendFailover, smallSize, "failover"}} {
		y += smallSize
		c.arrow(margin, margin+length, y-4, l.class)
		c.text(margin+length+padding, y, line{l.text, smallSize, "small"})
		y += leading
	}
	return y
}

const (
	legendGood     = "on a good day"
	legendFailover = "once everything to the left is dead"
)

// document puts the shapes into a file of their size.
func (c *canvas) document(title string, height int) []byte {
	w := max(c.width, minWidth)
	var out bytes.Buffer
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-labelledby="title">`+"\n",
		w, height, w, height)
	fmt.Fprintf(&out, "  <title id=\"title\">%s</title>\n", escape(title))
	fmt.Fprintf(&out, "  <style>%s  </style>\n", style+c.more)
	fmt.Fprintf(&out, "  <rect class=\"page\" width=\"%d\" height=\"%d\"/>\n", w, height)
	out.Write(c.body.Bytes())
	out.WriteString("</svg>\n")
	return out.Bytes()
}
