package conformance

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/health/kube"
	"github.com/spillway-mesh/spillway/pkg/health/probe"
	"github.com/spillway-mesh/spillway/test/conformance/cluster"
)

// kubeObjects is a cluster with a ClusterHealth that uses everything that a watcher reads.
const kubeObjects = `
apiVersion: spillway.dev/v1alpha1
kind: ClusterHealth
metadata: {name: blue, namespace: kube-ingress, annotations: {example.com/a: b, spillway.dev/c: d}}
spec:
  cluster: blue
  checks:
  - {name: cart, service: {name: cart, namespace: kube-shop}}
  - {name: db, externalFailover: {name: db, namespace: kube-shop}}
  discover: {label: kube-test/health-check}
  peers: [{name: green, urls: ["https://203.0.113.20/peer"]}]
  peerKeys: {secret: {name: keys}}
---
apiVersion: v1
kind: Secret
metadata: {name: keys, namespace: kube-ingress}
stringData: {active: one, one: aaaaaaaa}
---
apiVersion: v1
kind: Secret
metadata: {name: others, namespace: kube-ingress}
stringData: {active: none}
---
apiVersion: spillway.dev/v1alpha1
kind: ExternalFailover
metadata: {name: db, namespace: kube-shop}
spec:
  host: db.example.com
  ports: [{name: tls, number: 443, protocol: TLS}]
  endpoints:
  - {name: a, address: a.example.com, locality: us-east-1}
  - {name: b, address: b.example.com, locality: us-west-2}
---
apiVersion: v1
kind: Service
metadata: {name: pay, namespace: kube-shop, labels: {kube-test/health-check: ""}, annotations: {spillway.dev/path: /healthz}}
spec: {clusterIP: None, selector: {app: pay}, ports: [{name: http, port: 80}]}
` + "---" + siblingSlice + "---" + cartSlice

const siblingSlice = `
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: health-1, namespace: kube-ingress, labels: {kubernetes.io/service-name: health}}
addressType: IPv4
endpoints:
- {addresses: [192.0.2.1], conditions: {ready: true}}
- {addresses: [192.0.2.2], conditions: {ready: false}}
- {addresses: [192.0.2.3], conditions: {ready: false, serving: true, terminating: true}}
`

const cartSlice = `
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: cart-1, namespace: kube-shop, labels: {kubernetes.io/service-name: cart}}
addressType: IPv4
endpoints:
- {addresses: [192.0.2.11], conditions: {ready: true}}
- {addresses: [192.0.2.12], conditions: {ready: false}}
`

// kubeRoles are the least permissions: by name wherever that is possible. Services that opt in are the only thing that is
// read in all namespaces.
const kubeRoles = `
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: health, namespace: kube-ingress}
rules:
- {apiGroups: [spillway.dev], resources: [clusterhealths], resourceNames: [blue], verbs: [get, list, watch]}
- {apiGroups: [spillway.dev], resources: [clusterhealths/status], resourceNames: [blue], verbs: [update]}
- {apiGroups: [""], resources: [secrets], resourceNames: [keys], verbs: [list, watch]}
- {apiGroups: [""], resources: [pods], verbs: [list, watch]}
- {apiGroups: [discovery.k8s.io], resources: [endpointslices], verbs: [list, watch]}
- {apiGroups: [events.k8s.io], resources: [events], verbs: [create]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: health, namespace: kube-shop}
rules:
- {apiGroups: [discovery.k8s.io], resources: [endpointslices], verbs: [list, watch]}
- {apiGroups: [spillway.dev], resources: [externalfailovers], resourceNames: [db], verbs: [list, watch]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: kube-test-health}
rules:
- {apiGroups: [""], resources: [services], verbs: [list, watch]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: health, namespace: kube-ingress}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: health}
subjects: [{kind: User, name: health, apiGroup: rbac.authorization.k8s.io}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: health, namespace: kube-shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: health}
subjects: [{kind: User, name: health, apiGroup: rbac.authorization.k8s.io}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: kube-test-health}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: kube-test-health}
subjects: [{kind: User, name: health, apiGroup: rbac.authorization.k8s.io}]
---
# One who may read the ClusterHealth and nothing else, to see what is missed.
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: poor, namespace: kube-ingress}
rules: [{apiGroups: [spillway.dev], resources: [clusterhealths], resourceNames: [blue], verbs: [list, watch]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: poor, namespace: kube-ingress}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: poor}
subjects: [{kind: User, name: poor, apiGroup: rbac.authorization.k8s.io}]
`

// kubeView is what a watcher has told last, and how often.
type kubeView struct {
	Version, Cluster      string
	Annotations           map[string]string
	Keys                  string // active
	Siblings              []string
	Ready, Desired        int
	Gateways              []string
	Services              []string
	Synced, Calls, Health int
	Change                string // id, from the status
}

// kubeWatch is a running watcher.
type kubeWatch struct {
	*kube.Watcher

	mu   sync.Mutex
	view kubeView
	log  bytes.Buffer
}

func (k *kubeWatch) Write(p []byte) (int, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.log.Write(p)
}

func (k *kubeWatch) note(do func(*kubeView)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.view.Calls++
	do(&k.view)
}

func (k *kubeWatch) now() kubeView {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.view
}

func (k *kubeWatch) logged() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.log.String()
}

// until waits for what a test expects to be told.
func (k *kubeWatch) until(t *testing.T, limit time.Duration, what string, f func(kubeView) bool) {
	t.Helper()
	start := time.Now()
	for !f(k.now()) {
		if time.Since(start) > limit {
			t.Fatalf("not within %s: %s; known: %+v\n%s", limit, what, k.now(), k.logged())
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Logf("%s: after %s", what, time.Since(start).Round(time.Millisecond))
}

func (k *kubeWatch) events() kube.Events {
	return kube.Events{
		Health: func(h *v1alpha1.ClusterHealth) {
			k.note(func(v *kubeView) {
				v.Version, v.Cluster, v.Annotations, v.Change = h.ResourceVersion, h.Spec.Cluster, h.Annotations, ""
				v.Health++
				if h.Status.Change != nil {
					v.Change = h.Status.Change.ID
				}
			})
		},
		Keys:     func(d map[string][]byte) { k.note(func(v *kubeView) { v.Keys = string(d["active"]) }) },
		Siblings: func(s []string) { k.note(func(v *kubeView) { v.Siblings = s }) },
		Gateways: func(ready, desired int, addresses []string) {
			k.note(func(v *kubeView) { v.Ready, v.Desired, v.Gateways = ready, desired, addresses })
		},
		Services: func(all []kube.Service) {
			k.note(func(v *kubeView) {
				v.Services = nil
				for _, s := range all {
					v.Services = append(v.Services, s.Namespace+"/"+s.Name+s.Annotations["spillway.dev/path"])
				}
			})
		},
		Synced: func() { k.note(func(v *kubeView) { v.Synced++ }) },
	}
}

// watchAs runs a watcher until the test ends; the user is who it asks as, empty for the administrator.
func watchAs(t *testing.T, config *rest.Config, user string) *kubeWatch {
	t.Helper()
	config = rest.CopyConfig(config)
	config.Impersonate.UserName = user
	k := &kubeWatch{}
	var err error
	k.Watcher, err = kube.New(kube.Options{
		Config: config, Namespace: "kube-ingress", Name: "blue", Service: "health", PodIP: "192.0.2.1", InternalPort: 9090, GatewaySelector: "istio=gateway",
	}, k.events(), slog.New(slog.NewTextHandler(k, nil)))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- k.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return k
}

func kubeApply(t *testing.T, c *cluster.Cluster, text string) {
	t.Helper()
	objs, err := cluster.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Apply(t.Context(), objs); err != nil {
		t.Fatal(err)
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestKube shows, on a real API server and with the least permissions, that what is in the cluster arrives and changes
// with it, and that of several writers of a status the first wins.
func TestKube(t *testing.T) {
	t.Parallel()
	s := use(t)
	kubeApply(t, s.cluster, kubeRoles)
	kubeApply(t, s.cluster, kubeObjects)
	gatewayPod(t, s, "gw-1", "192.0.2.21", "True")
	gatewayPod(t, s, "gw-2", "192.0.2.22", "False")
	k := watchAs(t, s.cluster.Config, "health")
	k.until(t, 10*time.Second, "everything is listed", func(v kubeView) bool { return v.Synced == 1 })
	got := k.now()
	got.Version, got.Calls = "", 0
	want := kubeView{
		Cluster: "blue", Annotations: map[string]string{"spillway.dev/c": "d"}, Keys: "one", Siblings: []string{"http://192.0.2.2:9090"},
		Ready: 1, Desired: 2, Gateways: []string{"192.0.2.21"}, Services: []string{"kube-shop/pay/healthz"}, Synced: 1, Health: 1,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s\n%s", diff, k.logged())
	}
	if e, known := k.Endpoints("kube-shop", "cart"); !known || e != (probe.Endpoints{Exists: true, Ready: 1, All: 2}) {
		t.Errorf("endpoints of cart: %+v, known %t", e, known)
	}
	if f, known := k.Failover("kube-shop", "db"); !known || f.Spec.Host != "db.example.com" || f.ManagedFields != nil {
		t.Errorf("ExternalFailover: %v, known %t", f, known)
	}
	if e, known := k.Endpoints("kube-shop", "unnamed"); known {
		t.Errorf("a service that nobody names is known: %+v", e)
	}
	t.Run("changes", func(t *testing.T) { kubeChanges(t, s, k) })
	t.Run("loss", func(t *testing.T) { kubeLoss(t, s, k) })
	t.Run("status", func(t *testing.T) { kubeStatus(t, s, k) })
	t.Run("events", func(t *testing.T) { kubeEvents(t, s, k) })
	t.Run("permissions", func(t *testing.T) { kubePermissions(t, s) })
	if strings.Contains(k.logged(), "refuses") {
		t.Errorf("the least permissions do not suffice:\n%s", k.logged())
	}
}

// gatewayPod makes a pod that runs.
func gatewayPod(t *testing.T, s *suite, name, address, ready string) {
	t.Helper()
	pods := s.cluster.Kube.CoreV1().Pods("kube-ingress")
	p, err := pods.Create(t.Context(), &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"istio": "gateway"}},
		Spec:       corev1.PodSpec{AutomountServiceAccountToken: new(false), Containers: []corev1.Container{{Name: "c", Image: "c"}}},
	}, metav1.CreateOptions{})
	check(t, err)
	p.Status = corev1.PodStatus{
		Phase: corev1.PodRunning, PodIP: address, PodIPs: []corev1.PodIP{{IP: address}},
		Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionStatus(ready)}},
	}
	_, err = pods.UpdateStatus(t.Context(), p, metav1.UpdateOptions{})
	check(t, err)
}

// kubeChanges changes and deletes one thing after the other.
func kubeChanges(t *testing.T, s *suite, k *kubeWatch) {
	const soon = 5 * time.Second
	core := s.cluster.Kube.CoreV1()
	merge := func(name, patch string) {
		t.Helper()
		_, err := core.Secrets("kube-ingress").Patch(t.Context(), name, types.MergePatchType, []byte(patch), metav1.PatchOptions{})
		check(t, err)
	}
	merge("keys", `{"stringData":{"active":"two","two":"bbbb"}}`)
	k.until(t, soon, "the keys rotate", func(v kubeView) bool { return v.Keys == "two" })
	check(t, core.Secrets("kube-ingress").Delete(t.Context(), "keys", metav1.DeleteOptions{}))
	kubeApply(t, s.cluster, strings.Replace(siblingSlice, "- {addresses: [192.0.2.2], conditions: {ready: false}}\n", "- {addresses: [192.0.2.4], conditions: {ready: true}}\n", 1))
	k.until(t, soon, "a sibling is replaced", func(v kubeView) bool { return slices.Equal(v.Siblings, []string{"http://192.0.2.4:9090"}) })
	if v := k.now(); v.Keys != "two" {
		t.Errorf("keys of a deleted Secret: %q", v.Keys)
	}
	check(t, s.cluster.Kube.DiscoveryV1().EndpointSlices("kube-ingress").Delete(t.Context(), "health-1", metav1.DeleteOptions{}))
	k.until(t, soon, "no sibling is left", func(v kubeView) bool { return len(v.Siblings) == 0 })
	check(t, core.Pods("kube-ingress").Delete(t.Context(), "gw-2", metav1.DeleteOptions{GracePeriodSeconds: new(int64(0))}))
	k.until(t, soon, "a gateway pod is gone", func(v kubeView) bool { return v.Ready == 1 && v.Desired == 1 })
	check(t, core.Services("kube-shop").Delete(t.Context(), "pay", metav1.DeleteOptions{}))
	k.until(t, soon, "a service is gone", func(v kubeView) bool { return len(v.Services) == 0 })
	check(t, s.cluster.Kube.DiscoveryV1().EndpointSlices("kube-shop").Delete(t.Context(), "cart-1", metav1.DeleteOptions{}))
	k.until(t, soon, "no endpoints are left", func(kubeView) bool {
		e, known := k.Endpoints("kube-shop", "cart")
		return known && e == probe.Endpoints{}
	})
}

// kubeLoss changes the ClusterHealth, and deletes it for a while.
func kubeLoss(t *testing.T, s *suite, k *kubeWatch) {
	const soon = 5 * time.Second
	health := s.healths(t).Namespace("kube-ingress")
	_, err := health.Patch(t.Context(), "blue", types.MergePatchType, []byte(`{"spec":{"cluster":"azure","peerKeys":{"secret":{"name":"keys"}}}}`), metav1.PatchOptions{})
	check(t, err)
	k.until(t, soon, "the ClusterHealth changes", func(v kubeView) bool { return v.Cluster == "azure" })
	calls := k.now().Calls
	check(t, health.Delete(t.Context(), "blue", metav1.DeleteOptions{}))
	kubeApply(t, s.cluster, cartSlice)
	k.until(t, soon, "without a ClusterHealth its services are still followed", func(kubeView) bool {
		e, _ := k.Endpoints("kube-shop", "cart")
		return e.All > 0 && strings.Contains(k.logged(), "the ClusterHealth is gone")
	})
	if v := k.now(); v.Calls != calls {
		t.Errorf("%d calls for a deletion", v.Calls-calls)
	}
	kubeApply(t, s.cluster, kubeObjects)
	k.until(t, soon, "it is back", func(v kubeView) bool { return v.Cluster == "blue" && v.Keys == "one" && len(v.Services) == 1 })
}

func (s *suite) healths(t *testing.T) dynamic.NamespaceableResourceInterface {
	t.Helper()
	c, err := dynamic.NewForConfig(s.cluster.Config)
	check(t, err)
	return c.Resource(v1alpha1.GroupVersion().WithResource("clusterhealths"))
}

// kubeStatus lets eight writers begin the same change: one begins it, and the others see whose it is.
func kubeStatus(t *testing.T, s *suite, k *kubeWatch) {
	var won atomic.Int32
	var all sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		all.Go(func() {
			id := string(rune('a' + i))
			mine := false
			errs[i] = k.WriteStatus(t.Context(), func(now v1alpha1.ClusterHealthStatus) (v1alpha1.ClusterHealthStatus, bool) {
				if mine = now.Change == nil; mine {
					now.Change = &v1alpha1.ChangeStatus{ID: id, Mode: v1alpha1.ModeDrain, Started: metav1.NewTime(time.Unix(1_800_000_000, 0))}
				}
				return now, mine
			})
			if mine {
				won.Add(1)
			}
		})
	}
	all.Wait()
	check(t, errors.Join(errs...))
	if won.Load() != 1 {
		t.Errorf("%d writers began the change", won.Load())
	}
	k.until(t, 5*time.Second, "the change arrives", func(v kubeView) bool { return v.Change != "" })
	o, err := s.healths(t).Namespace("kube-ingress").Get(t.Context(), "blue", metav1.GetOptions{})
	check(t, err)
	if spec := o.Object["spec"].(map[string]any); spec["cluster"] != "blue" || o.GetAnnotations()["example.com/a"] != "b" {
		t.Errorf("writing the status changed more: %v", o.Object)
	}
	owners := map[string]bool{}
	for _, f := range o.GetManagedFields() {
		owners[f.Manager+"/"+f.Subresource] = true
	}
	if want := map[string]bool{"spillway-health/status": true, "spillway-conformance/": true}; !maps.Equal(want, owners) {
		t.Errorf("field managers %v", owners)
	}
}

// kubeEvents writes one of each type, the second with more to say than fits.
func kubeEvents(t *testing.T, s *suite, k *kubeWatch) {
	check(t, k.Event(t.Context(), "Drain", "ops@example.com drains blue until 02:00", false))
	check(t, k.Event(t.Context(), "ClusterOut", strings.Repeat("ü", 2000), true))
	list, err := s.cluster.Kube.EventsV1().Events("kube-ingress").List(t.Context(), metav1.ListOptions{})
	check(t, err)
	seen := map[string]string{}
	for _, e := range list.Items {
		if e.Regarding.Kind == "ClusterHealth" && e.Regarding.Name == "blue" && e.Regarding.UID != "" {
			seen[e.Reason] = e.Type
		}
	}
	if want := map[string]string{"Drain": "Normal", "ClusterOut": "Warning"}; !maps.Equal(want, seen) {
		t.Errorf("events %v", seen)
	}
}

// kubePermissions shows what is said where permissions are missing, and that they are found when they are given.
func kubePermissions(t *testing.T, s *suite) {
	k := watchAs(t, s.cluster.Config, "poor")
	k.until(t, 10*time.Second, "listed or refused", func(v kubeView) bool { return v.Synced == 1 && v.Cluster == "blue" })
	for _, what := range []string{
		`secrets \"keys\" is forbidden: User \"poor\" cannot list resource \"secrets\"`, `cannot list resource \"pods\"`,
		`cannot list resource \"services\" in API group \"\" at the cluster scope`, `cannot list resource \"endpointslices\"`,
		`cannot list resource \"externalfailovers\"`,
	} {
		if !strings.Contains(k.logged(), what) {
			t.Errorf("not logged: %s\n%s", what, k.logged())
		}
	}
	if v := k.now(); v.Calls != 2 {
		t.Errorf("something was told that may not be read: %+v", v)
	}
	if err := k.WriteStatus(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "cannot get resource") {
		t.Errorf("writing a status without permission: %v", err)
	}
	kubeApply(t, s.cluster, `
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: richer, namespace: kube-ingress}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: health}
subjects: [{kind: User, name: poor, apiGroup: rbac.authorization.k8s.io}]
`)
	k.until(t, 35*time.Second, "permissions that were given are found", func(v kubeView) bool { return v.Keys == "one" && v.Desired == 1 })
}
