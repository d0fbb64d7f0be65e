package store

import (
	"context"
	"fmt"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// SpendToken uses a token up, or revokes it, until it would have expired anyway. Error: ErrConflict the second time.
func (db *DB) SpendToken(ctx context.Context, id string, expires time.Time) error {
	err := db.on(tokenWrites).single(ctx, func(ctx context.Context, t tx) error { return spendToken(ctx, t, id, expires) })
	if err != nil {
		return fmt.Errorf("spend token: %w", err)
	}
	return nil
}

func spendToken(ctx context.Context, t tx, id string, expires time.Time) error {
	spent, err := t.exec(ctx, `INSERT INTO spent (id, expires_at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING`, id, expires.UnixMicro())
	if err == nil && spent == 0 {
		err = dialtone.ErrConflict
	}
	return err
}

var tokensSpent = newShared(`
	WITH asked (n, id) AS (VALUES %s)
	SELECT asked.n FROM asked WHERE EXISTS (SELECT 1 FROM spent AS s WHERE s.id = asked.id `+byItself+`)`, "TEXT")

// TokenSpent reports whether a token was used up or revoked.
func (db *DB) TokenSpent(ctx context.Context, id string) (bool, error) {
	spent, err := db.tokensSpent.ask(ctx, id)
	if err != nil {
		return false, fmt.Errorf("look up spent token: %w", err)
	}
	return spent, nil
}

func (db *DB) readTokensSpent(ctx context.Context, ids []string) ([]bool, error) {
	args := make([]any, 0, largestBatch)
	for _, id := range ids {
		args = append(args, id)
	}
	answers := make([]bool, len(ids))
	var n int
	text, args := tokensSpent.fit(args)
	err := db.on(tokenReads).read().each(ctx, []any{&n}, func() { answers[n] = true }, text, args...)
	return answers, err
}
