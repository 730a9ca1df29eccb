package kube

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
)

// faultsOfServer are the ways in which an API server can fail a request.
func faultsOfServer() map[string]func(http.ResponseWriter, *http.Request) bool {
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
	for name, fault := range faultsOfServer() {
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
