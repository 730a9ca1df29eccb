// Package alb writes the edge ALB: for each cluster an Ingress that the AWS Load Balancer Controller turns into an Application
// Load Balancer, and the Service of the gateway pods behind it.
//
// It imports target, plan, diag and render. Start reading at Target.RenderFleet.
package alb

import (
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/spillway-mesh/spillway/pkg/diag"
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
	"github.com/spillway-mesh/spillway/pkg/target"
	"github.com/spillway-mesh/spillway/pkg/target/internal/aws"
)

var _ target.EdgeTarget = Target{}

// Options are the options of the edge ALB.
type Options struct {
	// Scheme says who reaches the load balancer.
	Scheme string `json:"scheme" enum:"internet-facing,internal"`
	// CertificateARNs are the certificates of the HTTPS listener; without them there is none.
	CertificateARNs []string `json:"certificateARNs"`
	// TargetPort is that of the gateway's container, for HTTP.
	TargetPort int `json:"targetPort" min:"1" max:"65535"`
	// KeepAlive is how long a client keeps its connection: its next request goes to the same load balancer until then.
	KeepAlive time.Duration `json:"keepAlive" min:"60s" max:"168h"`
	// Drain is how long requests under way may take when a gateway pod leaves.
	Drain       time.Duration `json:"drain" min:"0s" max:"1h"`
	HealthCheck aws.Probe     `json:"healthCheck"`
}

// Target writes load balancers of AWS for HTTP.
type Target struct{}

// New is the target alb.
func New() Target { return Target{} }

// Info says what the target is.
func (Target) Info() target.Info {
	return target.Info{
		Name: "alb", Edge: "ALB", Stability: "Alpha",
		Summary: "an Application Load Balancer before each cluster, by the AWS Load Balancer Controller",
		Kinds:   target.Kinds(target.CRDValidated("k8s.io/kubernetes v1.36.3"), "Service", "Ingress.networking.k8s.io"),
	}
}

// Options points to the defaults.
func (Target) Options() any {
	return &Options{
		Scheme: "internet-facing", TargetPort: 8080, KeepAlive: time.Minute, Drain: 30 * time.Second,
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

// RenderFleet writes both for each cluster.
func (Target) RenderFleet(f *plan.Fleet) ([]target.Object, error) {
	o, _ := target.Options[Options](f, Target{})
	objects := make([]target.Object, 0, 2*len(f.Clusters))
	for i := range f.Clusters {
		cluster := f.Clusters[i].Name
		objects = append(objects, service(f, o, cluster), ingress(f, o, cluster))
	}
	return objects, nil
}

func service(f *plan.Fleet, o Options, cluster string) target.Object {
	return target.OfFleet(f, target.Object{
		APIVersion: "v1", Kind: "Service", Namespace: f.Namespace, Name: f.ObjectName("alb"), Cluster: cluster, Rank: aws.RankService,
		Body: target.Spec(
			target.Why("the load balancer reaches the pods themselves", "type", "ClusterIP"),
			target.KV("selector", maps.Clone(f.Gateway.Selector)),
			target.KV("ports", render.List{render.Map{
				target.KV("name", "http"), target.KV("protocol", "TCP"), target.KV("port", 80), target.KV("targetPort", o.TargetPort),
			}}),
		),
	})
}

func ingress(f *plan.Fleet, o Options, cluster string) target.Object {
	backend := render.Map{target.KV("service", render.Map{
		target.KV("name", f.ObjectName("alb")), target.KV("port", render.Map{target.KV("name", "http")}),
	})}
	return target.OfFleet(f, target.Object{
		APIVersion: "networking.k8s.io/v1", Kind: "Ingress", Namespace: f.Namespace, Name: f.ObjectName("alb"), Cluster: cluster, Rank: aws.RankIngress,
		Annotations: annotations(f, o),
		Body: target.Spec(
			target.KV("ingressClassName", "alb"),
			target.Why("every host and path goes to the gateway, which routes them", "defaultBackend", backend),
		),
	})
}

// annotations are those of the controller. One healthy target is enough for the name of the load balancer, and fewer than one
// makes Route 53 leave it.
func annotations(f *plan.Fleet, o Options) map[string]string {
	const prefix = "alb.ingress.kubernetes.io/"
	h := o.HealthCheck
	out := map[string]string{
		prefix + "scheme":                       o.Scheme,
		prefix + "target-type":                  "ip",
		prefix + "listen-ports":                 `[{"HTTP": 80}]`,
		prefix + "healthcheck-protocol":         "HTTP",
		prefix + "healthcheck-port":             "traffic-port",
		prefix + "healthcheck-path":             f.Health.Path,
		prefix + "healthcheck-interval-seconds": aws.Seconds(h.Interval),
		prefix + "healthcheck-timeout-seconds":  aws.Seconds(h.Timeout),
		prefix + "healthy-threshold-count":      strconv.Itoa(h.Healthy),
		prefix + "unhealthy-threshold-count":    strconv.Itoa(h.Unhealthy),
		prefix + "success-codes":                "200",
		prefix + "target-group-attributes": fmt.Sprintf(
			"deregistration_delay.timeout_seconds=%s,target_group_health.dns_failover.minimum_healthy_targets.count=1", aws.Seconds(o.Drain)),
		prefix + "load-balancer-attributes": "client_keep_alive.seconds=" + aws.Seconds(o.KeepAlive),
	}
	if len(o.CertificateARNs) > 0 {
		out[prefix+"listen-ports"] = `[{"HTTP": 80}, {"HTTPS": 443}]`
		out[prefix+"certificate-arn"] = strings.Join(o.CertificateARNs, ",")
		out[prefix+"ssl-redirect"] = "443"
	}
	return out
}
