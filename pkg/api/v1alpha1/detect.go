package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Profile is a set of detection numbers.
//
// +kubebuilder:validation:Enum=Fast;Balanced;Patient
type Profile string

// The profiles. Each is gatewayErrors/serverErrors/interval/ejection/maxEjection/connectTimeout.
const (
	// ProfileFast is 2/3/1s/5s/5s/250ms.
	ProfileFast Profile = "Fast"
	// ProfileBalanced is 3/5/1s/10s/10s/500ms.
	ProfileBalanced Profile = "Balanced"
	// ProfilePatient is 5/10/5s/30s/60s/1s.
	ProfilePatient Profile = "Patient"
)

// Detect says when an endpoint counts as dead, and for how long; every number overrides the profile's.
type Detect struct {
	// Profile gives the numbers not set here. Default: Balanced.
	// +optional
	// +kubebuilder:default=Balanced
	Profile Profile `json:"profile,omitempty"`

	// GatewayErrors in a row (502, 503, 504, connect failures, timeouts) after which an address is left.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000
	GatewayErrors *int32 `json:"gatewayErrors,omitempty"`

	// ServerErrors in a row (any 5xx) after which an address is left.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000
	ServerErrors *int32 `json:"serverErrors,omitempty"`

	// Interval between the sweeps that let addresses back in.
	// +optional
	Interval *metav1.Duration `json:"interval,omitempty"`

	// Ejection is how long a dead address is left alone the first time.
	// +optional
	Ejection *metav1.Duration `json:"ejection,omitempty"`

	// MaxEjection bounds the time, which grows with each ejection in a row. Not below ejection.
	// +optional
	MaxEjection *metav1.Duration `json:"maxEjection,omitempty"`

	// ConnectTimeout of one connection attempt.
	// +optional
	ConnectTimeout *metav1.Duration `json:"connectTimeout,omitempty"`

	// Active probes the endpoints; off unless given. Each proxy probes each address.
	// +optional
	Active *ActiveCheck `json:"active,omitempty"`
}

// ActiveCheck is a probe that each proxy sends to each address: by HTTP, or by the gRPC health protocol. TCP and TLS ports
// are not probed.
type ActiveCheck struct {
	// Path of the probe, with its query. Default: / on HTTP and HTTP2 ports; GRPC ports without a path are asked by
	// grpc.health.v1.Health/Check, and an endpoint that does not serve it counts as dead.
	// +optional
	// +kubebuilder:validation:MaxLength=1024
	// +kubebuilder:validation:Pattern=`^/`
	Path string `json:"path,omitempty"`

	// Host header of the probe. Default: what requests carry; where each endpoint expects its own and explicit priorities
	// are possible (Istio 1.31 or later, EnvoyFilters allowed), each endpoint's own.
	// +optional
	// +kubebuilder:validation:MaxLength=253
	Host string `json:"host,omitempty"`

	// Expect is the inclusive range of status codes of a living endpoint, or one code. Default: 200-499.
	// +optional
	// +kubebuilder:default="200-499"
	// +kubebuilder:validation:Pattern=`^[1-5][0-9][0-9](-[1-5][0-9][0-9])?$`
	Expect string `json:"expect,omitempty"`

	// Interval between probes. Default: 5s.
	// +optional
	Interval *metav1.Duration `json:"interval,omitempty"`

	// Timeout of one probe. Default: 1s.
	// +optional
	Timeout *metav1.Duration `json:"timeout,omitempty"`

	// Unhealthy is how many failed probes in a row mark an address dead. Default: 2.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100
	Unhealthy *int32 `json:"unhealthy,omitempty"`

	// Healthy is how many good probes in a row bring an address back. Default: 3.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100
	Healthy *int32 `json:"healthy,omitempty"`
}
