// Package maintenance writes the windows of a fleet: for GKE as Terraform, as commands and as a patch of Config Connector's
// ContainerCluster; a page that says what windows do not stop; and in each cluster a CronJob that sets the mode Strict for
// each window.
//
// Windows are compared and turned into UTC by the plan; this package says whether GKE takes them, and writes them down. It
// imports target, plan, window, diag and render. Start reading at Target.CheckFleet and Target.Files.
package maintenance

import (
	"github.com/spillway-mesh/spillway/pkg/plan"
	"github.com/spillway-mesh/spillway/pkg/target"
)

var _ target.FileTarget = Target{}

// Target writes maintenance windows.
type Target struct{}

// New is the target maintenance.
func New() Target { return Target{} }

// Info says what the target is.
func (Target) Info() target.Info {
	return target.Info{
		Name:      "maintenance",
		Summary:   "windows and exclusions so that two clusters are never worked on at once, and the mode Strict during each",
		Stability: "Alpha",
		Kinds: append(
			target.Kinds(target.SemanticsRun("kube-apiserver v1.36.3, spillway mode"), "CronJob.batch", "RoleBinding.rbac.authorization.k8s.io", "ServiceAccount"),
			target.Kinds(target.OwnSubset(), "ContainerCluster.container.cnrm.cloud.google.com", "Terraform", "gcloud")...),
	}
}

// RenderFleet writes the objects that set the mode Strict.
func (Target) RenderFleet(f *plan.Fleet) ([]target.Object, error) {
	if f.Maintenance.During == "" {
		return nil, nil
	}
	var objects []target.Object
	for i := range f.Clusters {
		if c := &f.Clusters[i]; c.Window != nil {
			objects = append(objects, strict{f, c}.objects()...)
		}
	}
	return objects, nil
}

// Files writes what GKE is told, and the page.
func (Target) Files(f *plan.Fleet) ([]target.File, error) {
	if !concerned(f) {
		return nil, nil
	}
	files := []target.File{{Name: "maintenance.md", Content: page(f)}}
	if policies := policiesOf(f); len(policies) > 0 {
		files = append(files,
			target.File{Name: "maintenance.tf", Content: terraform(f, policies)},
			target.File{Name: "maintenance-gcloud.sh", Content: gcloud(f, policies)},
			target.File{Name: "maintenance-config-connector.sh", Content: patches(policies)},
		)
	}
	return files, nil
}

// concerned says that the fleet has windows or exclusions.
func concerned(f *plan.Fleet) bool {
	for i := range f.Clusters {
		if f.Clusters[i].Window != nil {
			return true
		}
	}
	return len(f.Maintenance.Exclusions) > 0
}
