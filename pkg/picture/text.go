package picture

import (
	"bytes"
	"encoding/xml"
	"strings"
)

// Everything is set in a monospaced font, whose characters are at most this wide in the fonts that systems come with:
// so text fits its box without knowing the font.
const characterWidth = 0.62

// maxCharacters of a line in a box; longer names are broken.
const maxCharacters = 34

// width of a text in pixels.
func width(s string, size int) int {
	n := 0
	for _, r := range s {
		n++
		if r >= 0x1100 { // as wide as two, in scripts that have such
			n++
		}
	}
	return int(float64(n*size)*characterWidth + 0.999)
}

// wrap breaks a name into lines, behind a dot or dash if there is one in the second half.
func wrap(s string, most int) []string {
	var lines []string
	runes := []rune(s)
	for len(runes) > most {
		at := most
		for i := most; i > most/2; i-- {
			if strings.ContainsRune(".-/, ", runes[i-1]) {
				at = i
				break
			}
		}
		lines = append(lines, strings.TrimRight(string(runes[:at]), " "))
		runes = runes[at:]
	}
	return append(lines, string(runes))
}

// escape makes any text fit for XML.
func escape(s string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(s)) // a buffer never fails to write
	return b.String()
}
