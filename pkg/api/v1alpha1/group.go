package v1alpha1

import "k8s.io/apimachinery/pkg/runtime/schema"

const (
	// Group is the API group of every kind of this project.
	Group = "spillway.dev"
	// Version is the version of the kinds in this package.
	Version = "v1alpha1"
	// KindExternalFailover names the failover of a host outside the mesh.
	KindExternalFailover = "ExternalFailover"
	// KindClusterFailover names a fleet of clusters.
	KindClusterFailover = "ClusterFailover"
	// KindClusterHealth names the health of one cluster.
	KindClusterHealth = "ClusterHealth"
	// KindPlatform names the platform team's file; it has no CRD.
	KindPlatform = "Platform"
)

// GroupVersion is Group and Version as one value.
func GroupVersion() schema.GroupVersion {
	return schema.GroupVersion{Group: Group, Version: Version}
}
