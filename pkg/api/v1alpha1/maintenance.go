package v1alpha1

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// MaintenanceRules hold for all clusters.
type MaintenanceRules struct {
	// Soak is the least time between the windows of two clusters. Default: 12h.
	// +optional
	Soak *metav1.Duration `json:"soak,omitempty"`
	// Overrun is how much longer than its window work may take. Default: 2h.
	// +optional
	Overrun *metav1.Duration `json:"overrun,omitempty"`
	// DuringMaintenance is the mode that is set for each window. Default: none.
	// +optional
	// +kubebuilder:validation:Enum=Strict
	DuringMaintenance HealthMode `json:"duringMaintenance,omitempty"`
	// Image of the command line, which sets the mode. Default: spillway, from wherever the nodes look first.
	// +optional
	// +kubebuilder:validation:MaxLength=512
	Image string `json:"image,omitempty"`
	// Exclusions are times in which no cluster, or none of those named, is upgraded.
	// +optional
	// +kubebuilder:validation:MaxItems=20
	// +listType=map
	// +listMapKey=name
	Exclusions []MaintenanceExclusion `json:"exclusions,omitempty"`
	// Rotations are planned rotations of the address or the credentials of a control plane, which upgrades of any cluster
	// must not meet.
	// +optional
	// +kubebuilder:validation:MaxItems=3
	// +listType=atomic
	Rotations []PlannedRotation `json:"rotations,omitempty"`
}

// MaintenanceWindow is when a cluster may be worked on.
type MaintenanceWindow struct {
	// Days of the week, such as Mon.
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=7
	// +kubebuilder:validation:items:Enum=Mon;Tue;Wed;Thu;Fri;Sat;Sun
	// +listType=set
	Days []string `json:"days"`
	// Start of the window, as HH:MM.
	// +kubebuilder:validation:Pattern=`^([01][0-9]|2[0-3]):[0-5][0-9]$`
	Start string `json:"start"`
	// Duration of the window.
	Duration metav1.Duration `json:"duration"`
	// TimeZone of the start, such as Asia/Tokyo. Default: UTC.
	// +optional
	// +kubebuilder:validation:MaxLength=64
	TimeZone string `json:"timeZone,omitempty"`
}

// MaintenanceExclusion is a time in which a cluster is not upgraded.
type MaintenanceExclusion struct {
	// Name of the exclusion.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=40
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`
	Name string `json:"name"`
	// Start of the exclusion.
	Start metav1.Time `json:"start"`
	// End of the exclusion.
	End metav1.Time `json:"end"`
	// Scope says which upgrades are held back. Default: NoUpgrades.
	// +optional
	// +kubebuilder:validation:Enum=NoUpgrades;NoMinorUpgrades;NoMinorOrNodeUpgrades
	Scope ExclusionScope `json:"scope,omitempty"`
	// Clusters that it is for. Default: all.
	// +optional
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:items:MaxLength=40
	// +listType=set
	Clusters []string `json:"clusters,omitempty"`
}

// ExclusionScope says which upgrades an exclusion holds back.
type ExclusionScope string

// The scopes.
const (
	ScopeNoUpgrades            ExclusionScope = "NoUpgrades"
	ScopeNoMinorUpgrades       ExclusionScope = "NoMinorUpgrades"
	ScopeNoMinorOrNodeUpgrades ExclusionScope = "NoMinorOrNodeUpgrades"
)

// PlannedRotation is a rotation of the address or the credentials of a cluster's control plane, which somebody starts by
// hand and has to complete.
type PlannedRotation struct {
	// Cluster whose control plane it is.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=40
	Cluster string `json:"cluster"`
	// Start of the rotation.
	Start metav1.Time `json:"start"`
	// Days until it is completed. Default: 7.
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=28
	Days *int32 `json:"days,omitempty"`
}

// The defaults of maintenance.
const (
	DefaultSoak         = 12 * time.Hour
	DefaultOverrun      = 2 * time.Hour
	DefaultRotationDays = 7
)
