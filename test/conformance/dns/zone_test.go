package dns_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spillway-mesh/spillway/pkg/zone"
)

// TestAnswers holds the stand-in against what the documentation of Route 53 says of each policy.
func TestAnswers(t *testing.T) {
	t.Parallel()
	record := func(name, id, check string, p zone.Policy) zone.Record {
		return zone.Record{Name: name, Type: "A", ID: id, Check: check, Policy: p, TTL: 30, Values: []string{id}}
	}
	primary, secondary := zone.Policy{Failover: "PRIMARY"}, zone.Policy{Failover: "SECONDARY"}
	z := &zone.Zone{
		Name: "x",
		Records: []zone.Record{
			record("fo.x", "b", "b", primary), record("fo.x", "g", "g", secondary),
			record("blind.x", "b", "b", primary), record("blind.x", "g", "", secondary),
			record("mv.x", "b", "b", zone.Policy{MultiValue: true}), record("mv.x", "g", "g", zone.Policy{MultiValue: true}),
			record("w.x", "b", "b", zone.Policy{Weight: new(1)}), record("w.x", "g", "g", zone.Policy{Weight: new(0)}),
			record("tree.x", "b", "b", primary),
			{Name: "tree.x", Type: "A", ID: "rest", Policy: secondary, Alias: &zone.Alias{Name: "rest.x", Zone: zone.Same, EvaluateHealth: true}},
			record("rest.x", "g", "g", zone.Policy{Weight: new(1)}), record("rest.x", "r", "r", zone.Policy{Weight: new(1)}),
			record("and.x", "b", "both", primary), record("and.x", "g", "g", secondary),
			record("plain.x", "p", "", zone.Policy{}),
		},
		Checks: []zone.Check{{ID: "both", Type: "CALCULATED", Children: []string{"b", "switch"}, Healthy: 2}},
	}
	for _, tc := range []struct{ name, dead, want string }{
		{"fo.x", "", "b"},
		{"fo.x", "g", "b"},
		{"fo.x", "b", "g"},
		{"fo.x", "b g", "b"},
		{"blind.x", "b", "g"},
		{"blind.x", "b g", "g"}, // a SECONDARY without a check is used even when it is dead
		{"mv.x", "", "b g"},
		{"mv.x", "b", "g"},
		{"mv.x", "b g", "b g"},
		{"w.x", "", "b"},
		{"w.x", "g", "b"},
		{"w.x", "b", "g"},
		{"w.x", "b g", "b"},
		{"tree.x", "", "b"},
		{"tree.x", "b", "g|r"},
		{"tree.x", "b g", "r"},
		{"tree.x", "b g r", "b"},
		{"and.x", "", "b"},
		{"and.x", "switch", "g"},
		{"plain.x", "b g r", "p"},
		{"none.x", "", ""},
	} {
		a := &answerer{zone: z, healthy: func(id string) bool { return !slices.Contains(strings.Fields(tc.dead), id) }}
		seen := map[string]bool{}
		for range 100 {
			values, _ := a.answer(tc.name, "A")
			slices.Sort(values)
			seen[strings.Join(values, " ")] = true
		}
		if diff := cmp.Diff(strings.Split(tc.want, "|"), slices.Sorted(maps.Keys(seen))); diff != "" {
			t.Errorf("%s without %q (-want +got):\n%s", tc.name, tc.dead, diff)
		}
	}
}
