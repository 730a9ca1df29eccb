package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// ExternalFailover carries traffic for one host outside the mesh to another region when the first one dies.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=xfo,categories=spillway
// +kubebuilder:printcolumn:name="Host",type=string,JSONPath=`.spec.host`
// +kubebuilder:printcolumn:name="Pattern",type=string,JSONPath=`.status.pattern`
// +kubebuilder:printcolumn:name="Programmed",type=string,JSONPath=`.status.conditions[?(@.type=="Programmed")].status`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type ExternalFailover struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// Spec is what the team asks for.
	Spec ExternalFailoverSpec `json:"spec"`
	// Status is what came of it; written by the controller only.
	// +optional
	Status ExternalFailoverStatus `json:"status,omitempty"`
}

// ExternalFailoverList is a list of ExternalFailover.
//
// +kubebuilder:object:root=true
type ExternalFailoverList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	// Items are the objects of the list.
	Items []ExternalFailover `json:"items"`
}

// ExternalFailoverSpec says which host, who dials it, where it can be served, and in which order.
//
// +kubebuilder:validation:XValidation:rule="!(has(self.preset) && has(self.requests))",message="preset and requests exclude each other"
type ExternalFailoverSpec struct {
	// Host is the one exact name the application dials. A name under .internal is right; it may also be the first
	// endpoint's real name. Wildcards, *.svc names of the cluster and *.local are refused.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="!self.contains('*')",message="host is one exact name, without a wildcard"
	// +kubebuilder:validation:XValidation:rule="self.contains('.')",message="host has a dot: Istio and the resolver add the namespace to a name without one"
	// +kubebuilder:validation:XValidation:rule="!self.endsWith('.local') && !self.contains('.svc.') && !self.endsWith('.svc')",message="host is outside the cluster: *.local and *.svc names are refused"
	Host string `json:"host"`

	// Addresses are the virtual IPv4 addresses of the host. Default: one from the platform's vipCIDR.
	// +optional
	// +kubebuilder:validation:MaxItems=8
	// +kubebuilder:validation:items:MaxLength=64
	// +listType=set
	Addresses []string `json:"addresses,omitempty"`

	// Clients says who dials the host. Default: this namespace, and the regions named in failover.
	// +optional
	Clients *Clients `json:"clients,omitempty"`

	// Ports are the ports the application dials.
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	// +listType=map
	// +listMapKey=name
	Ports []Port `json:"ports"`

	// TLS says how the proxy talks to the endpoints. Default: mode None.
	// +optional
	TLS *TLS `json:"tls,omitempty"`

	// Endpoints are the places that can serve the host.
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	// +listType=map
	// +listMapKey=name
	Endpoints []Endpoint `json:"endpoints"`

	// Failover gives each client region its order of endpoints. Default: by nearness, if clients.regions is given.
	// +optional
	// +kubebuilder:validation:MaxItems=16
	// +listType=map
	// +listMapKey=from
	Failover []FailoverRule `json:"failover,omitempty"`

	// Detect says when an endpoint counts as dead and when it is tried again.
	// +optional
	Detect *Detect `json:"detect,omitempty"`

	// Requests sorts requests into classes by what may be repeated: first match wins, the last one has no match.
	// Default: GET, HEAD and OPTIONS Full, everything else Unprocessed.
	// +optional
	// +kubebuilder:validation:MaxItems=16
	// +listType=map
	// +listMapKey=name
	Requests []RequestClass `json:"requests,omitempty"`

	// Preset stands for a well-known list of requests, instead of requests.
	// +optional
	Preset Preset `json:"preset,omitempty"`

	// Signing says who signs requests that carry an AWS signature.
	// +optional
	Signing *Signing `json:"signing,omitempty"`

	// Delivery says where the failover happens. Auto chooses, and explain says what and why.
	// +optional
	// +kubebuilder:default=Auto
	Delivery Delivery `json:"delivery,omitempty"`

	// EgressGateway carries the host with delivery EgressGateway, and behind a waypoint. Default: the platform's.
	// +optional
	EgressGateway *EgressGateway `json:"egressGateway,omitempty"`

	// Waypoint carries the host with delivery Waypoint. Default: the platform's, else one called waypoint.
	// +optional
	Waypoint *Waypoint `json:"waypoint,omitempty"`

	// AllowCrossContinent lets a failover that is filled in by nearness leave the continent.
	// +optional
	AllowCrossContinent bool `json:"allowCrossContinent,omitempty"`
}

// Clients says which workloads dial the host.
type Clients struct {
	// Namespaces of the clients. ["*"] means all, and needs the platform's root namespace. Default: this namespace.
	// +optional
	// +kubebuilder:validation:MaxItems=64
	// +kubebuilder:validation:items:MaxLength=63
	// +listType=set
	Namespaces []string `json:"namespaces,omitempty"`

	// Regions of the clients, as the label topology.kubernetes.io/region of their nodes spells them.
	// Default: the regions named in failover.
	// +optional
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:items:MaxLength=63
	// +listType=set
	Regions []string `json:"regions,omitempty"`

	// Selector picks the client pods by label. Needed where Istio needs it: client certificates and CA from secrets.
	// +optional
	// +kubebuilder:validation:MaxProperties=16
	Selector map[string]string `json:"selector,omitempty"`

	// ServiceAccounts of the client pods, who may read the secrets named under tls.
	// +optional
	// +kubebuilder:validation:MaxItems=32
	// +kubebuilder:validation:items:MaxLength=253
	// +listType=set
	ServiceAccounts []string `json:"serviceAccounts,omitempty"`

	// Gateways makes the ingress and egress gateways in these namespaces clients too.
	// +optional
	Gateways bool `json:"gateways,omitempty"`
}

// Protocol is what the application speaks on a port, before the proxy adds TLS.
//
// +kubebuilder:validation:Enum=HTTP;HTTP2;GRPC;TCP;TLS
type Protocol string

// The protocols of a port.
const (
	ProtocolHTTP  Protocol = "HTTP"
	ProtocolHTTP2 Protocol = "HTTP2"
	ProtocolGRPC  Protocol = "GRPC"
	ProtocolTCP   Protocol = "TCP"
	// ProtocolTLS is TLS that the application itself speaks; the proxy passes it through.
	ProtocolTLS Protocol = "TLS"
)

// PortTLS says whether a port follows spec.tls.
//
// +kubebuilder:validation:Enum=Inherit;None
type PortTLS string

// The settings of ports[].tls.
const (
	PortTLSInherit PortTLS = "Inherit"
	PortTLSNone    PortTLS = "None"
)

// Port is one port of the host.
type Port struct {
	// Name of the port, a DNS label.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`
	Name string `json:"name"`

	// Number is the port the application dials.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=65535
	Number int32 `json:"number"`

	// Protocol the application speaks on this port.
	Protocol Protocol `json:"protocol"`

	// TargetPort is the port of the endpoints. Default: number.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=65535
	TargetPort *int32 `json:"targetPort,omitempty"`

	// TLS says whether the port follows spec.tls. Default: Inherit for HTTP, HTTP2 and GRPC, None for TCP and TLS.
	// +optional
	TLS PortTLS `json:"tls,omitempty"`
}

// TLSMode is how the proxy originates TLS.
//
// +kubebuilder:validation:Enum=None;Simple;Mutual
type TLSMode string

// The TLS modes.
const (
	TLSNone   TLSMode = "None"
	TLSSimple TLSMode = "Simple"
	TLSMutual TLSMode = "Mutual"
)

// TLS is how the proxy originates TLS to the endpoints.
//
// +kubebuilder:validation:XValidation:rule="self.mode != 'Mutual' || has(self.clientCertificate)",message="mode Mutual needs clientCertificate"
// +kubebuilder:validation:XValidation:rule="self.mode == 'Mutual' || !has(self.clientCertificate)",message="clientCertificate is for mode Mutual only"
// +kubebuilder:validation:XValidation:rule="self.mode != 'None' || !has(self.trust)",message="trust has no meaning with mode None"
type TLS struct {
	// Mode: None, Simple (the endpoint proves who it is), Mutual (both do).
	Mode TLSMode `json:"mode"`

	// Trust is the CA the endpoints' certificates must come from. Default: the system's.
	// +optional
	Trust *Trust `json:"trust,omitempty"`

	// ClientCertificate is what the proxy shows the endpoints with mode Mutual.
	// +optional
	ClientCertificate *ClientCertificate `json:"clientCertificate,omitempty"`
}

// Trust names the CA certificates; exactly one field is set.
//
// +kubebuilder:validation:XValidation:rule="(has(self.system) ? 1 : 0) + (has(self.configMap) ? 1 : 0) + (has(self.secret) ? 1 : 0) + (has(self.file) ? 1 : 0) == 1",message="exactly one of system, configMap, secret and file"
type Trust struct {
	// System trusts the CA certificates of the proxy's image.
	// +optional
	// +kubebuilder:validation:XValidation:rule="self",message="system can only be true"
	System *bool `json:"system,omitempty"`

	// ConfigMap in the namespace of this object that holds the CA certificates under the key ca.crt (or cacert).
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	ConfigMap string `json:"configMap,omitempty"`

	// Secret in each client namespace that holds the CA certificates under the key ca.crt (or cacert).
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Secret string `json:"secret,omitempty"`

	// File in the proxy's container that holds the CA certificates, an absolute path.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	File string `json:"file,omitempty"`
}

// ClientCertificate is the client's certificate and key: a secret, or two files.
//
// +kubebuilder:validation:XValidation:rule="has(self.secret) != has(self.files)",message="exactly one of secret and files"
type ClientCertificate struct {
	// Secret in each client namespace with the keys tls.crt, tls.key and, unless trust says otherwise, ca.crt.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Secret string `json:"secret,omitempty"`

	// Files in the proxy's container.
	// +optional
	Files *CertificateFiles `json:"files,omitempty"`
}

// CertificateFiles are absolute paths in the proxy's container.
type CertificateFiles struct {
	// Certificate is the path of the certificate chain, PEM.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	Certificate string `json:"certificate"`

	// Key is the path of the private key, PEM.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	Key string `json:"key"`
}

// HostHeaderKeep as an endpoint's hostHeader leaves the Host header that the application sent.
const HostHeaderKeep = "Keep"

// Endpoint is one place that can serve the host.
type Endpoint struct {
	// Name of the endpoint, used in failover[].to; a DNS label.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=40
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`
	Name string `json:"name"`

	// Address is a DNS name or an IP address.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Address string `json:"address"`

	// Locality is the cloud region the endpoint is in, as its cloud spells it; used for nearness and for warnings.
	// +optional
	// +kubebuilder:validation:MaxLength=63
	Locality string `json:"locality,omitempty"`

	// Group puts endpoints with the same group into one tier, named by it in failover[].to.
	// +optional
	// +kubebuilder:validation:MaxLength=40
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`
	Group string `json:"group,omitempty"`

	// Ports gives the endpoint's own port numbers by port name, over ports[].targetPort.
	// +optional
	// +kubebuilder:validation:MaxProperties=16
	Ports map[string]int32 `json:"ports,omitempty"`

	// ServerName is sent as SNI and must be in the endpoint's certificate. Default: address if that is a DNS name, else host.
	// +optional
	// +kubebuilder:validation:MaxLength=253
	ServerName string `json:"serverName,omitempty"`

	// SubjectAltNames of which the certificate must hold one. Default: [serverName].
	// +optional
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:items:MaxLength=253
	// +listType=set
	SubjectAltNames []string `json:"subjectAltNames,omitempty"`

	// HostHeader is the Host the endpoint expects. Default: serverName. Keep leaves the application's.
	// +optional
	// +kubebuilder:validation:MaxLength=253
	HostHeader string `json:"hostHeader,omitempty"`

	// Weight among the endpoints of one group. Default: 1.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=128
	Weight *int32 `json:"weight,omitempty"`

	// SigningRegion for AWS signatures, where the address does not tell it.
	// +optional
	// +kubebuilder:validation:MaxLength=63
	SigningRegion string `json:"signingRegion,omitempty"`
}

// FromAnyone as failover[].from stands for every client that no other entry names, and for those without a locality.
const FromAnyone = "*"

// FailoverRule is the order of one client region.
type FailoverRule struct {
	// From is the clients' region as their nodes spell it; "*" is everyone else, "" clients without a locality.
	// +kubebuilder:validation:MaxLength=63
	From string `json:"from"`

	// To names endpoints or groups; the first is where a client goes on a good day.
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:items:MaxLength=40
	// +listType=set
	To []string `json:"to"`

	// OnlyListed never leaves the list (data residency). Without it all endpoints not listed form one last tier.
	// +optional
	OnlyListed bool `json:"onlyListed,omitempty"`
}
