package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// ReserveIdempotency takes an idempotency key of an API key for a request, and says that it is fresh; or it returns what is
// stored for the key, which may be another request's. What a clock far ahead stored is given up: no cleaning finds it for years.
func (db *DB) ReserveIdempotency(ctx context.Context, apiKeyID, key, requestHash string,
	now time.Time) (dialtone.IdempotentAnswer, bool, error) {
	fresh := dialtone.IdempotentAnswer{RequestHash: requestHash, Created: now}
	for {
		reserved, err := db.exec(ctx, `
			INSERT INTO idempotent_answer (api_key_id, key, request_hash, status, sealed_body, done, created_at)
			VALUES ($1, $2, $3, 0, '', FALSE, $4) ON CONFLICT (api_key_id, key) DO UPDATE
			SET request_hash = excluded.request_hash, status = 0, sealed_body = '', done = FALSE, created_at = excluded.created_at
			WHERE idempotent_answer.created_at > $5`,
			apiKeyID, key, requestHash, now.UnixMicro(), now.Add(dialtone.ClockSkew).UnixMicro())
		if err != nil {
			return dialtone.IdempotentAnswer{}, false, fmt.Errorf("reserve idempotency key: %w", err)
		}
		if reserved == 1 {
			return fresh, true, nil
		}
		var stored dialtone.IdempotentAnswer
		err = db.read().one(ctx, []any{&stored.RequestHash, &stored.Status, &stored.SealedBody, &stored.Done, instant{&stored.Created}}, `
			SELECT request_hash, status, sealed_body, done, created_at FROM idempotent_answer WHERE api_key_id = $1 AND key = $2`,
			apiKeyID, key)
		if errors.Is(err, dialtone.ErrNotFound) {
			continue // dropped in between: it is free again
		}
		if err != nil {
			return dialtone.IdempotentAnswer{}, false, fmt.Errorf("read idempotency key: %w", err)
		}
		return stored, false, nil
	}
}

// FinishIdempotency keeps the answer of the request that reserved the key. Error: ErrNotFound if nothing reserved it, or
// there is an answer already.
func (db *DB) FinishIdempotency(ctx context.Context, apiKeyID, key string, answer dialtone.IdempotentAnswer) error {
	finished, err := db.exec(ctx, `
		UPDATE idempotent_answer SET status = $3, sealed_body = $4, done = TRUE WHERE api_key_id = $1 AND key = $2 AND NOT done`,
		apiKeyID, key, answer.Status, answer.SealedBody)
	return foundOne("finish idempotency key", finished, err)
}

// DropIdempotency frees a key whose request was not done, so that it may be sent again. An answer that is there stays.
func (db *DB) DropIdempotency(ctx context.Context, apiKeyID, key string) error {
	_, err := db.exec(ctx, `DELETE FROM idempotent_answer WHERE api_key_id = $1 AND key = $2 AND NOT done`, apiKeyID, key)
	return err
}
