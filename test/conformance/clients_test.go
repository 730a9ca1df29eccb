package conformance

import (
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/spillway-mesh/spillway/test/conformance/bench"
	"github.com/spillway-mesh/spillway/test/conformance/generated"
)

// TestGatewayAsClient has a gateway, not a sidecar, dial the host. Its VirtualService is its owner's: the generated one,
// with the route names that the generator's warning asks for.
func TestGatewayAsClient(t *testing.T) {
	t.Parallel()
	s := use(t)
	c := s.special(t, "x-gateway", "gateway")
	namespace := c.Plan.Clients.Namespaces[0]
	if err := s.cluster.Apply(t.Context(), gatewayObjects(t, c, namespace)); err != nil {
		t.Fatal(err)
	}
	port := c.Spec.Spec.Ports[0]
	kinds := []bench.Kind{bench.Refuse, bench.Blackhole, bench.Hang}
	if s.full {
		kinds = s.kinds(c, port)
	}
	for _, kind := range kinds {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			sc := s.scenario(t, c, port)
			sc.Name, sc.Node.Gateway = "through a gateway", true
			sc.Node.Labels = map[string]string{"istio": "edge"}
			sc.Failures = []bench.Failure{down(kind, sc.Home[0], 0, s.outage(kind))}
			judge(t, c, port, s.run(t, sc))
		})
	}
}

// gatewayObjects are what the gateway's owner writes.
func gatewayObjects(t *testing.T, c *generated.Case, namespace string) []*unstructured.Unstructured {
	t.Helper()
	gateway := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "networking.istio.io/v1", "kind": "Gateway",
		"metadata": map[string]any{"name": "edge", "namespace": namespace},
		"spec": map[string]any{
			"selector": map[string]any{"istio": "edge"},
			"servers": []any{map[string]any{
				"port":  map[string]any{"number": int64(bench.GatewayPort), "name": "http", "protocol": "HTTP"},
				"hosts": []any{"*"},
			}},
		},
	}}
	for _, o := range c.Objects {
		if o.GetKind() != "VirtualService" {
			continue
		}
		routes := o.DeepCopy()
		routes.Object["metadata"] = map[string]any{"name": "edge", "namespace": namespace}
		http, _, err := unstructured.NestedSlice(routes.Object, "spec", "http")
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range http {
			r.(map[string]any)["name"] = "spillway-" + c.Plan.Name
		}
		routes.Object["spec"] = map[string]any{"hosts": []any{"*"}, "gateways": []any{"edge"}, "http": http}
		return []*unstructured.Unstructured{gateway, routes}
	}
	t.Fatal("no VirtualService was generated")
	return nil
}

// TestUnselectedPod is the neighbour of the pods that hold a client certificate: its requests leave with TLS, never as
// plaintext, and the partner turns them away for want of a certificate.
func TestUnselectedPod(t *testing.T) {
	t.Parallel()
	s := use(t)
	c := s.special(t, "partner-mtls", "unselected")
	port := c.Spec.Spec.Ports[0]
	sc := s.scenario(t, c, port)
	sc.Name, sc.Node.Labels = "a pod without the certificate", map[string]string{"app": "neighbour"}
	sc.Failures = []bench.Failure{down(bench.None, sc.Home[0], 0, 2*time.Second)}
	sc.Timing.Recover = time.Second
	r := s.run(t, sc)
	if len(r.Before)+len(r.During)+len(r.After) > 0 {
		t.Errorf("requests were served without a certificate: %v %v %v", r.Before, r.During, r.After)
	}
	if r.WrongSNI+r.WrongHost > 0 {
		t.Errorf("regions were asked for other names: %d by SNI, %d by Host", r.WrongSNI, r.WrongHost)
	}
	if r.Plaintext > 0 || r.Hellos == 0 {
		t.Errorf("%d connections began with TLS, %d with plaintext", r.Hellos, r.Plaintext)
	}
}
