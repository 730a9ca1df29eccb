package google

import (
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/spillway-mesh/spillway/pkg/diag"
	"github.com/spillway-mesh/spillway/pkg/plan"
)

// CheckNames wants the keys of an option to be clusters of the fleet.
func CheckNames[V any](f *plan.Fleet, at *field.Path, given map[string]V) diag.List {
	ds := make(diag.List, 0, len(given))
	for _, name := range slices.Sorted(maps.Keys(given)) {
		ds = append(ds, CheckName(f, at.Key(name), name)...)
	}
	return ds
}

// CheckName wants a name to be that of a cluster of the fleet.
func CheckName(f *plan.Fleet, at *field.Path, name string) diag.List {
	var ds diag.List
	names := make([]string, len(f.Clusters))
	for i := range f.Clusters {
		names[i] = f.Clusters[i].Name
	}
	if slices.Contains(names, name) {
		return nil
	}
	hint := "the clusters are " + strings.Join(names, ", ")
	if near, ok := diag.Closest(name, names); ok {
		hint = "did you mean " + near + "?"
	}
	ds.Errorf(at, "SP321", "there is no cluster %q in the fleet", name).WithHint("%s", hint)
	return ds
}

// CheckProject wants all clusters to be in one project.
func CheckProject(f *plan.Fleet, at *field.Path, why string) diag.List {
	var ds diag.List
	project := ""
	for i := range f.Clusters {
		c := &f.Clusters[i]
		switch {
		case c.GKE == nil:
		case project == "":
			project = c.GKE.Project
		case c.GKE.Project != project:
			ds.Errorf(at.Child("clusters").Index(i).Child("gke", "project"), "SP335", "%q is in the project %q, the others are in %q: %s",
				c.Name, c.GKE.Project, project, why).WithHint("put the clusters into one project, or give each its own load balancer and DNS before them")
		}
	}
	return ds
}

// CheckOrder warns that the load balancer does not know which cluster comes first.
func CheckOrder(f *plan.Fleet, at *field.Path) diag.List {
	var ds diag.List
	for i := range f.Clusters {
		if c := &f.Clusters[i]; c.Role == "Secondary" || c.Rotation == "Standby" {
			ds.Warnf(at.Child("clusters").Index(i), "SP334", "the load balancer sends users to the nearest cluster that has room; %q takes some of them too", c.Name).
				WithHint("use MultiClusterGateway, which knows active and standby, or make all clusters Active")
		}
	}
	return ds
}

// CheckAlone says of clusters that stand by that a load balancer of their own cannot know it.
func CheckAlone(f *plan.Fleet, at *field.Path) diag.List {
	var ds diag.List
	for i := range f.Clusters {
		if c := &f.Clusters[i]; c.Rotation == "Standby" {
			ds.Notef(at.Child("clusters").Index(i).Child("rotation"), "SP334",
				"a load balancer of %q's own cannot make it stand by: what chooses between the clusters must", c.Name).
				WithHint("let the DNS before them do it, or share one load balancer")
		}
	}
	return ds
}

// CheckToken says that one health check for several clusters cannot compare their tokens.
func CheckToken(f *plan.Fleet, options *field.Path) diag.List {
	var ds diag.List
	if len(f.Clusters) > 1 {
		ds.Notef(options, "SP336", "all clusters share one health check, so it cannot compare the body with each cluster's token").
			WithHint("keep the health route on every host of the gateway, so that no application answers the probe path")
	}
	return ds
}
