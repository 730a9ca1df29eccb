// Package plantest makes random specs for tests of the planner and of what is written from its plans.
//
// It imports the API only, and no product code imports it. Start reading at RandomSpec.
package plantest

import (
	"fmt"
	"math/rand/v2"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
)

const most = 16 // endpoints, and client regions

// ClientRegions are the regions that random clients are in, as nodes spell them.
func ClientRegions() []string {
	return []string{
		"us-east1", "us-west1", "us-central1", "us-east4", "europe-west1", "europe-west4", "europe-north1", "asia-east1",
		"asia-northeast1", "asia-south1", "australia-southeast1", "southamerica-east1", "us-east-1", "eu-central-1", "dc-oslo",
		"northamerica-northeast1",
	}
}

// localities are where random endpoints are; one of them is no region of any cloud.
func localities() []string {
	return []string{"us-east-1", "us-west-2", "eu-west-1", "eu-central-1", "ap-northeast-1", "sa-east-1", "basement"}
}

// RandomSpec makes a spec that is well formed, though not always one that can be expressed: up to 16 endpoints, in
// groups or alone, and up to 16 client regions, with onlyListed, "*", clients without a locality, regions without an
// order, and every protocol and way of naming. Equal generators give equal specs; small ones are the most frequent.
func RandomSpec(r *rand.Rand, namespace string) *v1alpha1.ExternalFailover {
	name := fmt.Sprintf("r%08x", r.Uint32())
	x := &v1alpha1.ExternalFailover{
		TypeMeta:   metav1.TypeMeta{APIVersion: "spillway.dev/v1alpha1", Kind: "ExternalFailover"},
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Spec:       v1alpha1.ExternalFailoverSpec{Host: name + ".internal"},
	}
	endpoints(r, x)
	ports(r, &x.Spec)
	failover(r, &x.Spec)
	detect(r, &x.Spec)
	return x
}

// chance is true once in n times.
func chance(r *rand.Rand, n int) bool { return r.IntN(n) == 0 }

// size is small in most cases.
func size(r *rand.Rand, typical int) int {
	if chance(r, 5) {
		return 1 + r.IntN(most)
	}
	return 1 + r.IntN(typical)
}

func endpoints(r *rand.Rand, x *v1alpha1.ExternalFailover) {
	grouped, named, sameHost := chance(r, 3), chance(r, 4), chance(r, 3)
	for i := range size(r, 4) {
		e := v1alpha1.Endpoint{
			Name:     fmt.Sprintf("e%02d", i),
			Address:  fmt.Sprintf("e%02d.%s.example.com", i, x.Name),
			Locality: pick(r, localities()),
		}
		if grouped && chance(r, 2) {
			e.Group = fmt.Sprintf("g%d", r.IntN(3))
		}
		if named && chance(r, 2) {
			e.ServerName = fmt.Sprintf("sni%02d.%s.example.com", i, x.Name)
		}
		if sameHost {
			e.ServerName, e.HostHeader = x.Spec.Host, v1alpha1.HostHeaderKeep
		}
		if chance(r, 10) {
			e.Weight = new(int32(1 + r.IntN(10))) //nolint:gosec // a small number
		}
		x.Spec.Endpoints = append(x.Spec.Endpoints, e)
	}
}

func ports(r *rand.Rand, s *v1alpha1.ExternalFailoverSpec) {
	protocols := []v1alpha1.Protocol{v1alpha1.ProtocolHTTP, v1alpha1.ProtocolHTTP2, v1alpha1.ProtocolGRPC}
	http := v1alpha1.Port{Name: "http", Number: 80, Protocol: pick(r, protocols)}
	if chance(r, 2) {
		s.TLS = &v1alpha1.TLS{Mode: v1alpha1.TLSSimple}
		http.TargetPort = new(int32(443))
	}
	s.Ports = []v1alpha1.Port{http}
	if chance(r, 6) {
		s.Ports = append(s.Ports, v1alpha1.Port{Name: "wire", Number: 9000, Protocol: v1alpha1.ProtocolTCP})
	}
}

func failover(r *rand.Rand, s *v1alpha1.ExternalFailoverSpec) {
	var units []string
	for _, e := range s.Endpoints {
		name := e.Name
		if e.Group != "" {
			name = e.Group
		}
		if !slices.Contains(units, name) {
			units = append(units, name)
		}
	}
	from := ClientRegions()
	r.Shuffle(len(from), func(i, j int) { from[i], from[j] = from[j], from[i] })
	from = from[:size(r, 4)]
	s.Clients = &v1alpha1.Clients{Regions: slices.Clone(from)}
	if chance(r, 6) {
		s.Clients.Regions = nil
	}
	if chance(r, 8) {
		s.Clients.Gateways = true
	}
	if len(from) > 1 && chance(r, 6) {
		from = from[1:] // a region without an order
	}
	if len(from) < most && chance(r, 4) {
		from = append(from, "")
	}
	if len(from) < most && chance(r, 4) {
		from = append(from, v1alpha1.FromAnyone)
	}
	residency, full := chance(r, 3), chance(r, 2)
	for _, f := range from {
		rule := v1alpha1.FailoverRule{From: f, To: order(r, units, full)}
		rule.OnlyListed = residency && chance(r, 2)
		s.Failover = append(s.Failover, rule)
	}
}

// order lists some of the units, or all of them.
func order(r *rand.Rand, units []string, full bool) []string {
	to := slices.Clone(units)
	r.Shuffle(len(to), func(i, j int) { to[i], to[j] = to[j], to[i] })
	if full {
		return to
	}
	return to[:1+r.IntN(len(to))]
}

func detect(r *rand.Rand, s *v1alpha1.ExternalFailoverSpec) {
	if chance(r, 3) {
		s.Detect = &v1alpha1.Detect{Profile: pick(r, []v1alpha1.Profile{
			v1alpha1.ProfileFast, v1alpha1.ProfileBalanced, v1alpha1.ProfilePatient,
		})}
	}
	switch r.IntN(6) {
	case 0:
		s.Preset = v1alpha1.PresetS3
	case 1:
		s.Requests = []v1alpha1.RequestClass{
			{Name: "quick", Match: &v1alpha1.RequestMatch{PathPrefix: "/quick"}, Retry: v1alpha1.RetryFull},
			{Name: "once", Match: &v1alpha1.RequestMatch{Methods: []string{"POST"}}, Retry: v1alpha1.RetryNever},
			{Name: "rest", Retry: v1alpha1.RetryUnprocessed},
		}
	}
}

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }
