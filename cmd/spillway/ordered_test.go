package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"sync/atomic"
	"testing"
	"time"
)

func TestOrderedKeepsOrder(t *testing.T) {
	t.Parallel()
	const n = 500
	next := 0
	var ahead, running atomic.Int64
	work := func(i int) (int, error) {
		if now := running.Add(1); now > ahead.Load() {
			ahead.Store(now)
		}
		time.Sleep(time.Duration(rand.IntN(50)) * time.Microsecond)
		return i * i, nil
	}
	err := ordered(t.Context(), n, work, func(i, v int) error {
		running.Add(-1)
		if i != next || v != i*i {
			t.Errorf("result %d is %d, expected number %d", i, v, next)
		}
		next++
		return nil
	})
	if err != nil || next != n {
		t.Errorf("%d results, %v", next, err)
	}
	if most := int64(4*runtime.GOMAXPROCS(0) + 2); ahead.Load() > most {
		t.Errorf("%d results waited at once, at most %d may", ahead.Load(), most)
	}
}

func TestOrderedEndsAtTheFirstError(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	var running atomic.Int64
	for name, tc := range map[string]struct {
		work func(i int) (int, error)
		emit func(i, v int) error
	}{
		"work": {func(i int) (int, error) {
			if i == 7 {
				return 0, broken
			}
			return i, nil
		}, func(i, _ int) error {
			if i >= 7 {
				t.Errorf("result %d after the error", i)
			}
			return nil
		}},
		"emit": {func(i int) (int, error) { return i, nil }, func(i, _ int) error {
			if i == 7 {
				return broken
			}
			if i > 7 {
				t.Errorf("result %d after the error", i)
			}
			return nil
		}},
	} {
		t.Run(name, func(t *testing.T) {
			work := func(i int) (int, error) {
				running.Add(1)
				defer running.Add(-1)
				return tc.work(i)
			}
			if err := ordered(t.Context(), 1000000, work, tc.emit); !errors.Is(err, broken) {
				t.Errorf("err = %v", err)
			}
			if n := running.Load(); n != 0 {
				t.Errorf("%d pieces of work outlive the call", n)
			}
		})
	}
}

func TestOrderedIsInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	seen := 0
	err := ordered(ctx, 1000000, func(i int) (int, error) { return i, nil }, func(i, _ int) error {
		if seen++; i == 3 {
			cancel()
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v", err)
	}
	if seen > 1000 {
		t.Errorf("%d results after the interrupt", seen)
	}
}
