package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// ClusterHealthStatus is what a cluster's health server says of itself.
type ClusterHealthStatus struct {
	// ObservedGeneration is the generation of the spec that this is about.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// Verdict is In or Out: what the probe path answers.
	// +optional
	Verdict string `json:"verdict,omitempty"`

	// Mode that acts.
	// +optional
	Mode HealthMode `json:"mode,omitempty"`

	// Since is when the verdict last changed.
	// +optional
	Since *metav1.Time `json:"since,omitempty"`

	// Reason names the rule that decided.
	// +optional
	Reason string `json:"reason,omitempty"`

	// Change is the departure from rest that goes on, from arming until rest. The first writer wins.
	// +optional
	Change *ChangeStatus `json:"change,omitempty"`

	// Checks that do not pass.
	// +optional
	// +listType=map
	// +listMapKey=name
	Checks []CheckStatus `json:"checks,omitempty"`

	// Peers as this cluster sees them.
	// +optional
	// +listType=map
	// +listMapKey=name
	Peers []PeerStatus `json:"peers,omitempty"`

	// Guard says what stands between this cluster and a departure.
	// +optional
	Guard *GuardStatus `json:"guard,omitempty"`

	// Conditions: Confirmed is true while enough peers answer for the cluster to leave if it had to.
	// +optional
	// +listType=map
	// +listMapKey=type
	Conditions []metav1.Condition `json:"conditions,omitempty"`
}

// ChangeStatus is a change and what was so before it.
type ChangeStatus struct {
	// ID of the change.
	ID string `json:"id"`
	// Mode that was set.
	Mode HealthMode `json:"mode"`
	// Started is when it was first seen.
	Started metav1.Time `json:"started"`
	// EffectiveAt is when it took effect.
	// +optional
	EffectiveAt *metav1.Time `json:"effectiveAt,omitempty"`
	// Baseline is what was so before.
	// +optional
	Baseline *BaselineStatus `json:"baseline,omitempty"`
}

// BaselineStatus is what was so before a change.
type BaselineStatus struct {
	// Failing are the checks that failed already.
	// +optional
	// +listType=set
	Failing []string `json:"failing,omitempty"`
	// Present are the checks whose targets existed.
	// +optional
	// +listType=set
	Present []string `json:"present,omitempty"`
}

// CheckStatus is a check that does not pass.
type CheckStatus struct {
	// Name of the check.
	Name string `json:"name"`
	// State is Fail or Unknown.
	State string `json:"state"`
	// Since is when it got there.
	// +optional
	Since *metav1.Time `json:"since,omitempty"`
	// Reason of the last result.
	// +optional
	Reason string `json:"reason,omitempty"`
}

// PeerStatus is a peer as this cluster sees it.
type PeerStatus struct {
	// Name of the peer.
	Name string `json:"name"`
	// Confirmed says that it answers, and for how long enough.
	Confirmed bool `json:"confirmed"`
	// Unknown is why it does not; empty if it does.
	// +optional
	Unknown string `json:"unknown,omitempty"`
}

// GuardStatus is what stands between a cluster and a departure.
type GuardStatus struct {
	// WouldLeave says whether the cluster would leave if its checks failed now.
	WouldLeave bool `json:"wouldLeave"`
	// Reason of that.
	Reason string `json:"reason"`
	// Need is how many peers must promise to stay before the cluster leaves.
	Need int32 `json:"need"`
	// Held is how many have.
	Held int32 `json:"held"`
}

// ConditionConfirmed is true while enough peers answer, for long enough, for the cluster to leave if it had to.
const ConditionConfirmed = "Confirmed"
