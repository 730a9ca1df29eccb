package plan

import (
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

// The most that a spec may list; the API says the same, and the planner's work and memory are bounded by it.
const (
	maxEndpoints = 16
	maxRegions   = 16
	maxPorts     = 16
	maxClasses   = 16
)

// Input is what one plan is made from.
type Input struct {
	Spec     *v1alpha1.ExternalFailover
	Platform Platform
	// Addresses of the host, from Allocate. Empty: the spec's own, else a default as if no other spec existed.
	Addresses []string
}

// Build says what a spec means on a platform. What cannot be expressed exactly there is refused with the reason and the
// way out: the plan is then nil. The spec is only read; its defaults are filled in here, whether or not an API server
// has done so before.
func Build(in Input) (*Plan, diag.List) {
	b := &builder{spec: &in.Spec.Spec, namespace: in.Spec.Namespace, platform: &in.Platform}
	if !b.withinLimits() {
		return nil, b.diags
	}
	b.plan = &Plan{
		Namespace: in.Spec.Namespace,
		Name:      in.Spec.Name,
		Host:      b.spec.Host,
	}
	b.clients()
	b.ports()
	b.endpoints()
	b.delivery()
	b.tls()
	b.host()
	b.addresses(in)
	b.identity()
	b.order()
	b.detect()
	b.requests()
	b.signing()
	b.connects()
	if b.diags.HasErrors() {
		return nil, b.diags
	}
	b.asked()
	b.plan.Budget = budget(b.plan)
	b.plan.Recovery = recovery(b.plan)
	return b.plan, b.diags
}

// builder holds a plan in the making. Its methods run in the order that Build gives, each reports all it finds, and
// those that need what an earlier one could not fill in stay silent.
type builder struct {
	spec      *v1alpha1.ExternalFailoverSpec
	namespace string
	platform  *Platform
	plan      *Plan
	diags     diag.List

	kinds      portKinds
	units      []unit
	names      []names // by endpoint
	perName    bool    // endpoints are given host names of their own: pattern A+
	unitsKnown bool
}

// at is the path of a field of the spec.
func (b *builder) at(names ...string) *field.Path {
	return field.NewPath("spec", names...)
}

func (b *builder) withinLimits() bool {
	s := b.spec
	for _, l := range []struct {
		field         string
		have, min, at int
	}{
		{"endpoints", len(s.Endpoints), 1, maxEndpoints},
		{"ports", len(s.Ports), 1, maxPorts},
		{"failover", len(s.Failover), 0, maxRegions},
		{"requests", len(s.Requests), 0, maxClasses},
	} {
		if l.have < l.min || l.have > l.at {
			b.diags.Errorf(b.at(l.field), codeLimits, "there are %d entries; from %d to %d can be planned", l.have, l.min,
				l.at).WithHint("split the host into several specs, or join endpoints into one DNS name")
		}
	}
	if c := s.Clients; c != nil && len(c.Regions) > maxRegions {
		b.diags.Errorf(b.at("clients", "regions"), codeLimits, "there are %d entries; up to %d can be planned",
			len(c.Regions), maxRegions).WithHint(`give one order for the rest with from: "*"`)
	}
	return !b.diags.HasErrors()
}

// addresses takes the addresses given, else those of the spec, else one as if no other spec existed.
func (b *builder) addresses(in Input) {
	b.plan.Addresses = slices.Clone(in.Addresses)
	if len(b.plan.Addresses) > 0 {
		return
	}
	all, diags := Allocate([]*v1alpha1.ExternalFailover{in.Spec}, in.Platform)
	b.plan.Addresses = all[NameOf(in.Spec)]
	for i := range diags {
		diags[i].Object = "" // whoever calls Build names the object
	}
	b.diags = append(b.diags, diags...)
}

// orDefault reads an optional duration.
func orDefault(d *metav1.Duration, or time.Duration) time.Duration {
	if d == nil {
		return or
	}
	return d.Duration
}
