// Package route53 writes the edge Route53: a health check for each cluster and the records that lead the hosts to the
// healthy ones, as objects of the ACK controller, as DNSEndpoints for external-dns, or as Terraform.
//
// All forms are written from one design, which is held against Route 53's own rules before anything is written. It imports
// target, plan, zone, diag and render. Start reading at newDesign, then at Target.CheckFleet.
package route53

import (
	"time"

	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
	"github.com/spillway-mesh/spillway/pkg/target"
)

var (
	_ target.EdgeTarget = Target{}
	_ target.FileTarget = Target{}
)

// Target writes records and health checks of Route 53.
type Target struct{}

// New is the target route53.
func New() Target { return Target{} }

// Info says what the target is.
func (Target) Info() target.Info {
	kinds := target.Kinds(target.OwnSubset(), "HealthCheck.route53.services.k8s.aws", "RecordSet.route53.services.k8s.aws")
	kinds = append(kinds, target.Kinds(target.SemanticsRun("external-dns v0.22.0: plan, TXT registry, AWS provider"), "DNSEndpoint.externaldns.k8s.io")...)
	kinds = append(kinds, target.Kinds(target.OwnSubset(), "Terraform")...)
	return target.Info{
		Name: "route53", Edge: "Route53", Stability: "Alpha", Kinds: kinds,
		Summary: "records and health checks of Amazon Route 53: failover, multivalue answer or weights",
	}
}

// Options points to the defaults.
func (Target) Options() any {
	o := defaults()
	return &o
}

// What Route 53 takes, beside the options.
const (
	probeTimeout = 6 * time.Second  // four to connect, and two for the status
	spread       = 10 * time.Second // until all name servers know what the checkers saw: not published
	balancerTTL  = 60 * time.Second // of the answers of AWS' load balancers, which an alias takes over
)

// Timing follows from the health check and the TTL.
func (Target) Timing(options any) plan.EdgeTiming {
	o := *options.(*Options)
	ttl := o.TTL
	if len(o.AliasZones) > 0 {
		ttl = max(ttl, balancerTTL)
	}
	n := o.HealthCheck.FailureThreshold
	return plan.EdgeTiming{
		Probes: true, Interval: o.HealthCheck.Interval, Timeout: probeTimeout, Unhealthy: n, Healthy: n, FromEnd: true,
		Spread: spread, TTL: ttl, FailsOpen: true, Beyond: plan.BeyondTTL,
	}
}

func designOf(f *plan.Fleet) *design {
	o, _ := target.Options[Options](f, Target{})
	return newDesign(f, o)
}

// RenderFleet writes the objects of the chosen form.
func (Target) RenderFleet(f *plan.Fleet) ([]target.Object, error) {
	d := designOf(f)
	switch d.options.Form {
	case formACK:
		return d.ack(), nil
	case formEndpoint:
		return d.endpoints(), nil
	default:
		return nil, nil
	}
}

// Files writes Terraform: everything, or beside DNSEndpoints the health checks that external-dns does not make.
func (Target) Files(f *plan.Fleet) ([]target.File, error) {
	d := designOf(f)
	switch d.options.Form {
	case formTerraform:
		return []target.File{{Name: "route53.tf", Content: string(render.HCL(nil, d.terraform()...))}}, nil
	case formEndpoint:
		return []target.File{{Name: "route53-checks.tf", Content: string(render.HCL(nil, d.terraformChecks()...))}}, nil
	default:
		return nil, nil
	}
}

// The ranks of objects: a record refers to its check.
const (
	rankCheck  = 50
	rankRecord = 55
)
