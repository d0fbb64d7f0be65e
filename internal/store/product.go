package store

import (
	"context"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// PutOrganization inserts or renames an organization. Created is kept from the first time.
func (db *DB) PutOrganization(ctx context.Context, o dialtone.Organization) error {
	_, err := db.exec(ctx, `
		INSERT INTO organization (id, name, created_at) VALUES ($1, $2, $3)
		ON CONFLICT (id) DO UPDATE SET name = excluded.name`,
		o.ID, o.Name, micros(o.Created))
	return err
}

const productColumns = `p.id, p.organization_id, p.name, p.subtitle, p.description, p.icon_id, p.price, p.terms_url, p.privacy_url,
	p.support, p.scopes, p.consent_version, p.created_at, p.updated_at`

func productFields(p *dialtone.Product) []any {
	return []any{
		&p.ID, &p.OrganizationID, &p.Name, &p.Subtitle, &p.Description, &p.IconID, &p.Price, &p.TermsURL, &p.PrivacyURL,
		&p.Support, documented[[]dialtone.ProductScope]{&p.Scopes}, &p.ConsentVersion, instant{&p.Created}, instant{&p.Updated},
	}
}

// Product returns a product.
func (db *DB) Product(ctx context.Context, id string) (dialtone.Product, error) {
	var p dialtone.Product
	err := db.read().one(ctx, productFields(&p), `SELECT `+productColumns+` FROM product AS p WHERE p.id = $1`, id)
	return p, err
}

// PutProduct inserts or replaces a product. Organization and Created are kept from the first time. Error: ErrNotFound if
// there is no such organization.
func (db *DB) PutProduct(ctx context.Context, p dialtone.Product) error {
	_, err := db.exec(ctx, `
		INSERT INTO product (id, organization_id, name, subtitle, description, icon_id, price, terms_url, privacy_url, support, scopes,
			consent_version, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
		ON CONFLICT (id) DO UPDATE SET name = excluded.name, subtitle = excluded.subtitle, description = excluded.description,
			icon_id = excluded.icon_id, price = excluded.price, terms_url = excluded.terms_url, privacy_url = excluded.privacy_url,
			support = excluded.support, scopes = excluded.scopes, consent_version = excluded.consent_version,
			updated_at = excluded.updated_at`,
		p.ID, p.OrganizationID, p.Name, p.Subtitle, p.Description, p.IconID, p.Price, p.TermsURL, p.PrivacyURL, p.Support,
		document(p.Scopes), p.ConsentVersion, micros(p.Created), micros(p.Updated))
	return err
}

// PutListing inserts or replaces a product's listing at an operator. A change of state leaves a line in the history, signed
// by the actor. Error: ErrNotFound if there is no such product or operator.
func (db *DB) PutListing(ctx context.Context, l dialtone.Listing, actor string) error {
	return db.write(ctx, func(ctx context.Context, t tx) error {
		// The history goes first: it looks at the state before. Its primary key decides between two who change it at once.
		_, err := t.exec(ctx, `
			INSERT INTO listing_event (product_id, operator_id, seq, state, reason, actor, happened_at)
			SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), COALESCE(MAX(e.seq), 0) + 1, CAST($3 AS TEXT), CAST($4 AS TEXT),
				CAST($5 AS TEXT), CAST($6 AS BIGINT)
			FROM listing_event AS e WHERE e.product_id = $1 AND e.operator_id = $2
			HAVING NOT EXISTS (SELECT 1 FROM listing AS l WHERE l.product_id = $1 AND l.operator_id = $2 AND l.state = $3)`,
			l.ProductID, l.OperatorID, string(l.State), l.Reason, actor, micros(l.Updated))
		if err != nil {
			return err
		}
		_, err = t.exec(ctx, `
			INSERT INTO listing (product_id, operator_id, state, reason, updated_at) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (product_id, operator_id) DO UPDATE SET state = excluded.state, reason = excluded.reason,
				updated_at = excluded.updated_at`,
			l.ProductID, l.OperatorID, string(l.State), l.Reason, micros(l.Updated))
		return err
	})
}

// ListingChange is one line of a listing's history.
type ListingChange struct {
	Listing dialtone.Listing // from then on
	Actor   string
}

// ListingHistory returns what became of a product at an operator, the oldest first.
func (db *DB) ListingHistory(ctx context.Context, productID, operatorID string) ([]ListingChange, error) {
	var history []ListingChange
	var c ListingChange
	err := db.read().each(ctx, []any{
		&c.Listing.ProductID, &c.Listing.OperatorID, &c.Listing.State, &c.Listing.Reason, instant{&c.Listing.Updated}, &c.Actor,
	}, func() { history = append(history, c) }, `
		SELECT product_id, operator_id, state, reason, happened_at, actor FROM listing_event
		WHERE product_id = $1 AND operator_id = $2 ORDER BY seq`, productID, operatorID)
	return history, err
}
