// Package region knows the regions of GCP, AWS and Azure: where each one lies, which of several is nearest to a
// client, and which one a misspelt name was meant to be.
//
// It holds facts and arithmetic only; it must import nothing but the standard library. The facts are in regions.tsv,
// one line per region. Start reading at Lookup; near misses are in suggest.go.
package region

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// Cloud names the provider that a region belongs to.
type Cloud string

// The clouds whose regions the table holds.
const (
	GCP   Cloud = "GCP"
	AWS   Cloud = "AWS"
	Azure Cloud = "Azure"
)

// Continent is the part of the world a region lies in. It is the boundary that a failover filled in by nearness never
// crosses unless the spec allows it, so the Middle East counts on its own, as it does in the clouds' own region pages.
type Continent string

// The continents that regions of the table lie in.
const (
	Africa       Continent = "Africa"
	Asia         Continent = "Asia"
	Europe       Continent = "Europe"
	MiddleEast   Continent = "MiddleEast"
	NorthAmerica Continent = "NorthAmerica"
	Oceania      Continent = "Oceania"
	SouthAmerica Continent = "SouthAmerica"
)

// Region is one region of one cloud.
type Region struct {
	Cloud     Cloud     // who runs it
	Name      string    // exactly as the cloud, and so a Kubernetes node label, spells it
	Continent Continent // where it lies, coarsely
	Lat, Lon  float64   // where it lies, in degrees, good to some tens of kilometres
	Place     string    // the town or country, for people
	folded    string    // fold(Name)
	aliases   []string  // folded names that people use instead; only Suggest looks at them
}

// Lookup finds a region by the exact name its cloud gives it. Aliases and other spellings are not accepted, because
// a locality that differs from the node label by a hyphen never matches at run time; Suggest turns them into a hint.
func Lookup(name string) (Region, bool) {
	r, ok := table().byName[name]
	return r, ok
}

// All returns every known region, ordered by name.
func All() []Region { return slices.Clone(table().sorted) }

// ContinentOf returns the continent of a region given by its exact name; false for an unknown name.
func ContinentOf(name string) (Continent, bool) {
	r, ok := Lookup(name)
	return r.Continent, ok
}

// Distance returns the great-circle distance between two regions in whole kilometres. Whole, so that the order of
// regions in one town, and with it the generated output, does not hang on the last bit of a cosine.
func Distance(a, b Region) int {
	const earthRadiusKM = 6371.0
	rad := func(deg float64) float64 { return deg * math.Pi / 180 }
	sinLat, sinLon := math.Sin(rad(b.Lat-a.Lat)/2), math.Sin(rad(b.Lon-a.Lon)/2)
	h := sinLat*sinLat + math.Cos(rad(a.Lat))*math.Cos(rad(b.Lat))*sinLon*sinLon
	return int(math.Round(2 * earthRadiusKM * math.Asin(math.Min(1, math.Sqrt(h)))))
}

// Nearest returns the candidates ordered by their distance from a region, then by name, the region itself first;
// the input is left alone.
// Candidates that the table does not know come last, by name. When from itself is unknown there is no nearness to
// speak of, and the result is nil: the caller must ask the user instead of guessing.
func Nearest(from string, candidates []string) []string {
	origin, ok := Lookup(from)
	if !ok {
		return nil
	}
	distance := func(name string) int {
		r, ok := Lookup(name)
		if !ok {
			return math.MaxInt
		}
		return Distance(origin, r)
	}
	out := slices.Clone(candidates)
	slices.SortStableFunc(out, func(a, b string) int {
		return cmp.Or(cmp.Compare(distance(a), distance(b)), selfFirst(from, a, b), strings.Compare(a, b))
	})
	return out
}

// selfFirst puts the region itself before another one in the same town.
func selfFirst(from, a, b string) int {
	switch {
	case a == b:
		return 0
	case a == from:
		return -1
	case b == from:
		return 1
	default:
		return 0
	}
}
