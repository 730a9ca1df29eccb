package clusters

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/spillway-mesh/spillway/pkg/analyze"
	"github.com/spillway-mesh/spillway/pkg/analyze/mesh"
	"github.com/spillway-mesh/spillway/pkg/analyze/rules"
	"github.com/spillway-mesh/spillway/pkg/diag"
	"github.com/spillway-mesh/spillway/pkg/live"
)

// served is an API server of Istio's kinds for a reader: its objects by resource, and the resources that it refuses. A real
// one is asked in test/conformance.
type served struct {
	objects map[string]string // YAML lists
	refused []string          // resources, or whole paths
}

func (s served) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	resource := parts[len(parts)-1]
	kinds := map[string]string{"serviceentries": "ServiceEntry", "destinationrules": "DestinationRule", "virtualservices": "VirtualService"}
	switch {
	case slices.Contains(s.refused, resource) || slices.Contains(s.refused, r.URL.Path):
		answer(w, http.StatusForbidden, map[string]any{"code": http.StatusForbidden, "message": resource + " is forbidden"})
	case r.URL.Path == "/api/v1":
		answer(w, http.StatusOK, map[string]any{})
	case resource == istio:
		answer(w, http.StatusOK, map[string]any{"preferredVersion": map[string]any{"version": "v1"}})
	case r.URL.Path == "/apis/"+istio+"/v1":
		var list []any
		for name, kind := range kinds {
			list = append(list, map[string]any{"name": name, "kind": kind, "namespaced": true, "verbs": []string{"list"}})
		}
		answer(w, http.StatusOK, map[string]any{"resources": list})
	case kinds[resource] != "":
		var items []any
		if err := yaml.Unmarshal([]byte(s.objects[resource]), &items); err != nil {
			panic(err)
		}
		answer(w, http.StatusOK, map[string]any{"items": items})
	default:
		answer(w, http.StatusNotFound, map[string]any{"code": http.StatusNotFound, "message": "not found"})
	}
}

func answer(w http.ResponseWriter, code int, x any) {
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(x)
}

// look reads clusters, of which nil ones do not answer, and says in what they differ.
func look(t *testing.T, of map[string]*served, contexts ...string) (*Found, diag.List) {
	t.Helper()
	config := clientcmdapi.NewConfig()
	for name, c := range of {
		s := httptest.NewServer(c)
		t.Cleanup(s.Close)
		if c == nil {
			s.Close()
		}
		config.Clusters[name] = &clientcmdapi.Cluster{Server: s.URL}
		config.Contexts[name] = &clientcmdapi.Context{Cluster: name, Namespace: "shop"}
	}
	file := filepath.Join(t.TempDir(), "kubeconfig")
	if err := clientcmd.WriteToFile(*config, file); err != nil {
		t.Fatal(err)
	}
	found, err := Read(t.Context(), live.Options{Kubeconfig: file, Contexts: contexts})
	if err != nil {
		t.Fatal(err)
	}
	if len(found.Wrong) > 0 {
		t.Error(found.Wrong)
	}
	return found, found.Twins(analyze.Run(found.Snapshot, mesh.Options{}, rules.All()).Models)
}

const entries = `[{metadata: {name: orders, namespace: shop, uid: u1, resourceVersion: "7"}, status: {a: b}, spec: {hosts: [orders.internal],
  ports: [{number: 80, name: http, protocol: HTTP}], resolution: DNS,
  endpoints: [{address: a.example.com, locality: us-east1}, {address: b.example.com, locality: us-west1}]}}]`

func ejecting(percent string) string {
	return `[{metadata: {name: orders, namespace: shop}, spec: {host: orders.internal, trafficPolicy: {outlierDetection: {maxEjectionPercent: ` + percent + `}}}}]`
}

func cluster(percent string, refused ...string) *served {
	return &served{map[string]string{"serviceentries": entries, "destinationrules": ejecting(percent)}, refused}
}

func TestTwins(t *testing.T) {
	t.Parallel()
	lacking, elsewhere := cluster("100"), cluster("100")
	lacking.objects["serviceentries"] = "[]"
	elsewhere.objects["serviceentries"] = strings.ReplaceAll(entries, "b.example.com", "c.example.com")
	partly := &served{map[string]string{"destinationrules": ejecting("100")}, []string{"/apis/networking.istio.io/v1/serviceentries"}}
	const notAs, only = "it is not as in east: ", "only this cluster has it: west does not"
	for name, tc := range map[string]struct {
		east, west *served
		differ     []string // in order
		unseen     string
	}{
		"alike": {east: cluster("100"), west: cluster("100")},
		"other behaviour": {east: cluster("100"), west: cluster("10"), differ: []string{
			"west/serviceentries.networking.istio.io.yaml: orders.internal is not as in east: ejection may now take none of a.example.com",
			"orders.internal is not as in east: ejection may now take none of b.example.com",
			"west/destinationrules.networking.istio.io.yaml: " + notAs,
		}},
		"told in words only":  {east: cluster("100"), west: elsewhere, differ: slices.Repeat([]string{"c.example.com", "b.example.com"}, 3)},
		"one lacks an object": {east: cluster("100"), west: lacking, differ: []string{"east/serviceentries.networking.istio.io.yaml: " + only}},
		"empty":               {east: cluster("100"), west: &served{}, differ: []string{only, only}},
		"one refuses":         {east: cluster("100"), west: cluster("10", "serviceentries"), differ: []string{notAs}, unseen: "serviceentries is forbidden"},
		"the first refuses":   {east: cluster("100", "serviceentries"), west: cluster("10"), differ: []string{notAs}, unseen: "serviceentries is forbidden"},
		"rules refused":       {east: cluster("100"), west: cluster("100", "destinationrules"), unseen: "destinationrules is forbidden"},
		"one namespace":       {east: cluster("100"), west: partly, unseen: "may be listed in namespace shop only"},
		"core refused":        {east: cluster("100"), west: cluster("100", "/api/v1"), unseen: "asking for the kinds of /v1"},
		"silent":              {east: cluster("100"), unseen: "context west: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found, differ := look(t, map[string]*served{"east": tc.east, "west": tc.west}, "east", "west")
			compare(t, "differ", differ, tc.differ)
			if tc.unseen == "" {
				compare(t, "unseen", found.Unseen, nil)
			} else {
				compare(t, "unseen", found.Unseen, []string{tc.unseen})
			}
			if found.Answered("west") == (tc.west == nil) {
				t.Error("whether the cluster answered is not known")
			}
			for file, text := range found.Snapshot.Sources {
				if strings.Contains(string(text), "uid") || strings.Contains(string(text), "status") {
					t.Errorf("%s has what only the API server cares about:\n%s", file, text)
				}
			}
		})
	}
}

func compare(t *testing.T, what string, got diag.List, want []string) {
	t.Helper()
	ok := len(got) == len(want)
	for i := 0; ok && i < len(want); i++ {
		ok = strings.Contains(got[i].Position.File+": "+got[i].Message, want[i])
	}
	if !ok {
		t.Errorf("%s: want %q, got\n%v", what, want, got)
	}
}

// TestNothingThere: clusters without any object, one alone or two, are no trouble.
func TestNothingThere(t *testing.T) {
	t.Parallel()
	for _, contexts := range [][]string{{"east"}, {"east", "west"}, {"east", "east"}} {
		if _, differ := look(t, map[string]*served{"east": {}, "west": {}}, contexts...); len(differ) > 0 {
			t.Errorf("%v: %v", contexts, differ)
		}
	}
	if out := (&Found{}).Twins(nil); len(out) > 0 {
		t.Error(out)
	}
}
