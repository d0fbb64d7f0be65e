package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// Two transactions that work on the same challenge and the same budgets take the challenge first, then the budgets, so that
// neither waits for what the other has.

const challengeColumns = `id, browser_hash, request_hash, number_key, subscription_id, code_hash, sealed_code, attempts, sends,
	next_send_at, superseded, verified_at, session_id, created_at, expires_at, digits`

func challengeFields(c *dialtone.Challenge) []any {
	return []any{
		&c.ID, &c.BrowserHash, &c.RequestHash, &c.NumberKey, &c.SubscriptionID, &c.CodeHash, &c.SealedCode, &c.Attempts, &c.Sends,
		instant{&c.NextSend}, &c.Superseded, instant{&c.Verified}, &c.SessionID, instant{&c.Created}, instant{&c.Expires}, &c.Digits,
	}
}

// Challenge returns a challenge, whatever became of it.
func (db *DB) Challenge(ctx context.Context, id string) (dialtone.Challenge, error) {
	return challenge(ctx, db.on(signIns).read(), id)
}

func challenge(ctx context.Context, t tx, id string) (dialtone.Challenge, error) {
	var c dialtone.Challenge
	err := t.one(ctx, challengeFields(&c), `SELECT `+challengeColumns+` FROM challenge WHERE id = $1`, id)
	return c, err
}

// CreateChallenge spends the budgets and inserts the challenge, which supersedes the earlier ones of the same browser and
// request, and returns it with the code that it got. Error: *dialtone.BudgetError if a budget is used up.
func (db *DB) CreateChallenge(ctx context.Context, issue dialtone.Issue, now time.Time) (dialtone.Challenge, error) {
	var c dialtone.Challenge
	err := db.on(signIns).write(ctx, func(ctx context.Context, t tx) error {
		supersede := &step{args: []any{issue.Challenge.BrowserHash, issue.Challenge.RequestHash}, text: `
			UPDATE challenge SET superseded = TRUE, sealed_code = ''
			WHERE browser_hash = $1 AND request_hash = $2 AND verified_at IS NULL AND NOT superseded`}
		if err := spendAll(ctx, t, issue.Budgets, now, supersede); err != nil {
			return err
		}
		return t.together(ctx, insertingChallenge(issue, &c, now))
	})
	if err != nil {
		return dialtone.Challenge{}, fmt.Errorf("create challenge: %w", err)
	}
	return c, nil
}

// insertingChallenge inserts the challenge with its long code if somebody guesses at the number: the same statement counts the
// wrong tries, so that knowing it costs no round trip.
func insertingChallenge(issue dialtone.Issue, to *dialtone.Challenge, now time.Time) *step {
	c := issue.Challenge
	args := []any{
		c.ID, c.BrowserHash, c.RequestHash, c.NumberKey, c.SubscriptionID, c.CodeHash, c.SealedCode, c.Attempts, c.Sends,
		micros(c.NextSend), c.Superseded, micros(c.Verified), c.SessionID, micros(c.Created), c.Expires.UnixMicro(), c.Digits,
		issue.Long.Hash, issue.Long.Sealed, issue.Long.Digits, issue.Guesses.Key,
	}
	reached := []string{"COUNT(*) < 0"} // never, and one row
	if issue.Guesses.Key != "" {
		for _, limit := range issue.Guesses.Limits {
			args = append(args, now.Add(-limit.Window).UnixMicro(), now.Add(limit.Window).UnixMicro(), limit.Count)
			reached = append(reached, within(len(args)-2, len(args)-1)+fmt.Sprintf(" >= CAST($%d AS BIGINT)", len(args)))
		}
	}
	return &step{into: challengeFields(to), do: func() {}, args: args, text: `
		WITH guessed (at) AS (
			SELECT ` + strings.Join(reached, " OR ") + ` FROM budget_entry AS e WHERE e.key = CAST($20 AS TEXT)
		)
		INSERT INTO challenge (` + challengeColumns + `)
		SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS TEXT), CAST($5 AS TEXT),
			CASE WHEN at THEN CAST($17 AS TEXT) ELSE CAST($6 AS TEXT) END, CASE WHEN at THEN CAST($18 AS TEXT) ELSE CAST($7 AS TEXT) END,
			CAST($8 AS BIGINT), CAST($9 AS BIGINT), CAST($10 AS BIGINT), CAST($11 AS BOOLEAN), CAST($12 AS BIGINT), CAST($13 AS TEXT),
			CAST($14 AS BIGINT), CAST($15 AS BIGINT), CASE WHEN at THEN CAST($19 AS BIGINT) ELSE CAST($16 AS BIGINT) END
		FROM guessed
		RETURNING ` + challengeColumns}
}

// ResendChallenge counts one more send, spends the budgets and makes the change, and returns the challenge as it is then. A
// new code gets all its tries. The first send counts towards maxSends. Errors: ErrNotFound if this browser has no such
// challenge; ErrExpired; ErrSuperseded; ErrExhausted if maxSends is reached; ErrConflict, with the challenge, if it is too
// early or the right PIN came already; *dialtone.BudgetError.
func (db *DB) ResendChallenge(ctx context.Context, id, browserHash string, change dialtone.Resend, maxSends int,
	budgets []dialtone.Budget, now time.Time) (dialtone.Challenge, error) {
	var c dialtone.Challenge
	err := db.on(signIns).write(ctx, func(ctx context.Context, t tx) error {
		sent := false
		err := t.each(ctx, challengeFields(&c), func() { sent = true }, `
			UPDATE challenge SET sends = sends + 1, next_send_at = $7,
				attempts = CASE WHEN CAST($3 AS TEXT) = '' THEN attempts ELSE 0 END,
				code_hash = COALESCE(NULLIF(CAST($3 AS TEXT), ''), code_hash),
				sealed_code = COALESCE(NULLIF(CAST($4 AS TEXT), ''), sealed_code),
				expires_at = COALESCE(CAST($5 AS BIGINT), expires_at),
				digits = CASE WHEN CAST($3 AS TEXT) = '' THEN digits ELSE CAST($9 AS BIGINT) END
			WHERE id = $1 AND browser_hash = $2 AND sends < $6 AND COALESCE(next_send_at, 0) <= $8 AND expires_at > $8
				AND verified_at IS NULL AND NOT superseded AND COALESCE(created_at, 0) <= $10
			RETURNING `+challengeColumns,
			id, browserHash, change.Code.Hash, change.Code.Sealed, micros(change.Expires), maxSends, micros(change.NextSend), now.UnixMicro(),
			change.Code.Digits, now.Add(dialtone.ClockSkew).UnixMicro())
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
	case !now.Before(c.Expires), dialtone.FromTheFuture(c.Created, now):
		return dialtone.ErrExpired
	case c.Sends >= maxSends:
		return dialtone.ErrExhausted
	}
	return dialtone.ErrConflict // too early
}
