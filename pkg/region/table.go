package region

import (
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:embed regions.tsv
var regionsTSV string

// index is the parsed table: a map for Lookup, a slice for everything that must be ordered.
type index struct {
	byName map[string]Region
	sorted []Region
}

// table parses the embedded file on first use and never changes afterwards.
//
//nolint:gochecknoglobals // a constant that needs parsing: written once under sync.OnceValue, read-only afterwards
var table = sync.OnceValue(func() index { return mustParse(regionsTSV) })

// mustParse panics on a bad line: the file is compiled in, so a bad line is a programmer's error that any test finds.
func mustParse(tsv string) index {
	idx := index{byName: map[string]Region{}}
	for number, line := range strings.Split(tsv, "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		r, err := parseLine(line)
		if err != nil {
			panic(fmt.Sprintf("regions.tsv:%d: %v", number+1, err))
		}
		if _, dup := idx.byName[r.Name]; dup {
			panic(fmt.Sprintf("regions.tsv:%d: region %q is listed twice", number+1, r.Name))
		}
		idx.byName[r.Name] = r
		idx.sorted = append(idx.sorted, r)
	}
	slices.SortFunc(idx.sorted, func(a, b Region) int { return strings.Compare(a.Name, b.Name) })
	return idx
}

// parseLine reads cloud, name, continent, latitude, longitude, place and aliases, separated by tabs.
func parseLine(line string) (Region, error) {
	f := strings.Split(line, "\t")
	if len(f) != 7 {
		return Region{}, fmt.Errorf("%d columns, want 7", len(f))
	}
	lat, err := strconv.ParseFloat(f[3], 64)
	if err != nil || lat < -90 || lat > 90 {
		return Region{}, fmt.Errorf("latitude %q is not between -90 and 90", f[3])
	}
	lon, err := strconv.ParseFloat(f[4], 64)
	if err != nil || lon < -180 || lon > 180 {
		return Region{}, fmt.Errorf("longitude %q is not between -180 and 180", f[4])
	}
	r := Region{Cloud: Cloud(f[0]), Name: f[1], Continent: Continent(f[2]), Lat: lat, Lon: lon, Place: f[5], folded: fold(f[1])}
	if f[6] != "" {
		r.aliases = strings.Split(f[6], ",")
	}
	return r, nil
}
