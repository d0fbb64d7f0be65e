package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// attempt is a dialtone.Try with its moment.
type attempt struct {
	dialtone.Try
	now time.Time
}

// TryChallenge counts one try at a PIN and says whether it was right. The try is counted against the challenge before anything is
// made of it; a right one inserts the session, a wrong one is counted under GuessKey. No PIN is right for a number that is not
// served or whose line is not active.
//
// Errors, none of which counts as a try: ErrNotFound if this browser and request have no such challenge; ErrSuperseded;
// ErrExpired; ErrExhausted if its tries are used up; ErrConflict if the right PIN came already. The challenge comes with the
// error, except with ErrNotFound.
func (db *DB) TryChallenge(ctx context.Context, try dialtone.Try, now time.Time) (dialtone.Tried, error) {
	answer, err := db.tries.ask(ctx, attempt{try, now})
	tried := answer.value
	switch {
	case err != nil:
	case !answer.ok:
		tried, err = db.whyNotTried(ctx, try, now)
	case !tried.Challenge.Verified.IsZero() && !tried.Right:
		err = fmt.Errorf("%w: there is a session with that id", dialtone.ErrConflict)
	}
	if err != nil {
		return dialtone.Tried{Challenge: tried.Challenge}, fmt.Errorf("try PIN: %w", err)
	}
	return tried, nil
}

var (
	// countTries spends the tries and verifies the codes in one statement, so that no number of tries at once gets more than
	// MaxAttempts guesses. The right PIN is the right one only if the line can sign in at this moment. An equality with the browser, which
	// has an index, would let PostgreSQL read the table in that index's order.
	countTries = newShared(`
	WITH asked (n, id, browser_hash, request_hash, code_hash, most, new_session_id, moment, latest) AS (VALUES %s)
	UPDATE challenge SET attempts = attempts + 1,
		verified_at = CASE WHEN `+rightPIN+` THEN a.moment END,
		session_id = CASE WHEN `+rightPIN+` THEN a.new_session_id ELSE '' END,
		sealed_code = CASE WHEN `+rightPIN+` THEN '' ELSE sealed_code END
	FROM asked AS a
	WHERE `+looked("challenge.id", "a.id")+` AND `+looked("challenge.browser_hash", "a.browser_hash")+`
		AND challenge.request_hash = a.request_hash
		AND attempts < a.most AND COALESCE(expires_at, 0) > a.moment AND verified_at IS NULL AND NOT superseded
		AND COALESCE(created_at, 0) <= a.latest
	RETURNING `+challengeColumns("challenge"),
		"TEXT", "TEXT", "TEXT", "TEXT", "BIGINT", "TEXT", "BIGINT", "BIGINT")

	// insertSessions is for the tries that were right: only those wrote their session's id into the challenge.
	insertSessions = newShared(`
	WITH asked (n, challenge_id, id, secret_hash, amr, auth_time_at, created_at, expires_at, ended_at) AS (VALUES %s)
	INSERT INTO session (id, secret_hash, operator_id, subscription_id, amr, auth_time_at, created_at, expires_at, ended_at)
	SELECT r.id, r.secret_hash, u.operator_id, u.id, r.amr, r.auth_time_at, r.created_at, r.expires_at, r.ended_at
	FROM (SELECT a.*, (SELECT c.subscription_id FROM challenge AS c WHERE c.id = a.challenge_id AND c.session_id = a.id
			AND c.verified_at IS NOT NULL `+byItself+`) AS subscription_id
		FROM asked AS a LIMIT 64 OFFSET 0) AS r
	JOIN subscription AS u ON `+looked("u.id", "r.subscription_id")+`
	WHERE TRUE
	ON CONFLICT (id) DO NOTHING`,
		"TEXT", "TEXT", "TEXT", "TEXT", "BIGINT", "BIGINT", "BIGINT", "BIGINT")
)

const rightPIN = `challenge.code_hash = a.code_hash AND
			EXISTS (SELECT 1 FROM subscription AS u WHERE u.id = challenge.subscription_id AND u.status = 'active' ` + byItself + `)`

func (db *DB) tryChallenges(ctx context.Context, tries []attempt) ([]found[dialtone.Tried], error) {
	var counting, signingIn, asking []any
	place := make(map[string]int, len(tries)) // by the challenge's id
	for n, try := range tries {
		s := try.Session
		place[try.ID] = n
		counting = append(counting, try.ID, try.BrowserHash, try.RequestHash, try.CodeHash, try.MaxAttempts, s.ID, try.now.UnixMicro(),
			try.now.Add(dialtone.ClockSkew).UnixMicro())
		signingIn = append(signingIn, try.ID, s.ID, s.SecretHash, words(s.AMR), micros(s.AuthTime), micros(s.Created), s.Expires.UnixMicro(),
			micros(s.Ended))
		asking = append(asking, s.ID, try.ProductID)
	}
	answers := make([]found[dialtone.Tried], len(tries))
	err := db.on(signIns).unit(ctx, func(t tx) []*step {
		clear(answers)
		var c dialtone.Challenge
		count := countTries.step(counting)
		count.into, count.do = challengeFields(&c), func() { answers[place[c.ID]] = found[dialtone.Tried]{dialtone.Tried{Challenge: c}, true} }
		var n int
		var s dialtone.SessionState
		ask := sessionStates.step(asking)
		ask.into, ask.do = sessionStateFields(t, &n, &s), func() {
			if tried := &answers[n]; tried.ok && tried.value.Challenge.SessionID == s.Session.ID {
				tried.value.Right, tried.value.State = true, s
			}
		}
		return []*step{count, insertSessions.step(signingIn), ask}
	})
	if err != nil {
		return nil, err
	}
	return answers, db.countGuesses(ctx, tries, answers)
}

// countGuesses counts the wrong tries under their keys before anybody hears of them, also of those who hung up. Whoever guesses at one
// number through many challenges is counted each time.
func (db *DB) countGuesses(ctx context.Context, tries []attempt, answers []found[dialtone.Tried]) error {
	rest := make([]attempt, 0, len(tries))
	for n, try := range tries {
		if answers[n].ok && !answers[n].value.Right && try.GuessKey != "" {
			rest = append(rest, try)
		}
	}
	for len(rest) > 0 {
		taken := make(map[string]bool)
		now := rest[0].now
		var budgets []dialtone.Budget
		rest = slices.DeleteFunc(rest, func(try attempt) bool {
			if taken[try.GuessKey] {
				return false
			}
			taken[try.GuessKey] = true
			budgets = append(budgets, dialtone.Budget{Key: try.GuessKey})
			return true
		})
		if err := db.charge(ctx, signIns, budgets, now); err != nil {
			return err
		}
	}
	return nil
}

func (db *DB) whyNotTried(ctx context.Context, try dialtone.Try, now time.Time) (dialtone.Tried, error) {
	state, err := db.Challenge(ctx, try.ID)
	if err != nil {
		return dialtone.Tried{}, err
	}
	c := state.Challenge
	if c.BrowserHash != try.BrowserHash || c.RequestHash != try.RequestHash {
		return dialtone.Tried{}, dialtone.ErrNotFound // another browser must not learn anything
	}
	switch {
	case !c.Verified.IsZero():
		err = dialtone.ErrConflict
	case c.Superseded:
		err = dialtone.ErrSuperseded
	case !now.Before(c.Expires), dialtone.FromTheFuture(c.Created, now):
		err = dialtone.ErrExpired
	default:
		err = dialtone.ErrExhausted
	}
	return dialtone.Tried{Challenge: c}, err
}
