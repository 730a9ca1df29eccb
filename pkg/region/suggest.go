package region

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
)

// sameTownKM is how far apart two clouds' regions in "the same place" may lie.
const sameTownKM = 60

// A zone is a region plus a letter (us-east1-b, us-east-1a), a digit after a hyphen (eastus-2), a local zone
// (us-west-2-lax-1a), or an AWS zone id (use1-az2). The first group is the region as it was spelt.
var (
	azureZone = regexp.MustCompile(`^([a-z]{6,}[0-9]?)-[1-9]$`)
	letter    = regexp.MustCompile(`^(.*[0-9])-?[a-z]$`)
	localZone = regexp.MustCompile(`^([a-z-]+-[0-9])-[a-z]{2,5}-[0-9][a-z]?$`)
	zoneID    = regexp.MustCompile(`^([a-z]+[0-9])-az[0-9]+$`)
)

// Suggest returns the one of `among` that a name was probably meant to be, for a "did you mean". With no `among` it
// searches every known region. It returns false when the name is already one of them, or when nothing is close: a
// wrong suggestion costs the reader more than none.
//
// In falling order of certainty it recognises another cloud's spelling or another case (us-east1, US-East-1, "East
// US"), a zone in place of its region (us-east1-b, us-east-1a, eastus-2), a town or an AWS zone id (oregon, use1-az2),
// a name cut short (us-west), and up to two typing mistakes.
func Suggest(name string, among []string) (string, bool) {
	if name == "" || slices.Contains(among, name) {
		return "", false
	}
	if len(among) == 0 {
		if _, known := Lookup(name); known {
			return "", false // most names are spelt right, and the table is long
		}
		for _, r := range table().sorted {
			among = append(among, r.Name)
		}
	}
	candidates := slices.Clone(among)
	slices.Sort(candidates)
	lower := strings.ToLower(strings.TrimSpace(name))
	exactMeanings := []func(string, []string) string{byZone, bySpelling, byAlias}
	for _, find := range exactMeanings {
		if found := find(lower, candidates); found != "" {
			return found, true
		}
	}
	// A real region that is merely absent from the list was not mistyped; pointing at its neighbour would mislead.
	if _, known := Lookup(lower); known {
		return "", false
	}
	for _, find := range []func(string, []string) string{byStem, byTyping} {
		if found := find(lower, candidates); found != "" {
			return found, true
		}
	}
	return "", false
}

// fold reduces a name to its letters and digits, the part that the clouds agree on.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r + ('a' - 'A')
		default:
			return -1
		}
	}, s)
}

// folded is fold of a candidate: known regions, which are looked through again and again, are folded once.
func folded(candidate string) string {
	if r, ok := table().byName[candidate]; ok {
		return r.folded
	}
	return fold(candidate)
}

// bySpelling finds the candidate that differs only in case, spaces and hyphens.
func bySpelling(name string, candidates []string) string {
	wanted := fold(name)
	for _, c := range candidates {
		if folded(c) == wanted {
			return c
		}
	}
	return ""
}

// byZone strips what makes a zone out of a region and looks for the rest. Azure comes first: "eastus-2" is zone 2 of
// eastus, not eastus2, which is never written with a hyphen.
func byZone(name string, candidates []string) string {
	for _, zone := range []*regexp.Regexp{azureZone, letter, localZone, zoneID} {
		m := zone.FindStringSubmatch(name)
		if m == nil {
			continue
		}
		if slices.Contains(candidates, m[1]) { // us-east1-b is GCP's, though us-east-1 reads the same
			return m[1]
		}
		if found := cmp.Or(bySpelling(m[1], candidates), byAlias(m[1], candidates)); found != "" {
			return found
		}
	}
	return ""
}

// byAlias finds the candidate in the town that the name stands for, whichever cloud it belongs to.
func byAlias(name string, candidates []string) string {
	i := slices.IndexFunc(table().sorted, func(r Region) bool { return slices.Contains(r.aliases, fold(name)) })
	if i < 0 {
		return ""
	}
	meant := table().sorted[i]
	if slices.Contains(candidates, meant.Name) {
		return meant.Name
	}
	for _, c := range candidates {
		if r, ok := Lookup(c); ok && Distance(meant, r) <= sameTownKM {
			return c
		}
	}
	return ""
}

// byStem finds the first candidate that continues a name cut short before its number (us-west), or else the only one
// that begins with it.
func byStem(name string, candidates []string) string {
	const shortest = 5 // "asia" or "us" stands for half a continent: no suggestion
	stem := fold(name)
	if len(stem) < shortest {
		return ""
	}
	var begins []string
	for _, c := range candidates {
		if strings.TrimRight(folded(c), "0123456789") == stem {
			return c
		}
		if strings.HasPrefix(folded(c), stem) {
			begins = append(begins, c)
		}
	}
	if len(begins) == 1 {
		return begins[0]
	}
	return ""
}

// byTyping finds the candidate with the fewest typing mistakes, at most two, one in short names. Of several, as us-west1
// and us-west-1 for us-wset1, it takes the one whose hyphens fit best.
func byTyping(name string, candidates []string) string {
	wanted := fold(name)
	best, fewest := "", 3
	if len(wanted) <= 6 {
		fewest = 2
	}
	for _, c := range candidates {
		other := folded(c)
		if abs(len(other)-len(wanted)) > fewest {
			continue // each letter more or less is a mistake
		}
		d := mistakes(wanted, other)
		if d < fewest || d == fewest && best != "" && mistakes(name, c) < mistakes(name, best) {
			best, fewest = c, d
		}
	}
	return best
}

func abs(n int) int { return max(n, -n) }

// mistakes counts the insertions, deletions, substitutions and swaps of neighbours between two names.
func mistakes(a, b string) int {
	const short = 32 // rows of that length need no allocation
	before, last, current := make([]int, 0, short), make([]int, 0, short), make([]int, 0, short)
	if len(b) >= short {
		before, last, current = make([]int, 0, len(b)+1), make([]int, 0, len(b)+1), make([]int, 0, len(b)+1)
	}
	before, last, current = before[:len(b)+1], last[:len(b)+1], current[:len(b)+1]
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		current[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			current[j] = min(last[j]+1, current[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				current[j] = min(current[j], before[j-2]+1)
			}
		}
		before, last, current = last, current, before
	}
	return last[len(b)]
}
