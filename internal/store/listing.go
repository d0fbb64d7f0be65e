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

const listingColumns = `product_id, operator_id, state, reason, decided, updated_at`

func listingFields(l *dialtone.Listing) []any {
	return []any{&l.ProductID, &l.OperatorID, &l.State, &l.Reason, &l.Decided, instant{&l.Updated}}
}

// Listing returns a product's listing at an operator. Error: ErrNotFound if it was never offered there.
func (db *DB) Listing(ctx context.Context, productID, operatorID string) (dialtone.Listing, error) {
	var l dialtone.Listing
	err := db.read().one(ctx, listingFields(&l),
		`SELECT `+listingColumns+` FROM listing WHERE product_id = $1 AND operator_id = $2`, productID, operatorID)
	if err != nil {
		return dialtone.Listing{}, fmt.Errorf("listing of product %s at %s: %w", productID, operatorID, err)
	}
	return l, nil
}

// Listings returns the listings of a product, by operator id.
func (db *DB) Listings(ctx context.Context, productID string) ([]dialtone.Listing, error) {
	var list []dialtone.Listing
	var l dialtone.Listing
	err := db.read().each(ctx, listingFields(&l), func() { list = append(list, l) },
		`SELECT `+listingColumns+` FROM listing WHERE product_id = $1 ORDER BY operator_id`, productID)
	return list, err
}

// PutListing inserts or replaces a product's listing at an operator. A change of state leaves a line in the history, signed
// by the actor. One that takes the product away from the operator's subscribers takes it from its testers there, too. Error:
// ErrNotFound if there is no such product or operator.
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
			INSERT INTO listing (`+listingColumns+`) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (product_id, operator_id) DO UPDATE SET state = excluded.state, reason = excluded.reason,
				decided = excluded.decided, updated_at = excluded.updated_at`,
			l.ProductID, l.OperatorID, string(l.State), l.Reason, l.Decided, micros(l.Updated))
		if err == nil && (l.State == dialtone.ListingSuspended || l.State == dialtone.ListingDeclined) {
			_, err = t.exec(ctx, `DELETE FROM tester WHERE product_id = $1 AND operator_id = $2`, l.ProductID, l.OperatorID)
		}
		return err
	})
}

// OfferListing lists a product at an operator that has none of it, or that declined it before; what staff decided otherwise
// stays. The activity's actor signs the history. Errors: ErrConflict if the product is listed there, ErrNotFound if there is
// no such product or operator.
func (db *DB) OfferListing(ctx context.Context, l dialtone.Listing, a dialtone.Activity) error {
	return db.logged(ctx, a, func(ctx context.Context, t tx) error {
		offered, err := t.exec(ctx, `
			INSERT INTO listing (`+listingColumns+`) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (product_id, operator_id) DO UPDATE SET state = excluded.state, reason = excluded.reason,
				decided = excluded.decided, updated_at = excluded.updated_at
			WHERE listing.state = 'declined'`,
			l.ProductID, l.OperatorID, string(l.State), l.Reason, l.Decided, micros(l.Updated))
		if err != nil {
			return err
		}
		if offered == 0 {
			return fmt.Errorf("%w: the product is listed there", dialtone.ErrConflict)
		}
		_, err = t.exec(ctx, `
			INSERT INTO listing_event (product_id, operator_id, seq, state, reason, actor, happened_at)
			SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), COALESCE(MAX(e.seq), 0) + 1, CAST($3 AS TEXT), CAST($4 AS TEXT),
				CAST($5 AS TEXT), CAST($6 AS BIGINT)
			FROM listing_event AS e WHERE e.product_id = $1 AND e.operator_id = $2`,
			l.ProductID, l.OperatorID, string(l.State), l.Reason, a.ActorID, micros(l.Updated))
		return err
	})
}

// noteListing adds a line to the history of a listing that is in the state of the line; the listing stays as it is.
func noteListing(ctx context.Context, t tx, line dialtone.ListingChange) error {
	l := line.Listing
	_, err := t.exec(ctx, `
		INSERT INTO listing_event (product_id, operator_id, seq, state, reason, actor, happened_at)
		SELECT l.product_id, l.operator_id,
			(SELECT COALESCE(MAX(e.seq), 0) + 1 FROM listing_event AS e WHERE e.product_id = $1 AND e.operator_id = $2),
			l.state, CAST($4 AS TEXT), CAST($5 AS TEXT), CAST($6 AS BIGINT)
		FROM listing AS l WHERE l.product_id = $1 AND l.operator_id = $2 AND l.state = $3`,
		l.ProductID, l.OperatorID, string(l.State), l.Reason, line.Actor, micros(l.Updated))
	return err
}

// ListingHistory returns what became of a product at an operator, the oldest first.
func (db *DB) ListingHistory(ctx context.Context, productID, operatorID string) ([]dialtone.ListingChange, error) {
	var history []dialtone.ListingChange
	var c dialtone.ListingChange
	err := db.read().each(ctx, []any{
		&c.Listing.ProductID, &c.Listing.OperatorID, &c.Listing.State, &c.Listing.Reason, instant{&c.Listing.Updated}, &c.Actor,
	}, func() { history = append(history, c) }, `
		SELECT product_id, operator_id, state, reason, happened_at, actor FROM listing_event
		WHERE product_id = $1 AND operator_id = $2 ORDER BY seq`, productID, operatorID)
	return history, err
}

// DecideListing brings a listing that was last updated at seen into another state: staff decided. The history says that it was the
// operator; who of its staff it was stands in the line of its audit log. Reviewed is what they saw, and a decision that takes the product
// away from the operator's subscribers takes it from its testers there, too. Errors: ErrConflict if somebody else decided since then,
// ErrNotFound if the product was never offered there.
func (db *DB) DecideListing(ctx context.Context, l dialtone.Listing, seen time.Time, reviewed dialtone.Product, a dialtone.Activity, e dialtone.AuditEntry) error {
	return db.audited(ctx, e, func(ctx context.Context, t tx) error {
		decided, err := t.exec(ctx, `
			UPDATE listing SET state = $3, reason = $4, decided = TRUE, updated_at = $5, reviewed = $7
			WHERE product_id = $1 AND operator_id = $2 AND updated_at = $6`,
			l.ProductID, l.OperatorID, string(l.State), l.Reason, micros(l.Updated), micros(seen), document(reviewed))
		if err != nil {
			return err
		}
		if decided == 0 {
			return conflictUnlessGone(ctx, t, `SELECT state FROM listing WHERE product_id = $1 AND operator_id = $2`, l.ProductID, l.OperatorID)
		}
		_, err = t.exec(ctx, `
			INSERT INTO listing_event (product_id, operator_id, seq, state, reason, actor, happened_at)
			SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), COALESCE(MAX(e.seq), 0) + 1, CAST($3 AS TEXT), CAST($4 AS TEXT),
				CAST($5 AS TEXT), CAST($6 AS BIGINT)
			FROM listing_event AS e WHERE e.product_id = $1 AND e.operator_id = $2`,
			l.ProductID, l.OperatorID, string(l.State), l.Reason, l.OperatorID, micros(l.Updated))
		if err == nil && (l.State == dialtone.ListingSuspended || l.State == dialtone.ListingDeclined) {
			_, err = t.exec(ctx, `DELETE FROM tester WHERE product_id = $1 AND operator_id = $2`, l.ProductID, l.OperatorID)
		}
		if err != nil {
			return err
		}
		return appendActivity(ctx, t, a)
	})
}

// Reviewed returns the product as the operator's staff saw it when they decided last. Error: ErrNotFound if they never did.
func (db *DB) Reviewed(ctx context.Context, productID, operatorID string) (dialtone.Product, error) {
	var text string
	err := db.read().one(ctx, []any{&text}, `SELECT reviewed FROM listing WHERE product_id = $1 AND operator_id = $2 AND reviewed <> ''`, productID, operatorID)
	if err != nil {
		return dialtone.Product{}, fmt.Errorf("review of product %s at %s: %w", productID, operatorID, err)
	}
	var p dialtone.Product
	err = documented[dialtone.Product]{&p}.Scan(text)
	return p, err
}

// OfferedProducts returns products that were offered to an operator, those first whose listing changed last: up to limit of them, after the
// one that changed at before with the id beforeID. A state that is not empty leaves those in it, a search those whose names contain it,
// whatever the case.
func (db *DB) OfferedProducts(ctx context.Context, q dialtone.OfferedQuery) ([]dialtone.Offered, error) {
	search, pattern, most := strings.ToLower(q.Search), "%", q.Limit
	switch {
	case strings.ContainsFunc(search, func(r rune) bool { return r > unicode.MaxASCII }):
		most = math.MaxInt32 // compared here: the engines agree on ASCII only
	case search != "":
		pattern = "%" + likeEscape.Replace(search) + "%"
	}
	var list []dialtone.Offered
	var o dialtone.Offered
	into := append(listingFields(&o.Listing), append(productFields(&o.Product), organizationFields(&o.Organization)...)...)
	err := db.read().each(ctx, into, func() {
		if len(list) < q.Limit && strings.Contains(strings.ToLower(o.Product.Name), search) {
			list = append(list, o)
		}
	}, `
		SELECT l.product_id, l.operator_id, l.state, l.reason, l.decided, l.updated_at, `+productColumns+`, `+organizationColumns+`
		FROM listing AS l JOIN product AS p ON p.id = l.product_id JOIN organization AS o ON o.id = p.organization_id
		WHERE l.operator_id = $1 AND ($2 = '' OR l.state = $2) AND (l.updated_at, l.product_id) < ($3, $4) AND LOWER(p.name) LIKE $5 ESCAPE '!'
		ORDER BY l.updated_at DESC, l.product_id DESC LIMIT $6`,
		q.OperatorID, string(q.State), newestFirst(q.Before), q.BeforeID, pattern, most)
	return list, err
}

// ListingCounts returns how many products are in each state at an operator.
func (db *DB) ListingCounts(ctx context.Context, operatorID string) (map[dialtone.ListingState]int, error) {
	counts := make(map[dialtone.ListingState]int)
	var state dialtone.ListingState
	var n int
	err := db.read().each(ctx, []any{&state, &n}, func() { counts[state] = n },
		`SELECT state, COUNT(*) FROM listing WHERE operator_id = $1 GROUP BY state`, operatorID)
	return counts, err
}
