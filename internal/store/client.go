package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

const clientColumns = `c.id, c.product_id, c.description, c.type, c.auth_method, c.redirect_uris, c.post_revoke_redirect_uris,
	c.post_logout_redirect_uris, c.id_token_algorithm, c.created_at, c.updated_at`

func clientFields(c *dialtone.Client) []any {
	return []any{
		&c.ID, &c.ProductID, &c.Description, &c.Type, &c.AuthMethod, documented[[]string]{&c.RedirectURIs},
		documented[[]string]{&c.PostRevokeRedirectURIs}, documented[[]string]{&c.PostLogoutRedirectURIs},
		&c.IDTokenAlgorithm, instant{&c.Created}, instant{&c.Updated},
	}
}

// Client returns a client with its secrets, the oldest first.
func (db *DB) Client(ctx context.Context, id string) (dialtone.Client, error) {
	var c dialtone.Client
	err := db.read().one(ctx, clientFields(&c), `SELECT `+clientColumns+` FROM client AS c WHERE c.id = $1`, id)
	if err != nil {
		return dialtone.Client{}, err
	}
	c.Secrets, err = db.secrets(ctx, id)
	return c, err
}

func (db *DB) secrets(ctx context.Context, clientID string) ([]dialtone.ClientSecret, error) {
	var secrets []dialtone.ClientSecret
	var s dialtone.ClientSecret
	err := db.read().each(ctx, []any{&s.ID, &s.Name, &s.Hash, instant{&s.Created}, instant{&s.Expires}, instant{&s.LastUsed}},
		func() { secrets = append(secrets, s) }, `
		SELECT id, name, hash, created_at, expires_at, last_used_at FROM client_secret WHERE client_id = $1 ORDER BY created_at, id`,
		clientID)
	return secrets, err
}

// Registration returns everything about a client that a protocol request needs. What is changed while it is read may show in
// one part and not yet in another; the catalogue reads it again within a second.
func (db *DB) Registration(ctx context.Context, clientID string) (dialtone.Registration, error) {
	r := dialtone.Registration{Listings: make(map[string]dialtone.ListingState)}
	o := &r.Organization
	into := slices.Concat(clientFields(&r.Client), productFields(&r.Product), []any{&o.ID, &o.Name, instant{&o.Created}})
	err := db.read().one(ctx, into, `
		SELECT `+clientColumns+`, `+productColumns+`, o.id, o.name, o.created_at
		FROM client AS c JOIN product AS p ON p.id = c.product_id JOIN organization AS o ON o.id = p.organization_id
		WHERE c.id = $1`, clientID)
	if err != nil {
		return dialtone.Registration{}, err
	}
	if r.Client.Secrets, err = db.secrets(ctx, clientID); err != nil {
		return dialtone.Registration{}, err
	}
	var operatorID string
	var state dialtone.ListingState
	err = db.read().each(ctx, []any{&operatorID, &state}, func() { r.Listings[operatorID] = state },
		`SELECT operator_id, state FROM listing WHERE product_id = $1`, r.Product.ID)
	if err != nil {
		return dialtone.Registration{}, err
	}
	return r, nil
}

// PutClient inserts or replaces a client, without its secrets. Product and Created are kept from the first time. Error:
// ErrNotFound if there is no such product.
func (db *DB) PutClient(ctx context.Context, c dialtone.Client) error {
	_, err := db.exec(ctx, `
		INSERT INTO client (id, product_id, description, type, auth_method, redirect_uris, post_revoke_redirect_uris,
			post_logout_redirect_uris, id_token_algorithm, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
		ON CONFLICT (id) DO UPDATE SET description = excluded.description, type = excluded.type, auth_method = excluded.auth_method,
			redirect_uris = excluded.redirect_uris, post_revoke_redirect_uris = excluded.post_revoke_redirect_uris,
			post_logout_redirect_uris = excluded.post_logout_redirect_uris, id_token_algorithm = excluded.id_token_algorithm,
			updated_at = excluded.updated_at`,
		c.ID, c.ProductID, c.Description, string(c.Type), string(c.AuthMethod), document(c.RedirectURIs),
		document(c.PostRevokeRedirectURIs), document(c.PostLogoutRedirectURIs), c.IDTokenAlgorithm, micros(c.Created), micros(c.Updated))
	return err
}

// PutClientSecret adds a secret to a client. Errors: ErrNotFound if there is no such client, ErrConflict if the id is taken.
func (db *DB) PutClientSecret(ctx context.Context, clientID string, s dialtone.ClientSecret) error {
	_, err := db.exec(ctx, `
		INSERT INTO client_secret (id, client_id, name, hash, created_at, expires_at, last_used_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		s.ID, clientID, s.Name, s.Hash, micros(s.Created), micros(s.Expires), micros(s.LastUsed))
	return err
}

// DeleteClientSecret takes a secret away from its client. Error: ErrNotFound if the client has none with that id.
func (db *DB) DeleteClientSecret(ctx context.Context, clientID, secretID string) error {
	deleted, err := db.exec(ctx, `DELETE FROM client_secret WHERE client_id = $1 AND id = $2`, clientID, secretID)
	if err == nil && deleted == 0 {
		err = fmt.Errorf("delete client secret %s: %w", secretID, dialtone.ErrNotFound)
	}
	return err
}

// TouchClientSecrets notes when secrets, by their ids, were last used. A later time that is noted already stays.
func (db *DB) TouchClientSecrets(ctx context.Context, lastUsed map[string]time.Time) error {
	return db.write(ctx, func(ctx context.Context, t tx) error {
		for _, id := range slices.Sorted(maps.Keys(lastUsed)) { // in order: two nodes must not wait for each other
			_, err := t.exec(ctx, `UPDATE client_secret SET last_used_at = $2 WHERE id = $1 AND COALESCE(last_used_at, 0) < $2`,
				id, lastUsed[id].UnixMicro())
			if err != nil {
				return err
			}
		}
		return nil
	})
}
