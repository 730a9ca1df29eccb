package plan

import (
	"slices"

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
	hosts := make(map[string][]int, len(specs))
	for i, s := range specs {
		key := NameOf(s)
		if names[key] {
			out[i].Errorf(field.NewPath("metadata", "name"), codeDuplicate, "there are two %s", ObjectOf(s)).WithHint(
				"the second would overwrite the first: rename one, or give each file once")
			out[i].About(ObjectOf(s))
			continue
		}
		names[key] = true
		for _, other := range hosts[s.Spec.Host] {
			if shared, ok := sharedNamespace(s, specs[other]); ok {
				out[i].Errorf(field.NewPath("spec", "host"), codeHostClaimed,
					"host %s is already claimed by %s, and clients in %s would see both", s.Spec.Host, ObjectOf(specs[other]),
					shared).WithHint("put all endpoints into one spec, or give the specs clients.namespaces that do not overlap")
				out[i].About(ObjectOf(s))
				break
			}
		}
		hosts[s.Spec.Host] = append(hosts[s.Spec.Host], i)
	}
	return out
}

// sharedNamespace finds a namespace whose clients see both specs.
func sharedNamespace(a, b *v1alpha1.ExternalFailover) (string, bool) {
	ofA, ofB := clientNamespaces(a), clientNamespaces(b)
	for _, ns := range ofA {
		switch {
		case ns == Anyone:
			return describeNamespace(ofB[0]), true
		case slices.Contains(ofB, ns), slices.Contains(ofB, Anyone):
			return describeNamespace(ns), true
		}
	}
	return "", false
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
