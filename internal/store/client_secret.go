package store

import (
	"context"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// secrets returns the secrets of a client, the oldest first.
func (db *DB) secrets(ctx context.Context, clientID string) ([]dialtone.ClientSecret, error) {
	var secrets []dialtone.ClientSecret
	var s dialtone.ClientSecret
	err := db.read().each(ctx, []any{&s.ID, &s.Name, &s.Hash, instant{&s.Created}, instant{&s.Expires}, instant{&s.LastUsed}},
		func() { secrets = append(secrets, s) }, `
		SELECT id, name, hash, created_at, expires_at, last_used_at FROM client_secret WHERE client_id = $1 ORDER BY created_at, id`,
		clientID)
	return secrets, err
}

// secretsOfProduct returns the secrets of a product's clients by client id, the oldest first.
func (db *DB) secretsOfProduct(ctx context.Context, productID string) (map[string][]dialtone.ClientSecret, error) {
	secrets := make(map[string][]dialtone.ClientSecret)
	var clientID string
	var s dialtone.ClientSecret
	err := db.read().each(ctx, []any{&clientID, &s.ID, &s.Name, &s.Hash, instant{&s.Created}, instant{&s.Expires}, instant{&s.LastUsed}},
		func() { secrets[clientID] = append(secrets[clientID], s) }, `
		SELECT s.client_id, s.id, s.name, s.hash, s.created_at, s.expires_at, s.last_used_at
		FROM client AS c JOIN client_secret AS s ON s.client_id = c.id WHERE c.product_id = $1 ORDER BY s.created_at, s.id`, productID)
	return secrets, err
}

// PutClientSecret adds a secret to a client. Errors: ErrNotFound if there is no such client, ErrConflict if the id is taken.
func (db *DB) PutClientSecret(ctx context.Context, clientID string, s dialtone.ClientSecret) error {
	return db.on(desk).single(ctx, func(ctx context.Context, t tx) error { return insertClientSecret(ctx, t, clientID, s) })
}

// AddClientSecret is PutClientSecret with a line in the log.
func (db *DB) AddClientSecret(ctx context.Context, clientID string, s dialtone.ClientSecret, a dialtone.Activity) error {
	return db.logged(ctx, a, func(ctx context.Context, t tx) error { return insertClientSecret(ctx, t, clientID, s) })
}

func insertClientSecret(ctx context.Context, t tx, clientID string, s dialtone.ClientSecret) error {
	_, err := t.exec(ctx, `
		INSERT INTO client_secret (id, client_id, name, hash, created_at, expires_at, last_used_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		s.ID, clientID, s.Name, s.Hash, micros(s.Created), micros(s.Expires), micros(s.LastUsed))
	return err
}

// RotateClientSecret adds a secret to a client and ends the one that it replaces at the time given, or when that would have
// expired anyway, in one step. Error: ErrNotFound if the client has no secret with the old id.
func (db *DB) RotateClientSecret(ctx context.Context, clientID, oldID string, ends time.Time, s dialtone.ClientSecret, a dialtone.Activity) error {
	return db.logged(ctx, a, func(ctx context.Context, t tx) error {
		set, err := t.exec(ctx, `
			UPDATE client_secret SET expires_at = CASE WHEN expires_at < $3 THEN expires_at ELSE $3 END
			WHERE client_id = $1 AND id = $2`, clientID, oldID, micros(ends))
		if err := foundOne("client secret "+oldID, set, err); err != nil {
			return err
		}
		return insertClientSecret(ctx, t, clientID, s)
	})
}

// RemoveClientSecret takes a secret away from its client. Error: ErrNotFound if the client has none with that id.
func (db *DB) RemoveClientSecret(ctx context.Context, clientID, secretID string, a dialtone.Activity) error {
	return db.logged(ctx, a, func(ctx context.Context, t tx) error {
		deleted, err := t.exec(ctx, `DELETE FROM client_secret WHERE client_id = $1 AND id = $2`, clientID, secretID)
		return foundOne("client secret "+secretID, deleted, err)
	})
}

// TouchClientSecrets notes when secrets, by their ids, were last used. A later time that is noted already stays.
func (db *DB) TouchClientSecrets(ctx context.Context, lastUsed map[string]time.Time) error {
	return db.touch(ctx, `UPDATE client_secret SET last_used_at = $2 WHERE id = $1 AND COALESCE(last_used_at, 0) NOT BETWEEN $2 AND $3`, lastUsed)
}
