package picture

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/window"
)

// edgy is a fleet with everything that pictures of fleets are made of.
func edgy() *plan.Fleet {
	weekly := func(zone *time.Location, days ...time.Weekday) *plan.FleetWindow {
		w := window.Weekly{Days: days, Start: 2 * time.Hour, Lasts: 6 * time.Hour, Zone: zone}
		return &plan.FleetWindow{Meant: w, Written: w.UTC(plan.Years().From, plan.Years().To)}
	}
	tokyo := time.FixedZone("Asia/Tokyo", 9*60*60)
	f := &plan.Fleet{
		Namespace: "edge", Name: "shop", ID: "edge/shop", Objective: time.Minute,
		Clusters: []plan.FleetCluster{
			{Name: "blue", Window: weekly(tokyo, time.Monday, time.Tuesday)},
			{Name: "green", Window: weekly(time.UTC, time.Friday)},
			{Name: "red-with-a-name-that-is-forty-characters"},
		},
		Maintenance: plan.FleetMaintenance{Soak: 12 * time.Hour, Overrun: 2 * time.Hour, Exclusions: []plan.Exclusion{{
			Name: "rotation-blue", Rotation: "blue", Clusters: []string{"blue", "green"},
			Time: window.Span{From: time.Date(2027, 2, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2027, 2, 8, 0, 0, 0, 0, time.UTC)},
		}}},
		Health: plan.Health{Interval: 5 * time.Second, Timeout: 2 * time.Second, Fall: 3, Guard: plan.FleetGuard{Poll: 2 * time.Second}},
	}
	timing := plan.EdgeTiming{
		Probes: true, Interval: 10 * time.Second, Timeout: 6 * time.Second, Unhealthy: 3, FromEnd: true, Spread: 10 * time.Second, TTL: 30 * time.Second,
	}
	f.Edges = []plan.Edge{
		{Timing: timing, EdgeTime: plan.EdgeTime{
			Type: "Route53", Known: true, Gateway: 98 * time.Second, Strict: 102 * time.Second, Drain: 85 * time.Second, Beyond: plan.BeyondTTL,
		}},
		{EdgeTime: plan.EdgeTime{Type: "ExternalDNS"}},
	}
	return f
}

// bare says nothing.
func bare() *plan.Fleet {
	return &plan.Fleet{ID: strings.Repeat("n", 63) + "/" + strings.Repeat("m", 190), Clusters: []plan.FleetCluster{{Name: "a"}}}
}

func fleetPictures() map[string][]byte {
	return map[string][]byte{
		"budget": Budgets([]*plan.Fleet{edgy()}), "calendar": Calendar([]*plan.Fleet{edgy()}, 2027),
		"budgets": Budgets([]*plan.Fleet{edgy(), bare()}), "calendars": Calendar([]*plan.Fleet{bare(), edgy()}, 2028),
	}
}

func TestFleetGoldens(t *testing.T) {
	t.Parallel()
	all := fleetPictures()
	for _, name := range []string{"budget", "calendar"} {
		path := filepath.Join("testdata", name+".svg")
		if *update {
			if err := os.WriteFile(path, all[name], 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(all[name])); diff != "" {
			t.Errorf("%s (-want +got, -update rewrites):\n%s", name, diff)
		}
	}
}

// Pictures of fleets hold what those of plans hold: text within the page, no scripts, the same every time.
func TestFleetPicturesAreSound(t *testing.T) {
	t.Parallel()
	again := fleetPictures()
	for name, svg := range fleetPictures() {
		if diff := cmp.Diff(string(again[name]), string(svg)); diff != "" {
			t.Errorf("%s: two runs differ", name)
		}
		shapes, err := parse(svg)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		page := shapes[0]
		for _, s := range shapes {
			if s.name == "text" && !page.holds(s.x+width(s.text, s.size), s.y) {
				t.Errorf("%s: %q sticks out of the page", name, s.text)
			}
			if s.name == "rect" && s.class != "page" && !page.holds(s.x+s.w, s.y+s.h) {
				t.Errorf("%s: a rectangle at %d, %d sticks out of the page", name, s.x, s.y)
			}
		}
	}
}

// A day is marked if and only if a window begins on it.
func TestCalendarMarksTheDaysOfWindows(t *testing.T) {
	t.Parallel()
	shapes, err := parse(Calendar([]*plan.Fleet{edgy()}, 2027))
	if err != nil {
		t.Fatal(err)
	}
	days := map[string]int{}
	for _, s := range shapes {
		if s.name == "rect" && s.h == stripe-1 {
			days[s.class]++
		}
	}
	// 52 Sundays and Mondays begin a Monday and a Tuesday in Tokyo; the year has 53 Fridays.
	if days["k0"] != 104 || days["k1"] != 53 || days["k2"] != 0 {
		t.Errorf("%v", days)
	}
}
