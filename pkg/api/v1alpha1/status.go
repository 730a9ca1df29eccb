package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// ExternalFailoverStatus says what came of the spec.
type ExternalFailoverStatus struct {
	// ObservedGeneration is the generation this status speaks of.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// Conditions are Accepted, Programmed and Degraded.
	// +optional
	// +listType=map
	// +listMapKey=type
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// Pattern is how each endpoint gets its own name: Plain, A, A+ or C.
	// +optional
	Pattern string `json:"pattern,omitempty"`

	// PatternReason says why this pattern.
	// +optional
	PatternReason string `json:"patternReason,omitempty"`

	// Order is the mechanism that gives each client region its tiers: M1, M2 or M3.
	// +optional
	Order string `json:"order,omitempty"`

	// OrderReason says why this mechanism.
	// +optional
	OrderReason string `json:"orderReason,omitempty"`

	// Addresses the host resolves to in the mesh.
	// +optional
	// +listType=atomic
	Addresses []string `json:"addresses,omitempty"`

	// Tiers promised to each client region.
	// +optional
	// +listType=map
	// +listMapKey=from
	Tiers []RegionTiers `json:"tiers,omitempty"`

	// Objects that were written.
	// +optional
	// +listType=atomic
	Objects []ObjectRef `json:"objects,omitempty"`

	// SpecHash of the spec these objects came from.
	// +optional
	SpecHash string `json:"specHash,omitempty"`

	// Findings of validation and analysis, worst first.
	// +optional
	// +listType=atomic
	Findings []string `json:"findings,omitempty"`
}

// RegionTiers is what one client region was promised.
type RegionTiers struct {
	// From is the client region, "*" for everyone else, "" for clients without a locality.
	From string `json:"from"`

	// Tiers in order, each the names of its endpoints joined by commas.
	// +listType=atomic
	Tiers []string `json:"tiers"`
}

// ObjectRef names an object that was written.
type ObjectRef struct {
	// Kind of the object.
	Kind string `json:"kind"`
	// Namespace of the object.
	// +optional
	Namespace string `json:"namespace,omitempty"`
	// Name of the object.
	Name string `json:"name"`
}
