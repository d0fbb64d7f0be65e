package store

import (
	"context"
	"fmt"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

const testerColumns = `product_id, operator_id, subscription_id, until_at, named_at, named_by`

func testerFields(t *dialtone.Tester) []any {
	return []any{&t.ProductID, &t.OperatorID, &t.SubscriptionID, instant{&t.Until}, instant{&t.Named}, &t.NamedBy}
}

// Testers returns the lines that were named to try a product, those of each operator together and the last to end first. Some may be
// over by now.
func (db *DB) Testers(ctx context.Context, productID string) ([]dialtone.Tester, error) {
	var list []dialtone.Tester
	var one dialtone.Tester
	err := db.read().each(ctx, testerFields(&one), func() { list = append(list, one) },
		`SELECT `+testerColumns+` FROM tester WHERE product_id = $1 ORDER BY operator_id, until_at DESC, subscription_id`, productID)
	return list, err
}

// testersOf is until when the product's testers may be reached, by line; nil if there are none.
func (db *DB) testersOf(ctx context.Context, productID string) (map[string]time.Time, error) {
	var testers map[string]time.Time
	var id string
	var until time.Time
	err := db.on(lookups).read().each(ctx, []any{&id, instant{&until}}, func() {
		if testers == nil {
			testers = make(map[string]time.Time)
		}
		testers[id] = until
	}, `SELECT subscription_id, until_at FROM tester WHERE product_id = $1`, productID)
	return testers, err
}

// PutTester names a line to try a product with, or changes until when. Errors: ErrNotFound if there is no such product; ErrConflict if
// the line is not an active one of the operator, or the operator has suspended the product; ErrExhausted if dialtone.MostTesters are
// named there.
func (db *DB) PutTester(ctx context.Context, n dialtone.Tester, a dialtone.Activity, now time.Time) error {
	return db.logged(ctx, a, func(ctx context.Context, t tx) error {
		named, err := t.exec(ctx, `
			INSERT INTO tester (`+testerColumns+`)
			SELECT p.id, u.operator_id, u.id, CAST($4 AS BIGINT), CAST($5 AS BIGINT), CAST($6 AS TEXT)
			FROM product AS p CROSS JOIN subscription AS u
			WHERE p.id = $1 AND u.id = $3 AND u.operator_id = $2 AND u.status = 'active'
				AND NOT EXISTS (SELECT 1 FROM listing AS l WHERE l.product_id = $1 AND l.operator_id = $2 AND l.state = 'suspended')
				AND (SELECT COUNT(*) FROM tester AS x
					WHERE x.product_id = $1 AND x.operator_id = $2 AND x.subscription_id <> $3 AND x.until_at > $5) < $7
			ON CONFLICT (product_id, subscription_id) DO UPDATE SET until_at = excluded.until_at, named_at = excluded.named_at,
				named_by = excluded.named_by`,
			n.ProductID, n.OperatorID, n.SubscriptionID, micros(n.Until), now.UnixMicro(), n.NamedBy, dialtone.MostTesters)
		if err != nil || named > 0 {
			return err
		}
		return whyNotNamed(ctx, t, n)
	})
}

func whyNotNamed(ctx context.Context, t tx, n dialtone.Tester) error {
	var product, line, suspended bool
	err := t.one(ctx, []any{&product, &line, &suspended}, `
		SELECT EXISTS (SELECT 1 FROM product WHERE id = $1),
			EXISTS (SELECT 1 FROM subscription WHERE id = $3 AND operator_id = $2 AND status = 'active'),
			EXISTS (SELECT 1 FROM listing WHERE product_id = $1 AND operator_id = $2 AND state = 'suspended')`,
		n.ProductID, n.OperatorID, n.SubscriptionID)
	switch {
	case err != nil:
		return err
	case !product:
		return dialtone.ErrNotFound
	case !line:
		return fmt.Errorf("%w: the line is not an active one of %s", dialtone.ErrConflict, n.OperatorID)
	case suspended:
		return fmt.Errorf("%w: %s has suspended the product", dialtone.ErrConflict, n.OperatorID)
	}
	return fmt.Errorf("%w: %d numbers of %s try the product already", dialtone.ErrExhausted, dialtone.MostTesters, n.OperatorID)
}

// EndTester takes a line from those that try a product. Error: ErrNotFound if it is none of them.
func (db *DB) EndTester(ctx context.Context, productID, subscriptionID string, a dialtone.Activity) error {
	return db.logged(ctx, a, func(ctx context.Context, t tx) error {
		ended, err := t.exec(ctx, `DELETE FROM tester WHERE product_id = $1 AND subscription_id = $2`, productID, subscriptionID)
		if err == nil && ended == 0 {
			err = dialtone.ErrNotFound
		}
		return err
	})
}
