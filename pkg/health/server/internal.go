package server

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/spillway-mesh/spillway/pkg/health"
	"github.com/spillway-mesh/spillway/pkg/health/peer"
)

// configWithin is how long readiness waits for a configuration: without one the server answers 200, and must be reached to.
const configWithin = 10 * time.Second

// internal answers people, Prometheus, kubelets and siblings; gateways never lead here.
type internal struct {
	engine  *engine
	closing atomic.Bool
	page    *template.Template
}

//go:embed page.html
var pageText string

func newInternal(e *engine) (http.Handler, *internal, error) {
	page, err := template.New("page").Funcs(template.FuncMap{"seconds": seconds, "clock": clockTime}).Parse(pageText)
	if err != nil {
		return nil, nil, fmt.Errorf("reading the page: %w", err)
	}
	i := &internal{engine: e, page: page}
	registry := prometheus.NewRegistry()
	if err := registry.Register(newCollector(e)); err != nil {
		return nil, nil, fmt.Errorf("registering the metrics: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", i.showPage)
	mux.HandleFunc("GET /detail", i.detail)
	mux.HandleFunc("GET /why", i.why)
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok\n") })
	mux.HandleFunc("GET /readyz", i.ready)
	mux.Handle("GET /peer", peer.Handler(&e.keys, e.answer))
	mux.HandleFunc("POST /grpc.health.v1.Health/{method}", i.grpcHealth)
	return mux, i, nil
}

// notReady names what is not ready; empty if all is. It depends on no check, peer or API server, and never goes back.
func (i *internal) notReady() string {
	switch {
	case i.closing.Load():
		return "shutting down"
	case i.engine.first.Load() || i.engine.now() >= configWithin:
		return ""
	case i.engine.configured.Load():
		return "replicas: the others were not asked yet"
	default:
		return "configuration: none was read yet"
	}
}

func (i *internal) ready(w http.ResponseWriter, _ *http.Request) {
	if why := i.notReady(); why != "" {
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = io.WriteString(w, "not ready: "+why+"\n")
		return
	}
	_, _ = io.WriteString(w, "ok\n")
}

func (i *internal) detail(w http.ResponseWriter, _ *http.Request) { asJSON(w, i.engine.detail()) }

func (i *internal) why(w http.ResponseWriter, _ *http.Request) {
	i.engine.mu.Lock()
	entries := append([]Entry{}, i.engine.journal.entries...)
	i.engine.mu.Unlock()
	asJSON(w, entries)
}

func asJSON(w http.ResponseWriter, x any) {
	text, err := json.MarshalIndent(x, "", "  ")
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(append(text, '\n'))
}

func (i *internal) showPage(w http.ResponseWriter, _ *http.Request) {
	i.engine.mu.Lock()
	entries := append([]Entry{}, i.engine.journal.entries...)
	i.engine.mu.Unlock()
	var text bytes.Buffer
	if err := i.page.Execute(&text, map[string]any{"D": i.engine.detail(), "Why": newest(entries)}); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	_, _ = text.WriteTo(w)
}

// newest are the last few, the newest first.
func newest(entries []Entry) []Entry {
	const shown = 20
	var out []Entry
	for n := len(entries) - 1; n >= 0 && len(out) < shown; n-- {
		out = append(out, entries[n])
	}
	return out
}

func seconds(s float64) string {
	if s < 0 {
		return "never"
	}
	return time.Duration(s * float64(time.Second)).Round(time.Second).String()
}

func clockTime(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05Z") }

// grpcHealth answers grpc.health.v1.Health/Check with the cluster's status. The response is one field of one byte, so it is
// written by hand: the gRPC library would be most of the binary.
func (i *internal) grpcHealth(w http.ResponseWriter, r *http.Request) {
	const most = 1 << 10
	_, _ = io.Copy(io.Discard, io.LimitReader(r.Body, most))
	h := w.Header()
	h.Set("Content-Type", "application/grpc")
	h.Set("Trailer", "Grpc-Status")
	if r.PathValue("method") != "Check" {
		h.Set("Grpc-Status", "12") // unimplemented
		return
	}
	const serving, notServing = 1, 2
	status := byte(serving)
	a := i.engine.answers.Load()
	if a.status == health.Out && i.engine.now() <= a.until {
		status = notServing
	}
	_, _ = w.Write([]byte{0, 0, 0, 0, 2, 1 << 3, status})
	h.Set("Grpc-Status", "0")
}
