package conformance

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	networkingv1 "istio.io/api/networking/v1"
	networkingv1alpha3 "istio.io/api/networking/v1alpha3"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// TestAccepted sends what is generated for every spec through all that can refuse it: a strict decoder of Istio's types,
// Istio's own validators, and the real API server with the real CRDs, unknown fields refused.
func TestAccepted(t *testing.T) {
	t.Parallel()
	s := use(t)
	files := specFiles(t)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := compiled(t, name, files[name], "accepted-"+name)
			for _, o := range c.Objects {
				if err := strictDecode(o); err != nil {
					t.Errorf("%s %s: %v", o.GetKind(), o.GetName(), err)
				}
			}
			if out, err := s.istioctlValidate(t, c.Text); err != nil {
				t.Errorf("istioctl validate: %v: %s", err, out)
			}
			if err := s.cluster.DryRun(t.Context(), c.Objects); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestRefused shows that each of the three refuses something.
func TestRefused(t *testing.T) {
	t.Parallel()
	s := use(t)
	c := compiled(t, "dynamodb-tls", specFiles(t)["dynamodb-tls"], "refused")
	misspelt := func(o *unstructured.Unstructured) *unstructured.Unstructured {
		o = o.DeepCopy()
		spec, _, _ := unstructured.NestedMap(o.Object, "spec")
		spec["hots"] = "a misspelt field"
		o.Object["spec"] = spec
		return o
	}
	for _, o := range c.Objects {
		if strictDecode(misspelt(o)) == nil {
			t.Errorf("the decoder lets a misspelt field of %s pass", o.GetKind())
		}
		if s.cluster.DryRun(t.Context(), []*unstructured.Unstructured{misspelt(o)}) == nil {
			t.Errorf("the API server lets a misspelt field of %s pass", o.GetKind())
		}
	}
	bad := strings.Replace(string(c.Text), "resolution: DNS", "resolution: STATIC", 1)
	if _, err := s.istioctlValidate(t, []byte(bad)); err == nil {
		t.Error("istioctl validate lets host names under resolution STATIC pass")
	}
}

// istioctlValidate runs Istio's own validators on YAML.
func (s *suite) istioctlValidate(t *testing.T, text []byte) (string, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "objects.yaml")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), s.set.Istioctl, "validate", "-f", file).CombinedOutput()
	return string(out), err
}

// strictDecode reads the spec of an object of Istio's with its own types; the API machinery's decoders let unknown
// fields of these pass.
func strictDecode(o *unstructured.Unstructured) error {
	spec := map[string]proto.Message{
		"ServiceEntry": &networkingv1.ServiceEntry{}, "DestinationRule": &networkingv1.DestinationRule{},
		"VirtualService": &networkingv1.VirtualService{}, "EnvoyFilter": &networkingv1alpha3.EnvoyFilter{},
	}[o.GetKind()]
	if spec == nil { // RBAC: the API server knows its own
		return nil
	}
	data, err := json.Marshal(inSeconds(o.DeepCopy().Object["spec"]))
	if err != nil {
		return err
	}
	return protojson.Unmarshal(data, spec)
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
