package server

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
)

// heard is a Sink that notes what it was told.
type heard struct {
	healths []*v1alpha1.ClusterHealth
	keys    int
}

func (h *heard) Health(x *v1alpha1.ClusterHealth) { h.healths = append(h.healths, x) }
func (h *heard) Keys(map[string][]byte)           { h.keys++ }
func (*heard) Siblings([]string)                  {}
func (*heard) Gateways(int, int, []string)        {}
func (*heard) Services([]Discovered)              {}

const keyed = `apiVersion: spillway.dev/v1alpha1
kind: ClusterHealth
metadata: {name: blue}
spec:
  cluster: blue
  path: /health
  peers: [{name: green, urls: ["http://127.0.0.1:1/health/peer"], host: localhost}]
  peerKeys: {files: {dir: KEYS}}
`

// What is configured counts though the keys cannot be read: an order to relax must not wait for them.
func TestFileWithoutKeys(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	keys := filepath.Join(dir, "keys")
	f := &File{Path: filepath.Join(dir, "blue.yaml"), Log: slog.New(slog.DiscardHandler)}
	replace := func(text string) {
		t.Helper()
		if err := os.WriteFile(f.Path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	replace(strings.Replace(keyed, "KEYS", keys, 1))
	sink := &heard{}
	if err := f.again(sink); err == nil || len(sink.healths) != 1 || sink.keys != 0 {
		t.Fatalf("%v; configured %d times, keys %d times", err, len(sink.healths), sink.keys)
	}
	if err := f.again(sink); err == nil || len(sink.healths) != 1 {
		t.Errorf("%v; configured %d times, and nothing is new", err, len(sink.healths))
	}
	if err := os.Mkdir(keys, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"k1": "0123456789abcdef0123456789abcdef", "active": "k1"} {
		if err := os.WriteFile(filepath.Join(keys, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.again(sink); err != nil || sink.keys != 1 {
		t.Errorf("%v; keys %d times", err, sink.keys)
	}
	replace("spec: 1")
	if err := f.again(sink); !errors.Is(err, ErrInvalid) || len(sink.healths) != 1 {
		t.Errorf("%v; configured %d times", err, len(sink.healths))
	}
}

// A cache that can be read is enough to start from.
func TestCached(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if Cached(dir) || Cached("") {
		t.Error("there is nothing yet")
	}
	if err := writeFile(dir, cacheFile, testObject()); err != nil {
		t.Fatal(err)
	}
	if !Cached(dir) {
		t.Error("what was written is not found")
	}
	if err := os.WriteFile(filepath.Join(dir, cacheFile), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if Cached(dir) {
		t.Error("a configuration of no cluster is none")
	}
}

// Where the other replicas are outlives the process too: until somebody has said so, they are not known.
func TestSiblingsAreKept(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	e, _ := testEngine(t)
	e.configure(testObject(), false)
	e.keepOnce(t.Context(), dir)
	if e.in.SiblingsKnown {
		t.Error("the replicas are known before anybody told of them")
	}
	again := func() *engine {
		next, _ := testEngine(t)
		next.restore(dir)
		next.decide()
		return next
	}
	if again().in.SiblingsKnown {
		t.Error("the replicas are known to a later process, and nobody ever told of them")
	}
	e.Siblings([]string{"http://other"})
	e.decide()
	e.keepOnce(t.Context(), dir)
	if next := again(); !e.in.SiblingsKnown || !next.in.SiblingsKnown || len(next.replica.Siblings()) != 1 {
		t.Errorf("known: %v, and to a later process %v: %v", e.in.SiblingsKnown, next.in.SiblingsKnown, next.replica.Siblings())
	}
}
