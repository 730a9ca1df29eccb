// Package v1alpha1 holds the kinds of the API group spillway.dev, version v1alpha1: what app and platform teams write.
//
// It contains types, markers and constants only; every rule that needs code lives in pkg/validate (fields) and
// pkg/plan (meaning). It imports apimachinery and nothing else. Start reading at ExternalFailoverSpec.
//
// +kubebuilder:object:generate=true
// +groupName=spillway.dev
package v1alpha1
