package catalog

import (
	"context"
	"errors"
	"fmt"
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
	c.lastUsed.Note(used, now)
	return true
}

// FlushLastUsed writes when secrets and API keys were last used. What cannot be written now is kept for the next time.
func (c *Catalog) FlushLastUsed(ctx context.Context) error {
	return errors.Join(
		c.lastUsed.Flush(ctx, "client secrets", c.store.TouchClientSecrets),
		c.keysLastUsed.Flush(ctx, "API keys", c.store.TouchAPIKeys),
	)
}
