package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"time"

	"github.com/spillway-mesh/spillway/pkg/api/v1alpha1"
	"github.com/spillway-mesh/spillway/pkg/diag"
	"github.com/spillway-mesh/spillway/pkg/health/peer"
	"github.com/spillway-mesh/spillway/pkg/load"
	"github.com/spillway-mesh/spillway/pkg/validate"
)

const reloadEvery = time.Second

// ErrInvalid says that a file was read, and is wrong; what exactly went to the log or the error's text.
var ErrInvalid = errors.New("the configuration is not valid")

// File reads a ClusterHealth from a file, and peer keys from the folder it names, again whenever they change. What is wrong
// later leaves the last good ones.
type File struct {
	Path string
	Log  *slog.Logger
	// Print writes findings for people, with the lines they are about; may be nil.
	Print func(diag.List, map[string][]byte)

	text []byte
	keys map[string][]byte
}

var _ Source = (*File)(nil)

// Check reads the file once; the error is ErrInvalid if it is wrong.
func (f *File) Check() error {
	_, _, err := f.read()
	return err
}

// Run reads the file again and again; nothing is wrong with a file that is away for a while.
func (f *File) Run(ctx context.Context, sink Sink) error {
	t := time.NewTicker(reloadEvery)
	defer t.Stop()
	var bad error
	for {
		err := f.again(sink)
		if err != nil && (bad == nil || err.Error() != bad.Error()) {
			f.Log.Error("not everything can be read; what was read last stays", "error", err)
		}
		bad = err
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		}
	}
}

func (f *File) again(sink Sink) error {
	x, text, err := f.read()
	if err != nil {
		return err
	}
	if !bytes.Equal(text, f.text) {
		f.text = text
		sink.Health(x)
	}
	if keys := x.Spec.PeerKeys; keys != nil && keys.Files != nil {
		return f.readKeys(keys.Files.Dir, sink) // without them nobody can be asked, but an order to relax is obeyed
	}
	return nil
}

func (f *File) read() (*v1alpha1.ClusterHealth, []byte, error) {
	text, err := os.ReadFile(f.Path)
	if err != nil {
		return nil, nil, fmt.Errorf("reading the configuration: %w", err)
	}
	if f.text != nil && bytes.Equal(text, f.text) {
		got, _ := load.Bytes(f.Path, text)
		return got.Healths[0].Object, text, nil
	}
	got, found := load.Bytes(f.Path, text)
	for _, h := range got.Healths {
		found = append(found, h.Source.Report(validate.ClusterHealth(h.Object))...)
	}
	if f.Print != nil && len(found) > 0 {
		f.Print(found, got.Sources)
	}
	switch {
	case found.HasErrors():
		return nil, nil, fmt.Errorf("reading %s: %w", f.Path, ErrInvalid)
	case len(got.Healths) != 1:
		return nil, nil, fmt.Errorf("reading %s: %w: it holds %d objects of kind ClusterHealth, want one", f.Path, ErrInvalid, len(got.Healths))
	}
	return got.Healths[0].Object, text, nil
}

func (f *File) readKeys(dir string, sink Sink) error {
	data, err := peer.ReadKeys(os.DirFS(dir))
	if err != nil {
		return err //nolint:wrapcheck // says what was being read
	}
	if f.keys == nil || !maps.EqualFunc(f.keys, data, bytes.Equal) {
		f.keys = data
		sink.Keys(data)
	}
	return nil
}

// Keep has nowhere to write to: the cache keeps the change.
func (f *File) Keep(context.Context, func(v1alpha1.ClusterHealthStatus) (v1alpha1.ClusterHealthStatus, bool)) error {
	return nil
}

// Surroundings of a server outside a cluster: none.
func (f *File) Surroundings() Surroundings { return Surroundings{} }
