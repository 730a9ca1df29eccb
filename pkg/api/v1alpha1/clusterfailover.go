package v1alpha1

import (
	"encoding/json"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// ClusterFailover describes a fleet of clusters that stand in for each other: each one's health, what probes it from
// outside, and when it may be worked on.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=cfo,categories=spillway
// +kubebuilder:printcolumn:name="Hosts",type=string,JSONPath=`.spec.hosts`
// +kubebuilder:printcolumn:name="Programmed",type=string,JSONPath=`.status.conditions[?(@.type=="Programmed")].status`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type ClusterFailover struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// Spec is what the platform team asks for.
	Spec ClusterFailoverSpec `json:"spec"`
	// Status is what came of it; written by the controller only.
	// +optional
	Status ClusterFailoverStatus `json:"status,omitempty"`
}

// ClusterFailoverList is a list of ClusterFailover.
//
// +kubebuilder:object:root=true
type ClusterFailoverList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	// Items are the objects of the list.
	Items []ClusterFailover `json:"items"`
}

// ClusterFailoverSpec is the fleet.
type ClusterFailoverSpec struct {
	// Hosts that users dial, served by every cluster.
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=64
	// +kubebuilder:validation:items:MaxLength=253
	// +listType=set
	Hosts []string `json:"hosts"`

	// Clusters of the fleet.
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	// +listType=map
	// +listMapKey=name
	Clusters []Cluster `json:"clusters"`

	// Gateway through which all clusters are entered. Default: Istio's, with the label istio: ingressgateway.
	// +optional
	Gateway *GatewayRef `json:"gateway,omitempty"`

	// Objective that the generated configuration is held to. Default: none.
	// +optional
	Objective *Objective `json:"objective,omitempty"`

	// PeerAccess is how clusters reach each other. Default: PerClusterHost.
	// +optional
	// +kubebuilder:validation:Enum=PerClusterHost;InternalLoadBalancer;Address
	PeerAccess PeerAccess `json:"peerAccess,omitempty"`

	// Maintenance rules for all clusters.
	// +optional
	Maintenance *MaintenanceRules `json:"maintenance,omitempty"`

	// Health that all clusters share.
	// +optional
	Health *HealthSettings `json:"health,omitempty"`

	// Server is how the health server runs in each cluster.
	// +optional
	Server *ServerSettings `json:"server,omitempty"`

	// Edge is what stands before the clusters: load balancers and DNS.
	// +optional
	// +kubebuilder:validation:MaxItems=16
	// +listType=atomic
	Edge []Edge `json:"edge,omitempty"`
}

// Cluster of a fleet.
type Cluster struct {
	// Name of the cluster.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=40
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`
	Name string `json:"name"`

	// Region of the cluster, as its nodes spell it.
	// +optional
	// +kubebuilder:validation:MaxLength=63
	Region string `json:"region,omitempty"`

	// Role says whether all clusters serve, or one before the other. Default: Active.
	// +optional
	// +kubebuilder:validation:Enum=Active;Primary;Secondary
	Role ClusterRole `json:"role,omitempty"`

	// GKE names the cluster in Google Cloud; needed by edges of Google's.
	// +optional
	GKE *GKECluster `json:"gke,omitempty"`

	// Ingress is where its gateway is reached.
	// +optional
	Ingress *ClusterIngress `json:"ingress,omitempty"`

	// Rotation of the cluster. Default: Serving.
	// +optional
	Rotation Rotation `json:"rotation,omitempty"`

	// Capacity of the cluster.
	// +optional
	Capacity *Capacity `json:"capacity,omitempty"`

	// Egress are the networks that its requests to other clusters come from. Default: not known, and the peer path is open to
	// all who hold a key.
	// +optional
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:items:MaxLength=43
	// +listType=set
	Egress []string `json:"egress,omitempty"`

	// Maintenance window of the cluster.
	// +optional
	Maintenance *MaintenanceWindow `json:"maintenance,omitempty"`
}

// ClusterRole says how clusters share the load.
type ClusterRole string

// The roles.
const (
	RoleActive    ClusterRole = "Active"
	RolePrimary   ClusterRole = "Primary"
	RoleSecondary ClusterRole = "Secondary"
)

// GKECluster names a cluster in Google Cloud.
type GKECluster struct {
	// Project that it belongs to.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Project string `json:"project"`
	// Location is its region or zone.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Location string `json:"location"`
	// FleetMembership is its name in the fleet. Default: the cluster's name.
	// +optional
	// +kubebuilder:validation:MaxLength=63
	FleetMembership string `json:"fleetMembership,omitempty"`
}

// ClusterIngress is where a cluster's gateway is reached.
type ClusterIngress struct {
	// Address is an IP address or a DNS name of its own, not one that clusters share.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Address string `json:"address"`
	// PeerAddress is where the other clusters reach it, where that is another one; with peerAccess InternalLoadBalancer the
	// address of the internal load balancer. Default: address.
	// +optional
	// +kubebuilder:validation:MaxLength=253
	PeerAddress string `json:"peerAddress,omitempty"`
}

// GatewayRef is the gateway of the clusters.
type GatewayRef struct {
	// API of the gateway. Default: Istio.
	// +optional
	// +kubebuilder:validation:Enum=Istio;GatewayAPI
	API GatewayAPI `json:"api,omitempty"`
	// Selector of the gateway's pods, which are in the namespace of the fleet. Default: istio: ingressgateway, or the label of
	// the pods of the first Gateway of the Gateway API.
	// +optional
	// +kubebuilder:validation:MaxProperties=16
	Selector map[string]string `json:"selector,omitempty"`

	GatewayRoute `json:",inline"`
}

// GatewayAPI is the API that configures a gateway.
type GatewayAPI string

// The APIs.
const (
	GatewayIstio      GatewayAPI = "Istio"
	GatewayGatewayAPI GatewayAPI = "GatewayAPI"
)

// PeerAccess is how clusters reach each other: never by the address that they share.
type PeerAccess string

// The ways.
const (
	AccessPerClusterHost       PeerAccess = "PerClusterHost"
	AccessInternalLoadBalancer PeerAccess = "InternalLoadBalancer"
	AccessAddress              PeerAccess = "Address"
)

// Objective is what a failover of the fleet must achieve.
type Objective struct {
	// RTO is the longest that users may wait until another cluster serves.
	// +optional
	RTO *metav1.Duration `json:"rto,omitempty"`
	// Availability in percent, such as 99.5.
	// +optional
	// +kubebuilder:validation:Schemaless
	// +kubebuilder:validation:Type=number
	Availability json.Number `json:"availability,omitempty"`
}

// Edge is something before the clusters that probes and chooses them.
type Edge struct {
	// Type of the edge, which also names the target that writes it.
	// +kubebuilder:validation:Enum=GKEIngress;GKEGateway;MultiClusterGateway;MultiClusterIngress;Route53;ExternalDNS;CloudDNS;ALB;NLB;Mesh
	Type EdgeType `json:"type"`
	// Options of the edge, checked by its target.
	// +optional
	// +kubebuilder:pruning:PreserveUnknownFields
	// +kubebuilder:validation:Schemaless
	Options *EdgeOptions `json:"options,omitempty"`
}

// EdgeType is a kind of load balancer or DNS.
type EdgeType string

// The edges.
const (
	EdgeGKEIngress          EdgeType = "GKEIngress"
	EdgeGKEGateway          EdgeType = "GKEGateway"
	EdgeMultiClusterGateway EdgeType = "MultiClusterGateway"
	EdgeMultiClusterIngress EdgeType = "MultiClusterIngress"
	EdgeRoute53             EdgeType = "Route53"
	EdgeExternalDNS         EdgeType = "ExternalDNS"
	EdgeCloudDNS            EdgeType = "CloudDNS"
	EdgeALB                 EdgeType = "ALB"
	EdgeNLB                 EdgeType = "NLB"
	EdgeMesh                EdgeType = "Mesh"
)

// ClusterFailoverStatus is what came of a ClusterFailover.
type ClusterFailoverStatus struct {
	// ObservedGeneration is the generation of the spec that this is about.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	// Conditions: Accepted, Programmed and Degraded.
	// +optional
	// +listType=map
	// +listMapKey=type
	Conditions []metav1.Condition `json:"conditions,omitempty"`
}
