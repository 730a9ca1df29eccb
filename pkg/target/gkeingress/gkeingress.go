// Package gkeingress writes what GKE's Ingress controller and the load balancer of Google Cloud need to probe the clusters of
// a fleet: with a load balancer for each cluster an Ingress with its BackendConfig and FrontendConfig; with one for all
// clusters a network endpoint group of each, and the backend service that they are put into.
//
// An Ingress is always one cluster's: that is why there are two forms. It imports target, plan, diag and render, and what
// Google's edges share. Start reading at Target.RenderFleet.
package gkeingress

import (
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

// Target writes the edge GKEIngress.
type Target struct{}

// New is the target gkeingress.
func New() Target { return Target{} }

// Info says what the target is.
func (Target) Info() target.Info {
	kinds := target.Kinds(target.CRDValidated("k8s.io/ingress-gce v1.41.1"), "BackendConfig.cloud.google.com", "FrontendConfig.networking.gke.io")
	kinds = append(kinds, target.Kinds(target.CRDValidated("k8s.io/kubernetes v1.36.3"), "Service", "Ingress.networking.k8s.io")...)
	kinds = append(kinds, target.Kinds(target.OwnSubset(), "ComputeBackendService.compute.cnrm.cloud.google.com",
		"ComputeFirewall.compute.cnrm.cloud.google.com", "ComputeHealthCheck.compute.cnrm.cloud.google.com", "Terraform")...)
	return target.Info{
		Name: "gkeingress", Edge: "GKEIngress", Stability: "Alpha", Kinds: kinds,
		Summary: "Google's load balancer before the gateway pods, one for all clusters or one for each",
	}
}

// Options are the defaults.
func (Target) Options() any { return defaults() }

// Timing is that of the health check.
func (Target) Timing(options any) plan.EdgeTiming {
	return options.(*Options).HealthCheck.Timing()
}

// CheckFleet tells what the load balancer would refuse or misunderstand.
func (t Target) CheckFleet(f *plan.Fleet, at *field.Path) diag.List {
	o, e := target.Options[Options](f, t)
	options := target.OptionsAt(at, e)
	ds := google.Check(f, at, google.Asked{
		Edge: e.Type, Probe: o.HealthCheck, Backend: o.Backend, Redirect: o.HTTPSRedirect, Options: options,
	})
	ds = append(ds, google.CheckNames(f, options.Child("staticIP"), o.StaticIP)...)
	if o.shared(f) {
		return append(ds, o.checkShared(f, at, options)...)
	}
	ds = append(ds, google.CheckCertificates(options, o.Certificates)...)
	return append(ds, google.CheckAlone(f, at)...)
}

func (o *Options) checkShared(f *plan.Fleet, at, options *field.Path) diag.List {
	ds := google.CheckProject(f, at, "a backend service takes backends of its own project only")
	ds = append(ds, google.CheckOrder(f, at)...)
	ds = append(ds, google.CheckToken(f, options)...)
	if len(o.Certificates) > 0 || len(o.StaticIP) > 0 {
		ds.Warnf(options, "SP337", "certificates and staticIP are for a load balancer of each cluster; the shared one's front is not written").
			WithHint("set them where the URL map and the proxy of the backend service are made")
	}
	return ds
}

// RenderFleet writes each cluster's objects, and those of the shared load balancer.
func (t Target) RenderFleet(f *plan.Fleet) ([]target.Object, error) {
	o, _ := target.Options[Options](f, t)
	var objects []target.Object
	for i := range f.Clusters {
		c := &f.Clusters[i]
		if o.shared(f) {
			objects = append(objects, o.group(f, c))
		} else {
			objects = append(objects, o.ingress(f, c)...)
		}
	}
	if o.shared(f) && o.Provisioner != terraform {
		objects = append(objects, o.connector(f)...)
	}
	return objects, nil
}

// Files are the shared load balancer in Terraform, if that is to make it, and how one cluster is drained.
func (t Target) Files(f *plan.Fleet) ([]target.File, error) {
	o, _ := target.Options[Options](f, t)
	if !o.shared(f) {
		return nil, nil
	}
	files := []target.File{{Name: "gkeingress.md", Content: o.steps(f)}}
	if o.Provisioner == terraform {
		files = append(files, target.File{Name: "gkeingress.tf", Content: o.terraform(f)})
	}
	return files, nil
}
