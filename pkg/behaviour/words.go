package behaviour

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

func indexed(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

func quoteMeta(s string) string { return regexp.QuoteMeta(s) }

// list joins names as people do.
func list(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

// span is a duration as specs spell it, or a word for none.
func span(d time.Duration, none string) string {
	if d == 0 {
		return none
	}
	return long(d)
}

// long is a duration without zeros at its end: 1m rather than 1m0s.
func long(d time.Duration) string {
	out := d.String()
	if rest, ok := strings.CutSuffix(out, "m0s"); ok {
		out = rest + "m"
	}
	if rest, ok := strings.CutSuffix(out, "h0m"); ok {
		out = rest + "h"
	}
	return out
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

func boolean(b bool) int {
	if b {
		return 1
	}
	return 0
}
