package plan_test

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/types"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/plan"
)

func named(namespace, name string, addresses ...string) *v1alpha1.ExternalFailover {
	x := &v1alpha1.ExternalFailover{Spec: v1alpha1.ExternalFailoverSpec{Host: name + ".internal", Addresses: addresses}}
	x.Namespace, x.Name = namespace, name
	return x
}

func TestAllocate(t *testing.T) {
	t.Parallel()
	platform := plan.DefaultPlatform()
	var specs []*v1alpha1.ExternalFailover
	for i := range 3000 {
		specs = append(specs, named(fmt.Sprintf("ns%d", i%7), fmt.Sprintf("db%d", i)))
	}
	alone, diags := plan.Allocate(specs[:1], platform)
	mustBeFine(t, diags)
	wanted := alone[plan.NameOf(specs[0])][0]
	all, diags := plan.Allocate(specs, platform)
	mustBeFine(t, diags)
	seen := map[string]types.NamespacedName{}
	for name, addresses := range all {
		addr := netip.MustParseAddr(addresses[0])
		if other, ok := seen[addresses[0]]; ok || len(addresses) != 1 || !platform.VIPs.Contains(addr) {
			t.Fatalf("%s has %v (also of %s)", name, addresses, other)
		}
		seen[addresses[0]] = name
	}
	if len(seen) != len(specs) {
		t.Errorf("%d addresses for %d specs", len(seen), len(specs))
	}
	slices.Reverse(specs)
	again, _ := plan.Allocate(specs, platform)
	if diff := cmp.Diff(all, again); diff != "" {
		t.Errorf("the order of specs changes addresses:\n%s", diff)
	}
	// An explicit address goes first, also before the spec that would have got it by its name.
	taken, diags := plan.Allocate([]*v1alpha1.ExternalFailover{named("ns0", "db0"), named("zz", "late", wanted)}, platform)
	mustBeFine(t, diags)
	if taken[types.NamespacedName{Namespace: "zz", Name: "late"}][0] != wanted {
		t.Errorf("the explicit address is lost: %v", taken)
	}
	if taken[types.NamespacedName{Namespace: "ns0", Name: "db0"}][0] == wanted {
		t.Errorf("%s was given twice", wanted)
	}
}

func TestAllocateRefusals(t *testing.T) {
	t.Parallel()
	small := plan.DefaultPlatform()
	small.VIPs = netip.MustParsePrefix("10.0.0.0/30")
	tests := map[string]struct {
		specs []*v1alpha1.ExternalFailover
		codes []string
		about string
	}{
		"equal explicit": {
			[]*v1alpha1.ExternalFailover{named("a", "x", "10.1.1.1"), named("b", "y", "10.1.1.1")},
			[]string{"error SP205 spec.addresses[0]"},
			"ExternalFailover b/y",
		},
		"no address": {
			[]*v1alpha1.ExternalFailover{named("a", "x", "10.1.1.1", "fd00::1")},
			[]string{"error SP205 spec.addresses[1]"},
			"ExternalFailover a/x",
		},
		"Istio's own": {
			[]*v1alpha1.ExternalFailover{named("a", "x", "240.240.0.7")},
			[]string{"warning SP205 spec.addresses[0]"},
			"ExternalFailover a/x",
		},
		"full": {
			[]*v1alpha1.ExternalFailover{named("a", "x"), named("a", "y"), named("b", "z")},
			[]string{"error SP205 spec.addresses"},
			"ExternalFailover b/z",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, diags := plan.Allocate(tt.specs, small)
			if diff := cmp.Diff(tt.codes, codes(diags)); diff != "" {
				t.Fatalf("findings (-want +got):\n%s", diff)
			}
			if diags[0].Object != tt.about {
				t.Errorf("said of %s, not of %s", diags[0].Object, tt.about)
			}
		})
	}
}

func TestTogether(t *testing.T) {
	t.Parallel()
	dials := func(x *v1alpha1.ExternalFailover, host string, namespaces ...string) *v1alpha1.ExternalFailover {
		x.Spec.Host = host
		x.Spec.Clients = &v1alpha1.Clients{Namespaces: namespaces}
		return x
	}
	specs := []*v1alpha1.ExternalFailover{
		named("a", "x"),
		named("a", "x"),
		dials(named("a", "y"), "shared.internal", "p", "q"),
		dials(named("b", "y"), "shared.internal", "r"),
		dials(named("c", "y"), "shared.internal", "q"),
		dials(named("d", "y"), "shared.internal", "*"),
		dials(named("e", "y"), "else.internal", "*"),
		named("f", "else"),
	}
	want := [][]string{
		nil,
		{"error SP270 metadata.name"},
		nil, nil,
		{"error SP271 spec.host"},
		{"error SP271 spec.host"},
		nil,
		{"error SP271 spec.host"},
	}
	var got [][]string
	for _, diags := range plan.Together(specs) {
		got = append(got, codes(diags))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}
