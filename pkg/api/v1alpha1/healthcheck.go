package v1alpha1

// HealthCheck is one thing that a cluster needs; exactly one of the kinds of check is set.
//
// +kubebuilder:validation:XValidation:rule="[has(self.http), has(self.grpc), has(self.tcp), has(self.service), has(self.externalFailover), has(self.certificate), has(self.prometheus)].filter(x, x).size() == 1",message="give exactly one of http, grpc, tcp, service, externalFailover, certificate and prometheus"
// +kubebuilder:validation:XValidation:rule="!(has(self.certificate) || has(self.prometheus)) || (has(self.importance) && self.importance == 'Informational')",message="certificate and prometheus are Informational only"
type HealthCheck struct {
	// Name of the check, the same in all clusters that have it.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`
	Name string `json:"name"`

	// Importance says what the check counts for. Default: Required.
	// +optional
	// +kubebuilder:validation:Enum=Required;Weighted;Informational
	Importance Importance `json:"importance,omitempty"`

	// Weight in the quorum of the mode Guard. Default: 1.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000
	Weight *int32 `json:"weight,omitempty"`

	// Shared says that all clusters depend on the same thing: if it alone is down, leaving would not help.
	// +optional
	Shared bool `json:"shared,omitempty"`

	// HTTP asks a URL.
	// +optional
	HTTP *HTTPCheck `json:"http,omitempty"`

	// GRPC asks grpc.health.v1.Health/Check.
	// +optional
	GRPC *GRPCCheck `json:"grpc,omitempty"`

	// TCP opens a connection.
	// +optional
	TCP *TCPCheck `json:"tcp,omitempty"`

	// Service asks for ready endpoints of a Kubernetes Service.
	// +optional
	Service *ServiceCheck `json:"service,omitempty"`

	// ExternalFailover asks whether any endpoint of one answers.
	// +optional
	ExternalFailover *ExternalFailoverCheck `json:"externalFailover,omitempty"`

	// Certificate warns of one that expires; Informational only.
	// +optional
	Certificate *CertificateCheck `json:"certificate,omitempty"`

	// Prometheus compares the result of a query; Informational only.
	// +optional
	Prometheus *PrometheusCheck `json:"prometheus,omitempty"`
}

// Importance of a check.
type Importance string

// The importances.
const (
	ImportanceRequired      Importance = "Required"
	ImportanceWeighted      Importance = "Weighted"
	ImportanceInformational Importance = "Informational"
)

// HTTPCheck asks a URL and follows no redirect.
type HTTPCheck struct {
	// URL with scheme http or https.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=2048
	// +kubebuilder:validation:Pattern=`^https?://`
	URL string `json:"url"`

	// Method of the request. Default: GET.
	// +optional
	// +kubebuilder:validation:Enum=GET;HEAD;POST;OPTIONS
	Method string `json:"method,omitempty"`

	// Host header and TLS server name. Default: the one of the URL.
	// +optional
	// +kubebuilder:validation:MaxLength=253
	Host string `json:"host,omitempty"`

	// Headers of the request.
	// +optional
	// +kubebuilder:validation:MaxProperties=16
	Headers map[string]string `json:"headers,omitempty"`

	// Expect is the status codes of a healthy answer. Default: [200].
	// +optional
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:items:Minimum=100
	// +kubebuilder:validation:items:Maximum=599
	// +listType=set
	Expect []int32 `json:"expect,omitempty"`

	// Body is text that a healthy answer has in its first 64 KiB.
	// +optional
	// +kubebuilder:validation:MaxLength=1024
	Body string `json:"body,omitempty"`
}

// GRPCCheck asks a server for its health.
type GRPCCheck struct {
	// Address as HOST:PORT.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=261
	Address string `json:"address"`

	// Service whose health is asked. Default: the server as a whole.
	// +optional
	// +kubebuilder:validation:MaxLength=253
	Service string `json:"service,omitempty"`

	// TLS says that the server speaks TLS.
	// +optional
	TLS bool `json:"tls,omitempty"`

	// Host is the authority and TLS server name. Default: the host of the address.
	// +optional
	// +kubebuilder:validation:MaxLength=253
	Host string `json:"host,omitempty"`
}

// TCPCheck opens a connection and closes it.
type TCPCheck struct {
	// Address as HOST:PORT.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=261
	Address string `json:"address"`
}

// ServiceCheck compares the ready endpoints of a Service with all of them.
type ServiceCheck struct {
	// Name of the Service.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	Name string `json:"name"`

	// Namespace of the Service. Default: that of this object.
	// +optional
	// +kubebuilder:validation:MaxLength=63
	Namespace string `json:"namespace,omitempty"`

	// MinReady is the percentage of endpoints that must be ready. Default: 50.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100
	MinReady *int32 `json:"minReady,omitempty"`
}

// ExternalFailoverCheck is healthy while any endpoint of an ExternalFailover answers.
type ExternalFailoverCheck struct {
	// Name of the ExternalFailover.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name"`

	// Namespace of the ExternalFailover. Default: that of this object.
	// +optional
	// +kubebuilder:validation:MaxLength=63
	Namespace string `json:"namespace,omitempty"`

	// Via says how it is asked: Mesh dials the host through the sidecar, Direct every endpoint. Default: Mesh.
	// +optional
	// +kubebuilder:validation:Enum=Mesh;Direct
	Via CheckVia `json:"via,omitempty"`
}

// CheckVia is the way to a host.
type CheckVia string

// The ways.
const (
	ViaMesh   CheckVia = "Mesh"
	ViaDirect CheckVia = "Direct"
)

// CertificateCheck looks at the certificate that a server shows.
type CertificateCheck struct {
	// Address as HOST:PORT.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=261
	Address string `json:"address"`

	// ServerName that is asked for. Default: the host of the address.
	// +optional
	// +kubebuilder:validation:MaxLength=253
	ServerName string `json:"serverName,omitempty"`

	// MinDays is how many days it must still be valid. Default: 14.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=365
	MinDays *int32 `json:"minDays,omitempty"`
}

// PrometheusCheck compares the one value of an instant query with bounds.
type PrometheusCheck struct {
	// URL of the server, such as http://prometheus.monitoring:9090.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=2048
	// +kubebuilder:validation:Pattern=`^https?://`
	URL string `json:"url"`

	// Query whose result is one number.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=4096
	Query string `json:"query"`

	// Above is what the value must exceed, as a decimal number.
	// +optional
	// +kubebuilder:validation:Pattern=`^-?[0-9]+(\.[0-9]+)?$`
	// +kubebuilder:validation:MaxLength=32
	Above string `json:"above,omitempty"`

	// Below is what it must stay under.
	// +optional
	// +kubebuilder:validation:Pattern=`^-?[0-9]+(\.[0-9]+)?$`
	// +kubebuilder:validation:MaxLength=32
	Below string `json:"below,omitempty"`
}
