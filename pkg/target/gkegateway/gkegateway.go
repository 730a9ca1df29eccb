// Package gkegateway writes what GKE's Gateway controller needs to put a load balancer before the gateway pods of each
// cluster: Gateway and HTTPRoute, and the policies that say how it probes and how much it sends to a pod.
//
// Each cluster has its own load balancer; multiclustergateway puts one before all. It imports target, plan, diag and render,
// and what Google's edges share. Start reading at Target.RenderFleet.
package gkegateway

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/spillway-mesh/spillway/pkg/diag"
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/render"
	"github.com/spillway-mesh/spillway/pkg/target"
	"github.com/spillway-mesh/spillway/pkg/target/internal/google"
)

var _ target.EdgeTarget = Target{}

// Target writes the edge GKEGateway.
type Target struct{}

// New is the target gkegateway.
func New() Target { return Target{} }

// Options of the edge GKEGateway.
type Options struct {
	// Class of the Gateway: which load balancer Google makes.
	Class string `json:"class" enum:"gke-l7-global-external-managed,gke-l7-regional-external-managed,gke-l7-rilb,gke-l7-gxlb"`
	// Address names the reserved address of each cluster. Default: one that Google chooses.
	Address map[string]string `json:"address"`
	// CertificateMap of the Certificate Manager.
	CertificateMap string `json:"certificateMap"`
	// Secret with a certificate, in the namespace of the fleet.
	Secret string `json:"secret"`
	// HTTPSRedirect is where HTTP is turned into HTTPS.
	HTTPSRedirect string         `json:"httpsRedirect" enum:"LoadBalancer,Gateway,None"`
	HealthCheck   google.Probe   `json:"healthCheck"`
	Backend       google.Backend `json:"backend"`
}

// Info says what the target is.
func (Target) Info() target.Info {
	kinds := target.Kinds(target.CRDValidated("sigs.k8s.io/gateway-api v1.6.3"),
		"Gateway.gateway.networking.k8s.io", "HTTPRoute.gateway.networking.k8s.io")
	kinds = append(kinds, target.Kinds(target.CRDValidated("k8s.io/kubernetes v1.36.3"), "Service")...)
	kinds = append(kinds, target.Kinds(target.OwnSubset(), "HealthCheckPolicy.networking.gke.io", "GCPBackendPolicy.networking.gke.io")...)
	return target.Info{
		Name: "gkegateway", Edge: "GKEGateway", Stability: "Alpha", Kinds: kinds,
		Summary: "Google's load balancer before the gateway pods, by the Gateway API, one for each cluster",
	}
}

// Options are the defaults.
func (Target) Options() any {
	return &Options{
		Class: "gke-l7-global-external-managed", HTTPSRedirect: google.RedirectAtLoadBalancer,
		HealthCheck: google.DefaultProbe(), Backend: google.DefaultBackend(),
	}
}

// Timing is that of the health check.
func (Target) Timing(options any) plan.EdgeTiming { return options.(*Options).HealthCheck.Timing() }

// CheckFleet tells what the load balancer would refuse or misunderstand.
func (t Target) CheckFleet(f *plan.Fleet, at *field.Path) diag.List {
	o, e := target.Options[Options](f, t)
	options := target.OptionsAt(at, e)
	ds := google.Check(f, at, google.Asked{
		Edge: e.Type, Probe: o.HealthCheck, Backend: o.Backend, Redirect: o.HTTPSRedirect, Options: options,
	})
	ds = append(ds, o.front(f, "").Check(options)...)
	ds = append(ds, google.CheckNames(f, options.Child("address"), o.Address)...)
	return append(ds, google.CheckAlone(f, at)...)
}

func (o *Options) front(f *plan.Fleet, cluster string) google.Front {
	return google.Front{
		Class: o.Class, Address: o.Address[cluster], CertificateMap: o.CertificateMap, Secret: o.Secret,
		Redirect: o.HTTPSRedirect == google.RedirectAtLoadBalancer, Name: f.ObjectName("edge"), Cluster: cluster,
	}
}

// RenderFleet writes each cluster's objects.
func (t Target) RenderFleet(f *plan.Fleet) ([]target.Object, error) {
	o, _ := target.Options[Options](f, t)
	const each = 6 // at most
	objects := make([]target.Object, 0, each*len(f.Clusters))
	for i := range f.Clusters {
		c := &f.Clusters[i]
		front := o.front(f, c.Name)
		of := google.Target{Kind: "Service", Name: front.Name}
		objects = append(objects,
			o.Backend.Service(f, c.Name, front.Name, nil),
			o.HealthCheck.HealthCheckPolicy(f, c.Name, of, o.Backend.Protocol, c.Token),
			o.Backend.BackendPolicy(f, c.Name, of, o.Backend.Rate(c)))
		objects = append(objects, front.Gateway(f, render.List{render.Map{
			target.KV("name", front.Name), target.KV("port", o.Backend.Port),
		}})...)
	}
	return objects, nil
}
