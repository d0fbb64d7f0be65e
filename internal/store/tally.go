package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// AddTallies adds to what was counted before, by the hour and by the day, all of it or nothing.
func (db *DB) AddTallies(ctx context.Context, tallies []dialtone.Tally) error {
	var steps []*step
	for _, tally := range inOrder(slices.Clone(tallies)) {
		steps = append(steps, &step{text: `
			INSERT INTO tally (product_id, hour_at, client_id, operator_id, kind, total) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (product_id, hour_at, client_id, operator_id, kind) DO UPDATE SET total = tally.total + excluded.total`,
			args: []any{tally.ProductID, tally.Hour.UnixMicro(), tally.ClientID, tally.OperatorID, string(tally.Kind), tally.Count}})
	}
	for _, tally := range byDay(tallies) {
		steps = append(steps, &step{text: `
			INSERT INTO tally_day (product_id, day_at, operator_id, kind, total) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (product_id, day_at, operator_id, kind) DO UPDATE SET total = tally_day.total + excluded.total`,
			args: []any{tally.ProductID, tally.Hour.UnixMicro(), tally.OperatorID, string(tally.Kind), tally.Count}})
	}
	err := db.on(upkeep).write(ctx, func(ctx context.Context, t tx) error { return inParts(ctx, t, steps) })
	if err != nil {
		return fmt.Errorf("add tallies: %w", err)
	}
	return nil
}

// inOrder sorts tallies by their row: two nodes that write at once must not wait for each other in a circle.
func inOrder(tallies []dialtone.Tally) []dialtone.Tally {
	slices.SortFunc(tallies, func(x, y dialtone.Tally) int {
		return cmp.Or(cmp.Compare(x.ProductID, y.ProductID), x.Hour.Compare(y.Hour), cmp.Compare(x.ClientID, y.ClientID),
			cmp.Compare(x.OperatorID, y.OperatorID), cmp.Compare(x.Kind, y.Kind))
	})
	return tallies
}

// byDay adds the tallies of a day (UTC) up, over all clients.
func byDay(tallies []dialtone.Tally) []dialtone.Tally {
	sums := make(map[dialtone.Tally]int64)
	for _, t := range tallies {
		row := dialtone.Tally{ProductID: t.ProductID, OperatorID: t.OperatorID, Kind: t.Kind, Hour: t.Hour.UTC().Truncate(24 * time.Hour)}
		sums[row] += t.Count
	}
	days := make([]dialtone.Tally, 0, len(sums))
	for row, count := range sums {
		row.Count = count
		days = append(days, row)
	}
	return inOrder(days)
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

// DayTallies returns what was counted for a product on the days (UTC) that begin at from or later and before to, in their
// order, over all clients: Hour is the day's midnight, ClientID is empty.
func (db *DB) DayTallies(ctx context.Context, productID string, from, to time.Time) ([]dialtone.Tally, error) {
	var list []dialtone.Tally
	var t dialtone.Tally
	err := db.read().each(ctx, []any{&t.ProductID, instant{&t.Hour}, &t.OperatorID, &t.Kind, &t.Count},
		func() { list = append(list, t) }, `
		SELECT product_id, day_at, operator_id, kind, total FROM tally_day
		WHERE product_id = $1 AND day_at >= $2 AND day_at < $3 ORDER BY day_at, operator_id, kind`,
		productID, from.UnixMicro(), to.UnixMicro())
	return list, err
}
