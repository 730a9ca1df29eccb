package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Retry says which failed requests may be sent again.
//
// +kubebuilder:validation:Enum=Never;Unprocessed;Full
type Retry string

// The retry classes.
const (
	// RetryNever sends each request once.
	RetryNever Retry = "Never"
	// RetryUnprocessed repeats only where the server cannot have acted: connect failure, refused stream, reset before the request.
	RetryUnprocessed Retry = "Unprocessed"
	// RetryFull also repeats after 5xx, resets, the per-try timeout and gRPC's unavailable.
	RetryFull Retry = "Full"
)

// RequestClass is a class of requests that may be repeated alike; each becomes one route.
type RequestClass struct {
	// Name of the class, a DNS label.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`
	Name string `json:"name"`

	// Match picks the requests; the last class has none and takes the rest.
	// +optional
	Match *RequestMatch `json:"match,omitempty"`

	// Retry says which of them may be sent again.
	Retry Retry `json:"retry"`

	// Timeout of the request with all its tries. 0s is none. Default: 8s, none for GRPC ports.
	// +optional
	Timeout *metav1.Duration `json:"timeout,omitempty"`

	// PerTryTimeout of one try. 0s is none. Default: 2s, none for GRPC ports.
	// +optional
	PerTryTimeout *metav1.Duration `json:"perTryTimeout,omitempty"`
}

// RequestMatch picks requests; all fields that are given must match.
//
// +kubebuilder:validation:XValidation:rule="!(has(self.path) && has(self.pathPrefix))",message="path and pathPrefix exclude each other"
type RequestMatch struct {
	// Methods of which the request has one.
	// +optional
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:items:MaxLength=32
	// +listType=set
	Methods []string `json:"methods,omitempty"`

	// Headers by lower-case name; values are RE2 expressions for the whole value.
	// +optional
	// +kubebuilder:validation:MaxProperties=16
	Headers map[string]string `json:"headers,omitempty"`

	// Path is the exact path, without the query.
	// +optional
	// +kubebuilder:validation:MaxLength=1024
	Path string `json:"path,omitempty"`

	// PathPrefix is how the path begins.
	// +optional
	// +kubebuilder:validation:MaxLength=1024
	PathPrefix string `json:"pathPrefix,omitempty"`
}

// Preset stands for a list of requests.
//
// +kubebuilder:validation:Enum=dynamodb;s3;grpc
type Preset string

// The presets.
const (
	// PresetDynamoDB repeats the reading operations, told by x-amz-target, and no writing one.
	PresetDynamoDB Preset = "dynamodb"
	// PresetS3 repeats GET and HEAD in full.
	PresetS3 Preset = "s3"
	// PresetGRPC repeats only what was not processed, and sets no timeouts.
	PresetGRPC Preset = "grpc"
)

// Signing says who signs requests. Exactly one field is set.
//
// +kubebuilder:validation:XValidation:rule="has(self.aws) != has(self.clientSends)",message="exactly one of aws and clientSends"
type Signing struct {
	// AWS asks for a hop that signs for each region.
	// +optional
	AWS *AWSSigning `json:"aws,omitempty"`

	// ClientSends says what the application's requests carry.
	// +optional
	ClientSends ClientSends `json:"clientSends,omitempty"`
}

// AWSSigning signs requests with AWS Signature Version 4.
type AWSSigning struct {
	// Service is AWS's signing name, such as dynamodb.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Service string `json:"service"`
}

// ClientSends says whether the application's requests carry a signature.
//
// +kubebuilder:validation:Enum=Unsigned
type ClientSends string

// ClientSendsUnsigned says that the application's requests carry no signature.
const ClientSendsUnsigned ClientSends = "Unsigned"

// Delivery says where the failover happens.
//
// +kubebuilder:validation:Enum=Auto;Sidecar;EgressGateway;Waypoint
type Delivery string

// The deliveries.
const (
	DeliveryAuto          Delivery = "Auto"
	DeliverySidecar       Delivery = "Sidecar"
	DeliveryEgressGateway Delivery = "EgressGateway"
	DeliveryWaypoint      Delivery = "Waypoint"
)
