// Package multiclustergateway writes one load balancer of Google's before all clusters of a fleet by the Gateway API: Gateway,
// HTTPRoute and policies in the config cluster, and in each cluster the Service that it exports.
//
// It imports target, plan, diag and render, and what Google's edges share. Start reading at Target.RenderFleet.
package multiclustergateway

import (
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/spillway-mesh/spillway/pkg/diag"
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/target"
	"github.com/spillway-mesh/spillway/pkg/target/internal/google"
)

var _ interface {
	target.EdgeTarget
	target.FileTarget
} = Target{}

// Target writes the edge MultiClusterGateway.
type Target struct{}

// New is the target multiclustergateway.
func New() Target { return Target{} }

// Info says what the target is.
func (Target) Info() target.Info {
	kinds := target.Kinds(target.CRDValidated("sigs.k8s.io/gateway-api v1.6.3"),
		"Gateway.gateway.networking.k8s.io", "HTTPRoute.gateway.networking.k8s.io")
	kinds = append(kinds, target.Kinds(target.CRDValidated("k8s.io/kubernetes v1.36.3"), "Service")...)
	kinds = append(kinds, target.Kinds(target.OwnSubset(), "HealthCheckPolicy.networking.gke.io", "GCPBackendPolicy.networking.gke.io",
		"ServiceExport.net.gke.io")...)
	return target.Info{
		Name: "multiclustergateway", Edge: "MultiClusterGateway", Stability: "Alpha", Kinds: kinds,
		Summary: "one load balancer of Google's before all clusters, by the Gateway API of one of them",
	}
}

// Options are the defaults.
func (Target) Options() any { return defaults() }

// Timing is that of the health check.
func (Target) Timing(options any) plan.EdgeTiming { return options.(*Options).HealthCheck.Timing() }

// CheckFleet tells what the load balancer would refuse or misunderstand.
func (t Target) CheckFleet(f *plan.Fleet, at *field.Path) diag.List {
	o, e := target.Options[Options](f, t)
	options := target.OptionsAt(at, e)
	ds := google.Check(f, at, google.Asked{
		Edge: e.Type, Probe: o.HealthCheck, Backend: o.Backend, Redirect: o.HTTPSRedirect, Options: options,
	})
	ds = append(ds, o.front(f).Check(options)...)
	ds = append(ds, google.CheckProject(f, at, "a project has one fleet of Google's")...)
	ds = append(ds, google.CheckNames(f, options.Child("weights"), o.Weights)...)
	if o.ConfigCluster != "" {
		ds = append(ds, google.CheckName(f, options.Child("configCluster"), o.ConfigCluster)...)
	}
	if o.spread(f) == weighted {
		return append(ds, o.checkWeights(f, options)...)
	}
	if len(o.Weights) > 0 {
		ds.Warnf(options.Child("weights"), "SP337", "weights have no effect with spread: %s", o.spread(f)).
			WithHint("write spread: Weighted, or leave weights out")
	}
	return append(ds, google.CheckToken(f, options)...)
}

func (o *Options) checkWeights(f *plan.Fleet, options *field.Path) diag.List {
	var ds diag.List
	ds.Warnf(options.Child("spread"), "SP339", "weights do not fail over: a cluster that is out keeps its share of users, who get errors").
		WithHint("use them to bring a cluster in, and go back to spread: Auto afterwards")
	total := 0
	for i := range f.Clusters {
		total += o.weight(&f.Clusters[i])
	}
	if total == 0 {
		ds.Errorf(options.Child("weights"), "SP332", "no cluster has a weight: the load balancer would answer everybody with an error").
			WithHint("give a cluster that is in rotation a weight above 0")
	}
	for _, name := range slices.Sorted(maps.Keys(o.Weights)) {
		const most = 1_000_000 // of the Gateway API
		if w := o.Weights[name]; w < 0 || w > most {
			ds.Errorf(options.Child("weights").Key(name), "SP321", "%d is not a weight from 0 to %d", w, most).WithHint("such as 10")
		}
	}
	return ds
}

func (o *Options) front(f *plan.Fleet) google.Front {
	return google.Front{
		Class: o.Class, Address: o.Address, CertificateMap: o.CertificateMap, Secret: o.Secret,
		Redirect: o.HTTPSRedirect == google.RedirectAtLoadBalancer, Name: f.ObjectName("edge"), Cluster: o.configCluster(f),
	}
}

// RenderFleet writes the exports of each cluster, and the load balancer into the config cluster.
func (t Target) RenderFleet(f *plan.Fleet) ([]target.Object, error) {
	o, _ := target.Options[Options](f, t)
	var objects []target.Object
	for i := range f.Clusters {
		objects = append(objects, o.exports(f, &f.Clusters[i])...)
	}
	if o.spread(f) == weighted {
		return append(objects, o.weighted(f)...), nil
	}
	return append(objects, o.merged(f)...), nil
}
