package store

import (
	"context"
	"fmt"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// Two transactions that work on the same challenge and the same budgets take the challenge first, then the budgets, so that
// neither waits for what the other has.

const challengeColumns = `id, browser_hash, request_hash, number_key, subscription_id, code_hash, sealed_code, attempts, sends,
	next_send_at, superseded, verified_at, session_id, created_at, expires_at`

func challengeFields(c *dialtone.Challenge) []any {
	return []any{
		&c.ID, &c.BrowserHash, &c.RequestHash, &c.NumberKey, &c.SubscriptionID, &c.CodeHash, &c.SealedCode, &c.Attempts, &c.Sends,
		instant{&c.NextSend}, &c.Superseded, instant{&c.Verified}, &c.SessionID, instant{&c.Created}, instant{&c.Expires},
	}
}

// Challenge returns a challenge, whatever became of it.
func (db *DB) Challenge(ctx context.Context, id string) (dialtone.Challenge, error) {
	return challenge(ctx, db.read(), id)
}

func challenge(ctx context.Context, t tx, id string) (dialtone.Challenge, error) {
	var c dialtone.Challenge
	err := t.one(ctx, challengeFields(&c), `SELECT `+challengeColumns+` FROM challenge WHERE id = $1`, id)
	return c, err
}

// CreateChallenge spends the budgets and inserts the challenge, which supersedes the earlier ones of the same browser and
// request. Error: *dialtone.BudgetError if a budget is used up, or if as many as maxOpen challenges are open for the
// number; its Key is then the NumberKey.
func (db *DB) CreateChallenge(ctx context.Context, c dialtone.Challenge, budgets []dialtone.Budget, maxOpen int, now time.Time) error {
	err := db.write(ctx, func(ctx context.Context, t tx) error {
		supersede := &step{args: []any{c.BrowserHash, c.RequestHash}, text: `
			UPDATE challenge SET superseded = TRUE, sealed_code = ''
			WHERE browser_hash = $1 AND request_hash = $2 AND verified_at IS NULL AND NOT superseded`}
		if err := spendAll(ctx, t, budgets, now, supersede); err != nil {
			return err
		}
		// The number's own budget lets one at a time come here, so that nobody is counted too late.
		var open int
		var first time.Time // to expire
		if err := t.together(ctx, insertingChallenge(c), countingOpen(c.NumberKey, now, &open, &first)); err != nil {
			return err
		}
		if open > maxOpen { // with this one, which is rolled back
			return &dialtone.BudgetError{Key: c.NumberKey, RetryAfter: first.Sub(now)}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("create challenge: %w", err)
	}
	return nil
}

// countingOpen counts the open challenges of the number, and says when the first of them expires.
func countingOpen(numberKey string, now time.Time, open *int, first *time.Time) *step {
	return &step{args: []any{numberKey, now.UnixMicro()}, into: []any{open, instant{first}}, do: func() {}, text: `
		SELECT COUNT(*), MIN(expires_at) FROM challenge
		WHERE number_key = $1 AND expires_at > $2 AND verified_at IS NULL AND NOT superseded`}
}

func insertingChallenge(c dialtone.Challenge) *step {
	return &step{text: `
		INSERT INTO challenge (` + challengeColumns + `)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`, args: []any{
		c.ID, c.BrowserHash, c.RequestHash, c.NumberKey, c.SubscriptionID, c.CodeHash, c.SealedCode, c.Attempts, c.Sends,
		micros(c.NextSend), c.Superseded, micros(c.Verified), c.SessionID, micros(c.Created), c.Expires.UnixMicro(),
	}}
}

// ResendChallenge counts one more send, spends the budgets and makes the change, and returns the challenge as it is then. A
// new code gets all its tries. The first send counts towards maxSends. Errors: ErrNotFound if this browser has no such
// challenge; ErrExpired; ErrSuperseded; ErrExhausted if maxSends is reached; ErrConflict, with the challenge, if it is too
// early or the right PIN came already; *dialtone.BudgetError.
func (db *DB) ResendChallenge(ctx context.Context, id, browserHash string, change dialtone.Resend, maxSends int,
	budgets []dialtone.Budget, now time.Time) (dialtone.Challenge, error) {
	var c dialtone.Challenge
	err := db.write(ctx, func(ctx context.Context, t tx) error {
		sent := false
		err := t.each(ctx, challengeFields(&c), func() { sent = true }, `
			UPDATE challenge SET sends = sends + 1, next_send_at = $7,
				attempts = CASE WHEN CAST($3 AS TEXT) = '' THEN attempts ELSE 0 END,
				code_hash = COALESCE(NULLIF(CAST($3 AS TEXT), ''), code_hash),
				sealed_code = COALESCE(NULLIF(CAST($4 AS TEXT), ''), sealed_code),
				expires_at = COALESCE(CAST($5 AS BIGINT), expires_at)
			WHERE id = $1 AND browser_hash = $2 AND sends < $6 AND COALESCE(next_send_at, 0) <= $8 AND expires_at > $8
				AND verified_at IS NULL AND NOT superseded
			RETURNING `+challengeColumns,
			id, browserHash, change.CodeHash, change.SealedCode, micros(change.Expires), maxSends, micros(change.NextSend), now.UnixMicro())
		if err != nil {
			return err
		}
		if sent {
			return spendAll(ctx, t, budgets, now)
		}
		c, err = challenge(ctx, t, id)
		if err != nil {
			return err
		}
		return whyNotResent(&c, browserHash, maxSends, now)
	})
	if err != nil {
		return c, fmt.Errorf("resend challenge: %w", err)
	}
	return c, nil
}

func whyNotResent(c *dialtone.Challenge, browserHash string, maxSends int, now time.Time) error {
	if c.BrowserHash != browserHash {
		*c = dialtone.Challenge{} // another browser must not learn anything
		return dialtone.ErrNotFound
	}
	switch {
	case !c.Verified.IsZero():
		return dialtone.ErrConflict
	case c.Superseded:
		return dialtone.ErrSuperseded
	case !now.Before(c.Expires):
		return dialtone.ErrExpired
	case c.Sends >= maxSends:
		return dialtone.ErrExhausted
	}
	return dialtone.ErrConflict // too early
}
