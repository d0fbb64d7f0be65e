package store

import (
	"context"
	"fmt"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// TryChallenge counts one try at a PIN and says whether it was right. The try is counted against the challenge and against
// the number's budget before anything is made of it; a right one inserts the session and empties the budget. No PIN is
// right for a number that is not served or whose line is not active.
//
// Errors, none of which counts as a try: ErrNotFound if this browser and request have no such challenge; ErrSuperseded;
// ErrExpired; ErrExhausted if its tries are used up, and *dialtone.BudgetError if those of the number are; ErrConflict if
// the right PIN came already. The challenge comes with the error, except with ErrNotFound.
func (db *DB) TryChallenge(ctx context.Context, try dialtone.Try, now time.Time) (dialtone.Tried, error) {
	var tried dialtone.Tried
	err := db.write(ctx, func(ctx context.Context, t tx) error {
		tried = dialtone.Tried{}
		counted, err := countTry(ctx, t, try, &tried.Challenge, now)
		if err != nil {
			return err
		}
		if !counted {
			return whyNotTried(ctx, t, try, &tried.Challenge, now)
		}
		if err := spend(ctx, t, try.Budget, now); err != nil {
			return err
		}
		if tried.Challenge.Verified.IsZero() {
			return nil
		}
		tried.Session, err = signIn(ctx, t, try, tried.Challenge.SubscriptionID)
		tried.Right = err == nil
		return err
	})
	if err != nil {
		return dialtone.Tried{Challenge: tried.Challenge}, fmt.Errorf("try PIN: %w", err)
	}
	return tried, nil
}

// countTry spends the try and verifies the code in one statement, so that no number of tries at once gets more than
// MaxAttempts guesses. It reports whether there was a try left.
func countTry(ctx context.Context, t tx, try dialtone.Try, c *dialtone.Challenge, now time.Time) (bool, error) {
	counted := false
	// The right PIN is the right one only if the line can sign in at this moment.
	const right = `code_hash = $4 AND EXISTS (SELECT 1 FROM subscription AS u WHERE u.id = challenge.subscription_id AND u.status = 'active')`
	err := t.each(ctx, challengeFields(c), func() { counted = true }, `
		UPDATE challenge SET attempts = attempts + 1,
			verified_at = CASE WHEN `+right+` THEN CAST($5 AS BIGINT) END,
			session_id = CASE WHEN `+right+` THEN CAST($7 AS TEXT) ELSE '' END
		WHERE id = $1 AND browser_hash = $2 AND request_hash = $3 AND attempts < $6 AND expires_at > $5 AND verified_at IS NULL
			AND NOT superseded
		RETURNING `+challengeColumns,
		try.ID, try.BrowserHash, try.RequestHash, try.CodeHash, now.UnixMicro(), try.MaxAttempts, try.Session.ID)
	return counted, err
}

func whyNotTried(ctx context.Context, t tx, try dialtone.Try, c *dialtone.Challenge, now time.Time) error {
	stored, err := challenge(ctx, t, try.ID)
	if err != nil {
		return err
	}
	if stored.BrowserHash != try.BrowserHash || stored.RequestHash != try.RequestHash {
		return dialtone.ErrNotFound // another browser must not learn anything
	}
	*c = stored
	switch {
	case !c.Verified.IsZero():
		return dialtone.ErrConflict
	case c.Superseded:
		return dialtone.ErrSuperseded
	case !now.Before(c.Expires):
		return dialtone.ErrExpired
	}
	return dialtone.ErrExhausted
}

// signIn inserts the session that the right PIN made and forgets the number's wrong tries.
func signIn(ctx context.Context, t tx, try dialtone.Try, subscriptionID string) (dialtone.Session, error) {
	s := try.Session
	s.SubscriptionID = subscriptionID
	err := t.one(ctx, []any{&s.OperatorID}, `SELECT operator_id FROM subscription WHERE id = $1`, subscriptionID)
	if err != nil {
		return dialtone.Session{}, err
	}
	if err := insertSession(ctx, t, s); err != nil {
		return dialtone.Session{}, err
	}
	return s, refund(ctx, t, try.Budget.Key)
}
