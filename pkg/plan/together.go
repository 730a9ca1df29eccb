package plan

import (
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/diag"
)

// Together finds what is wrong with specs only because of one another: two of one name, or two that claim one host and
// are visible to the same clients. The result has one list per spec, in the order given; the first of two stays.
func Together(specs []*v1alpha1.ExternalFailover) []diag.List {
	out := make([]diag.List, len(specs))
	names := make(map[types.NamespacedName]bool, len(specs))
	hosts := make(map[string]claims, len(specs))
	for i, s := range specs {
		key := NameOf(s)
		if names[key] {
			out[i].Errorf(field.NewPath("metadata", "name"), codeDuplicate, "there are two %s", ObjectOf(s)).WithHint(
				"the second would overwrite the first: rename one, or give each file once")
			out[i].About(ObjectOf(s))
			continue
		}
		names[key] = true
		claimed := hosts[s.Spec.Host]
		if claimed == nil {
			claimed = claims{}
			hosts[s.Spec.Host] = claimed
		}
		if other, shared := claimed.conflict(clientNamespaces(s)); other >= 0 {
			out[i].Errorf(field.NewPath("spec", "host"), codeHostClaimed,
				"host %s is already claimed by %s, and clients in %s would see both", s.Spec.Host, ObjectOf(specs[other]),
				shared).WithHint("put all endpoints into one spec, or give the specs clients.namespaces that do not overlap")
			out[i].About(ObjectOf(s))
		}
		claimed.add(clientNamespaces(s), i)
	}
	return out
}

// claims say which spec, by index, was the first to claim a host for a namespace. Under Anyone stands the first that did
// so for every namespace, under anybody the first of all.
type claims map[string]int

// anybody is no namespace's name.
const anybody = ""

func (c claims) add(namespaces []string, spec int) {
	for _, ns := range append([]string{anybody}, namespaces...) {
		if _, found := c[ns]; !found {
			c[ns] = spec
		}
	}
}

// conflict finds the earliest claim that shares a namespace with these; −1 if there is none.
func (c claims) conflict(namespaces []string) (other int, shared string) {
	other = -1
	note := func(key, name string) {
		if i, found := c[key]; found && (other < 0 || i < other) {
			other, shared = i, name
		}
	}
	for _, ns := range namespaces {
		if ns == Anyone {
			note(anybody, describeNamespace(Anyone))
			continue
		}
		note(ns, describeNamespace(ns))
		note(Anyone, describeNamespace(ns))
	}
	return other, shared
}

func describeNamespace(ns string) string {
	if ns == Anyone {
		return "every namespace"
	}
	return "namespace " + ns
}

// clientNamespaces are the namespaces whose clients dial the host, as the spec lists them.
func clientNamespaces(s *v1alpha1.ExternalFailover) []string {
	if s.Spec.Clients == nil || len(s.Spec.Clients.Namespaces) == 0 {
		return []string{s.Namespace}
	}
	return s.Spec.Clients.Namespaces
}
