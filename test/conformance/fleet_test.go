package conformance

import (
	"bytes"
	"context"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"
	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"

	"github.com/spillway-mesh/spillway/pkg/compile"
	"github.com/spillway-mesh/spillway/pkg/health/kube"
	"github.com/spillway-mesh/spillway/pkg/load"
	"github.com/spillway-mesh/spillway/pkg/render"
	"github.com/spillway-mesh/spillway/pkg/target"
	"github.com/spillway-mesh/spillway/pkg/target/healthroutes"
	"github.com/spillway-mesh/spillway/test/conformance/cluster"
	"github.com/spillway-mesh/spillway/test/conformance/parts"
)

// fleetSpecs are the specs of the target's own cases that it does not refuse, by the name of the case.
func fleetSpecs(t *testing.T) map[string][]byte {
	t.Helper()
	root, err := parts.ModuleRoot(t.Context())
	check(t, err)
	files, err := filepath.Glob(filepath.Join(root, "..", "..", "pkg", "target", "healthroutes", "testdata", "*.txtar"))
	check(t, err)
	out := map[string][]byte{}
	for _, file := range files {
		a, err := txtar.ParseFile(file)
		check(t, err)
		if slices.ContainsFunc(a.Files, func(f txtar.File) bool { return f.Name == "want.yaml" && len(f.Data) > 0 }) {
			out[strings.TrimSuffix(filepath.Base(file), ".txtar")] = a.Files[0].Data
		}
	}
	if len(out) < 5 {
		t.Fatalf("only %d cases in %s", len(out), root)
	}
	return out
}

// fleetObjects are what is written for a fleet: the objects, and the YAML of Istio's.
func fleetObjects(t *testing.T, spec []byte, only string) ([]*unstructured.Unstructured, []byte) {
	t.Helper()
	loaded, diags := load.Bytes("spec.yaml", spec)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	fleets := compile.NewFleets(loaded.Fleets, []target.FleetTarget{healthroutes.New()})
	f, diags := fleets.Plan(0)
	if f == nil {
		t.Fatal(diags)
	}
	objects, err := fleets.Objects(f)
	check(t, err)
	var text, istio []byte
	for _, o := range objects {
		if only != "" && o.Cluster != only {
			continue
		}
		one := append([]byte("---\n"), render.YAML(nil, o.Tree(), render.Options{})...)
		text = append(text, one...)
		if strings.Contains(o.APIVersion, ".istio.io/") {
			istio = append(istio, one...)
		}
	}
	all, err := cluster.Decode(bytes.NewReader(text))
	check(t, err)
	return all, istio
}

// served leaves out the two kinds of the Prometheus operator, whose CRDs no module of the suite ships; promtool reads them.
func served(objects []*unstructured.Unstructured) []*unstructured.Unstructured {
	return slices.DeleteFunc(slices.Clone(objects), func(o *unstructured.Unstructured) bool {
		return strings.HasPrefix(o.GetAPIVersion(), "monitoring.coreos.com/")
	})
}

// TestFleetsAccepted sends all that is written for fleets through a real API server, unknown fields refused, and through
// Istio's own validators.
func TestFleetsAccepted(t *testing.T) {
	t.Parallel()
	s := use(t)
	for name, spec := range fleetSpecs(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			objects, istio := fleetObjects(t, spec, "")
			check(t, s.cluster.DryRun(t.Context(), served(objects)))
			out, err := s.istioctlValidate(t, istio)
			if err != nil {
				t.Errorf("istioctl validate: %v: %s", err, out)
			}
			if open := !bytes.Contains(spec, []byte("HTTPOnly")); open == strings.Contains(out, "will deny all traffic to TCP ports") {
				t.Errorf("open %t, and istioctl validate says: %s", open, out)
			}
			for _, o := range served(objects) {
				if o.GetKind() != "HTTPRoute" && o.GetKind() != "Deployment" {
					continue
				}
				bad := o.DeepCopy()
				check(t, unstructured.SetNestedField(bad.Object, "red", "spec", "colour"))
				if s.cluster.DryRun(t.Context(), []*unstructured.Unstructured{bad}) == nil {
					t.Errorf("a %s with a field of its own is taken", o.GetKind())
				}
			}
		})
	}
}

const rolesFleet = `
apiVersion: spillway.dev/v1alpha1
kind: ClusterFailover
metadata: {name: shop, namespace: roles-ingress}
spec:
  hosts: [shop.example.com]
  clusters: [{name: blue, ingress: {address: 203.0.113.10}}, {name: green, ingress: {address: 203.0.113.20}}]
  health:
    peerKeys: {secret: {name: keys}}
    DISCOVER
    checks:
    - {name: cart, service: {name: cart, namespace: roles-shop}}
    - {name: pay, service: {name: pay}}
    - {name: db, externalFailover: {name: db, namespace: roles-shop}}
`

// TestFleetRoles shows that the server's roles let it read all that it goes by, and nothing else, and that those on call may
// set modes and nothing more.
func TestFleetRoles(t *testing.T) {
	t.Parallel()
	s := use(t)
	for _, discover := range []string{"", "discover: {label: spillway.dev/health-check}"} {
		objects, _ := fleetObjects(t, []byte(strings.Replace(rolesFleet, "DISCOVER", discover, 1)), "blue")
		objects = slices.DeleteFunc(served(objects), func(o *unstructured.Unstructured) bool {
			return !strings.Contains("ClusterHealth Role RoleBinding ClusterRole ClusterRoleBinding ServiceAccount", o.GetKind())
		})
		check(t, s.cluster.Apply(t.Context(), objects))
		config := rest.CopyConfig(s.cluster.Config)
		config.Impersonate.UserName = "system:serviceaccount:roles-ingress:shop-health-blue"
		config.Impersonate.Groups = []string{"system:serviceaccounts", "system:authenticated"}
		var log bytes.Buffer
		synced := make(chan struct{})
		w, err := kube.New(kube.Options{
			Config: config, Namespace: "roles-ingress", Name: "blue", Service: "shop-health-blue", InternalPort: 9190,
			GatewaySelector: "istio=ingressgateway",
		}, kube.Events{Synced: func() { close(synced) }}, slog.New(slog.NewTextHandler(&log, nil)))
		check(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		done := make(chan error)
		go func() { done <- w.Run(ctx) }()
		select {
		case <-synced:
		case <-ctx.Done():
		}
		check(t, w.Event(ctx, "Test", "a note", false))
		cancel()
		check(t, <-done)
		if strings.Contains(log.String(), "refuses") || !closed(synced) {
			t.Errorf("the roles do not suffice (discover %q):\n%s", discover, log.String())
		}
	}
	kubeApply(t, s.cluster, `
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: on-call, namespace: roles-ingress}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: spillway-operator}
subjects: [{kind: User, name: oncall, apiGroup: rbac.authorization.k8s.io}]
`)
	server, oncall := "system:serviceaccount:roles-ingress:shop-health-blue", "oncall"
	for _, c := range []struct {
		user, verb, resource, name string
		may                        bool
	}{
		{server, "update", "clusterhealths/status", "blue", true},
		{server, "update", "clusterhealths", "blue", false},
		{server, "list", "secrets", "keys", true},
		{server, "list", "secrets", "", false},
		{server, "delete", "pods", "", false},
		{oncall, "patch", "clusterhealths", "blue", true},
		{oncall, "patch", "clusterhealths", "green", false},
		{oncall, "update", "clusterhealths/status", "blue", false},
		{oncall, "patch", "clusterhealths/status", "blue", false},
		{oncall, "get", "secrets", "keys", false},
		{oncall, "get", "services/proxy", "shop-health-blue:9190", true},
		{oncall, "get", "services/proxy", "other:80", false},
		{oncall, "get", "pods", "", false},
	} {
		if may := s.may(t, c.user, c.verb, c.resource, c.name); may != c.may {
			t.Errorf("%s may %s %s %q: %t", c.user, c.verb, c.resource, c.name, may)
		}
	}
}

func closed(c chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// may asks the API server what a user is allowed to in the namespace of the roles.
func (s *suite) may(t *testing.T, user, verb, resource, name string) bool {
	t.Helper()
	resource, sub, _ := strings.Cut(resource, "/")
	group := ""
	if resource == "clusterhealths" {
		group = "spillway.dev"
	}
	r, err := s.cluster.Kube.AuthorizationV1().SubjectAccessReviews().Create(t.Context(), &authorizationv1.SubjectAccessReview{
		Spec: authorizationv1.SubjectAccessReviewSpec{User: user, ResourceAttributes: &authorizationv1.ResourceAttributes{
			Namespace: "roles-ingress", Verb: verb, Group: group, Resource: resource, Subresource: sub, Name: name,
		}},
	}, metav1.CreateOptions{})
	check(t, err)
	return r.Status.Allowed
}
