package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// failedRequestsKept is how many of a product's failed requests are kept: a client that fails in a loop must not fill the
// disk.
const failedRequestsKept = 1000

const failedRequestColumns = `id, product_id, client_id, endpoint, code, description, detail, happened_at`

func failedRequestFields(f *dialtone.FailedRequest) []any {
	return []any{&f.ID, &f.ProductID, &f.ClientID, &f.Endpoint, &f.Code, &f.Description, &f.Detail, instant{&f.At}}
}

// PutFailedRequests keeps failed requests, and of each product the newest thousand. One that is kept already stays.
func (db *DB) PutFailedRequests(ctx context.Context, list []dialtone.FailedRequest) error {
	err := db.on(upkeep).write(ctx, func(ctx context.Context, t tx) error {
		products := make(map[string]bool)
		var steps []*step
		for _, f := range list {
			products[f.ProductID] = true
			steps = append(steps, insertingFailedRequest(f))
		}
		for _, productID := range slices.Sorted(maps.Keys(products)) {
			steps = append(steps, &step{args: []any{productID, failedRequestsKept}, text: `
				DELETE FROM failed_request WHERE product_id = $1 AND (happened_at, id) <= (
					SELECT f.happened_at, f.id FROM failed_request AS f
					WHERE f.product_id = $1 ORDER BY f.happened_at DESC, f.id DESC LIMIT 1 OFFSET $2)`})
		}
		return inParts(ctx, t, steps)
	})
	if err != nil {
		return fmt.Errorf("keep failed requests: %w", err)
	}
	return nil
}

func insertingFailedRequest(f dialtone.FailedRequest) *step {
	return &step{text: `INSERT INTO failed_request (` + failedRequestColumns + `) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (id) DO NOTHING`, args: []any{
		f.ID, f.ProductID, f.ClientID, f.Endpoint, f.Code, f.Description, f.Detail, f.At.UnixMicro(),
	}}
}

// inParts runs any number of statements, some hundred in a round trip.
func inParts(ctx context.Context, t tx, steps []*step) error {
	const part = 500
	for some := range slices.Chunk(steps, part) {
		if err := t.together(ctx, some...); err != nil {
			return err
		}
	}
	return nil
}

// FailedRequests returns failed requests of a product, or of one of its clients if clientID is not empty, the newest first,
// up to limit of them: from the newest, or, to go on, from the one after that at that time and with that id.
func (db *DB) FailedRequests(ctx context.Context, productID, clientID string, before time.Time, beforeID string,
	limit int) ([]dialtone.FailedRequest, error) {
	var list []dialtone.FailedRequest
	var f dialtone.FailedRequest
	err := db.read().each(ctx, failedRequestFields(&f), func() { list = append(list, f) }, `
		SELECT `+failedRequestColumns+` FROM failed_request
		WHERE product_id = $1 AND (client_id = $2 OR $2 = '') AND (happened_at, id) < ($3, $4)
		ORDER BY happened_at DESC, id DESC LIMIT $5`, productID, clientID, newestFirst(before), beforeID, limit)
	return list, err
}

// FailedRequest returns the failed request that has the error id.
func (db *DB) FailedRequest(ctx context.Context, id string) (dialtone.FailedRequest, error) {
	var f dialtone.FailedRequest
	err := db.read().one(ctx, failedRequestFields(&f), `SELECT `+failedRequestColumns+` FROM failed_request WHERE id = $1`, id)
	return f, err
}
