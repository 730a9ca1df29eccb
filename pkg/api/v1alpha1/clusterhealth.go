package v1alpha1

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// ClusterHealth is what the health server of one cluster watches: what it checks, whom it asks before it leaves, and the
// mode that an operator has set. It is generated from a ClusterFailover; only spec.mode is set by hand.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=ch,categories=spillway
// +kubebuilder:printcolumn:name="Cluster",type=string,JSONPath=`.spec.cluster`
// +kubebuilder:printcolumn:name="Status",type=string,JSONPath=`.status.verdict`
// +kubebuilder:printcolumn:name="Mode",type=string,JSONPath=`.status.mode`
// +kubebuilder:printcolumn:name="Until",type=date,JSONPath=`.spec.mode.until`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.reason`
type ClusterHealth struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// Spec is what the cluster goes by.
	Spec ClusterHealthSpec `json:"spec"`
	// Status is what its health server says; written by the health server only.
	// +optional
	Status ClusterHealthStatus `json:"status,omitempty"`
}

// ClusterHealthList is a list of ClusterHealth.
//
// +kubebuilder:object:root=true
type ClusterHealthList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	// Items are the objects of the list.
	Items []ClusterHealth `json:"items"`
}

// ClusterHealthSpec is the health of one cluster of a fleet.
type ClusterHealthSpec struct {
	HealthSettings `json:",inline"`

	// Cluster is the name of this cluster within the fleet.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=40
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`
	Cluster string `json:"cluster"`

	// Fleet is equal in all clusters and part of every message between them. Default: NAMESPACE/NAME of the ClusterFailover,
	// else the name of this object.
	// +optional
	// +kubebuilder:validation:MaxLength=253
	Fleet string `json:"fleet,omitempty"`

	// Rotation is this cluster's part in the fleet. Default: Serving.
	// +optional
	Rotation Rotation `json:"rotation,omitempty"`

	// Token is the body of a 200, which load balancers match. Default: 8 hexadecimal digits of a hash of fleet and cluster.
	// +optional
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:Pattern=`^[A-Za-z0-9._-]*$`
	Token string `json:"token,omitempty"`

	// Mode is what an operator has set for a time. Default: none, the cluster is at rest.
	// +optional
	Mode *ModeSetting `json:"mode,omitempty"`

	// Capacity of this cluster. Default: no limit is known, and none is checked.
	// +optional
	Capacity *Capacity `json:"capacity,omitempty"`

	// Peers are the other clusters of the fleet. Without any the probe path never answers 503.
	// +optional
	// +kubebuilder:validation:MaxItems=15
	// +listType=map
	// +listMapKey=name
	Peers []Peer `json:"peers,omitempty"`
}

// HealthSettings are the settings that all clusters of a fleet share.
type HealthSettings struct {
	// Path that load balancers and DNS probe; it never changes, whatever the mode. Default: /.well-known/cluster-health.
	// +optional
	// +kubebuilder:default=/.well-known/cluster-health
	// +kubebuilder:validation:MaxLength=200
	// +kubebuilder:validation:Pattern=`^(/[A-Za-z0-9._~-]+)+$`
	Path string `json:"path,omitempty"`

	// Rest is the mode without an operator's word: Relaxed or Guard. Default: Relaxed.
	// +optional
	// +kubebuilder:default=Relaxed
	// +kubebuilder:validation:Enum=Relaxed;Guard
	Rest HealthMode `json:"rest,omitempty"`

	// CheckerDown is what the gateway answers on the probe path when no health server exists. Default: Leave if every edge that
	// probes still serves users when all clusters are unhealthy, as Route 53 does; Stay otherwise.
	// +optional
	CheckerDown CheckerDown `json:"checkerDown,omitempty"`

	// Round of checks. Default: every 5s, with 2s for each check.
	// +optional
	Round *Round `json:"round,omitempty"`

	// Thresholds of the checks. Default: fall 3, rise 5, quorum 75.
	// +optional
	Thresholds *Thresholds `json:"thresholds,omitempty"`

	// Checks that the modes Guard and Strict go by.
	// +optional
	// +kubebuilder:validation:MaxItems=1000
	// +listType=map
	// +listMapKey=name
	Checks []HealthCheck `json:"checks,omitempty"`

	// Discover adds the services that opt in.
	// +optional
	Discover *Discover `json:"discover,omitempty"`

	// Guard bounds departures; nothing turns it off.
	// +optional
	Guard *GuardSettings `json:"guard,omitempty"`

	// PeerKeys sign the messages between clusters. Needed where there are peers.
	// +optional
	PeerKeys *PeerKeys `json:"peerKeys,omitempty"`

	// ExpectProbes says that something outside probes this cluster, so that one which nobody probes promises nothing.
	// Default: false; generated true where an edge is declared.
	// +optional
	ExpectProbes *bool `json:"expectProbes,omitempty"`
}

// HealthMode is what the verdict goes by.
type HealthMode string

// The modes. Relaxed and Guard are resting modes, the others are set for a time.
const (
	ModeRelaxed      HealthMode = "Relaxed"
	ModeGuard        HealthMode = "Guard"
	ModeStrict       HealthMode = "Strict"
	ModeDrain        HealthMode = "Drain"
	ModeObserve      HealthMode = "Observe"
	ModeForceHealthy HealthMode = "ForceHealthy"
)

// Rotation is a cluster's part in its fleet: Standby counts and may promise to stay, Out does not count.
//
// +kubebuilder:validation:Enum=Serving;Standby;Out
type Rotation string

// The rotations.
const (
	RotationServing Rotation = "Serving"
	RotationStandby Rotation = "Standby"
	RotationOut     Rotation = "Out"
)

// CheckerDown is what a gateway answers in place of health servers that do not exist.
//
// +kubebuilder:validation:Enum=Stay;Leave
type CheckerDown string

// The answers: Stay is 200 with the cluster's token, Leave is 503.
const (
	CheckerDownStay  CheckerDown = "Stay"
	CheckerDownLeave CheckerDown = "Leave"
)

// ModeSetting is a mode that an operator has set.
//
// +kubebuilder:validation:XValidation:rule="!has(self.drill) || self.name == 'Observe'",message="drill needs the mode Observe"
type ModeSetting struct {
	// Name of the mode.
	// +kubebuilder:validation:Enum=Strict;Drain;Observe;ForceHealthy
	Name HealthMode `json:"name"`

	// Until is when it ends; it then falls back through verification.
	Until metav1.Time `json:"until"`

	// Reason is for those who find it at night.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	Reason string `json:"reason"`

	// By is who set it.
	// +optional
	// +kubebuilder:validation:MaxLength=253
	By string `json:"by,omitempty"`

	// Force skips the rule of one change at a time, never the promises of the other clusters.
	// +optional
	Force bool `json:"force,omitempty"`

	// Drill names checks that read as failing; with Observe only.
	// +optional
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:items:MaxLength=63
	// +listType=set
	Drill []string `json:"drill,omitempty"`

	// Rebaseline names checks whose failure is no longer held against the change.
	// +optional
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:items:MaxLength=63
	// +listType=set
	Rebaseline []string `json:"rebaseline,omitempty"`
}

// Round is one pass over all checks.
type Round struct {
	// Interval between the begins of two rounds. Default: 5s.
	// +optional
	Interval *metav1.Duration `json:"interval,omitempty"`

	// Timeout of one check. Default: 2s.
	// +optional
	Timeout *metav1.Duration `json:"timeout,omitempty"`
}

// Thresholds say when a check counts.
type Thresholds struct {
	// Fall is how many rounds in a row a check fails before it counts as failing. Default: 3.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100
	Fall *int32 `json:"fall,omitempty"`

	// Rise is how many rounds in a row it passes before it counts as passing again. Default: 5.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100
	Rise *int32 `json:"rise,omitempty"`

	// Quorum is the percentage of weight that must pass in the mode Guard. Default: 75.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100
	Quorum *int32 `json:"quorum,omitempty"`
}

// Discover finds services that opt in by a label; annotations beside it say how they are checked.
type Discover struct {
	// Label that a service carries to be checked.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=317
	Label string `json:"label"`
}

// GuardSettings bound departures from the fleet.
type GuardSettings struct {
	// MaxOut is how many clusters may be out at once. Default: 1.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=14
	MaxOut *int32 `json:"maxOut,omitempty"`

	// Poll is how often each replica asks each peer. Default: 2s.
	// +optional
	Poll *metav1.Duration `json:"poll,omitempty"`

	// Confirm is how many polls in a row must succeed before a first departure. Default: 5.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100
	Confirm *int32 `json:"confirm,omitempty"`

	// Hold is the life of a promise to stay, 15s to 5m. Default: 30s.
	// +optional
	Hold *metav1.Duration `json:"hold,omitempty"`

	// MinIn is how long a cluster stays in before it may leave again. Default: 60s.
	// +optional
	MinIn *metav1.Duration `json:"minIn,omitempty"`

	// MinOut is how long it stays out, by its own failures, before it comes back. Default: 60s, or the worst time of an edge.
	// +optional
	MinOut *metav1.Duration `json:"minOut,omitempty"`

	// MaxOutsPerHour is how often it may leave by its own failures. Default: 3.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=60
	MaxOutsPerHour *int32 `json:"maxOutsPerHour,omitempty"`

	// Verify is how long failures still count after a drain. Default: 30m.
	// +optional
	Verify *metav1.Duration `json:"verify,omitempty"`

	// MaxChange is the longest that a change may last in all. Default: 12h.
	// +optional
	MaxChange *metav1.Duration `json:"maxChange,omitempty"`

	// Capacity says whether the other clusters must have room for this one's load. Default: RequireForDrain.
	// +optional
	// +kubebuilder:validation:Enum=RequireForDrain;Warn;Ignore
	Capacity CapacityPolicy `json:"capacity,omitempty"`
}

// CapacityPolicy says what a lack of room does.
type CapacityPolicy string

// The policies.
const (
	CapacityRequireForDrain CapacityPolicy = "RequireForDrain"
	CapacityWarn            CapacityPolicy = "Warn"
	CapacityIgnore          CapacityPolicy = "Ignore"
)

// Capacity of a cluster.
type Capacity struct {
	// MaxRPS is how many requests a second the cluster can serve; the load is read from its gateways' own metrics.
	// +kubebuilder:validation:Minimum=1
	MaxRPS int32 `json:"maxRPS"`
}

// Peer is another cluster of the fleet.
type Peer struct {
	// Name of the cluster.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=40
	Name string `json:"name"`

	// URLs at which it answers; any that does counts. Two independent ways are better than one.
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=4
	// +kubebuilder:validation:items:MaxLength=512
	// +listType=set
	URLs []string `json:"urls"`

	// Host is sent as Host and as TLS server name, and must be in its certificate. Default: the one of the URL.
	// +optional
	// +kubebuilder:validation:MaxLength=253
	Host string `json:"host,omitempty"`

	// Rotation of the peer. Default: Serving.
	// +optional
	Rotation Rotation `json:"rotation,omitempty"`

	// Token of the peer, the body of its 200. Default: as for this cluster, from fleet and name.
	// +optional
	// +kubebuilder:validation:MaxLength=64
	Token string `json:"token,omitempty"`
}

// PeerKeys are where the keys are found that sign messages: a name for each key of 32 bytes or more, three at most, and
// under "active" the name of the one that signs.
//
// +kubebuilder:validation:XValidation:rule="has(self.secret) != has(self.files)",message="give either secret or files"
type PeerKeys struct {
	// Secret in the namespace of the object.
	// +optional
	Secret *PeerKeysSecret `json:"secret,omitempty"`

	// Files in a folder, for a server outside Kubernetes.
	// +optional
	Files *PeerKeysFiles `json:"files,omitempty"`
}

// PeerKeysSecret names the Secret.
type PeerKeysSecret struct {
	// Name of the Secret.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name"`
}

// PeerKeysFiles names the folder.
type PeerKeysFiles struct {
	// Dir is the path of the folder.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	Dir string `json:"dir"`
}

// EdgeOptions are the options of an edge: known to the edge's own target only.
//
// +kubebuilder:pruning:PreserveUnknownFields
type EdgeOptions = runtime.RawExtension

// Defaults of the times that other code must know.
const (
	DefaultHealthPath    = "/.well-known/cluster-health"
	DefaultRoundInterval = 5 * time.Second
	DefaultRoundTimeout  = 2 * time.Second
	DefaultFall          = 3
	DefaultRise          = 5
	DefaultQuorum        = 75
	DefaultMaxOut        = 1
	DefaultPoll          = 2 * time.Second
	DefaultConfirm       = 5
	DefaultHold          = 30 * time.Second
	DefaultMinIn         = time.Minute
	DefaultMinOut        = time.Minute
	DefaultOutsPerHour   = 3
	DefaultVerify        = 30 * time.Minute
	DefaultMaxChange     = 12 * time.Hour
)
