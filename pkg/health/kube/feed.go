package kube

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
)

// part is what somebody is told of.
type part uint8

// The parts, in the order in which they are told.
const (
	partHealth part = iota
	partKeys
	partSiblings
	partGateways
	partServices
	partSlices
	partFailovers
	parts
)

// errSkip says that an object is none of those that are kept.
var errSkip = errors.New("not kept")

// feed is what is kept of a list: of each object as little as is needed. What is read is the source's, in its own
// goroutine; what is known is the watcher's loop's, and only the loop touches it.
type feed[T any] struct {
	w    *Watcher
	part part
	at   where
	keep func(json.RawMessage) (T, error)
	// names are those that a list of many was cut down to.
	names map[string]bool
	stop  context.CancelFunc

	pending map[string]T
	broken  []string

	items  map[string]T
	listed bool
	denied bool // the last word was a no
	ended  bool
}

// launch starts a feed. What an earlier one knew is what it begins with.
func launch[T any](ctx context.Context, f *feed[T], known map[string]T) *feed[T] {
	if f.items = known; known == nil {
		f.items = map[string]T{}
	}
	ctx, f.stop = context.WithCancel(ctx)
	w := f.w
	s := &source{where: f.at, api: w.api, pace: w.pace, clock: w.clock, log: w.log, to: f, away: &w.away}
	w.feeds[f] = struct{}{}
	w.running.Go(func() { s.run(ctx) })
	return f
}

// end stops a feed; what it still has to say is not heard.
func (f *feed[T]) end() {
	f.ended = true
	f.stop()
	delete(f.w.feeds, f)
}

// settled says that there was an answer.
func (f *feed[T]) settled() bool { return f.listed || f.denied }

func (f *feed[T]) begin() { f.pending, f.broken = map[string]T{}, nil }

func (f *feed[T]) page(items []json.RawMessage) {
	for _, raw := range items {
		key, v, err := f.read(raw)
		switch {
		case err == nil:
			f.pending[key] = v
		case !errors.Is(err, errSkip):
			f.broken = append(f.broken, key)
		}
	}
}

func (f *feed[T]) commit(ctx context.Context) {
	items, broken := f.pending, f.broken
	f.pending, f.broken = nil, nil
	f.post(ctx, func() {
		for _, key := range broken { // the last good one stays
			if old, ok := f.items[key]; ok {
				items[key] = old
			}
		}
		f.items, f.listed, f.denied = items, true, false
	})
}

func (f *feed[T]) event(ctx context.Context, c *change) {
	key, v, err := f.read(c.Object)
	switch {
	case c.Type == deleted:
		f.post(ctx, func() { delete(f.items, key) })
	case err == nil:
		f.post(ctx, func() { f.items[key] = v })
	}
}

func (f *feed[T]) refused(ctx context.Context) {
	f.post(ctx, func() { f.denied = true })
}

// post lets the loop do something for a feed, and tell who is to be told.
func (f *feed[T]) post(ctx context.Context, do func()) {
	select {
	case <-ctx.Done():
	case f.w.notes <- func() {
		if !f.ended {
			do()
			f.w.dirty[f.part] = true
		}
	}:
	}
}

// read cuts an object down to what is kept, and says so where it cannot be read.
func (f *feed[T]) read(raw json.RawMessage) (string, T, error) {
	v, err := f.keep(raw)
	var o object
	if bad := json.Unmarshal(raw, &o); bad != nil && err == nil {
		err = bad
	}
	if err != nil && !errors.Is(err, errSkip) {
		f.w.log.Error("an object cannot be read, the last good one stays", "what", f.at.what, "namespace", o.Namespace, "name", o.Name, "error", err)
	}
	return o.Namespace + "/" + o.Name, v, err
}

// renew makes the feeds of a family those that are wanted: others end, the same go on, and one that now asks for
// something else begins with what it knew.
func renew[T any](ctx context.Context, have, want map[string]*feed[T]) {
	for key, old := range maps.Clone(have) {
		next, wanted := want[key]
		if wanted && next.at.id() == old.at.id() {
			continue
		}
		old.end()
		delete(have, key)
		if wanted {
			have[key] = launch(ctx, next, old.items)
		}
	}
	for key, next := range want {
		if have[key] == nil {
			have[key] = launch(ctx, next, nil)
		}
	}
}
