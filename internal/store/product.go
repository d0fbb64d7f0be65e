package store

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"
	"unicode"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

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

// CreateProduct inserts a product. Errors: ErrNotFound if there is no such organization, ErrConflict if the id is taken.
func (db *DB) CreateProduct(ctx context.Context, p dialtone.Product, a dialtone.Activity) error {
	return db.logged(ctx, a, func(ctx context.Context, t tx) error {
		_, err := t.exec(ctx, `
			INSERT INTO product (id, organization_id, name, subtitle, description, icon_id, price, terms_url, privacy_url, support, scopes,
				consent_version, created_at, updated_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
			p.ID, p.OrganizationID, p.Name, p.Subtitle, p.Description, p.IconID, p.Price, p.TermsURL, p.PrivacyURL, p.Support,
			document(p.Scopes), p.ConsentVersion, micros(p.Created), micros(p.Updated))
		return err
	})
}

// SaveProduct replaces a product that was last updated at seen; Organization and Created stay. The lines go into the histories of
// those listings that are in the state which the line has. Errors: ErrConflict if somebody else saved it since then, ErrNotFound.
func (db *DB) SaveProduct(ctx context.Context, p dialtone.Product, seen time.Time, a dialtone.Activity, lines ...dialtone.ListingChange) error {
	return db.logged(ctx, a, func(ctx context.Context, t tx) error {
		saved, err := t.exec(ctx, `
			UPDATE product SET name = $2, subtitle = $3, description = $4, icon_id = $5, price = $6, terms_url = $7, privacy_url = $8,
				support = $9, scopes = $10, consent_version = $11, updated_at = $12
			WHERE id = $1 AND updated_at = $13`,
			p.ID, p.Name, p.Subtitle, p.Description, p.IconID, p.Price, p.TermsURL, p.PrivacyURL, p.Support, document(p.Scopes),
			p.ConsentVersion, micros(p.Updated), micros(seen))
		if err != nil {
			return err
		}
		if saved == 0 {
			return conflictUnlessGone(ctx, t, `SELECT id FROM product WHERE id = $1`, p.ID)
		}
		for _, line := range lines {
			if err := noteListing(ctx, t, line); err != nil {
				return err
			}
		}
		return nil
	})
}

// Products returns products of an organization, the newest first, up to limit of them: from the newest, or from the one
// after the product with the id after. A search that is not empty leaves those whose name contains it, whatever the case.
// Error: ErrNotFound if the organization has no product with the id after.
func (db *DB) Products(ctx context.Context, organizationID, after, search string, limit int) ([]dialtone.Product, error) {
	last := dialtone.Product{OrganizationID: organizationID} // of the page before
	if after != "" {
		var err error
		if last, err = db.Product(ctx, after); err == nil && last.OrganizationID != organizationID {
			err = dialtone.ErrNotFound
		}
		if err != nil {
			return nil, fmt.Errorf("products after %s: %w", after, err)
		}
	}
	if search != "" {
		return db.searchProducts(ctx, last, search, limit)
	}
	var list []dialtone.Product
	var p dialtone.Product
	err := db.read().each(ctx, productFields(&p), func() { list = append(list, p) }, `
		SELECT `+productColumns+` FROM product AS p
		WHERE p.organization_id = $1 AND (p.created_at, p.id) < ($2, $3) ORDER BY p.created_at DESC, p.id DESC LIMIT $4`,
		last.OrganizationID, newestFirst(last.Created), last.ID, limit)
	return list, err
}

// searchProducts returns those after the last one whose names contain the text. The engines agree on what an ASCII letter in
// another case is; for others it is compared here.
func (db *DB) searchProducts(ctx context.Context, last dialtone.Product, search string, limit int) ([]dialtone.Product, error) {
	search = strings.ToLower(search)
	pattern, most := "%"+likeEscape.Replace(search)+"%", limit
	if strings.ContainsFunc(search, func(r rune) bool { return r > unicode.MaxASCII }) {
		pattern, most = "%", math.MaxInt32
	}
	var list []dialtone.Product
	var p dialtone.Product
	err := db.read().each(ctx, productFields(&p), func() {
		if len(list) < limit && strings.Contains(strings.ToLower(p.Name), search) {
			list = append(list, p)
		}
	}, `
		SELECT `+productColumns+` FROM product AS p
		WHERE p.organization_id = $1 AND (p.created_at, p.id) < ($2, $3) AND LOWER(p.name) LIKE $4 ESCAPE '!'
		ORDER BY p.created_at DESC, p.id DESC LIMIT $5`,
		last.OrganizationID, newestFirst(last.Created), last.ID, pattern, most)
	return list, err
}

// likeEscape makes a text stand for itself in a LIKE pattern.
var likeEscape = strings.NewReplacer("!", "!!", "%", "!%", "_", "!_")
