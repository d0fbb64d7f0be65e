package catalog

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
)

// AddSecret stores the hash of a secret that the client, or we for it, made.
func (c *Catalog) AddSecret(ctx context.Context, clientID string, s dialtone.ClientSecret) error {
	if err := c.store.PutClientSecret(ctx, clientID, s); err != nil {
		return fmt.Errorf("add secret to client %s: %w", clientID, err)
	}
	c.registrations.Drop()
	return nil
}

// AuthenticateSecret reports whether text is one of the client's live secrets. A use is remembered, for FlushLastUsed.
func (c *Catalog) AuthenticateSecret(registration dialtone.Registration, text string, now time.Time) bool {
	// A secret is 256 random bits, so one plain hash is enough. All of them are compared, in constant time each: neither
	// which one matched nor how far it matched shows in the time.
	hash, used := secret.Hash(text), ""
	for _, s := range registration.Client.Secrets {
		if secret.Equal(hash, s.Hash) && s.Live(now) {
			used = s.ID
		}
	}
	if used == "" {
		return false
	}
	c.lastUsed.note(used, now)
	return true
}

// FlushLastUsed writes when secrets and API keys were last used. What cannot be written now is kept for the next time.
func (c *Catalog) FlushLastUsed(ctx context.Context) error {
	return errors.Join(
		c.lastUsed.flush(ctx, "client secrets", c.store.TouchClientSecrets),
		c.keysLastUsed.flush(ctx, "API keys", c.store.TouchAPIKeys),
	)
}

// lastUsed collects, by the id of a secret or a key, the last use that is not yet in the database. The zero value is ready.
type lastUsed struct {
	mu sync.Mutex
	at map[string]time.Time
}

func (l *lastUsed) note(id string, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.at == nil {
		l.at = make(map[string]time.Time)
	}
	l.at[id] = now
}

func (l *lastUsed) flush(ctx context.Context, what string, touch func(context.Context, map[string]time.Time) error) error {
	pending := l.take()
	if len(pending) == 0 {
		return nil
	}
	if err := touch(ctx, pending); err != nil {
		l.giveBack(pending)
		return fmt.Errorf("flush last use of %d %s: %w", len(pending), what, err)
	}
	return nil
}

func (l *lastUsed) take() map[string]time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	taken := l.at
	l.at = nil
	return taken
}

func (l *lastUsed) giveBack(taken map[string]time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	maps.Copy(taken, l.at) // what was noted meanwhile is later
	l.at = taken
}
