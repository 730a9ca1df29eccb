// Package nlb writes the edge NLB: for each cluster a Service that the AWS Load Balancer Controller turns into a Network Load
// Balancer before the gateway pods.
//
// It imports target, plan, diag and render. Start reading at Target.RenderFleet.
package nlb

import (
	"fmt"
	"maps"
	"strconv"
	"time"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/spillway-mesh/spillway/pkg/diag"
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
	"github.com/spillway-mesh/spillway/pkg/target"
	"github.com/spillway-mesh/spillway/pkg/target/internal/aws"
)

var _ target.EdgeTarget = Target{}

// Options are the options of the edge NLB.
type Options struct {
	// Scheme says who reaches the load balancer.
	Scheme string `json:"scheme" enum:"internet-facing,internal"`
	// HTTPPort and HTTPSPort are those of the gateway's container.
	HTTPPort  int `json:"httpPort" min:"1" max:"65535"`
	HTTPSPort int `json:"httpsPort" min:"1" max:"65535"`
	// Drain is how long connections live on when a gateway pod leaves; then they are closed.
	Drain       time.Duration `json:"drain" min:"0s" max:"1h"`
	HealthCheck aws.Probe     `json:"healthCheck"`
}

// Target writes load balancers of AWS for connections.
type Target struct{}

// New is the target nlb.
func New() Target { return Target{} }

// Info says what the target is.
func (Target) Info() target.Info {
	return target.Info{
		Name: "nlb", Edge: "NLB", Stability: "Alpha",
		Summary: "a Network Load Balancer before each cluster, by the AWS Load Balancer Controller",
		Kinds:   target.Kinds(target.CRDValidated("k8s.io/kubernetes v1.36.3"), "Service"),
	}
}

// Options points to the defaults.
func (Target) Options() any {
	return &Options{
		Scheme: "internet-facing", HTTPPort: 8080, HTTPSPort: 8443, Drain: 30 * time.Second,
		HealthCheck: aws.DefaultProbe(),
	}
}

// Timing follows from the health check.
func (Target) Timing(options any) plan.EdgeTiming { return options.(*Options).HealthCheck.Timing() }

// CheckFleet says what this load balancer cannot do.
func (Target) CheckFleet(f *plan.Fleet, at *field.Path) diag.List {
	o, edge := target.Options[Options](f, Target{})
	return aws.CheckBalancer(f, at, edge, o.HealthCheck)
}

// RenderFleet writes one Service for each cluster.
func (Target) RenderFleet(f *plan.Fleet) ([]target.Object, error) {
	o, _ := target.Options[Options](f, Target{})
	objects := make([]target.Object, 0, len(f.Clusters))
	for i := range f.Clusters {
		port := func(name string, number, to int) render.Map {
			return render.Map{
				target.KV("name", name), target.KV("protocol", "TCP"), target.KV("port", number), target.KV("targetPort", to),
			}
		}
		objects = append(objects, target.OfFleet(f, target.Object{
			APIVersion: "v1", Kind: "Service", Namespace: f.Namespace, Name: f.ObjectName("nlb"), Cluster: f.Clusters[i].Name, Rank: aws.RankService,
			Annotations: annotations(f, o),
			Body: target.Spec(
				target.KV("type", "LoadBalancer"),
				target.Why("the AWS Load Balancer Controller alone; it cannot be changed later", "loadBalancerClass", "service.k8s.aws/nlb"),
				target.KV("selector", maps.Clone(f.Gateway.Selector)),
				target.KV("ports", render.List{port("http", 80, o.HTTPPort), port("https", 443, o.HTTPSPort)}),
			),
		}))
	}
	return objects, nil
}

// annotations are those of the controller. Connections that live on after the drain are closed: they would never leave.
func annotations(f *plan.Fleet, o Options) map[string]string {
	const prefix = "service.beta.kubernetes.io/aws-load-balancer-"
	h := o.HealthCheck
	return map[string]string{
		prefix + "scheme":                          o.Scheme,
		prefix + "nlb-target-type":                 "ip",
		prefix + "healthcheck-protocol":            "HTTP",
		prefix + "healthcheck-port":                strconv.Itoa(o.HTTPPort),
		prefix + "healthcheck-path":                f.Health.Path,
		prefix + "healthcheck-interval":            aws.Seconds(h.Interval),
		prefix + "healthcheck-timeout":             aws.Seconds(h.Timeout),
		prefix + "healthcheck-healthy-threshold":   strconv.Itoa(h.Healthy),
		prefix + "healthcheck-unhealthy-threshold": strconv.Itoa(h.Unhealthy),
		prefix + "healthcheck-success-codes":       "200",
		prefix + "target-group-attributes": fmt.Sprintf("deregistration_delay.timeout_seconds=%s,deregistration_delay.connection_termination.enabled=true,"+
			"target_group_health.dns_failover.minimum_healthy_targets.count=1", aws.Seconds(o.Drain)),
	}
}
