package diag

import (
	"slices"
	"strings"
)

// Closest returns the one of `among` that a name was probably meant to be, for a "did you mean". It returns false when
// nothing is close, because a wrong suggestion costs the reader more than none.
func Closest(name string, among []string) (string, bool) {
	lower := strings.ToLower(name)
	best, found := limit(name)+1, ""
	for _, candidate := range among {
		if candidate == name {
			continue
		}
		if strings.ToLower(candidate) == lower {
			return candidate, true
		}
		if d := distance(lower, strings.ToLower(candidate), best); d < best {
			best, found = d, candidate
		}
	}
	return found, found != ""
}

// limit is how many typing mistakes a name of this length may hold: a short name turns into any other one with two.
func limit(name string) int {
	switch n := len(name); {
	case n <= 3:
		return 1
	case n <= 8:
		return 2
	case n <= 64:
		return 3
	default:
		return 0 // nobody types that much wrong by a hair, and the comparison is quadratic
	}
}

// distance counts the letters to insert, delete, replace or swap with the neighbour; anything from `enough` is as far.
func distance(a, b string, enough int) int {
	if diff := len(a) - len(b); diff >= enough || -diff >= enough {
		return enough
	}
	before, last, now := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		now[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			now[j] = min(last[j]+1, now[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				now[j] = min(now[j], before[j-2]+1)
			}
		}
		if slices.Min(now) >= enough {
			return enough
		}
		before, last, now = last, now, before
	}
	return last[len(b)]
}
