package main

import (
	"context"
	"runtime"
)

// ordered does n pieces of work at once on all processors and hands the results on one by one, in order. Only a few
// results wait at any time, so memory does not grow with n. It returns when all goroutines have ended.
func ordered[T any](ctx context.Context, n int, work func(i int) (T, error), emit func(i int, v T) error) error {
	type result struct {
		value T
		err   error
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	queue := make(chan chan result, 4*runtime.GOMAXPROCS(0))
	go func() {
		defer close(queue)
		for i := range n {
			done := make(chan result, 1)
			select {
			case queue <- done:
			case <-ctx.Done():
				return
			}
			go func() {
				v, err := work(i)
				done <- result{v, err}
			}()
		}
	}()
	var failed error
	i := 0
	for done := range queue {
		r := <-done // after a failure too: the goroutines are waited for
		if failed == nil {
			failed = r.err
		}
		if failed == nil {
			failed = emit(i, r.value)
		}
		if failed != nil {
			cancel()
		}
		i++
	}
	if failed == nil {
		failed = ctx.Err()
	}
	return failed
}
