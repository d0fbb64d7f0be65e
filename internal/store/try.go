package store

import (
	"context"
	"fmt"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// TryChallenge counts one try at a PIN and says whether it was right. The try is counted against the challenge before anything is
// made of it; a right one inserts the session, a wrong one is counted under GuessKey. No PIN is right for a number that is not
// served or whose line is not active.
//
// Errors, none of which counts as a try: ErrNotFound if this browser and request have no such challenge; ErrSuperseded;
// ErrExpired; ErrExhausted if its tries are used up; ErrConflict if the right PIN came already. The challenge comes with the
// error, except with ErrNotFound.
func (db *DB) TryChallenge(ctx context.Context, try dialtone.Try, now time.Time) (dialtone.Tried, error) {
	var tried dialtone.Tried
	err := db.on(signIns).write(ctx, func(ctx context.Context, t tx) error {
		tried = dialtone.Tried{}
		counted := false
		count := countingTry(try, &tried.Challenge, func() { counted = true }, now)
		steps := []*step{count, signingIn(try, &tried)}
		guess := guessing(try.GuessKey, "challenge", try.ID, now)
		if try.GuessKey != "" {
			steps = append(steps, guess)
		}
		if err := t.together(ctx, steps...); err != nil {
			return err
		}
		switch {
		case !counted:
			return whyNotTried(ctx, t, try, &tried.Challenge, now)
		case !tried.Challenge.Verified.IsZero() && !tried.Right:
			return fmt.Errorf("%w: there is a session with that id", dialtone.ErrConflict)
		case !tried.Right && try.GuessKey != "" && guess.changed == 0:
			return spend(ctx, t, dialtone.Budget{Key: try.GuessKey}, now) // somebody else counted at the same moment
		}
		return nil
	})
	if err != nil {
		return dialtone.Tried{Challenge: tried.Challenge}, fmt.Errorf("try PIN: %w", err)
	}
	return tried, nil
}

// countingTry spends the try and verifies the code in one statement, so that no number of tries at once gets more than
// MaxAttempts guesses. It calls counted if there was a try left.
func countingTry(try dialtone.Try, c *dialtone.Challenge, counted func(), now time.Time) *step {
	// The right PIN is the right one only if the line can sign in at this moment.
	const right = `code_hash = $4 AND EXISTS (SELECT 1 FROM subscription AS u WHERE u.id = challenge.subscription_id AND u.status = 'active')`
	return &step{into: challengeFields(c), do: counted, text: `
		UPDATE challenge SET attempts = attempts + 1,
			verified_at = CASE WHEN ` + right + ` THEN CAST($5 AS BIGINT) END,
			session_id = CASE WHEN ` + right + ` THEN CAST($7 AS TEXT) ELSE '' END,
			sealed_code = CASE WHEN ` + right + ` THEN '' ELSE sealed_code END
		WHERE id = $1 AND browser_hash = $2 AND request_hash = $3 AND attempts < $6 AND expires_at > $5 AND verified_at IS NULL
			AND NOT superseded AND COALESCE(created_at, 0) <= $8
		RETURNING ` + challengeColumns, args: []any{
		try.ID, try.BrowserHash, try.RequestHash, try.CodeHash, now.UnixMicro(), try.MaxAttempts, try.Session.ID,
		now.Add(dialtone.ClockSkew).UnixMicro(),
	}}
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
	case !now.Before(c.Expires), dialtone.FromTheFuture(c.Created, now):
		return dialtone.ErrExpired
	}
	return dialtone.ErrExhausted
}

// signingIn inserts the session if the try that was counted before is right: only a right one writes the session's new id
// into the challenge.
func signingIn(try dialtone.Try, tried *dialtone.Tried) *step {
	s := try.Session
	return &step{into: []any{&s.OperatorID, &s.SubscriptionID}, do: func() { tried.Session, tried.Right = s, true }, text: `
		INSERT INTO session (id, secret_hash, operator_id, subscription_id, amr, auth_time_at, created_at, expires_at, ended_at)
		SELECT CAST($2 AS TEXT), CAST($3 AS TEXT), u.operator_id, u.id, CAST($4 AS TEXT), CAST($5 AS BIGINT), CAST($6 AS BIGINT),
			CAST($7 AS BIGINT), CAST($8 AS BIGINT)
		FROM challenge JOIN subscription AS u ON u.id = challenge.subscription_id
		WHERE challenge.id = $1 AND challenge.session_id = $2 AND challenge.verified_at IS NOT NULL
		ON CONFLICT (id) DO NOTHING
		RETURNING operator_id, subscription_id`, args: []any{
		try.ID, s.ID, s.SecretHash, words(s.AMR), micros(s.AuthTime), micros(s.Created), s.Expires.UnixMicro(), micros(s.Ended),
	}}
}
