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
	if o.shared(f) {
		return append(ds, o.checkShared(f, at, options)...)
	}
	for i := range f.Clusters {
		if f.Clusters[i].Rotation == "Standby" {
			ds.Notef(at.Child("clusters").Index(i).Child("rotation"), "SP334",
				"an Ingress of %q's own cannot make it stand by: what chooses between the clusters must", f.Clusters[i].Name).
				WithHint("let the DNS before them do it, or share one load balancer")
		}
	}
	return ds
}

func (o *Options) checkShared(f *plan.Fleet, at, options *field.Path) diag.List {
	var ds diag.List
	project := ""
	for i := range f.Clusters {
		c, at := &f.Clusters[i], at.Child("clusters").Index(i)
		switch {
		case c.GKE == nil:
		case project == "":
			project = c.GKE.Project
		case c.GKE.Project != project:
			ds.Errorf(at.Child("gke", "project"), "SP335", "the backend service is in the project %q and takes no backends from %q", project, c.GKE.Project).
				WithHint("put the clusters into one project, or use loadBalancer: PerCluster with DNS before them")
		}
		if c.Role == "Secondary" || c.Rotation == "Standby" {
			ds.Warnf(at, "SP334", "the load balancer sends users to the nearest cluster that has room; %q takes some of them too", c.Name).
				WithHint("use MultiClusterGateway with spread: Preferred, which knows active and standby, or make all clusters Active")
		}
	}
	if len(f.Clusters) > 1 {
		ds.Notef(options, "SP336", "all clusters share one health check, so it cannot compare the body with each cluster's token").
			WithHint("keep the health route on every host of the gateway, so that no application answers the probe path")
	}
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
