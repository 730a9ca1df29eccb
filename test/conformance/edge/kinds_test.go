package edge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/restmapper"

	"github.com/spillway-mesh/spillway/pkg/target"
	"github.com/spillway-mesh/spillway/pkg/target/all"
	"github.com/spillway-mesh/spillway/test/conformance/cluster"
)

// dryRunner sends objects through one API server, with unknown fields refused, and keeps none.
type dryRunner struct {
	client dynamic.Interface
	mapper meta.RESTMapper
	kube   *kubernetes.Clientset
}

func newDryRunner(t *testing.T, s *server) *dryRunner {
	t.Helper()
	client, err := dynamic.NewForConfig(s.config)
	check(t, err)
	disco, err := discovery.NewDiscoveryClientForConfig(s.config)
	check(t, err)
	groups, err := restmapper.GetAPIGroupResources(disco)
	check(t, err)
	kube, err := kubernetes.NewForConfig(s.config)
	check(t, err)
	return &dryRunner{client: client, mapper: restmapper.NewDiscoveryRESTMapper(groups), kube: kube}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (r *dryRunner) try(ctx context.Context, o *unstructured.Unstructured) error {
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: o.GetNamespace()}}
	if _, err := r.kube.CoreV1().Namespaces().Create(ctx, ns, metav1.CreateOptions{}); err != nil && !apierrors.IsAlreadyExists(err) {
		return fmt.Errorf("making the namespace: %w", err)
	}
	gvk := o.GroupVersionKind()
	m, err := r.mapper.RESTMapping(gvk.GroupKind(), gvk.Version)
	if err != nil {
		return fmt.Errorf("no schema, add one to testdata/crds: %w", err)
	}
	data, err := json.Marshal(o.Object)
	if err != nil {
		return fmt.Errorf("encoding: %w", err)
	}
	_, err = r.client.Resource(m.Resource).Namespace(o.GetNamespace()).Patch(ctx, o.GetName(), types.ApplyPatchType, data, metav1.PatchOptions{
		FieldManager: "spillway-conformance", FieldValidation: metav1.FieldValidationStrict, DryRun: []string{metav1.DryRunAll},
		Force: new(true), // another test may own objects of the same name
	})
	return err
}

// casesOf are the objects of all cases of a target, by case.
func casesOf(t *testing.T, name string) map[string][]*unstructured.Unstructured {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", "..", "pkg", "target", name, "testdata", "*.txtar"))
	check(t, err)
	out := map[string][]*unstructured.Unstructured{}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		check(t, err)
		for _, f := range archive.Files {
			if f.Name != "want.yaml" {
				continue
			}
			objects, err := cluster.DecodeString(string(f.Data))
			check(t, err)
			out[strings.TrimSuffix(filepath.Base(file), ".txtar")] = objects
		}
	}
	return out
}

// TestEdgeKinds has a real API server take every object of every case of every edge, and wants each kind that a target says it
// writes to be among them.
func TestEdgeKinds(t *testing.T) {
	t.Parallel()
	s := use(t)
	runner := newDryRunner(t, s.servers["green"])
	seen := 0
	for _, tgt := range all.Fleets() {
		info := tgt.Info()
		if _, edge := tgt.(target.EdgeTarget); !edge {
			continue
		}
		t.Run(info.Name, func(t *testing.T) {
			t.Parallel()
			written := map[string]bool{}
			for name, objects := range casesOf(t, info.Name) {
				for _, o := range objects {
					written[o.GetKind()] = true
					if err := runner.try(t.Context(), o); err != nil {
						t.Errorf("%s: %s %s: %v", name, o.GetKind(), o.GetName(), err)
					}
				}
			}
			for _, k := range info.Kinds {
				kind, group, _ := strings.Cut(k.Name, ".")
				if (group != "" || kind == "Service") && !written[kind] {
					t.Errorf("no case writes the kind %s", k.Name)
				}
			}
		})
		seen++
	}
	if seen < 4 {
		t.Errorf("only %d edges", seen)
	}
}

// TestClaims holds what edges say they were checked against to the schemas here: a kind whose schema is this project's own was
// validated by no other one, and for a kind that says so there must be one.
func TestClaims(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("testdata", "crds", "*.yaml"))
	check(t, err)
	own := map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		check(t, err)
		objects, err := cluster.DecodeString(string(text))
		check(t, err)
		for _, o := range objects {
			kind, _, err := unstructured.NestedString(o.Object, "spec", "names", "kind")
			check(t, err)
			group, _, err := unstructured.NestedString(o.Object, "spec", "group")
			check(t, err)
			own[kind+"."+group] = true
			if !strings.HasPrefix(string(text), "# Own subset, not upstream") {
				t.Errorf("%s does not say what it is", file)
			}
		}
	}
	for _, tgt := range all.Fleets() {
		if _, edge := tgt.(target.EdgeTarget); !edge {
			continue
		}
		for _, k := range tgt.Info().Kinds {
			if !strings.Contains(k.Name, ".") {
				continue // no kind of an API server
			}
			if said := k.Checked == target.OwnSubset(); said != own[k.Name] {
				t.Errorf("%s says of %s %q, and a schema of this project's own is there: %v", tgt.Info().Name, k.Name, k.Checked, own[k.Name])
			}
		}
	}
}

// TestRefused is the negative control: the same objects with one thing wrong each.
func TestRefused(t *testing.T) {
	t.Parallel()
	s := use(t)
	runner := newDryRunner(t, s.servers["green"])
	for name, c := range map[string]struct {
		target, example, kind string
		path                  []string
		value                 any // nil: the field is removed
	}{
		"a BackendConfig with a host": {"gkeingress", "per-cluster", "BackendConfig", []string{"spec", "healthCheck", "host"}, "shop.example.com"},
		"a FrontendConfig misspelt":   {"gkeingress", "per-cluster", "FrontendConfig", []string{"spec", "redirectToHTTPS"}, map[string]any{"enabled": true}},
		"an Ingress without a port":   {"gkeingress", "per-cluster", "Ingress", []string{"spec", "defaultBackend", "service", "port"}, map[string]any{}},
		"a policy without portSpecification": {
			"gkegateway", "two-clusters", "HealthCheckPolicy", []string{"spec", "default", "config", "httpHealthCheck", "portSpecification"}, nil,
		},
		"a policy that waits longer than it pauses": {"gkegateway", "two-clusters", "HealthCheckPolicy", []string{"spec", "default", "timeoutSec"}, int64(9)},
		"TLS without a certificate": {"gkegateway", "options", "Gateway", []string{"spec", "listeners"}, []any{
			map[string]any{"name": "https", "protocol": "HTTPS", "port": int64(443), "tls": map[string]any{"mode": "Terminate"}},
		}},
		"a preference of a Service":      {"multiclustergateway", "preferred", "GCPBackendPolicy", []string{"spec", "default", "backendPreference"}, "FIRST"},
		"a link that is none":            {"multiclusteringress", "mirrored", "MultiClusterService", []string{"spec", "clusters"}, []any{map[string]any{"link": "blue"}}},
		"a health check without a place": {"gkeingress", "shared", "ComputeHealthCheck", []string{"spec", "location"}, nil},
		"an endpoint misspelt":           {"route53", "endpoint-failover", "DNSEndpoint", []string{"spec", "endpoint"}, []any{}},
		"a record of no type":            {"route53", "ack-failover", "RecordSet", []string{"spec", "recordType"}, nil},
		"a check without a config":       {"route53", "ack-failover", "HealthCheck", []string{"spec", "healthCheckConfig"}, nil},
		"a backup without a primary":     {"clouddns", "connector-failover", "DNSRecordSet", []string{"spec", "routingPolicy", "primaryBackup", "primary"}, nil},
		"a Service of no type":           {"nlb", "two-clusters", "Service", []string{"spec", "type"}, "Balancer"},
		"a Hub feature without a member": {"multiclusteringress", "mirrored", "GKEHubFeature", []string{"spec", "spec", "multiclusteringress"}, map[string]any{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			objects := casesOf(t, c.target)[c.example]
			i := slices.IndexFunc(objects, func(o *unstructured.Unstructured) bool { return o.GetKind() == c.kind })
			if i < 0 {
				t.Fatalf("%s/%s writes no %s", c.target, c.example, c.kind)
			}
			o := objects[i]
			check(t, runner.try(t.Context(), o))
			if c.value == nil {
				unstructured.RemoveNestedField(o.Object, c.path...)
			} else {
				check(t, unstructured.SetNestedField(o.Object, c.value, c.path...))
			}
			if err := runner.try(t.Context(), o); err == nil {
				t.Error("the API server takes it")
			} else if !apierrors.IsInvalid(err) && !apierrors.IsBadRequest(err) && !isStrict(err) {
				t.Errorf("refused for another reason: %v", err)
			}
		})
	}
}

// isStrict says that a field is not known.
func isStrict(err error) bool {
	var status apierrors.APIStatus
	return errors.As(err, &status) && strings.Contains(status.Status().Message, "unknown field") || strings.Contains(err.Error(), "field not declared")
}
