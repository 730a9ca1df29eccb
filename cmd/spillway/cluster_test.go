package main

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
	"sigs.k8s.io/yaml"
)

// fakeCluster plays the API server of one cluster for scripts: it holds ClusterHealths, one Secret, events and what a health
// server would tell, and takes the few requests that commands make. A real one is asked in test/conformance.
type fakeCluster struct {
	mu      sync.Mutex
	healths map[string]map[string]any
	secret  map[string]any
	answers map[string]json.RawMessage // of the health server, by path
	Events  []map[string]any
	Patches []string // field managers
}

func (c *fakeCluster) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	name := parts[len(parts)-1]
	switch {
	case strings.Contains(r.URL.Path, "/proxy/"):
		if a, ok := c.answers[name]; ok {
			_, _ = w.Write(a)
			return
		}
		deny(w, http.StatusServiceUnavailable, "no endpoints available for service")
	case name == "clusterhealths":
		var items []any
		for _, n := range slices.Sorted(maps.Keys(c.healths)) {
			items = append(items, c.healths[n])
		}
		answer(w, map[string]any{"items": items})
	case parts[len(parts)-2] == "clusterhealths":
		c.health(w, r, name)
	case name == "events" && r.Method == http.MethodPost:
		var e map[string]any
		_ = json.NewDecoder(r.Body).Decode(&e)
		c.Events = append(c.Events, e)
		answer(w, e)
	case parts[len(parts)-2] == "secrets" && c.secret != nil:
		c.keys(w, r)
	default:
		deny(w, http.StatusNotFound, r.URL.Path+" not found")
	}
}

func answer(w http.ResponseWriter, x any) { _ = json.NewEncoder(w).Encode(x) }

func deny(w http.ResponseWriter, code int, message string) {
	w.WriteHeader(code)
	answer(w, map[string]any{"kind": "Status", "code": code, "message": message})
}

// health reads one, or takes a JSON patch of its mode; its health server obeys at once.
func (c *fakeCluster) health(w http.ResponseWriter, r *http.Request, name string) {
	x, ok := c.healths[name]
	if !ok {
		deny(w, http.StatusNotFound, "clusterhealths.spillway.dev \""+name+"\" not found")
		return
	}
	if r.Method != http.MethodPatch {
		answer(w, x)
		return
	}
	var patch []struct {
		Op, Path string
		Value    any
	}
	if err := json.NewDecoder(r.Body).Decode(&patch); err != nil || r.Header.Get("Content-Type") != "application/json-patch+json" {
		deny(w, http.StatusUnsupportedMediaType, "no JSON patch")
		return
	}
	c.Patches = append(c.Patches, r.URL.Query().Get("fieldManager"))
	meta, spec := x["metadata"].(map[string]any), x["spec"].(map[string]any)
	for _, o := range patch {
		switch {
		case o.Op == "test":
			if meta[strings.TrimPrefix(o.Path, "/metadata/")] != o.Value {
				deny(w, http.StatusUnprocessableEntity, "testing value "+o.Path+" failed")
				return
			}
		case o.Op == "add" && o.Path == "/spec/mode":
			spec["mode"] = o.Value
			obey(x, o.Value.(map[string]any))
		case o.Op == "remove" && o.Path == "/spec/mode":
			delete(spec, "mode")
		}
	}
	meta["generation"] = meta["generation"].(float64) + 1
	answer(w, x)
}

func obey(x, mode map[string]any) {
	status, ok := x["status"].(map[string]any)
	if !ok {
		return
	}
	status["mode"] = mode["name"]
	if mode["name"] == "Drain" {
		status["verdict"], status["reason"] = "Out", "Drain"
	}
}

func (c *fakeCluster) keys(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPatch {
		var p map[string]map[string]any
		_ = json.NewDecoder(r.Body).Decode(&p)
		data := c.secret["data"].(map[string]any)
		for k, v := range p["data"] {
			data[k] = v
			if v == nil {
				delete(data, k)
			}
		}
		if a, ok := p["metadata"]["annotations"]; ok {
			c.secret["metadata"].(map[string]any)["annotations"] = a
		}
		c.Patches = append(c.Patches, r.URL.Query().Get("fieldManager"))
	}
	answer(w, c.secret)
}

// startCluster is `cluster NAME FOLDER` in a script: a cluster with the objects of the folder (*.yaml) and what its health server
// tells (*.json), as the context NAME of the kubeconfig. Without a folder nobody listens there.
func startCluster(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 || len(args) > 2 {
		ts.Fatalf("usage: cluster NAME [FOLDER]")
	}
	c := &fakeCluster{healths: map[string]map[string]any{}, answers: map[string]json.RawMessage{}}
	s := httptest.NewServer(c)
	ts.Defer(s.Close)
	if len(args) == 1 {
		s.Close()
	} else {
		c.load(ts, args[1])
	}
	at := ts.MkAbs("kubeconfig")
	config := map[string]any{"apiVersion": "v1", "kind": "Config", "current-context": args[0]}
	if text, err := os.ReadFile(at); err == nil {
		ts.Check(yaml.Unmarshal(text, &config))
	}
	add := func(list string, entry map[string]any) {
		old, _ := config[list].([]any)
		entry["name"] = args[0]
		config[list] = append(old, entry)
	}
	add("clusters", map[string]any{"cluster": map[string]any{"server": s.URL}})
	add("users", map[string]any{"user": map[string]any{}})
	add("contexts", map[string]any{"context": map[string]any{"cluster": args[0], "user": args[0], "namespace": "edge"}})
	text, err := yaml.Marshal(config)
	ts.Check(err)
	ts.Check(os.WriteFile(at, text, 0o600))
	ts.Setenv("KUBECONFIG", at)
	clusters, _ := ts.Value("clusters").(*sync.Map)
	clusters.Store(args[0], c)
}

func (c *fakeCluster) load(ts *testscript.TestScript, folder string) {
	files, err := filepath.Glob(filepath.Join(ts.MkAbs(folder), "*"))
	ts.Check(err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		ts.Check(err)
		if name, ok := strings.CutSuffix(filepath.Base(file), ".json"); ok {
			c.answers[name] = text
			continue
		}
		var x map[string]any
		ts.Check(yaml.Unmarshal(text, &x))
		if x["kind"] == "Secret" {
			c.secret = x
			continue
		}
		c.healths[x["metadata"].(map[string]any)["name"].(string)] = x
	}
}

// dumpCluster is `dump NAME FILE`: what the cluster was told.
func dumpCluster(ts *testscript.TestScript, _ bool, args []string) {
	clusters, _ := ts.Value("clusters").(*sync.Map)
	v, _ := clusters.Load(args[0])
	c, _ := v.(*fakeCluster)
	c.mu.Lock()
	defer c.mu.Unlock()
	modes := map[string]any{}
	for name, x := range c.healths {
		modes[name] = x["spec"].(map[string]any)["mode"]
	}
	var notes []any
	for _, e := range c.Events {
		notes = append(notes, map[string]any{"reason": e["reason"], "note": e["note"]})
	}
	var keys []string
	if c.secret != nil {
		data, _ := c.secret["data"].(map[string]any)
		keys = slices.Sorted(maps.Keys(data))
	}
	text, err := yaml.Marshal(map[string]any{"modes": modes, "events": notes, "managers": c.Patches, "keys": keys})
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), text, 0o600))
}
