package region

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func mustLookup(t *testing.T, name string) Region {
	t.Helper()
	r, ok := Lookup(name)
	if !ok {
		t.Fatalf("Lookup(%q) found nothing", name)
	}
	return r
}

func TestTableIsSound(t *testing.T) {
	t.Parallel()
	atLeast := map[Cloud]int{GCP: 40, AWS: 35, Azure: 55}
	count := map[Cloud]int{}
	aliases := map[string]string{}
	continents := []Continent{Africa, Asia, Europe, MiddleEast, NorthAmerica, Oceania, SouthAmerica}
	for _, r := range All() {
		count[r.Cloud]++
		if !slices.Contains(continents, r.Continent) {
			t.Errorf("%s: unknown continent %q", r.Name, r.Continent)
		}
		if r.Place == "" || r.Name != strings.ToLower(r.Name) {
			t.Errorf("%s: needs a place and a lower-case name", r.Name)
		}
		for _, a := range r.aliases {
			if a != fold(a) || aliases[a] != "" {
				t.Errorf("alias %q of %s is not folded, or already belongs to %q", a, r.Name, aliases[a])
			}
			aliases[a] = r.Name
			if _, isName := Lookup(a); isName {
				t.Errorf("alias %q of %s is itself a region", a, r.Name)
			}
		}
	}
	for cloud, want := range atLeast {
		if count[cloud] < want {
			t.Errorf("%s: %d regions, want at least %d", cloud, count[cloud], want)
		}
	}
	if len(count) != len(atLeast) {
		t.Errorf("clouds in the table: %v", count)
	}
}

// A wrong sign puts a region among those of another continent: its nearest known region of its own must be near.
func TestCoordinatesFitTheContinents(t *testing.T) {
	t.Parallel()
	const farthestKM = 4500 // Johannesburg to Cape Town, Auckland to Sydney and São Paulo to Santiago are well below
	for _, r := range All() {
		nearest := 1 << 30
		for _, o := range All() {
			if o.Name != r.Name && o.Continent == r.Continent {
				nearest = min(nearest, Distance(r, o))
			}
		}
		if nearest > farthestKM {
			t.Errorf("%s lies %d km from any other region of %s", r.Name, nearest, r.Continent)
		}
	}
}

func TestAllIsACopy(t *testing.T) {
	t.Parallel()
	All()[0].Name = "scribbled"
	if All()[0].Name == "scribbled" {
		t.Error("All hands out its own table")
	}
}

func TestLookupIsExact(t *testing.T) {
	t.Parallel()
	if r := mustLookup(t, "us-east1"); r.Cloud != GCP || r.Continent != NorthAmerica {
		t.Errorf("us-east1 = %+v", r)
	}
	if r := mustLookup(t, "us-east-1"); r.Cloud != AWS {
		t.Errorf("us-east-1 = %+v", r)
	}
	for _, name := range []string{"", "US-EAST1", "us-east1-b", "oregon", "use1", "us-east", "*", "us-east1 "} {
		if r, ok := Lookup(name); ok {
			t.Errorf("Lookup(%q) = %v, want nothing", name, r.Name)
		}
	}
	if c, ok := ContinentOf("me-central1"); !ok || c != MiddleEast {
		t.Errorf("ContinentOf(me-central1) = %v, %v", c, ok)
	}
	if c, ok := ContinentOf("atlantis1"); ok || c != "" {
		t.Errorf("ContinentOf(atlantis1) = %v, %v", c, ok)
	}
}

func TestDistance(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		a, b     string
		min, max int
	}{
		{"us-east1", "us-east1", 0, 0},
		{"us-east1", "us-east-1", 600, 750},
		{"us-west1", "us-west-2", 80, 160},
		{"europe-west2", "eu-west-2", 0, 0},
		{"europe-west2", "us-east4", 5700, 6100},               // across the Atlantic
		{"ap-northeast-1", "us-west-2", 7500, 8300},            // across the date line
		{"newzealandnorth", "europe-southwest1", 19000, 20100}, // nearly antipodes
	} {
		a, b := mustLookup(t, tc.a), mustLookup(t, tc.b)
		got := Distance(a, b)
		if got < tc.min || got > tc.max {
			t.Errorf("Distance(%s, %s) = %d km, want %d to %d", tc.a, tc.b, got, tc.min, tc.max)
		}
		if back := Distance(b, a); back != got {
			t.Errorf("Distance(%s, %s) = %d there and %d back", tc.a, tc.b, got, back)
		}
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, from string
		candidates []string
		want       []string
	}{
		{"GCP east to AWS", "us-east1", []string{"us-west-1", "us-east-1"}, []string{"us-east-1", "us-west-1"}},
		{"Oregon to AWS", "us-west1", []string{"us-east-1", "us-west-1", "us-west-2"}, []string{"us-west-2", "us-west-1", "us-east-1"}},
		{"Oregon to Azure", "us-west1", []string{"eastus", "westus", "westus2"}, []string{"westus2", "westus", "eastus"}},
		{"Belgium", "europe-west1", []string{"us-east-1", "eu-central-1", "eu-west-1"}, []string{"eu-central-1", "eu-west-1", "us-east-1"}},
		{"itself before its town", "asia-northeast1", []string{"ap-northeast-1", "asia-northeast1", "japaneast"}, []string{"asia-northeast1", "ap-northeast-1", "japaneast"}},
		{"itself before its town, late in the alphabet", "japaneast", []string{"ap-northeast-1", "japaneast"}, []string{"japaneast", "ap-northeast-1"}},
		{"unknown ones last", "us-east1", []string{"dc-b", "us-west1", "dc-a"}, []string{"us-west1", "dc-a", "dc-b"}},
		{"from nowhere", "dc-a", []string{"us-west1"}, nil},
		{"no candidates", "us-east1", nil, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			rng := rand.New(rand.NewPCG(1, 2))
			for range 10 {
				in := slices.Clone(tc.candidates)
				rng.Shuffle(len(in), func(i, j int) { in[i], in[j] = in[j], in[i] })
				before := slices.Clone(in)
				if diff := cmp.Diff(tc.want, Nearest(tc.from, in)); diff != "" {
					t.Fatalf("Nearest(%q, %v) (-want +got):\n%s", tc.from, in, diff)
				}
				if !slices.Equal(before, in) {
					t.Fatal("Nearest reordered its argument")
				}
			}
		})
	}
}

func TestMustParseRefusesABadTable(t *testing.T) {
	t.Parallel()
	good := "GCP\tus-east1\tNorthAmerica\t33.2\t-80\tSC\t\n"
	for name, tc := range map[string]struct{ tsv, want string }{
		"columns":   {"GCP\tus-east1\n", "regions.tsv:1: 2 columns"},
		"latitude":  {strings.Replace(good, "33.2", "133.2", 1), "latitude"},
		"longitude": {strings.Replace(good, "-80", "west", 1), "longitude"},
		"twice":     {good + good, "regions.tsv:2: region \"us-east1\" is listed twice"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			defer func() {
				if got, _ := recover().(string); !strings.Contains(got, tc.want) {
					t.Errorf("panic %q does not mention %q", got, tc.want)
				}
			}()
			mustParse(tc.tsv)
			t.Error("accepted")
		})
	}
}
