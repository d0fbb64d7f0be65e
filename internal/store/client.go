package store

import (
	"context"
	"slices"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

const clientColumns = `c.id, c.product_id, c.description, c.type, c.auth_method, c.redirect_uris, c.post_revoke_redirect_uris,
	c.post_logout_redirect_uris, c.id_token_algorithm, c.applied, c.created_at, c.updated_at`

func clientFields(c *dialtone.Client) []any {
	return []any{
		&c.ID, &c.ProductID, &c.Description, &c.Type, &c.AuthMethod, documented[[]string]{&c.RedirectURIs},
		documented[[]string]{&c.PostRevokeRedirectURIs}, documented[[]string]{&c.PostLogoutRedirectURIs},
		&c.IDTokenAlgorithm, &c.Applied, instant{&c.Created}, instant{&c.Updated},
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

// Registration returns everything about a client that a protocol request needs. What is changed while it is read may show in
// one part and not yet in another; the catalogue reads it again within a second.
func (db *DB) Registration(ctx context.Context, clientID string) (dialtone.Registration, error) {
	r := dialtone.Registration{Listings: make(map[string]dialtone.ListingState)}
	o := &r.Organization
	into := slices.Concat(clientFields(&r.Client), productFields(&r.Product), organizationFields(o))
	err := db.read().one(ctx, into, `
		SELECT `+clientColumns+`, `+productColumns+`, `+organizationColumns+`
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
	var decided bool
	err = db.read().each(ctx, []any{&operatorID, &state, &decided}, func() {
		r.Listings[operatorID] = state
		r.Approved = r.Approved || decided && state == dialtone.ListingEnabled
	}, `SELECT operator_id, state, decided FROM listing WHERE product_id = $1`, r.Product.ID)
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
			post_logout_redirect_uris, id_token_algorithm, applied, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
		ON CONFLICT (id) DO UPDATE SET description = excluded.description, type = excluded.type, auth_method = excluded.auth_method,
			redirect_uris = excluded.redirect_uris, post_revoke_redirect_uris = excluded.post_revoke_redirect_uris,
			post_logout_redirect_uris = excluded.post_logout_redirect_uris, id_token_algorithm = excluded.id_token_algorithm,
			applied = excluded.applied, updated_at = excluded.updated_at`,
		c.ID, c.ProductID, c.Description, string(c.Type), string(c.AuthMethod), document(c.RedirectURIs),
		document(c.PostRevokeRedirectURIs), document(c.PostLogoutRedirectURIs), c.IDTokenAlgorithm, c.Applied, micros(c.Created), micros(c.Updated))
	return err
}

// clientsShown is how many clients of a product are listed: more than anybody has.
const clientsShown = 200

// Clients returns the clients of a product with their secrets, the newest client first, 200 at most.
func (db *DB) Clients(ctx context.Context, productID string) ([]dialtone.Client, error) {
	var list []dialtone.Client
	var c dialtone.Client
	err := db.read().each(ctx, clientFields(&c), func() { list = append(list, c) }, `
		SELECT `+clientColumns+` FROM client AS c WHERE c.product_id = $1 ORDER BY c.created_at DESC, c.id DESC LIMIT $2`,
		productID, clientsShown)
	if err != nil {
		return nil, err
	}
	secrets, err := db.secretsOfProduct(ctx, productID)
	for i := range list {
		list[i].Secrets = secrets[list[i].ID]
	}
	return list, err
}

// CreateClient inserts a client, with its first secret if that has an id. Errors: ErrNotFound if there is no such product,
// ErrConflict if an id is taken.
func (db *DB) CreateClient(ctx context.Context, c dialtone.Client, s dialtone.ClientSecret, a dialtone.Activity) error {
	return db.logged(ctx, a, func(ctx context.Context, t tx) error {
		_, err := t.exec(ctx, `
			INSERT INTO client (id, product_id, description, type, auth_method, redirect_uris, post_revoke_redirect_uris,
				post_logout_redirect_uris, id_token_algorithm, applied, created_at, updated_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
			c.ID, c.ProductID, c.Description, string(c.Type), string(c.AuthMethod), document(c.RedirectURIs),
			document(c.PostRevokeRedirectURIs), document(c.PostLogoutRedirectURIs), c.IDTokenAlgorithm, c.Applied, micros(c.Created),
			micros(c.Updated))
		if err != nil || s.ID == "" {
			return err
		}
		return insertClientSecret(ctx, t, c.ID, s)
	})
}

// SaveClient replaces a client that was last updated at seen; product, type, secrets and Created stay. Errors: ErrConflict if
// somebody else saved it since then, ErrNotFound.
func (db *DB) SaveClient(ctx context.Context, c dialtone.Client, seen time.Time, a dialtone.Activity) error {
	return db.logged(ctx, a, func(ctx context.Context, t tx) error {
		saved, err := t.exec(ctx, `
			UPDATE client SET description = $2, auth_method = $3, redirect_uris = $4, post_revoke_redirect_uris = $5,
				post_logout_redirect_uris = $6, id_token_algorithm = $7, updated_at = $8
			WHERE id = $1 AND updated_at = $9`,
			c.ID, c.Description, string(c.AuthMethod), document(c.RedirectURIs), document(c.PostRevokeRedirectURIs),
			document(c.PostLogoutRedirectURIs), c.IDTokenAlgorithm, micros(c.Updated), micros(seen))
		if err != nil || saved == 1 {
			return err
		}
		return conflictUnlessGone(ctx, t, `SELECT id FROM client WHERE id = $1`, c.ID)
	})
}

// DeleteClient forgets a client and its secrets. Error: ErrNotFound.
func (db *DB) DeleteClient(ctx context.Context, id string, a dialtone.Activity) error {
	return db.logged(ctx, a, func(ctx context.Context, t tx) error {
		if _, err := t.exec(ctx, `DELETE FROM client_secret WHERE client_id = $1`, id); err != nil {
			return err
		}
		deleted, err := t.exec(ctx, `DELETE FROM client WHERE id = $1`, id)
		return foundOne("client "+id, deleted, err)
	})
}
