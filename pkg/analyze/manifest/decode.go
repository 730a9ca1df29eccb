package manifest

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
	"google.golang.org/protobuf/proto"
	meshconfig "istio.io/api/mesh/v1alpha1"
	networking "istio.io/api/networking/v1alpha3"

	"github.com/spillway-mesh/spillway/pkg/load"
)

const istioGroup = "networking.istio.io"

// decode makes an object of what load found.
func decode(x *load.Other, namespace string) *found {
	o := &Object{Kind: x.Kind, Version: x.APIVersion, Source: x.Source}
	if group, version, cut := strings.Cut(x.APIVersion, "/"); cut {
		o.Group, o.Version = group, version
	}
	metadata := field(x.Root, "metadata")
	o.Name, o.Namespace = scalar(field(metadata, "name")), scalar(field(metadata, "namespace"))
	o.Created = scalar(field(metadata, "creationTimestamp"))
	o.Labels, o.Annotations = table(field(metadata, "labels")), table(field(metadata, "annotations"))
	if o.Namespace == "" && !clusterScoped(o) {
		o.Namespace = namespace
	}
	name := strings.TrimPrefix(o.Namespace+"/"+o.Name, "/")
	x.Source.Object = o.Kind + " " + name
	f := &found{object: o, mesh: meshOf(o, x.Root)}
	if o.Group == istioGroup {
		f.typed = typed(o, field(x.Root, "spec"))
	}
	if f.typed == nil && o.Kind != "Secret" || o.Kind == "EnvoyFilter" {
		o.Tree = Value{node: treeOf(x.Root)}
	}
	return f
}

// typed reads the spec of the kinds that have a Go type.
func typed(o *Object, spec *yaml.Node) any {
	switch o.Kind {
	case "ServiceEntry":
		return as(o, spec, new(networking.ServiceEntry))
	case "DestinationRule":
		return as(o, spec, new(networking.DestinationRule))
	case "VirtualService":
		return as(o, spec, new(networking.VirtualService))
	case "Gateway":
		return as(o, spec, new(networking.Gateway))
	case "Sidecar":
		return as(o, spec, new(networking.Sidecar))
	case "EnvoyFilter":
		return as(o, spec, new(networking.EnvoyFilter))
	case "WorkloadEntry":
		return as(o, spec, new(networking.WorkloadEntry))
	default:
		return nil
	}
}

func as[T proto.Message](o *Object, spec *yaml.Node, into T) *Typed[T] {
	if spec != nil {
		r := reader{object: o}
		r.message(spec, into.ProtoReflect(), &step{name: "spec"})
	}
	return &Typed[T]{Object: o, Spec: into}
}

// meshOf finds the mesh configuration where installations keep it: in the ConfigMap that istiod reads, or in what an
// operator reads.
func meshOf(o *Object, root *yaml.Node) *meshconfig.MeshConfig {
	var n *yaml.Node
	switch {
	case o.Kind == "ConfigMap" && o.Group == "" && (o.Name == "istio" || strings.HasPrefix(o.Name, "istio-")):
		text := scalar(field(field(root, "data"), "mesh"))
		var document yaml.Node
		if text == "" || yaml.Unmarshal([]byte(text), &document) != nil || len(document.Content) == 0 {
			return nil
		}
		n = document.Content[0]
	case o.Kind == "IstioOperator":
		n = field(field(root, "spec"), "meshConfig")
	case o.Kind == "Istio" && o.Group == "sailoperator.io":
		n = field(field(field(root, "spec"), "values"), "meshConfig")
	}
	if n == nil {
		return nil
	}
	mesh := new(meshconfig.MeshConfig)
	r := reader{object: &Object{}} // another release's fields are no mistake
	r.message(n, mesh.ProtoReflect(), &step{})
	return mesh
}

// clusterScoped says whether objects of the kind have no namespace.
func clusterScoped(o *Object) bool {
	return slices.Contains([]string{
		"Namespace", "Node", "ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition", "PersistentVolume", "StorageClass",
		"GatewayClass", "IngressClass", "PriorityClass", "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration",
		"Istio", "IstioRevision", "APIService", "ClusterIssuer",
	}, o.Kind)
}

// field is the value of a field of a mapping, nil if there is none.
func field(n *yaml.Node, name string) *yaml.Node {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	var found *yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			found = n.Content[i+1]
		}
	}
	return found
}

func scalar(n *yaml.Node) string {
	if n == nil || n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		return ""
	}
	return n.Value
}

func table(n *yaml.Node) map[string]string {
	if n == nil || n.Kind != yaml.MappingNode || len(n.Content) == 0 {
		return nil
	}
	out := make(map[string]string, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		out[n.Content[i].Value] = scalar(n.Content[i+1])
	}
	return out
}
