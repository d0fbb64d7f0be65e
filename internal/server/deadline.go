package server

import (
	"context"
	"sync"
	"time"
)

// deadline is context.WithDeadline for requests most of which are answered without anybody waiting: the timer, and being told when the
// caller leaves, begin with the first who asks for Done.
type deadline struct {
	caller context.Context
	at     time.Time

	mu     sync.Mutex
	timed  context.Context // nil until somebody waits
	cancel context.CancelFunc
}

func newDeadline(caller context.Context, at time.Time) *deadline {
	return &deadline{caller: caller, at: at}
}

// waiting returns the context with a timer.
func (d *deadline) waiting() context.Context {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.timed == nil {
		d.timed, d.cancel = context.WithDeadline(d.caller, d.at)
	}
	return d.timed
}

// begun returns the context with a timer if there is one, else the caller's.
func (d *deadline) begun() context.Context {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.timed == nil {
		return d.caller
	}
	return d.timed
}

// close ends it: nobody is to wait for anything of the request any more.
func (d *deadline) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.cancel != nil {
		d.cancel()
	}
}

// Deadline is the earlier one of the caller's and this one.
func (d *deadline) Deadline() (time.Time, bool) {
	if at, ok := d.caller.Deadline(); ok && at.Before(d.at) {
		return at, true
	}
	return d.at, true
}

// Done begins to wait.
func (d *deadline) Done() <-chan struct{} { return d.waiting().Done() }

// Err says what Done has been closed for, or would have been.
func (d *deadline) Err() error {
	if !time.Now().Before(d.at) {
		return d.waiting().Err()
	}
	return d.begun().Err()
}

// Value is the caller's. Package context finds there whose Done it waits for, so that contexts made of this one need no goroutine.
func (d *deadline) Value(key any) any { return d.begun().Value(key) }
