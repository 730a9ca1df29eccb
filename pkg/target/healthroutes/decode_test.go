package healthroutes_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	hcmv3 "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	networking "istio.io/api/networking/v1alpha3"
	security "istio.io/api/security/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
)

// decode holds an object against the types of its API, strictly: those of spillway.dev, of Kubernetes, of Istio and Envoy; of
// the two kinds whose types would bring a module of their own, against what is written of them here.
func decode(kind string, object []byte) error {
	if kind == v1alpha1.KindClusterHealth {
		x, err := healthOf(kind, object)
		if err == nil && x.Spec.Mode != nil {
			err = errors.New("a mode is written, which belongs to the operator")
		}
		return err
	}
	if x, ok := kubernetes()[kind]; ok {
		return strictJSON(object, x)
	}
	var o struct {
		APIVersion, Kind string
		Metadata         json.RawMessage
		Spec             json.RawMessage
	}
	if err := strictJSON(object, &o); err != nil {
		return err
	}
	switch kind {
	case "Gateway":
		return strictProto(o.Spec, &networking.Gateway{})
	case "VirtualService":
		return strictProto(o.Spec, &networking.VirtualService{})
	case "DestinationRule":
		return strictProto(o.Spec, &networking.DestinationRule{})
	case "ServiceEntry":
		return strictProto(o.Spec, &networking.ServiceEntry{})
	case "AuthorizationPolicy":
		return strictProto(o.Spec, &security.AuthorizationPolicy{})
	case "EnvoyFilter":
		return envoyFilter(o.Spec)
	default:
		return fmt.Errorf("unexpected kind %s", kind)
	}
}

// kubernetes are the types that plain JSON suffices for.
func kubernetes() map[string]any {
	return map[string]any{
		"Deployment": &appsv1.Deployment{}, "PodDisruptionBudget": &policyv1.PodDisruptionBudget{}, "Service": &corev1.Service{},
		"ServiceAccount": &corev1.ServiceAccount{}, "NetworkPolicy": &networkv1.NetworkPolicy{}, "PriorityClass": &schedulingv1.PriorityClass{},
		"Role": &rbacv1.Role{}, "RoleBinding": &rbacv1.RoleBinding{}, "ClusterRole": &rbacv1.ClusterRole{},
		"ClusterRoleBinding": &rbacv1.ClusterRoleBinding{}, "HTTPRoute": &httpRoute{}, "PodMonitor": &podMonitor{},
		"PrometheusRule": &prometheusRule{},
	}
}

type header struct {
	APIVersion, Kind string
	Metadata         json.RawMessage
}

type httpRoute struct {
	header

	Spec struct {
		ParentRefs []struct{ Namespace, Name string }
		Hostnames  []string
		Rules      []struct {
			Matches []struct {
				Path struct{ Type, Value string }
			}
			Timeouts    struct{ Request string }
			BackendRefs []struct {
				Name string
				Port int
			}
		}
	}
}

type podMonitor struct {
	header

	Spec struct {
		Selector            struct{ MatchLabels map[string]string }
		PodMetricsEndpoints []struct{ Port, Interval string }
	}
}

type prometheusRule struct {
	header

	Spec struct {
		Groups []struct {
			Name, Interval string
			Rules          []struct {
				Alert, Expr, For    string
				Labels, Annotations map[string]string
			}
		}
	}
}

func strictJSON(data []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("decoding: %w", err)
	}
	return nil
}

func strictProto(raw json.RawMessage, into proto.Message) error {
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		return err
	}
	data, err := json.Marshal(inSeconds(v))
	if err != nil {
		return err
	}
	return protojson.Unmarshal(data, into)
}

// inSeconds spells durations as protobuf's JSON does: Istio also reads 500ms, protobuf only 0.5s.
func inSeconds(v any) any {
	switch x := v.(type) {
	case map[string]any:
		for k := range x {
			x[k] = inSeconds(x[k])
		}
	case []any:
		for i := range x {
			x[i] = inSeconds(x[i])
		}
	case string:
		if d, err := time.ParseDuration(x); err == nil && strings.HasSuffix(x, "ms") {
			return strconv.FormatFloat(d.Seconds(), 'f', -1, 64) + "s"
		}
	}
	return v
}

// envoyFilter reads the filter with Istio's types, and what it merges with Envoy's.
func envoyFilter(raw json.RawMessage) error {
	var f networking.EnvoyFilter
	if err := strictProto(raw, &f); err != nil {
		return err
	}
	for _, p := range f.GetConfigPatches() {
		config := p.GetPatch().GetValue().GetFields()["typed_config"]
		text, err := protojson.Marshal(config)
		if err != nil {
			return err
		}
		var fields map[string]json.RawMessage
		if err := json.Unmarshal(text, &fields); err != nil {
			return err
		}
		delete(fields, "@type")
		text, err = json.Marshal(fields)
		if err != nil {
			return err
		}
		if err := protojson.Unmarshal(text, &hcmv3.HttpConnectionManager{}); err != nil {
			return err
		}
	}
	return nil
}

// Each type refuses a field that it does not have.
func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	for kind := range kubernetes() {
		if err := decode(kind, []byte(`{"apiVersion": "v1", "kind": "`+kind+`", "metadata": {}, "colour": "red"}`)); err == nil {
			t.Errorf("a %s with a field of its own is taken", kind)
		}
	}
	for _, kind := range []string{"Gateway", "VirtualService", "DestinationRule", "ServiceEntry", "AuthorizationPolicy", "EnvoyFilter", "Pod"} {
		if err := decode(kind, []byte(`{"apiVersion": "v1", "kind": "`+kind+`", "metadata": {}, "spec": {"colour": "red"}}`)); err == nil {
			t.Errorf("a %s with a field of its own is taken", kind)
		}
	}
	const patch = `{"apiVersion": "v1", "kind": "EnvoyFilter", "metadata": {}, "spec": {"configPatches": [{"patch": {"value": {"typed_config":
		{"@type": "x", "local_reply_config": {"mapper": []}}}}}]}}`
	if err := decode("EnvoyFilter", []byte(patch)); err == nil {
		t.Error("a patch with a field that Envoy does not have is taken")
	}
}
