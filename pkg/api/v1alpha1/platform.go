package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Platform is the platform team's file (no CRD): what app teams should not have to know.
// In the cluster it is the key platform.yaml of the ConfigMap spillway-platform in the namespace spillway-system.
type Platform struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// Spec describes the mesh.
	Spec PlatformSpec `json:"spec"`
}

// PlatformSpec describes the mesh the objects are for.
type PlatformSpec struct {
	// Istio versions in use. Default: 1.31.
	// +optional
	Istio *IstioVersions `json:"istio,omitempty"`

	// DataPlane of the clients. Default: Sidecar.
	// +optional
	DataPlane DataPlane `json:"dataPlane,omitempty"`

	// EnvoyFilter says whether app namespaces may hold EnvoyFilters. Default: Allowed.
	// +optional
	EnvoyFilter EnvoyFilterPolicy `json:"envoyFilter,omitempty"`

	// DNSCapture says whether the proxies answer DNS for ServiceEntry hosts. Unset: unknown, warned.
	// +optional
	DNSCapture *bool `json:"dnsCapture,omitempty"`

	// RootNamespace is Istio's root namespace, if Spillway may write to it.
	// +optional
	RootNamespace string `json:"rootNamespace,omitempty"`

	// TrustDomain of the mesh. Default: cluster.local.
	// +optional
	TrustDomain string `json:"trustDomain,omitempty"`

	// VIPCIDR is the range default addresses come from. Default: 240.200.0.0/16. It may not overlap 240.240.0.0/16.
	// +optional
	VIPCIDR string `json:"vipCIDR,omitempty"`

	// EgressGateway carries the hosts that sidecars cannot carry themselves. Default: one in each host's namespace.
	// +optional
	EgressGateway *PlatformEgressGateway `json:"egressGateway,omitempty"`

	// Waypoint carries hosts for clients without sidecars. Default: one called waypoint in each host's namespace.
	// +optional
	Waypoint *Waypoint `json:"waypoint,omitempty"`

	// Clusters of the mesh and the regions of their nodes.
	// +optional
	Clusters []PlatformCluster `json:"clusters,omitempty"`
}

// IstioVersions are minor versions such as "1.31".
type IstioVersions struct {
	// Oldest version among proxies and control planes.
	// +optional
	Oldest string `json:"oldest,omitempty"`

	// Istiod is the oldest control plane. Default: oldest.
	// +optional
	Istiod string `json:"istiod,omitempty"`
}

// DataPlane is how the mesh intercepts traffic.
type DataPlane string

// The data planes.
const (
	DataPlaneSidecar DataPlane = "Sidecar"
	DataPlaneAmbient DataPlane = "Ambient"
)

// EnvoyFilterPolicy says whether EnvoyFilters may be written.
type EnvoyFilterPolicy string

// The EnvoyFilter policies.
const (
	EnvoyFilterAllowed   EnvoyFilterPolicy = "Allowed"
	EnvoyFilterForbidden EnvoyFilterPolicy = "Forbidden"
)

// PlatformCluster is one cluster of the mesh.
type PlatformCluster struct {
	// Name of the cluster.
	Name string `json:"name"`

	// Regions of its nodes, as the label topology.kubernetes.io/region spells them.
	Regions []string `json:"regions"`
}
