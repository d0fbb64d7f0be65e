package catalog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/token"
	"github.com/dialtone-id/dialtone/internal/writing"
)

type apiKeyStore interface {
	PutAPIKey(ctx context.Context, k dialtone.APIKey, a dialtone.Activity) error
	APIKeys(ctx context.Context, organizationID string) ([]dialtone.APIKey, error)
	APIKeyByHash(ctx context.Context, hash string) (dialtone.APIKey, error)
	RevokeAPIKey(ctx context.Context, organizationID, id string, now time.Time, a dialtone.Activity) error
	TouchAPIKeys(ctx context.Context, lastUsed map[string]time.Time) error
}

// mostLiveKeys of one organization.
const mostLiveKeys = 50

// APIKeyEdit is what a form says of a new API key.
type APIKeyEdit struct {
	Name    string    // 1 to 60 characters
	Rights  []string  // names of actions that Permissions allows to keys; at least one
	Expires time.Time // zero: never
}

// APIKeys returns the API keys of an organization.
func (c *Catalog) APIKeys(ctx context.Context, actor dialtone.Actor, organizationID string) ([]dialtone.APIKey, error) {
	if _, err := c.allow(ctx, actor, organizationID, ReadKeys); err != nil {
		return nil, err
	}
	list, err := c.store.APIKeys(ctx, organizationID)
	if err != nil {
		return nil, fmt.Errorf("API keys of organization %s: %w", organizationID, err)
	}
	return list, nil
}

// CreateAPIKey makes an API key. Its text exists here once: the database keeps a hash. Errors: dialtone.FieldErrors on name,
// rights and expires; as May.
func (c *Catalog) CreateAPIKey(
	ctx context.Context, actor dialtone.Actor, organizationID string, edit APIKeyEdit, now time.Time,
) (dialtone.APIKey, secret.Text, error) {
	if _, err := c.allow(ctx, actor, organizationID, WriteKeys); err != nil {
		return dialtone.APIKey{}, "", err
	}
	var f fields
	name := f.line(line{field: "name", words: "a name for the key, as \"deployment\"", longest: longestSecretName, required: true}, edit.Name)
	rights := f.rights("rights", edit.Rights)
	expires := f.expiry("expires", edit.Expires, now)
	existing, err := c.store.APIKeys(ctx, organizationID)
	if err != nil {
		return dialtone.APIKey{}, "", fmt.Errorf("create API key: %w", err)
	}
	live := slices.DeleteFunc(existing, func(k dialtone.APIKey) bool { return !k.Live(now) })
	if len(live) >= mostLiveKeys {
		f.refuse("name", fmt.Sprintf("At most %d keys live at once. Revoke one that is no longer used.", mostLiveKeys))
	}
	if err := f.err(); err != nil {
		return dialtone.APIKey{}, "", err
	}
	text := secret.Token(token.PrefixAPIKey)
	now = tick(time.Time{}, now)
	k := dialtone.APIKey{
		ID: secret.ID("key"), OrganizationID: organizationID, Name: name, Hash: secret.Hash(text.Reveal()), Rights: rights,
		CreatedBy: actor.Name, CreatorID: actor.AccountID, Created: now, Expires: expires.Truncate(time.Microsecond),
	}
	a := signed(actor, dialtone.Activity{
		OrganizationID: organizationID, Action: "api_key.create", Target: k.ID, Detail: name + ": " + strings.Join(rights, ", "),
	}, now)
	if err := c.store.PutAPIKey(ctx, k, a); err != nil {
		return dialtone.APIKey{}, "", fmt.Errorf("create API key: %w", err)
	}
	return k, text, nil
}

// rights checks the rights of a key and returns them sorted, each once.
func (f *fields) rights(field string, names []string) []string {
	for _, name := range names {
		if p, known := permission(Action(name)); !known || !p.ForKeys {
			f.refuse(field, "Choose from the list: a key cannot have the right "+writing.Tame(name[:min(len(name), 40)])+".")
			return nil
		}
	}
	if len(names) == 0 {
		f.refuse(field, "Choose at least one right: the key could do nothing.")
	}
	return slices.Compact(slices.Sorted(slices.Values(names)))
}

// RevokeAPIKey ends a key: it is refused from now on. Errors: ErrNotFound if the organization has none with that id; as May.
func (c *Catalog) RevokeAPIKey(ctx context.Context, actor dialtone.Actor, organizationID, keyID string, now time.Time) error {
	if _, err := c.allow(ctx, actor, organizationID, WriteKeys); err != nil {
		return err
	}
	a := signed(actor, dialtone.Activity{OrganizationID: organizationID, Action: "api_key.revoke", Target: keyID}, now)
	if err := c.store.RevokeAPIKey(ctx, organizationID, keyID, now, a); err != nil {
		return fmt.Errorf("revoke API key %s: %w", keyID, err)
	}
	return nil
}

// AuthenticateAPIKey returns whom a key speaks for. A use is remembered, for FlushLastUsed. Error: ErrNotFound if the key is
// unknown, revoked or too old.
func (c *Catalog) AuthenticateAPIKey(ctx context.Context, text string, now time.Time) (dialtone.Actor, error) {
	unknown := fmt.Errorf("API key: %w", dialtone.ErrNotFound)
	if !strings.HasPrefix(text, token.PrefixAPIKey) {
		return dialtone.Actor{}, unknown
	}
	// A key is 256 random bits, so looking its plain hash up tells nothing by its time.
	k, err := c.store.APIKeyByHash(ctx, secret.Hash(text))
	switch {
	case errors.Is(err, dialtone.ErrNotFound), err == nil && !k.Live(now):
		return dialtone.Actor{}, unknown
	case err != nil:
		return dialtone.Actor{}, fmt.Errorf("API key: %w", err)
	}
	c.keysLastUsed.Note(k.ID, now)
	return dialtone.Actor{APIKeyID: k.ID, OrganizationID: k.OrganizationID, Rights: k.Rights, Name: k.Name}, nil
}
