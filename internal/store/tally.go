package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// AddTallies adds to what was counted before, all of it or nothing.
func (db *DB) AddTallies(ctx context.Context, tallies []dialtone.Tally) error {
	sorted := slices.Clone(tallies)
	slices.SortFunc(sorted, func(x, y dialtone.Tally) int { // in order: two nodes must not wait for each other
		return cmp.Or(cmp.Compare(x.ProductID, y.ProductID), x.Hour.Compare(y.Hour), cmp.Compare(x.ClientID, y.ClientID),
			cmp.Compare(x.OperatorID, y.OperatorID), cmp.Compare(x.Kind, y.Kind))
	})
	err := db.write(ctx, func(ctx context.Context, t tx) error {
		var steps []*step
		for _, tally := range sorted {
			steps = append(steps, &step{text: `
				INSERT INTO tally (product_id, hour_at, client_id, operator_id, kind, total) VALUES ($1, $2, $3, $4, $5, $6)
				ON CONFLICT (product_id, hour_at, client_id, operator_id, kind) DO UPDATE SET total = tally.total + excluded.total`,
				args: []any{tally.ProductID, tally.Hour.UnixMicro(), tally.ClientID, tally.OperatorID, string(tally.Kind), tally.Count}})
		}
		return inParts(ctx, t, steps)
	})
	if err != nil {
		return fmt.Errorf("add tallies: %w", err)
	}
	return nil
}

// Tallies returns what was counted for a product in the hours that begin at from or later and before to, in their order.
func (db *DB) Tallies(ctx context.Context, productID string, from, to time.Time) ([]dialtone.Tally, error) {
	var list []dialtone.Tally
	var t dialtone.Tally
	err := db.read().each(ctx, []any{&t.ProductID, instant{&t.Hour}, &t.ClientID, &t.OperatorID, &t.Kind, &t.Count},
		func() { list = append(list, t) }, `
		SELECT product_id, hour_at, client_id, operator_id, kind, total FROM tally
		WHERE product_id = $1 AND hour_at >= $2 AND hour_at < $3 ORDER BY hour_at, client_id, operator_id, kind`,
		productID, from.UnixMicro(), to.UnixMicro())
	return list, err
}
