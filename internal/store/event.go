package store

import (
	"context"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// Events returns the events of a product since then, the oldest first, up to limit of them.
func (db *DB) Events(ctx context.Context, productID string, since time.Time, limit int) ([]dialtone.Event, error) {
	var events []dialtone.Event
	var e dialtone.Event
	err := db.read().each(ctx, []any{
		&e.ID, &e.Kind, &e.OperatorID, &e.SubscriptionID, &e.ProductID, &e.ClientID, &e.Payload, instant{&e.At},
	}, func() { events = append(events, e) }, `
		SELECT id, kind, operator_id, subscription_id, product_id, client_id, payload, happened_at FROM event
		WHERE product_id = $1 AND happened_at >= $2 ORDER BY happened_at, id LIMIT $3`, productID, since.UnixMicro(), limit)
	return events, err
}

func insertEvent(ctx context.Context, t tx, e dialtone.Event) error {
	return t.together(ctx, insertingEvent(e))
}

func insertingEvent(e dialtone.Event) *step {
	return &step{text: `
		INSERT INTO event (id, kind, operator_id, subscription_id, product_id, client_id, payload, happened_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`, args: []any{
		e.ID, string(e.Kind), e.OperatorID, e.SubscriptionID, e.ProductID, e.ClientID, e.Payload, e.At.UnixMicro(),
	}}
}
