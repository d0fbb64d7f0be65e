package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// Two transactions that work on the same challenge and the same budgets take the challenge first, then the budgets, so that
// neither waits for what the other has.

// challengeColumns are the columns of challengeFields, of the table that is called so.
func challengeColumns(table string) string {
	columns := []string{
		"id", "browser_hash", "request_hash", "number_key", "subscription_id", "code_hash", "sealed_code", "attempts", "sends",
		"next_send_at", "superseded", "verified_at", "session_id", "created_at", "expires_at", "digits",
	}
	if table == "" {
		return strings.Join(columns, ", ")
	}
	return table + "." + strings.Join(columns, ", "+table+".")
}

func challengeFields(c *dialtone.Challenge) []any {
	return []any{
		&c.ID, &c.BrowserHash, &c.RequestHash, &c.NumberKey, &c.SubscriptionID, &c.CodeHash, &c.SealedCode, &c.Attempts, &c.Sends,
		instant{&c.NextSend}, &c.Superseded, instant{&c.Verified}, &c.SessionID, instant{&c.Created}, instant{&c.Expires}, &c.Digits,
	}
}

// The line is found by its id, which is empty for a number that nobody serves: the statement is the same.
var challengeStates = newShared(`
	WITH asked (n, id) AS (VALUES %s)
	SELECT asked.n, `+challengeColumns("c")+`, `+subscriptionColumns+`
	FROM asked JOIN challenge AS c ON `+looked("c.id", "asked.id")+`
	LEFT JOIN subscription AS u ON `+looked("u.id", "c.subscription_id"),
	"TEXT")

// Challenge returns a challenge, whatever became of it, with its line. Error: ErrNotFound.
func (db *DB) Challenge(ctx context.Context, id string) (dialtone.ChallengeState, error) {
	answer, err := db.challengeStates.ask(ctx, id)
	if err != nil {
		return dialtone.ChallengeState{}, fmt.Errorf("read challenge: %w", err)
	}
	return answer.orNotFound()
}

func (db *DB) readChallengeStates(ctx context.Context, ids []string) ([]found[dialtone.ChallengeState], error) {
	args := make([]any, 0, largestBatch)
	for _, id := range ids {
		args = append(args, id)
	}
	answers := make([]found[dialtone.ChallengeState], len(ids))
	var n int
	var s dialtone.ChallengeState
	t := db.on(signIns).read()
	text, args := challengeStates.fit(args)
	err := t.each(ctx, slices.Concat([]any{&n}, challengeFields(&s.Challenge), maybeSubscriptionFields(t, &s.Line)), func() {
		answers[n] = found[dialtone.ChallengeState]{s, true}
	}, text, args...)
	return answers, err
}

func challenge(ctx context.Context, t tx, id string) (dialtone.Challenge, error) {
	var c dialtone.Challenge
	err := t.one(ctx, challengeFields(&c), `SELECT `+challengeColumns("c")+` FROM challenge AS c WHERE c.id = $1`, id)
	return c, err
}

// issued is a dialtone.Issue with its moment.
type issued struct {
	dialtone.Issue
	now time.Time
}

// by is who a challenge supersedes the earlier ones of.
func (i issued) by() string { return i.Challenge.BrowserHash + " " + i.Challenge.RequestHash }

// issue is what became of an issued: the challenge, or why there is none.
type issue struct {
	challenge dialtone.Challenge
	refusal   error
}

// CreateChallenge charges the budgets and inserts the challenge, which supersedes the earlier ones of the same browser and
// request, and returns it with the code that it got: all of it or nothing. Error: *dialtone.BudgetError if a budget is used up.
func (db *DB) CreateChallenge(ctx context.Context, i dialtone.Issue, now time.Time) (dialtone.Challenge, error) {
	answer, err := db.issues.ask(ctx, issued{i, now})
	if err = cmp.Or(err, db.counted(answer.refusal)); err != nil {
		return dialtone.Challenge{}, fmt.Errorf("create challenge: %w", err)
	}
	return answer.challenge, nil
}

var supersedeChallenges = newShared(`
	WITH asked (n, browser_hash, request_hash) AS (VALUES %s)
	UPDATE challenge SET superseded = TRUE, sealed_code = ''
	FROM asked AS a
	WHERE `+looked("challenge.browser_hash", "a.browser_hash")+` AND challenge.request_hash = a.request_hash
		AND verified_at IS NULL AND NOT superseded`,
	"TEXT", "TEXT")

// mostGuessLimits is how many limits Guesses may have in a dialtone.Issue.
const mostGuessLimits = 2

// insertChallenges gives a challenge its long code if somebody guesses at the number: the same statement counts the wrong tries, so
// that knowing it costs no round trip.
var insertChallenges = newShared(`
	WITH asked (n, id, browser_hash, request_hash, number_key, subscription_id, attempts, sends, next_send_at, superseded, verified_at,
		session_id, created_at, expires_at, code_hash, sealed_code, digits, long_hash, long_sealed, long_digits,
		guess_key, from_1, to_1, most_1, from_2, to_2, most_2) AS (VALUES %s),
	weighed AS (
		SELECT a.*, COALESCE((
			SELECT COUNT(*) FILTER (WHERE e.spent_at > a.from_1 AND e.spent_at <= a.to_1) >= a.most_1
				OR COUNT(*) FILTER (WHERE e.spent_at > a.from_2 AND e.spent_at <= a.to_2) >= a.most_2
			FROM budget_entry AS e WHERE `+looked("e.key", "a.guess_key")+`), FALSE) AS guessed
		FROM asked AS a)
	INSERT INTO challenge (`+challengeColumns("")+`)
	SELECT id, browser_hash, request_hash, number_key, subscription_id,
		CASE WHEN guessed THEN long_hash ELSE code_hash END, CASE WHEN guessed THEN long_sealed ELSE sealed_code END,
		attempts, sends, next_send_at, superseded, verified_at, session_id, created_at, expires_at,
		CASE WHEN guessed THEN long_digits ELSE digits END
	FROM weighed WHERE id IS NOT NULL
	ON CONFLICT (id) DO NOTHING
	RETURNING `+challengeColumns(""),
	"TEXT", "TEXT", "TEXT", "TEXT", "TEXT", "BIGINT", "BIGINT", "BIGINT", "BOOLEAN", "BIGINT",
	"TEXT", "BIGINT", "BIGINT", "TEXT", "TEXT", "BIGINT", "TEXT", "TEXT", "BIGINT",
	"TEXT", "BIGINT", "BIGINT", "BIGINT", "BIGINT", "BIGINT", "BIGINT")

// createChallenges makes those that are charged to nothing at once, and the others in transactions that each have a budget once only:
// two who take from the same one in one statement would not see each other.
func (db *DB) createChallenges(ctx context.Context, batch []issued) ([]issue, error) {
	made := make(map[string]issue, len(batch)) // by the challenge's id
	var free, charged []issued
	for _, i := range batch {
		if _, keys := charging(0, i.Budgets, i.now); keys == 0 {
			free = append(free, i)
		} else {
			charged = append(charged, i)
		}
	}
	if len(free) > 0 {
		if err := db.on(signIns).unit(ctx, func(tx) []*step { return insertingChallenges(free, made) }); err != nil {
			return nil, err
		}
	}
	for len(charged) > 0 {
		var err error
		if charged, err = db.chargeAndInsert(ctx, charged, made); err != nil {
			return nil, err
		}
	}
	answers := make([]issue, len(batch))
	for n, i := range batch {
		var ok bool
		if answers[n], ok = made[i.Challenge.ID]; !ok {
			answers[n].refusal = fmt.Errorf("%w: there is a challenge with that id", dialtone.ErrConflict)
		}
	}
	return answers, nil
}

// chargeAndInsert makes some of the challenges, or says why not, and returns the others.
func (db *DB) chargeAndInsert(ctx context.Context, batch []issued, made map[string]issue) (rest []issued, err error) {
	now, later := apart(batch)
	err = db.on(signIns).write(ctx, func(ctx context.Context, t tx) error {
		rest = slices.Clone(later)
		budgets := make([][]dialtone.Budget, len(now))
		for n, i := range now {
			budgets[n] = i.Budgets
		}
		outcomes, err := chargeEach(ctx, t, budgets, now[0].now)
		if err != nil {
			return err
		}
		var paid []issued
		for n, i := range now {
			switch outcome := outcomes[n]; {
			case outcome.charged:
				paid = append(paid, i)
			case outcome.refusal != nil:
				made[i.Challenge.ID] = issue{refusal: outcome.refusal}
			default:
				rest = append(rest, i) // another node was quicker at one of the budgets
			}
		}
		if len(paid) == 0 {
			return nil
		}
		return t.together(ctx, insertingChallenges(paid, made)...)
	})
	return rest, err
}

// apart takes those from the front that have no budget in common and whose limits fit one statement.
func apart(batch []issued) (now, later []issued) {
	taken := make(map[string]bool)
	limits := 0
	for _, i := range batch {
		args, _ := charging(0, i.Budgets, i.now)
		common := slices.ContainsFunc(i.Budgets, func(b dialtone.Budget) bool { return taken[b.Key] })
		if limits += len(args) / charges.width; common || len(now) > 0 && limits > largestBatch {
			later = append(later, i)
			limits -= len(args) / charges.width
			continue
		}
		now = append(now, i)
		for _, b := range i.Budgets {
			taken[b.Key] = true
		}
	}
	return now, later
}

// insertingChallenges returns the statements that supersede and insert. They fill made.
func insertingChallenges(issues []issued, made map[string]issue) []*step {
	var superseded, inserted []any
	for _, i := range issues {
		c := i.Challenge
		superseded = append(superseded, c.BrowserHash, c.RequestHash)
		inserted = append(inserted, c.ID, c.BrowserHash, c.RequestHash, c.NumberKey, c.SubscriptionID, c.Attempts, c.Sends,
			micros(c.NextSend), c.Superseded, micros(c.Verified), c.SessionID, micros(c.Created), c.Expires.UnixMicro(),
			c.CodeHash, c.SealedCode, c.Digits, i.Long.Hash, i.Long.Sealed, i.Long.Digits)
		inserted = append(inserted, i.guessLimits()...)
	}
	var c dialtone.Challenge
	insert := insertChallenges.step(inserted)
	insert.into, insert.do = challengeFields(&c), func() { made[c.ID] = issue{challenge: c} }
	return []*step{supersedeChallenges.step(superseded), insert}
}

// guessLimits returns the key of Guesses, and for each limit from when to when it counts and how many it allows.
func (i issued) guessLimits() []any {
	args := make([]any, 1+3*mostGuessLimits)
	if i.Guesses.Key == "" {
		return args
	}
	args[0] = i.Guesses.Key
	for n, limit := range i.Guesses.Limits[:min(len(i.Guesses.Limits), mostGuessLimits)] {
		copy(args[1+3*n:], []any{i.now.Add(-limit.Window).UnixMicro(), i.now.Add(limit.Window).UnixMicro(), limit.Count})
	}
	return args
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
			RETURNING `+challengeColumns("challenge"),
			id, browserHash, change.Code.Hash, change.Code.Sealed, micros(change.Expires), maxSends, micros(change.NextSend), now.UnixMicro(),
			change.Code.Digits, now.Add(dialtone.ClockSkew).UnixMicro())
		if err != nil {
			return err
		}
		if sent {
			return charge(ctx, t, budgets, now)
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
