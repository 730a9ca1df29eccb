package google

import (
	"testing"
	"time"

	"github.com/spillway-mesh/spillway/pkg/plan"
)

// A membership lives in a region, also that of a cluster in a zone; the link of a cluster says where the cluster itself is.
func TestMembershipName(t *testing.T) {
	t.Parallel()
	for location, want := range map[string]string{
		"us-central1": "us-central1", "us-central1-a": "us-central1", "northamerica-northeast1": "northamerica-northeast1",
		"northamerica-northeast1-b": "northamerica-northeast1", "": "",
	} {
		c := &plan.FleetCluster{Name: "blue", GKE: &plan.FleetGKE{Project: "p", Location: location, Membership: "m"}}
		if got := MembershipName(c); got != "projects/p/locations/"+want+"/memberships/m" {
			t.Errorf("%q: %s", location, got)
		}
		if got := Link(c); got != location+"/blue" {
			t.Errorf("%q: %s", location, got)
		}
	}
}

func TestRate(t *testing.T) {
	t.Parallel()
	b := Backend{Pods: 3, MaxRate: 1000}
	for rps, want := range map[int]int{0: 1000, 1: 1, 3: 1, 4: 2, 4000: 1334} {
		if got := b.Rate(&plan.FleetCluster{MaxRPS: rps}); got != want {
			t.Errorf("%d: %d, want %d", rps, got, want)
		}
	}
}

// Times are rounded up: a drain of half a second is not none.
func TestSeconds(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]int{0: 0, time.Millisecond: 1, time.Second: 1, 1500 * time.Millisecond: 2} {
		if got := Seconds(d); got != want {
			t.Errorf("%s: %d, want %d", d, got, want)
		}
	}
}

// Names in a project of Google's begin with a letter.
func TestCloudName(t *testing.T) {
	t.Parallel()
	for want, f := range map[string]*plan.Fleet{
		"edge-shop-blue": {Namespace: "edge", Name: "shop"}, "f-1-shop-eu-blue": {Namespace: "1", Name: "shop.eu"},
	} {
		if got := CloudName(f, "blue"); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
