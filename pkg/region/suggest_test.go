package region

import (
	"slices"
	"testing"
)

func TestSuggest(t *testing.T) {
	t.Parallel()
	gcp := []string{"us-west1", "us-east1", "europe-west1"}
	aws := []string{"us-west-2", "us-east-1", "eu-west-1"}
	azure := []string{"eastus2", "eastus", "westeurope"}
	for _, tc := range []struct {
		name  string
		among []string
		want  string
	}{
		// another cloud's spelling, case, display names
		{"us-east-1", gcp, "us-east1"},
		{"us-east1", aws, "us-east-1"},
		{"US-EAST1", gcp, "us-east1"},
		{"us_east_1", aws, "us-east-1"},
		{"East US 2", azure, "eastus2"},
		{"East US", azure, "eastus"},
		{"us-east1", []string{"us-east-1", "us-west-1"}, "us-east-1"},
		{" us-east1", gcp, "us-east1"},
		// zones
		{"us-east1-b", gcp, "us-east1"},
		{"us-east1-b", aws, "us-east-1"},
		{"us-east-1a", aws, "us-east-1"},
		{"us-east-1a", gcp, "us-east1"},
		{"US-East-1A", aws, "us-east-1"},
		{"us-west-2-lax-1a", aws, "us-west-2"},
		{"use1-az4", aws, "us-east-1"},
		{"eastus-2", azure, "eastus"},
		{"eastus2-1", azure, "eastus2"},
		// towns and short codes
		{"oregon", aws, "us-west-2"},
		{"N. Virginia", aws, "us-east-1"},
		{"tokyo", []string{"us-east1", "asia-northeast1"}, "asia-northeast1"},
		{"usw2", aws, "us-west-2"},
		// cut short
		{"us-west", gcp, "us-west1"},
		{"us-west", aws, "us-west-2"},
		{"us-west", []string{"us-west-2", "us-west-1"}, "us-west-1"},
		{"westeu", azure, "westeurope"},
		// typing
		{"us-esat1", gcp, "us-east1"},
		{"us-est1", gcp, "us-east1"},
		{"us-eastt-1", aws, "us-east-1"},
		{"europ-wst1", gcp, "europe-west1"},
		{"us-east3", gcp, "us-east1"},
		// names of the user's own
		{"dc-osl1", []string{"dc-oslo-1", "dc-rome-1"}, "dc-oslo-1"},
		// against the whole table
		{"us-west", nil, "us-west-1"},
		{"westus-3", nil, "westus"},
		{"asia-northeast-1", nil, "asia-northeast1"},
		{"eu-central1", nil, "eu-central-1"},
		// nothing is close: the negative controls
		{"mainframe-room", gcp, ""},
		{"mainframe-room", nil, ""},
		{"us", gcp, ""},
		{"asia", nil, ""},
		{"", gcp, ""},
		{"*", gcp, ""},
		{"us-east1", gcp, ""},
		{"us-east1", nil, ""},
		{"us-west-1", []string{"us-east-1"}, ""}, // real, two letters away, and elsewhere
		{"oregon", []string{"us-east-1"}, ""},
		{"eu", []string{"eu-west-1", "eu-west-2"}, ""},
	} {
		got, ok := Suggest(tc.name, tc.among)
		if got != tc.want || ok != (tc.want != "") {
			t.Errorf("Suggest(%q, %v) = %q, %v; want %q", tc.name, tc.among, got, ok, tc.want)
		}
		reversed := slices.Clone(tc.among)
		slices.Reverse(reversed)
		if again, _ := Suggest(tc.name, reversed); again != got {
			t.Errorf("Suggest(%q) = %q or %q, by the order of the list", tc.name, got, again)
		}
	}
}

func TestSuggestFindsEveryRegionsSpellings(t *testing.T) {
	t.Parallel()
	for _, r := range All() {
		zone := map[Cloud]string{GCP: r.Name + "-b", AWS: r.Name + "a", Azure: r.Name + "-3"}[r.Cloud]
		if got, _ := Suggest(zone, nil); got != r.Name {
			t.Errorf("zone %q: suggested %q, want %q", zone, got, r.Name)
		}
		for _, a := range r.aliases {
			if got, _ := Suggest(a, nil); got != r.Name {
				t.Errorf("alias %q: suggested %q, want %q", a, got, r.Name)
			}
		}
	}
}

func TestMistakes(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		a, b string
		want int
	}{
		{"", "", 0},
		{"", "abc", 3},
		{"abc", "", 3},
		{"abc", "abc", 0},
		{"abc", "acb", 1},
		{"abc", "abd", 1},
		{"abc", "ab", 1},
		{"abc", "xabcx", 2},
		{"kitten", "sitting", 3},
	} {
		if got := mistakes(tc.a, tc.b); got != tc.want {
			t.Errorf("mistakes(%q, %q) = %d, want %d", tc.a, tc.b, got, tc.want)
		}
	}
}

func BenchmarkLookup(b *testing.B) {
	for b.Loop() {
		if _, ok := Lookup("us-east1"); !ok {
			b.Fatal("us-east1 is gone")
		}
	}
}
