package plan_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/plan"
)

// full is a spec with n endpoints, and n client regions that each want another order of all of them.
func full(n int) *v1alpha1.ExternalFailover {
	x := typical()
	s := &x.Spec
	s.Endpoints, s.Failover, s.Clients = nil, nil, nil
	for i := range n {
		name := fmt.Sprintf("e%d", i)
		s.Endpoints = append(s.Endpoints, v1alpha1.Endpoint{Name: name, Address: name + ".example.com"})
	}
	for i := range n {
		rule := v1alpha1.FailoverRule{From: fmt.Sprintf("region-%d", i)}
		for j := range n {
			rule.To = append(rule.To, fmt.Sprintf("e%d", (i+j)%n))
		}
		s.Failover = append(s.Failover, rule)
	}
	return x
}

func TestLimits(t *testing.T) {
	t.Parallel()
	platform := plan.DefaultPlatform()
	p, diags := plan.Build(plan.Input{Spec: full(16), Platform: platform})
	mustBeFine(t, diags)
	if bad := discrepancies(p, &full(16).Spec); p.Order.Mechanism != plan.MechanismPriorities || len(bad) > 0 {
		t.Errorf("sixteen by sixteen: %s %v", p.Order.Mechanism, bad)
	}
	_, diags = plan.Build(plan.Input{Spec: full(17), Platform: platform})
	want := []string{"error SP200 spec.endpoints", "error SP200 spec.failover"}
	if diff := cmp.Diff(want, codes(diags)); diff != "" {
		t.Errorf("seventeen (-want +got):\n%s", diff)
	}
}
