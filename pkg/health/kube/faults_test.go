package kube

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/rest"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/health/probe"
)

// faults are ways not to answer a list.
func faults() map[string]func(http.ResponseWriter, *http.Request) bool {
	return map[string]func(http.ResponseWriter, *http.Request) bool{
		"500": func(w http.ResponseWriter, _ *http.Request) bool {
			w.WriteHeader(http.StatusInternalServerError)
			return true
		},
		"expired token":  func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(http.StatusUnauthorized); return true },
		"dropped":        func(http.ResponseWriter, *http.Request) bool { panic(http.ErrAbortHandler) },
		"no answer":      func(_ http.ResponseWriter, r *http.Request) bool { <-r.Context().Done(); return true },
		"half a list":    func(w http.ResponseWriter, _ *http.Request) bool { fmt.Fprint(w, `{"metadata":{"res`); return true },
		"another's page": func(w http.ResponseWriter, _ *http.Request) bool { fmt.Fprint(w, `{}`); return true },
		"gone":           func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(http.StatusGone); return true },
		"forbidden":      func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(http.StatusForbidden); return true },
	}
}

// A connection that drops, 500, 410 and an answer that never comes: everything last known stays, and news arrive after it.
func TestFaultsKeepTheLastKnown(t *testing.T) {
	t.Parallel()
	for name, fault := range faults() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, config := newFaulty(t)
			f.set("pods", gateway("g1", true), gateway("g2", false))
			f.set("clusterhealths", blue(7, ""))
			_, h, _ := start(t, config)
			await(t, "the pods", h.has(func() bool { return slices.Equal(h.gateways, []string{"1 2 [10.1.0.1]"}) && h.synced == 1 }))
			await(t, "the watch", f.watched("pods"))
			f.special("pods", fault)
			f.special("clusterhealths", fault)
			f.end("pods")
			before := f.attempts()
			await(t, "some attempts", func() bool { return f.attempts() > before+2 })
			h.mu.Lock()
			if len(h.gateways) != 1 || len(h.health) != 1 {
				t.Errorf("during the fault: gateways %q, health %q", h.gateways, h.health)
			}
			h.mu.Unlock()
			f.set("pods", gateway("g2", true)) // one is gone meanwhile, the other has become ready
			f.special("pods", nil)
			f.special("clusterhealths", nil)
			await(t, "the news", h.has(func() bool { return slices.Contains(h.gateways, "1 1 [10.1.0.2]") }))
			h.mu.Lock()
			defer h.mu.Unlock()
			if len(h.gateways) != 2 || h.synced != 1 {
				t.Errorf("gateways %q, synced %d times", h.gateways, h.synced)
			}
		})
	}
}

// A watch that says 410 leads to a list at once; what vanished meanwhile vanishes here.
func TestFaultsWatchExpires(t *testing.T) {
	t.Parallel()
	f, config := newFaulty(t)
	f.set("pods", gateway("g1", true), gateway("g2", true))
	_, h, l := start(t, config)
	await(t, "the watch", f.watched("pods"))
	f.set("pods", gateway("g2", true))
	f.say("pods", `{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old resource version"}}`)
	await(t, "the list", h.has(func() bool { return slices.Contains(h.gateways, "1 1 [10.1.0.2]") }))
	if n := l.times("cannot be read"); n != 0 {
		t.Errorf("an expired watch is no trouble, but logged %d times", n)
	}
}

// A watch that ends well goes on from where it was, without a list; one that ends at once does not spin.
func TestFaultsWatchEnds(t *testing.T) {
	t.Parallel()
	f, config := newFaulty(t)
	f.set("pods", gateway("g1", true))
	var lock sync.Mutex
	var seen []string
	f.special("pods", func(_ http.ResponseWriter, r *http.Request) bool {
		lock.Lock()
		defer lock.Unlock()
		seen = append(seen, r.URL.Query().Get("resourceVersion"))
		return false
	})
	start(t, config)
	await(t, "the watch", f.watched("pods"))
	f.say("pods", `{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"77"}}}`)
	time.Sleep(50 * time.Millisecond) // longer than steady
	f.end("pods")
	await(t, "the next watch", f.watched("pods"))
	lock.Lock()
	if want := []string{"", "2", "77"}; !slices.Equal(seen, want) {
		t.Errorf("asked for versions %q, want %q", seen, want)
	}
	lock.Unlock()
	f.special("pods", func(_ http.ResponseWriter, r *http.Request) bool { return r.URL.Query().Has("watch") })
	f.end("pods")
	before := f.attempts()
	time.Sleep(300 * time.Millisecond)
	if n := f.attempts() - before; n < 4 || n > 80 {
		t.Errorf("%d requests in 300 ms to a server whose watches end at once", n)
	}
}

// Refusals do not hold up Synced, and are logged once a minute for each list at most.
func TestFaultsRefusal(t *testing.T) {
	t.Parallel()
	f, config := newFaulty(t)
	f.set("clusterhealths", blue(7, `,"discover":{"label":"x/y"},"peerKeys":{"secret":{"name":"k"}},"checks":[{"name":"a","service":{"name":"a","namespace":"shop"}}]`))
	no := func(w http.ResponseWriter, _ *http.Request) bool {
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, `{"kind":"Status","code":403,"message":"pods is forbidden: because"}`)
		return true
	}
	for _, what := range []string{"pods", "endpointslices", "secrets"} {
		f.special(what, no)
	}
	f.special("services", func(w http.ResponseWriter, r *http.Request) bool {
		return !strings.Contains(r.URL.Path, "/namespaces/ingress/") && no(w, r)
	})
	f.set("services", `{"metadata":{"name":"s","namespace":"ingress","annotations":{"spillway.dev/path":"/p","other":"no"}},"spec":{"ports":[{"port":80}]}}`)
	w, h, l := start(t, config)
	await(t, "synced", h.has(func() bool { return h.synced == 1 }))
	await(t, "many attempts", func() bool { return f.attempts() > 5 })
	await(t, "services of the own namespace", h.has(func() bool { return len(h.services) > 0 && len(h.services[len(h.services)-1]) == 1 }))
	h.mu.Lock()
	want := Service{Namespace: "ingress", Name: "s", Annotations: map[string]string{"spillway.dev/path": "/p"}, Ports: []ServicePort{{Port: 80}}}
	if diff := cmp.Diff(want, h.services[len(h.services)-1][0]); diff != "" {
		t.Error(diff)
	}
	if len(h.siblings)+len(h.gateways)+len(h.keys) > 0 {
		t.Error("something refused was told")
	}
	h.mu.Unlock()
	for _, path := range []string{
		"/api/v1/services", "namespaces/shop/services", "ingress/pods", "ingress/secrets", "ingress/endpointslices", "shop/endpointslices",
	} {
		most := 1
		if path == "ingress/endpointslices" { // the siblings, and the service that was discovered
			most = 2
		}
		if n := l.times(path + " error="); n < 1 || n > most {
			t.Errorf("refusals of %s logged %d times:\n%s", path, n, l.String())
		}
	}
	if _, known := w.Endpoints("shop", "a"); known {
		t.Error("refused endpoints are known")
	}
}

// What cannot be decoded is logged and leaves the last good one; unknown words of an enumeration are no error.
func TestFaultsBrokenObject(t *testing.T) {
	t.Parallel()
	f, config := newFaulty(t)
	f.set("clusterhealths", blue(7, ""))
	_, h, l := start(t, config)
	await(t, "the watch", f.watched("clusterhealths"))
	f.say("clusterhealths", line("MODIFIED", blue(8, `,"checks":"none"`)))
	f.say("clusterhealths", line("DELETED", blue(9, "")))
	f.say("clusterhealths", line("ADDED", blue(10, `,"mode":{"name":"Sideways","until":"2026-11-23T02:00:00Z","reason":"r"}`)))
	await(t, "the unknown mode", h.has(func() bool { return slices.Equal(h.health, []string{"7", "10"}) }))
	if l.times("cannot be read, the last good one stays") != 1 {
		t.Errorf("log:\n%s", l.String())
	}
}

// Of two writers the first wins, and a writer that loses for ever says so.
func TestFaultsConflict(t *testing.T) {
	t.Parallel()
	f, config := newFaulty(t)
	var puts atomic.Int32
	never := atomic.Bool{}
	f.special("blue", func(w http.ResponseWriter, _ *http.Request) bool { fmt.Fprint(w, blue(3, "")); return true })
	f.special("status", func(w http.ResponseWriter, r *http.Request) bool {
		var body map[string]any
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil || body["spec"] != nil || body["status"] == nil {
			t.Errorf("sent %v: %v", body, err)
		}
		if puts.Add(1) < 3 || never.Load() {
			w.WriteHeader(http.StatusConflict)
		}
		return true
	})
	w, _, _ := start(t, config)
	set := func(s v1alpha1.ClusterHealthStatus) (v1alpha1.ClusterHealthStatus, bool) {
		s.Verdict = "In"
		return s, true
	}
	if err := w.WriteStatus(t.Context(), set); err != nil || puts.Load() != 3 {
		t.Errorf("%v after %d attempts", err, puts.Load())
	}
	never.Store(true)
	if err := w.WriteStatus(t.Context(), set); codeOf(err) != http.StatusConflict || puts.Load() != 3+tries {
		t.Errorf("%v after %d attempts", err, puts.Load()-3)
	}
	if err := w.WriteStatus(t.Context(), func(s v1alpha1.ClusterHealthStatus) (v1alpha1.ClusterHealthStatus, bool) { return s, false }); err != nil || puts.Load() != 3+tries {
		t.Errorf("no change was written: %v", err)
	}
}

// A dual-stack pod counts once, a slice that moves counts once, and those that end do not count.
func TestEndpointsAndSiblings(t *testing.T) {
	t.Parallel()
	item := func(name, endpoints string) string {
		return fmt.Sprintf(`{"metadata":{"name":%q,"namespace":"n","labels":{%q:"s"}},"endpoints":[%s]}`, name, serviceLabel, endpoints)
	}
	all := map[string]slice{}
	for name, endpoints := range map[string]string{
		"v4": `{"addresses":["10.0.0.1"],"conditions":{"ready":true},"targetRef":{"uid":"a"}},
			{"addresses":["10.0.0.2"],"conditions":{"ready":false},"targetRef":{"uid":"b"}},
			{"addresses":["10.0.0.3"],"conditions":{"ready":true,"terminating":true},"targetRef":{"uid":"c"}},
			{"addresses":["10.0.0.4"],"conditions":{}}, {"addresses":[]}`,
		"v6": `{"addresses":["fd00::1"],"conditions":{"ready":true},"targetRef":{"uid":"a"}},
			{"addresses":["fd00::2"],"conditions":{"ready":false},"targetRef":{"uid":"b"}},
			{"addresses":["fd00::5"],"conditions":{"ready":true},"targetRef":{"namespace":"n","name":"e"}}`,
		"moving": `{"addresses":["10.0.0.4"],"conditions":{"ready":false}}`,
	} {
		s, err := keepSlice(json.RawMessage(item(name, endpoints)))
		if err != nil {
			t.Fatal(err)
		}
		all[name] = s
	}
	if diff := cmp.Diff(map[string]probe.Endpoints{"s": {Exists: true, Ready: 3, All: 4}}, count(all)); diff != "" {
		t.Error(diff)
	}
	w, err := New(Options{Config: &rest.Config{}, Namespace: "n", Name: "x", PodIP: "::ffff:10.0.0.1"}, Events{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"http://10.0.0.2:9090", "http://10.0.0.4:9090", "http://[fd00::5]:9090"}
	if diff := cmp.Diff(want, siblings(all, w.own, 9090)); diff != "" {
		t.Error(diff)
	}
}

func TestShorten(t *testing.T) {
	t.Parallel()
	if got := shorten(strings.Repeat("ü", longestNote)); len(got) > longestNote || !strings.HasSuffix(got, "ü…") {
		t.Errorf("%d bytes, ends in %q", len(got), got[len(got)-6:])
	}
	if got := shorten("short"); got != "short" {
		t.Error(got)
	}
}
