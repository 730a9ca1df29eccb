package v1alpha1

// GatewayRoute is how the probe path is reached through the gateway.
type GatewayRoute struct {
	// Names of the Gateways that users come through, NAME or NAMESPACE/NAME: the probe path is answered on them too, and
	// other clusters come over their TLS. Needed with the Gateway API.
	// +optional
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:items:MaxLength=317
	// +listType=set
	Names []string `json:"names,omitempty"`

	// AlsoServed are hosts with routes of their own on these Gateways, beside spec.hosts: a probe that names one of them would
	// otherwise be answered by its application.
	// +optional
	// +kubebuilder:validation:MaxItems=256
	// +kubebuilder:validation:items:MaxLength=253
	// +listType=set
	AlsoServed []string `json:"alsoServed,omitempty"`

	// ProbePort is the port of the gateway on which the probe path is answered over plain HTTP. Default: 80. Istio only.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=65535
	ProbePort *int32 `json:"probePort,omitempty"`

	// OtherPaths is what becomes of all other paths on the probe port. Default: Shared. Istio only.
	// +optional
	OtherPaths OtherPaths `json:"otherPaths,omitempty"`

	// Authorization says how the gateway admits requests. Default: Open.
	// +optional
	Authorization GatewayAuthorization `json:"authorization,omitempty"`
}

// OtherPaths are those that are not the probe's: Shared leaves them to other routes, RedirectToHTTPS sends them to HTTPS.
// A redirect that a Gateway's server makes itself is made before any route, so that probes would be redirected too.
//
// +kubebuilder:validation:Enum=Shared;RedirectToHTTPS
type OtherPaths string

// The ways.
const (
	OtherPathsShared   OtherPaths = "Shared"
	OtherPathsRedirect OtherPaths = "RedirectToHTTPS"
)

// GatewayAuthorization is how a gateway admits requests. Open: nothing is known, so no policy is written for it. HTTPOnly: it
// serves nothing but HTTP, so that a policy may deny paths; of TCP and TLS that is passed through it would deny everything.
// AllowListed: a policy with the action ALLOW is in force, so that each path must be allowed.
//
// +kubebuilder:validation:Enum=Open;HTTPOnly;AllowListed
type GatewayAuthorization string

// The ways.
const (
	AuthorizationOpen        GatewayAuthorization = "Open"
	AuthorizationHTTPOnly    GatewayAuthorization = "HTTPOnly"
	AuthorizationAllowListed GatewayAuthorization = "AllowListed"
)

// ServerSettings are how the health server runs in each cluster.
type ServerSettings struct {
	// Image of the health server. Default: spillway-health, from wherever the nodes look first.
	// +optional
	// +kubebuilder:validation:MaxLength=512
	Image string `json:"image,omitempty"`

	// Replicas of the health server. Default: 2.
	// +optional
	// +kubebuilder:validation:Minimum=2
	// +kubebuilder:validation:Maximum=9
	Replicas *int32 `json:"replicas,omitempty"`

	// Mesh says how its pods take part in the mesh. Default: Sidecar.
	// +optional
	Mesh MeshMembership `json:"mesh,omitempty"`

	// Monitoring says what alerts are written for. Default: PrometheusOperator.
	// +optional
	Monitoring Monitoring `json:"monitoring,omitempty"`
}

// MeshMembership is how pods take part in the mesh.
//
// +kubebuilder:validation:Enum=Sidecar;Ambient;None
type MeshMembership string

// The ways.
const (
	MeshSidecar MeshMembership = "Sidecar"
	MeshAmbient MeshMembership = "Ambient"
	MeshNone    MeshMembership = "None"
)

// Monitoring is what alerts are written for.
//
// +kubebuilder:validation:Enum=PrometheusOperator;None
type Monitoring string

// The ways.
const (
	MonitoringPrometheusOperator Monitoring = "PrometheusOperator"
	MonitoringNone               Monitoring = "None"
)

// Defaults that other code must know.
const (
	DefaultProbePort   = 80
	DefaultReplicas    = 2
	DefaultServerImage = "spillway-health"
)
