// Package multiclusteringress writes one load balancer of Google's before all clusters of a fleet as MultiClusterIngress and
// MultiClusterService. Only the objects in the config cluster count, and that cluster can die like any other: so the same
// objects, byte for byte, go into every cluster that may take its place.
//
// It imports target, plan, diag and render, and what Google's edges share. Start reading at Target.RenderFleet.
package multiclusteringress

import (
	"net/netip"
	"slices"
	"strings"

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

// Target writes the edge MultiClusterIngress.
type Target struct{}

// New is the target multiclusteringress.
func New() Target { return Target{} }

// Info says what the target is.
func (Target) Info() target.Info {
	kinds := target.Kinds(target.CRDValidated("k8s.io/ingress-gce v1.41.1"), "BackendConfig.cloud.google.com", "FrontendConfig.networking.gke.io")
	kinds = append(kinds, target.Kinds(target.OwnSubset(), "MultiClusterIngress.networking.gke.io", "MultiClusterService.networking.gke.io",
		"GKEHubFeature.gkehub.cnrm.cloud.google.com")...)
	kinds = append(kinds, target.Kinds(target.SemanticsRun("kubectl v1.36.3 and two API servers"), "Scripts")...)
	return target.Info{
		Name: "multiclusteringress", Edge: "MultiClusterIngress", Stability: "Alpha", Kinds: kinds,
		Summary: "one load balancer of Google's before all clusters, its objects mirrored into every config cluster",
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
	ds = append(ds, o.checkConfigClusters(f, options)...)
	ds = append(ds, o.checkBeside(f, options.Child("beside"))...)
	address(&ds, options.Child("staticIP"), o.StaticIP)
	ds = append(ds, google.CheckProject(f, at, "a project has one fleet of Google's")...)
	ds = append(ds, google.CheckOrder(f, at)...)
	ds = append(ds, google.CheckCertificates(options, o.Certificates)...)
	return append(ds, google.CheckToken(f, options)...)
}

func (o *Options) checkConfigClusters(f *plan.Fleet, options *field.Path) diag.List {
	ds := make(diag.List, 0, len(o.ConfigClusters))
	for i, name := range o.ConfigClusters {
		ds = append(ds, google.CheckName(f, options.Child("configClusters").Index(i), name)...)
		if slices.Index(o.ConfigClusters, name) < i {
			ds.Errorf(options.Child("configClusters").Index(i), "SP321", "%q is there twice", name).WithHint("remove one of the two")
		}
	}
	all := o.configClusters(f)
	if o.ConfigCluster != "" && !slices.Contains(all, o.ConfigCluster) {
		ds.Errorf(options.Child("configCluster"), "SP340", "%q is not among the clusters that hold the objects: %s", o.ConfigCluster, strings.Join(all, ", ")).
			WithHint("add it to configClusters")
	}
	if len(all) < 2 && len(f.Clusters) > 1 {
		ds.Warnf(options.Child("configClusters"), "SP342", "only %s holds the objects: with its API server away nothing can be changed", strings.Join(all, "")).
			WithHint("leave configClusters out, or name a second one")
	}
	return ds
}

func (o *Options) checkBeside(f *plan.Fleet, at *field.Path) diag.List {
	if o.Beside == (Beside{}) {
		return nil
	}
	ds := google.CheckName(f, at.Child("cluster"), o.Beside.Cluster)
	if len(ds) > 0 {
		return ds
	}
	if c := clusterOf(f, o.Beside.Cluster); c.Rotation != "Out" {
		ds.Errorf(at.Child("cluster"), "SP341", "%q is in rotation already: it would be tried by users", c.Name).
			WithHint("set its rotation to Out while it is tried; Serving is the last step")
	}
	if o.Beside.StaticIP == "" {
		ds.Warnf(at.Child("staticIP"), "SP341", "without an address of its own the new cluster gets one that nobody knows beforehand").
			WithHint("reserve an address and name it")
	}
	address(&ds, at.Child("staticIP"), o.Beside.StaticIP)
	if o.Beside.StaticIP != "" && o.Beside.StaticIP == o.StaticIP {
		ds.Errorf(at.Child("staticIP"), "SP341", "%s is the address that serves users", o.StaticIP).WithHint("reserve another one")
	}
	return ds
}

// address wants what the annotation takes: an address or a self-link, and not the name of one.
func address(ds *diag.List, at *field.Path, given string) {
	if _, err := netip.ParseAddr(given); given != "" && err != nil && !strings.HasPrefix(given, "https://") {
		ds.Errorf(at, "SP321", "%q is neither an IP address nor a self-link; a name is not taken here", given).
			WithHint("write the address, as gcloud compute addresses describe tells it")
	}
}

// RenderFleet writes the same objects for every config cluster, and which one it is.
func (t Target) RenderFleet(f *plan.Fleet) ([]target.Object, error) {
	o, _ := target.Options[Options](f, t)
	var objects []target.Object
	for _, cluster := range o.configClusters(f) {
		objects = append(objects, o.set(f, cluster, o.live(f))...)
		if o.Beside.Cluster != "" {
			objects = append(objects, o.set(f, cluster, o.beside(f))...)
		}
	}
	if o.Feature {
		objects = append(objects, o.feature(f))
	}
	return objects, nil
}

// Files are the check of the mirrors, the switch of the config cluster, and how a new cluster is brought in.
func (t Target) Files(f *plan.Fleet) ([]target.File, error) {
	o, _ := target.Options[Options](f, t)
	files := []target.File{
		{Name: "multiclusteringress.md", Content: o.page(f)},
		{Name: "multiclusteringress-check.sh", Content: o.check(f)},
		{Name: "multiclusteringress-switch.sh", Content: o.change(f)},
	}
	if o.Beside.Cluster != "" {
		files = append(files, target.File{Name: "multiclusteringress-beside.md", Content: o.besidePage(f)})
	}
	return files, nil
}
