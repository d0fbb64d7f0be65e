package token

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
)

func TestQueueRunsNoMoreThanItsPlaces(t *testing.T) {
	t.Parallel()
	const places = 3
	q := make(queue, places)
	var running, most, done atomic.Int32
	var wait sync.WaitGroup
	for range 50 {
		wait.Go(func() {
			err := q.do(t.Context(), func() {
				now := running.Add(1)
				for {
					seen := most.Load()
					if now <= seen || most.CompareAndSwap(seen, now) {
						break
					}
				}
				done.Add(1)
				running.Add(-1)
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if most.Load() > places || done.Load() != 50 {
		t.Errorf("%d ran at once in %d places, %d of 50 were done", most.Load(), places, done.Load())
	}
}

func TestWaitingEndsWithTheContext(t *testing.T) {
	t.Parallel()
	q := make(queue, 1)
	ctx, cancel := context.WithCancel(t.Context())
	err := q.do(t.Context(), func() {
		cancel()
		if err := q.do(ctx, func() { t.Error("ran without a place") }); !errors.Is(err, context.Canceled) {
			t.Errorf("do = %v, want context.Canceled", err)
		}
	})
	if err != nil {
		t.Error(err)
	}
	if err := q.do(t.Context(), func() {}); err != nil {
		t.Errorf("the place was not given back: %v", err)
	}
}
