package main

import (
	"bytes"
	"fmt"
	"html"
	"strconv"
	"strings"
)

// Sizes of the picture, in pixels.
const (
	width, left, right = 860, 250, 330
	lineHeight, top    = 22, 64
	bar                = width - left - right
)

// draw shows how many of the reads each configuration lost, as bars, with the time until home served again.
func draw(rows []row) []byte {
	var b bytes.Buffer
	height := top + lineHeight*len(rows) + 24
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" role="img" `+
		`font-family="system-ui, sans-serif" font-size="13">`+"\n", width, height, width, height)
	b.WriteString("<title>Reads lost while the home region is down</title>\n")
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="#ffffff"/>`+"\n", width, height)
	text(&b, 16, 26, `font-size="16" font-weight="600" fill="#1f2328"`, "Repeatable requests lost while the home region is down")
	text(&b, left, 50, `fill="#59636e"`, "reads lost")
	text(&b, width-right+150, 50, `fill="#59636e"`, "home serves again after")
	for i, r := range rows {
		y := top + lineHeight*i
		text(&b, 16, y+15, `fill="#1f2328"`, r.config)
		text(&b, 170, y+15, `fill="#59636e"`, r.failure)
		lost, sent := split(r.reads)
		colour := "#1a7f37"
		if lost > 0 {
			colour = "#cf222e"
			fmt.Fprintf(&b, `<rect x="%d" y="%d" width="%d" height="14" rx="2" fill="%s"/>`+"\n", left, y+4, bar*lost/max(sent, 1), colour)
		}
		text(&b, left+bar*lost/max(sent, 1)+8, y+15, `fill="`+colour+`"`, fmt.Sprintf("%d of %d", lost, sent))
		text(&b, width-right+150, y+15, `fill="#1f2328"`, after(r))
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

// after says when home served again; a region that was never left had nothing to come back from.
func after(r row) string {
	if _, err := strconv.ParseFloat(r.back, 64); err != nil {
		return r.back
	}
	if r.copied {
		return "never left"
	}
	return r.back + " s"
}

func text(b *bytes.Buffer, x, y int, style, s string) {
	fmt.Fprintf(b, `<text x="%d" y="%d" %s>%s</text>`+"\n", x, y, style, html.EscapeString(s))
}

// split reads "3/140"; anything else counts as nothing lost of nothing.
func split(cell string) (lost, sent int) {
	l, s, _ := strings.Cut(cell, "/")
	lost, err1 := strconv.Atoi(l)
	sent, err2 := strconv.Atoi(s)
	if err1 != nil || err2 != nil {
		return 0, 0
	}
	return lost, sent
}
