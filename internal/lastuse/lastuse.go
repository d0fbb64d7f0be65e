// Package lastuse collects when things were last used, in memory, so that a use costs no write: secrets, API keys, sessions. It
// refuses to know what they are; whoever owns them writes the times now and then.
package lastuse

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"
)

// Times holds, by id, the last use that is not yet in the database. The zero value is ready. Safe for concurrent use.
type Times struct {
	mu sync.Mutex
	at map[string]time.Time
}

// Note remembers that the thing with that id is used now.
func (t *Times) Note(id string, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.at == nil {
		t.at = make(map[string]time.Time)
	}
	t.at[id] = now
}

// Latest is when the thing was last used, by what is noted here or, if that is later, by what was stored.
func (t *Times) Latest(id string, stored time.Time) time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	if at := t.at[id]; at.After(stored) {
		return at
	}
	return stored
}

// Flush hands what is noted to write. What cannot be written now is kept for the next time. What names the things in the error.
func (t *Times) Flush(ctx context.Context, what string, write func(context.Context, map[string]time.Time) error) error {
	pending := t.take()
	if len(pending) == 0 {
		return nil
	}
	if err := write(ctx, pending); err != nil {
		t.giveBack(pending)
		return fmt.Errorf("flush last use of %d %s: %w", len(pending), what, err)
	}
	return nil
}

func (t *Times) take() map[string]time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	taken := t.at
	t.at = nil
	return taken
}

func (t *Times) giveBack(taken map[string]time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	maps.Copy(taken, t.at) // what was noted meanwhile is later
	t.at = taken
}
