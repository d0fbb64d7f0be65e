package store

import (
	"context"
	"fmt"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// Two transactions that work on the same code and the same budgets take the code first, then the budgets, as those of
// challenges do.

const emailCodeColumns = `id, browser_hash, email_key, code_hash, attempts, superseded, verified_at, created_at, expires_at`

func emailCodeFields(c *dialtone.EmailCode) []any {
	return []any{
		&c.ID, &c.BrowserHash, &c.EmailKey, &c.CodeHash, &c.Attempts, &c.Superseded, instant{&c.Verified}, instant{&c.Created},
		instant{&c.Expires},
	}
}

// CreateEmailCode spends the budgets and inserts the code, which supersedes the open ones of the same browser, and returns it with the
// code that it got. Error: *dialtone.BudgetError if a budget is used up; then everything is as it was.
func (db *DB) CreateEmailCode(ctx context.Context, issue dialtone.EmailIssue, now time.Time) (dialtone.EmailCode, error) {
	var c dialtone.EmailCode
	err := db.write(ctx, func(ctx context.Context, t tx) error {
		if err := charge(ctx, t, issue.Budgets, now); err != nil {
			return err
		}
		supersede := &step{args: []any{issue.Code.BrowserHash}, text: `
			UPDATE email_code SET superseded = TRUE WHERE browser_hash = $1 AND verified_at IS NULL AND NOT superseded`}
		return t.together(ctx, supersede, insertingEmailCode(issue, &c, now))
	})
	if err != nil {
		return dialtone.EmailCode{}, fmt.Errorf("create e-mail code: %w", err)
	}
	return c, nil
}

// insertingEmailCode inserts the code, the long one if somebody guesses at the address.
func insertingEmailCode(issue dialtone.EmailIssue, to *dialtone.EmailCode, now time.Time) *step {
	c := issue.Code
	args := []any{
		c.ID, c.BrowserHash, c.EmailKey, c.CodeHash, c.Attempts, c.Superseded, micros(c.Verified), micros(c.Created), c.Expires.UnixMicro(),
		issue.LongHash, issue.Guesses.Key,
	}
	guessed, args := reached(issue.Guesses, args, now)
	return &step{into: emailCodeFields(to), do: func() {}, args: args, text: `
		WITH guessed (at) AS (
			SELECT ` + guessed + ` FROM budget_entry AS e WHERE e.key = CAST($11 AS TEXT)
		)
		INSERT INTO email_code (` + emailCodeColumns + `)
		SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS TEXT), CASE WHEN at THEN CAST($10 AS TEXT) ELSE CAST($4 AS TEXT) END,
			CAST($5 AS BIGINT), CAST($6 AS BOOLEAN), CAST($7 AS BIGINT), CAST($8 AS BIGINT), CAST($9 AS BIGINT)
		FROM guessed
		RETURNING ` + emailCodeColumns}
}

// TryEmailCode counts one try at a code and says whether it was right. A right one signs in: the account of the address is
// found, or accountIfNew, which has the address, is inserted, and the session with it; the session's account is set here.
// The caller makes sure that accountIfNew.Email is the address that try.EmailKey was made of.
//
// Errors, none of which counts as a try: ErrNotFound if there is no such code for this browser and address; ErrExpired if it
// is too old, or a newer one took its place; ErrExhausted if its tries are used up; ErrConflict if the right code came
// already.
func (db *DB) TryEmailCode(ctx context.Context, try dialtone.EmailTry, accountIfNew dialtone.Account, session dialtone.AccountSession,
	now time.Time) (dialtone.EmailTried, error) {
	var tried dialtone.EmailTried
	err := db.write(ctx, func(ctx context.Context, t tx) error {
		tried = dialtone.EmailTried{}
		code, err := countEmailTry(ctx, t, try, now)
		if err != nil {
			return err
		}
		tried.AttemptsLeft = max(0, try.MaxAttempts-code.Attempts)
		if code.Verified.IsZero() {
			if try.GuessKey == "" {
				return nil
			}
			return charge(ctx, t, []dialtone.Budget{{Key: try.GuessKey}}, now)
		}
		if tried.New, err = insertAccount(ctx, t, accountIfNew); err != nil {
			return err
		}
		if tried.Account, err = accountByEmail(ctx, t, accountIfNew.Email); err != nil {
			return err
		}
		tried.Right = true
		session.AccountID = tried.Account.ID
		return insertAccountSession(ctx, t, session)
	})
	if err != nil {
		return dialtone.EmailTried{}, fmt.Errorf("try e-mail code: %w", err)
	}
	return tried, nil
}

// countEmailTry spends the try and verifies the code in one statement, so that no number of tries at once gets more than
// MaxAttempts guesses. It returns the code after the try.
func countEmailTry(ctx context.Context, t tx, try dialtone.EmailTry, now time.Time) (dialtone.EmailCode, error) {
	var code dialtone.EmailCode
	counted := false
	err := t.each(ctx, emailCodeFields(&code), func() { counted = true }, `
		UPDATE email_code SET attempts = attempts + 1, verified_at = CASE WHEN code_hash = $4 THEN CAST($5 AS BIGINT) END
		WHERE id = $1 AND browser_hash = $2 AND email_key = $3 AND attempts < $6 AND expires_at > $5 AND verified_at IS NULL
			AND NOT superseded AND COALESCE(created_at, 0) <= $7
		RETURNING `+emailCodeColumns,
		try.ID, try.BrowserHash, try.EmailKey, try.CodeHash, now.UnixMicro(), try.MaxAttempts,
		now.Add(dialtone.ClockSkew).UnixMicro())
	if err != nil || counted {
		return code, err
	}
	err = t.one(ctx, emailCodeFields(&code), `
		SELECT `+emailCodeColumns+` FROM email_code WHERE id = $1 AND browser_hash = $2 AND email_key = $3`,
		try.ID, try.BrowserHash, try.EmailKey)
	switch {
	case err != nil: // also for another browser, which must not learn anything
		return code, err
	case !code.Verified.IsZero():
		return code, dialtone.ErrConflict
	case code.Superseded, !now.Before(code.Expires), dialtone.FromTheFuture(code.Created, now):
		return code, dialtone.ErrExpired
	}
	return code, dialtone.ErrExhausted
}
