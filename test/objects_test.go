package test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	clusterv3 "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	listenerv3 "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	routev3 "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/aws_request_signing/v3" // names a type inside a patch
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/header_mutation/v3"     // likewise
	managerv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/tcp_proxy/v3"          // names a type inside a patch
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/retry/priority/previous_priorities/v3" // likewise
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/transport_sockets/tls/v3"              // likewise
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	networking "istio.io/api/networking/v1alpha3"
	security "istio.io/api/security/v1beta1"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"sigs.k8s.io/yaml"
)

// object is one generated object, its spec decoded strictly.
type object struct {
	Kind      string
	Namespace string
	Name      string
	Spec      proto.Message // nil for Role and RoleBinding
	Role      *rbac
	Other     any  // of Kubernetes itself
	Waypoint  bool // its clients ask a waypoint
}

// rbac is what a Role or RoleBinding holds besides its metadata.
type rbac struct {
	Rules []struct {
		APIGroups     []string `json:"apiGroups"`
		Resources     []string `json:"resources"`
		ResourceNames []string `json:"resourceNames"`
		Verbs         []string `json:"verbs"`
	} `json:"rules"`
	Subjects []struct {
		Kind, Name, Namespace, APIGroup string
	} `json:"subjects"`
	RoleRef struct {
		APIGroup, Kind, Name string
	} `json:"roleRef"`
}

// raw is an object before its spec is decoded.
type raw struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Metadata   struct {
		Name        string            `json:"name"`
		Namespace   string            `json:"namespace"`
		Labels      map[string]string `json:"labels"`
		Annotations map[string]string `json:"annotations"`
	} `json:"metadata"`
	Spec json.RawMessage `json:"spec"`
	rbac
}

// decode reads one generated file; an unknown field anywhere is an error.
func decode(text []byte) (object, error) {
	var r raw
	if err := yaml.Unmarshal(text, &r); err != nil {
		return object{}, err
	}
	o := object{Kind: r.Kind, Namespace: r.Metadata.Namespace, Name: r.Metadata.Name, Waypoint: r.Metadata.Labels["istio.io/use-waypoint"] != ""}
	if into := kubernetes(r.APIVersion, r.Kind); into != nil {
		o.Other = into
		return o, yaml.UnmarshalStrict(text, into, yaml.DisallowUnknownFields)
	}
	versions := map[string]string{
		"Gateway": "networking.istio.io/v1", "AuthorizationPolicy": "security.istio.io/v1",
		"ServiceEntry": "networking.istio.io/v1", "DestinationRule": "networking.istio.io/v1", "VirtualService": "networking.istio.io/v1",
		"EnvoyFilter": "networking.istio.io/v1alpha3", "Role": "rbac.authorization.k8s.io/v1", "RoleBinding": "rbac.authorization.k8s.io/v1",
	}
	if versions[r.Kind] != r.APIVersion {
		return object{}, fmt.Errorf("%s of %s", r.Kind, r.APIVersion)
	}
	if err := yaml.UnmarshalStrict(text, &r, yaml.DisallowUnknownFields); err != nil {
		return object{}, err
	}
	o.Spec = map[string]proto.Message{
		"ServiceEntry": &networking.ServiceEntry{}, "DestinationRule": &networking.DestinationRule{},
		"VirtualService": &networking.VirtualService{}, "EnvoyFilter": &networking.EnvoyFilter{},
		"Gateway": &networking.Gateway{}, "AuthorizationPolicy": &security.AuthorizationPolicy{},
	}[r.Kind]
	if o.Spec == nil {
		o.Role = &r.rbac
		return o, nil
	}
	if err := protojson.Unmarshal(inSeconds(r.Spec), o.Spec); err != nil {
		return object{}, err
	}
	if filter, ok := o.Spec.(*networking.EnvoyFilter); ok {
		for i, patch := range filter.GetConfigPatches() {
			if _, err := patchValue(patch); err != nil {
				return object{}, fmt.Errorf("configPatches[%d]: %w", i, err)
			}
		}
	}
	return o, nil
}

// kubernetes is where an object of Kubernetes itself is decoded into; nil for others.
func kubernetes(version, kind string) any {
	switch version + " " + kind {
	case "v1 ServiceAccount":
		return &corev1.ServiceAccount{}
	case "v1 Service":
		return &corev1.Service{}
	case "apps/v1 Deployment":
		return &appsv1.Deployment{}
	case "autoscaling/v2 HorizontalPodAutoscaler":
		return &autoscalingv2.HorizontalPodAutoscaler{}
	case "policy/v1 PodDisruptionBudget":
		return &policyv1.PodDisruptionBudget{}
	case "networking.k8s.io/v1 NetworkPolicy":
		return &networkingv1.NetworkPolicy{}
	default:
		return nil
	}
}

// inSeconds writes milliseconds as fractions of a second: Istio reads both, protojson only the latter.
func inSeconds(text []byte) []byte {
	return regexp.MustCompile(`"[0-9]+ms"`).ReplaceAllFunc(text, func(value []byte) []byte {
		duration, err := time.ParseDuration(string(bytes.Trim(value, `"`)))
		if err != nil {
			return value
		}
		return fmt.Appendf(nil, `"%gs"`, duration.Seconds())
	})
}

// patchValue decodes what a patch writes, strictly, as Envoy's own type.
func patchValue(patch *networking.EnvoyFilter_EnvoyConfigObjectPatch) (proto.Message, error) {
	var value proto.Message
	switch patch.GetApplyTo() {
	case networking.EnvoyFilter_CLUSTER:
		value = &clusterv3.Cluster{}
	case networking.EnvoyFilter_HTTP_ROUTE:
		value = &routev3.Route{}
	case networking.EnvoyFilter_NETWORK_FILTER:
		value = &listenerv3.Filter{}
	case networking.EnvoyFilter_HTTP_FILTER:
		value = &managerv3.HttpFilter{}
	case networking.EnvoyFilter_LISTENER:
		value = &listenerv3.Listener{}
	default:
		return nil, fmt.Errorf("a patch of %s", patch.GetApplyTo())
	}
	text, err := protojson.Marshal(patch.GetPatch().GetValue())
	if err != nil {
		return nil, err
	}
	return value, protojson.Unmarshal(text, value)
}

// spec finds the specs of one type among the objects.
func specs[T proto.Message](all []object) []T {
	var found []T
	for _, o := range all {
		if spec, ok := o.Spec.(T); ok {
			found = append(found, spec)
		}
	}
	return found
}

// filtersIn are the EnvoyFilters of one namespace.
func filtersIn(all []object, namespace string) []*networking.EnvoyFilter {
	return specs[*networking.EnvoyFilter](slices.DeleteFunc(slices.Clone(all), func(o object) bool { return o.Namespace != namespace }))
}

// clusterPatches are the clusters that the filters merge into those of a host's port.
func clusterPatches(filters []*networking.EnvoyFilter, host string, port uint32) []*clusterv3.Cluster {
	var found []*clusterv3.Cluster
	for _, filter := range filters {
		for _, patch := range filter.GetConfigPatches() {
			match := patch.GetMatch().GetCluster()
			if patch.GetApplyTo() != networking.EnvoyFilter_CLUSTER || match.GetService() != host || match.GetPortNumber() != port {
				continue
			}
			if value, err := patchValue(patch); err == nil {
				found = append(found, value.(*clusterv3.Cluster)) //nolint:forcetypeassert // as applyTo says
			}
		}
	}
	return found
}

// policy is what holds for one port of one cluster, after Istio has laid the levels over each other.
type policy struct {
	where string
	*networking.TrafficPolicy
}

// policies lists every policy that a DestinationRule can lead to. Settings of a port replace those above them as a whole,
// settings of a subset only field by field.
func policies(rule *networking.DestinationRule) []policy {
	found := withPorts("trafficPolicy", rule.GetTrafficPolicy())
	for _, subset := range rule.GetSubsets() {
		merged := &networking.TrafficPolicy{}
		if top := rule.GetTrafficPolicy(); top != nil {
			merged = proto.CloneOf(top)
		}
		own := subset.GetTrafficPolicy()
		if own.GetOutlierDetection() != nil {
			merged.OutlierDetection = own.GetOutlierDetection()
		}
		if own.GetLoadBalancer() != nil {
			merged.LoadBalancer = own.GetLoadBalancer()
		}
		if own.GetConnectionPool() != nil {
			merged.ConnectionPool = own.GetConnectionPool()
		}
		if own.GetTls() != nil {
			merged.Tls = own.GetTls()
		}
		if own.GetPortLevelSettings() != nil {
			merged.PortLevelSettings = own.GetPortLevelSettings()
		}
		found = append(found, withPorts("subset "+subset.GetName(), merged)...)
	}
	return found
}

func withPorts(where string, top *networking.TrafficPolicy) []policy {
	found := []policy{{where, top}}
	for _, port := range top.GetPortLevelSettings() {
		found = append(found, policy{fmt.Sprintf("%s, port %d", where, port.GetPort().GetNumber()), &networking.TrafficPolicy{
			LoadBalancer: port.GetLoadBalancer(), ConnectionPool: port.GetConnectionPool(),
			OutlierDetection: port.GetOutlierDetection(), Tls: port.GetTls(),
		}})
	}
	return found
}

// isHTTP says whether Istio sees requests on a port of this protocol.
func isHTTP(port *networking.ServicePort) bool {
	return slices.Contains([]string{"HTTP", "HTTP2", "GRPC"}, strings.ToUpper(port.GetProtocol()))
}
