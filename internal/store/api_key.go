package store

import (
	"context"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
)

const apiKeyColumns = `id, organization_id, name, hash, rights, created_by, creator_id, created_at, expires_at, last_used_at, revoked_at`

func apiKeyFields(t tx, k *dialtone.APIKey) []any {
	return []any{
		&k.ID, &k.OrganizationID, &k.Name, &k.Hash, wordList{&k.Rights}, t.opened(secret.LabelStoredName, &k.CreatedBy),
		&k.CreatorID, instant{&k.Created}, instant{&k.Expires}, instant{&k.LastUsed}, instant{&k.Revoked},
	}
}

// PutAPIKey inserts a key. Errors: ErrNotFound if there is no such organization, ErrConflict if the id or the hash is taken.
func (db *DB) PutAPIKey(ctx context.Context, k dialtone.APIKey, a dialtone.Activity) error {
	return db.logged(ctx, a, func(ctx context.Context, t tx) error {
		_, err := t.exec(ctx, `INSERT INTO api_key (`+apiKeyColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
			k.ID, k.OrganizationID, k.Name, k.Hash, words(k.Rights),
			t.sealed(secret.LabelStoredName, k.CreatedBy), k.CreatorID, micros(k.Created), micros(k.Expires), micros(k.LastUsed), micros(k.Revoked))
		return err
	})
}

// APIKeys returns the keys of an organization, revoked ones too, the newest first.
func (db *DB) APIKeys(ctx context.Context, organizationID string) ([]dialtone.APIKey, error) {
	var list []dialtone.APIKey
	var k dialtone.APIKey
	t := db.read()
	err := t.each(ctx, apiKeyFields(t, &k), func() { list = append(list, k) },
		`SELECT `+apiKeyColumns+` FROM api_key WHERE organization_id = $1 ORDER BY created_at DESC, id`, organizationID)
	return list, err
}

// APIKeyByHash returns the key, live or not, that has the hash.
func (db *DB) APIKeyByHash(ctx context.Context, hash string) (dialtone.APIKey, error) {
	var k dialtone.APIKey
	t := db.read()
	err := t.one(ctx, apiKeyFields(t, &k), `SELECT `+apiKeyColumns+` FROM api_key WHERE hash = $1`, hash)
	return k, err
}

// RevokeAPIKey ends a key for good. Error: ErrNotFound if the organization has no such key or it was revoked before.
func (db *DB) RevokeAPIKey(ctx context.Context, organizationID, id string, now time.Time, a dialtone.Activity) error {
	return db.logged(ctx, a, func(ctx context.Context, t tx) error {
		revoked, err := t.exec(ctx, `UPDATE api_key SET revoked_at = $3 WHERE organization_id = $1 AND id = $2 AND revoked_at IS NULL`,
			organizationID, id, now.UnixMicro())
		return foundOne("API key "+id, revoked, err)
	})
}

// TouchAPIKeys notes when keys, by their ids, were last used. A later time that is noted already stays.
func (db *DB) TouchAPIKeys(ctx context.Context, lastUsed map[string]time.Time) error {
	return db.touch(ctx, `UPDATE api_key SET last_used_at = $2 WHERE id = $1 AND COALESCE(last_used_at, 0) NOT BETWEEN $2 AND $3`, lastUsed)
}
