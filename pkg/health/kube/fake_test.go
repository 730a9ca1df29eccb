package kube

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
	"k8s.io/client-go/rest"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// faulty is no API server: it answers what a test makes it answer, to break in ways that a real one does not on demand.
// What a real one does is tested against a real one, in test/conformance.
type faulty struct {
	mu      sync.Mutex
	version int
	lists   map[string][]string // by the last part of the path: items as JSON
	answer  map[string]func(http.ResponseWriter, *http.Request) bool
	watches map[string][]chan string
	asked   map[string]int
}

func newFaulty(t *testing.T) (*faulty, *rest.Config) {
	t.Helper()
	f := &faulty{
		version: 1, lists: map[string][]string{}, answer: map[string]func(http.ResponseWriter, *http.Request) bool{},
		watches: map[string][]chan string{}, asked: map[string]int{},
	}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	return f, &rest.Config{Host: server.URL, Transport: &http.Transport{DisableKeepAlives: true}}
}

func (f *faulty) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	what := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
	watch := r.URL.Query().Has("watch")
	f.mu.Lock()
	f.asked[what]++
	special := f.answer[what]
	f.mu.Unlock()
	if special != nil && special(w, r) {
		return
	}
	f.mu.Lock()
	if !watch {
		defer f.mu.Unlock()
		fmt.Fprintf(w, `{"metadata":{"resourceVersion":"%d"},"items":[%s]}`, f.version, strings.Join(f.lists[what], ","))
		return
	}
	lines := make(chan string, 16)
	f.watches[what] = append(f.watches[what], lines)
	f.mu.Unlock()
	w.(http.Flusher).Flush()
	for {
		select {
		case <-r.Context().Done():
			return
		case line, ok := <-lines:
			if !ok {
				return
			}
			fmt.Fprintln(w, line)
			w.(http.Flusher).Flush()
		}
	}
}

// with changes the server under its lock.
func (f *faulty) with(do func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	do()
}

// say sends a line to all watches of a list; end closes them.
func (f *faulty) say(what, line string) {
	f.with(func() {
		for _, c := range f.watches[what] {
			c <- line
		}
	})
}

func (f *faulty) end(what string) {
	f.with(func() {
		for _, c := range f.watches[what] {
			close(c)
		}
		f.watches[what] = nil
	})
}

func (f *faulty) set(what string, items ...string) {
	f.with(func() { f.version++; f.lists[what] = items })
}

func (f *faulty) special(what string, do func(http.ResponseWriter, *http.Request) bool) {
	f.with(func() { f.answer[what] = do })
}

// attempts are how often the gateway pods were asked for.
func (f *faulty) attempts() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.asked["pods"]
}

func (f *faulty) watched(what string) func() bool {
	return func() bool {
		f.mu.Lock()
		defer f.mu.Unlock()
		return len(f.watches[what]) > 0
	}
}

// heard collects what a watcher tells.
type heard struct {
	mu       sync.Mutex
	health   []string // resource versions
	keys     []map[string][]byte
	siblings [][]string
	gateways []string
	services [][]Service
	synced   int
	busy     atomic.Int32
	clash    atomic.Bool
}

func (h *heard) note(do func()) {
	if h.busy.Add(1) > 1 {
		h.clash.Store(true)
	}
	h.mu.Lock()
	do()
	h.mu.Unlock()
	h.busy.Add(-1)
}

func (h *heard) events() Events {
	return Events{
		Health:   func(x *v1alpha1.ClusterHealth) { h.note(func() { h.health = append(h.health, x.ResourceVersion) }) },
		Keys:     func(k map[string][]byte) { h.note(func() { h.keys = append(h.keys, k) }) },
		Siblings: func(s []string) { h.note(func() { h.siblings = append(h.siblings, s) }) },
		Gateways: func(ready, desired int, addresses []string) {
			h.note(func() { h.gateways = append(h.gateways, fmt.Sprint(ready, desired, addresses)) })
		},
		Services: func(s []Service) { h.note(func() { h.services = append(h.services, s) }) },
		Synced:   func() { h.note(func() { h.synced++ }) },
	}
}

func (h *heard) has(f func() bool) func() bool {
	return func() bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		return f()
	}
}

func await(t *testing.T, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if f() {
			return
		}
	}
	t.Fatalf("not within 10 s: %s", what)
}

// logs is a buffer that several goroutines write to.
type logs struct {
	mu sync.Mutex
	bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.Buffer.Write(p)
}

func (l *logs) times(s string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.String(), s)
}

// start runs an impatient watcher until the test ends.
func start(t *testing.T, config *rest.Config) (*Watcher, *heard, *logs) {
	t.Helper()
	o := Options{Config: config, Namespace: "ingress", Name: "blue", Service: "health", PodIP: "10.0.0.1", InternalPort: 9090, GatewaySelector: "istio=gw"}
	h, l := &heard{}, &logs{}
	w, err := New(o, h.events(), slog.New(slog.NewTextHandler(l, nil)))
	if err != nil {
		t.Fatal(err)
	}
	w.pace = pace{
		first: 5 * time.Millisecond, most: 20 * time.Millisecond, refused: 20 * time.Millisecond, answer: 300 * time.Millisecond,
		steady: 10 * time.Millisecond, life: time.Minute,
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- w.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if h.clash.Load() {
			t.Error("two callbacks at once")
		}
	})
	return w, h, l
}

func blue(version int, spec string) string {
	return fmt.Sprintf(`{"metadata":{"name":"blue","namespace":"ingress","uid":"u1","resourceVersion":"%d"},"spec":{"cluster":"blue"%s}}`, version, spec)
}

func line(kind, item string) string { return fmt.Sprintf(`{"type":%q,"object":%s}`, kind, item) }

func gateway(name string, ready bool) string {
	status := "False"
	if ready {
		status = "True"
	}
	return fmt.Sprintf(`{"metadata":{"name":%q,"namespace":"ingress","resourceVersion":"5"},
		"status":{"phase":"Running","podIP":"10.1.0.%s","conditions":[{"type":"Ready","status":%q}]}}`, name, strings.TrimLeft(name, "g"), status)
}
