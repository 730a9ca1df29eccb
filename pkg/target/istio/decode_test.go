package istio_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	clusterv3 "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	listenerv3 "github.com/envoyproxy/go-control-plane/envoy/config/listener/v3"
	routev3 "github.com/envoyproxy/go-control-plane/envoy/config/route/v3"
	// The types below are named in the patches by their type URL only.
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/aws_request_signing/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/header_mutation/v3"
	hcmv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/tcp_proxy/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/retry/priority/previous_priorities/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/transport_sockets/tls/v3"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	networking "istio.io/api/networking/v1alpha3"
	security "istio.io/api/security/v1beta1"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
)

// decode holds an object against Istio's own types, and the values of an EnvoyFilter against Envoy's; both strictly.
func decode(kind string, object []byte) error {
	var o struct {
		APIVersion, Kind string
		Metadata         json.RawMessage
		Spec             json.RawMessage
	}
	if into := kubernetes(kind); into != nil {
		return strictly(object, into)
	}
	if err := strictly(object, &o); err != nil {
		return err
	}
	switch kind {
	case "ServiceEntry":
		return strict(o.Spec, &networking.ServiceEntry{})
	case "DestinationRule":
		return strict(o.Spec, &networking.DestinationRule{})
	case "VirtualService":
		return strict(o.Spec, &networking.VirtualService{})
	case "EnvoyFilter":
		return envoyFilter(o.Spec)
	case "Gateway":
		return strict(o.Spec, &networking.Gateway{})
	case "AuthorizationPolicy":
		return strict(o.Spec, &security.AuthorizationPolicy{})
	default:
		return fmt.Errorf("kind %s is not expected", kind)
	}
}

// kubernetes is where an object of Kubernetes itself is decoded into; nil for other kinds.
func kubernetes(kind string) any {
	switch kind {
	case "Role":
		return &rbacv1.Role{}
	case "RoleBinding":
		return &rbacv1.RoleBinding{}
	case "ServiceAccount":
		return &corev1.ServiceAccount{}
	case "Service":
		return &corev1.Service{}
	case "Deployment":
		return &appsv1.Deployment{}
	case "HorizontalPodAutoscaler":
		return &autoscalingv2.HorizontalPodAutoscaler{}
	case "PodDisruptionBudget":
		return &policyv1.PodDisruptionBudget{}
	case "NetworkPolicy":
		return &networkingv1.NetworkPolicy{}
	default:
		return nil
	}
}

// strictly decodes JSON; an unknown field is an error.
func strictly(object []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(object))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("decoding %T: %w", into, err)
	}
	return nil
}

func strict(spec []byte, into proto.Message) error {
	if err := protojson.Unmarshal(inSeconds(spec), into); err != nil {
		return fmt.Errorf("decoding %T: %w", into, err)
	}
	return nil
}

// inSeconds turns 500ms into 0.5s: Istio reads both, protobuf's JSON only the second.
func inSeconds(data []byte) []byte {
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		return data
	}
	out, err := json.Marshal(convert(v))
	if err != nil {
		return data
	}
	return out
}

func convert(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k := range v {
			v[k] = convert(v[k])
		}
	case []any:
		for i := range v {
			v[i] = convert(v[i])
		}
	case string:
		if d, err := time.ParseDuration(v); err == nil && strings.HasSuffix(v, "ms") {
			return fmt.Sprintf("%gs", d.Seconds())
		}
	}
	return v
}

// required are the fields that Envoy's own checks want and Istio's configuration has already.
func required() map[string]string {
	return map[string]string{
		"CLUSTER": `{"name": "c", "load_assignment": {"cluster_name": "c"}}`, "HTTP_ROUTE": `{"match": {"prefix": "/"}, "route": {"cluster": "c"}}`, "NETWORK_FILTER": `{}`,
		"HTTP_FILTER": `{"name": "f"}`, "LISTENER": `{"name": "l"}`,
	}
}

func envoyFilter(spec []byte) error {
	var f networking.EnvoyFilter
	if err := strict(spec, &f); err != nil {
		return err
	}
	for i, p := range f.ConfigPatches {
		value, err := protojson.Marshal(p.Patch.Value)
		if err != nil {
			return fmt.Errorf("patch %d: %w", i, err)
		}
		into, base := envoyTypes(p.ApplyTo.String())
		if into == nil {
			return fmt.Errorf("patch %d: applyTo %s is not expected", i, p.ApplyTo)
		}
		if err := protojson.Unmarshal([]byte(required()[p.ApplyTo.String()]), base); err != nil {
			return fmt.Errorf("patch %d: %w", i, err)
		}
		if err := protojson.Unmarshal(value, into); err != nil {
			return fmt.Errorf("patch %d: %w", i, err)
		}
		proto.Merge(base, into)
		if err := base.(interface{ ValidateAll() error }).ValidateAll(); err != nil {
			return fmt.Errorf("patch %d: Envoy would refuse it: %w", i, err)
		}
	}
	return nil
}

func envoyTypes(applyTo string) (into, base proto.Message) {
	switch applyTo {
	case "CLUSTER":
		return &clusterv3.Cluster{}, &clusterv3.Cluster{}
	case "HTTP_ROUTE":
		return &routev3.Route{}, &routev3.Route{}
	case "NETWORK_FILTER":
		return &listenerv3.Filter{}, &listenerv3.Filter{}
	case "HTTP_FILTER":
		return &hcmv3.HttpFilter{}, &hcmv3.HttpFilter{}
	case "LISTENER":
		return &listenerv3.Listener{}, &listenerv3.Listener{}
	default:
		return nil, nil
	}
}

// The checks themselves must find something.
func TestDecodeRefuses(t *testing.T) {
	for name, c := range map[string]struct{ kind, object string }{
		"unknown field":                 {"DestinationRule", `{"spec": {"host": "a", "hots": "b"}}`},
		"unknown field, deeper":         {"DestinationRule", `{"spec": {"trafficPolicy": {"failover": []}}}`},
		"wrong type":                    {"VirtualService", `{"spec": {"http": [{"retries": {"attempts": "two"}}]}}`},
		"beside spec":                   {"ServiceEntry", `{"spec": {}, "status": {}}`},
		"unknown field of a Deployment": {"Deployment", `{"spec": {"replica": 1}}`},
		"unknown kind":                  {"Ingress", `{"spec": {}}`},
		"unknown Envoy field": {"EnvoyFilter", `{"spec": {"configPatches": [{"applyTo": "CLUSTER", "patch": {"operation": "MERGE",
			"value": {"outlier_detection": {"max_eject_time": "1s"}}}}]}}`},
		"unknown Envoy field in a typed config": {"EnvoyFilter", `{"spec": {"configPatches": [{"applyTo": "CLUSTER", "patch": {"operation": "MERGE",
			"value": {"transport_socket": {"name": "x", "typed_config": {
			"@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext", "auto_sni": true}}}}}]}}`},
		"refused by Envoy": {"EnvoyFilter", `{"spec": {"configPatches": [{"applyTo": "CLUSTER", "patch": {"operation": "MERGE",
			"value": {"health_checks": [{"timeout": "1s"}]}}}]}}`},
	} {
		if err := decode(c.kind, []byte(c.object)); err == nil {
			t.Errorf("%s: decoded", name)
		}
	}
}
