package v1alpha1

// EgressGateway is the gateway that carries a host where the clients' own proxies cannot: each endpoint has a port there,
// and behind it its own name, certificate check and, if asked for, signature. Several hosts share a gateway.
//
// +kubebuilder:validation:XValidation:rule="!has(self.selector) || has(self.serviceAccount)",message="a gateway that exists already needs its serviceAccount: clients check for it"
type EgressGateway struct {
	// Namespace of the gateway. Default: the platform's, else the namespace of the host.
	// +optional
	// +kubebuilder:validation:MaxLength=63
	Namespace string `json:"namespace,omitempty"`

	// Name of the gateway. Default: spillway-egress.
	// +optional
	// +kubebuilder:validation:MaxLength=50
	Name string `json:"name,omitempty"`

	// Selector picks the pods of a gateway that exists already; nothing is then written for it but a headless Service.
	// Default: a Deployment is written, and all that belongs to it.
	// +optional
	// +kubebuilder:validation:MaxProperties=16
	Selector map[string]string `json:"selector,omitempty"`

	// ServiceAccount of the gateway's pods. Default: its name.
	// +optional
	// +kubebuilder:validation:MaxLength=253
	ServiceAccount string `json:"serviceAccount,omitempty"`

	// Credentials with which the gateway signs AWS requests. Default: what Envoy finds in the pod: environment, container
	// endpoint (EKS Pod Identity), web identity, instance.
	// +optional
	Credentials *AWSCredentials `json:"credentials,omitempty"`
}

// AWSCredentials say where AWS credentials come from; they themselves stand in no object. Exactly one field is set.
//
// +kubebuilder:validation:XValidation:rule="(has(self.roleARN) ? 1 : 0) + (has(self.secret) ? 1 : 0) + (has(self.file) ? 1 : 0) == 1",message="exactly one of roleARN, secret and file"
type AWSCredentials struct {
	// RoleARN is the IAM role that EKS gives to the gateway's service account (IRSA).
	// +optional
	// +kubebuilder:validation:MaxLength=2048
	RoleARN string `json:"roleARN,omitempty"`

	// Secret in the gateway's namespace whose key credentials holds a file in the form of AWS's own command line.
	// +optional
	// +kubebuilder:validation:MaxLength=253
	Secret string `json:"secret,omitempty"`

	// File in the gateway's container, an absolute path, in the same form.
	// +optional
	// +kubebuilder:validation:MaxLength=1024
	File string `json:"file,omitempty"`
}

// Waypoint is the waypoint that carries a host for clients without sidecars.
type Waypoint struct {
	// Namespace of the waypoint. Default: the namespace of the host.
	// +optional
	// +kubebuilder:validation:MaxLength=63
	Namespace string `json:"namespace,omitempty"`

	// Name of the waypoint. Default: waypoint.
	// +optional
	// +kubebuilder:validation:MaxLength=63
	Name string `json:"name,omitempty"`
}

// PlatformEgressGateway is the gateway that specs use which name no other.
type PlatformEgressGateway struct {
	EgressGateway `json:",inline"`

	// EnvoyFilter says whether the gateway's namespace may hold EnvoyFilters. Default: as spec.envoyFilter says.
	// +optional
	EnvoyFilter EnvoyFilterPolicy `json:"envoyFilter,omitempty"`

	// FirstPort and LastPort bound the ports that endpoints get on gateways. Default: 17000 to 26999.
	// +optional
	FirstPort int32 `json:"firstPort,omitempty"`

	// LastPort is the last of them.
	// +optional
	LastPort int32 `json:"lastPort,omitempty"`
}
