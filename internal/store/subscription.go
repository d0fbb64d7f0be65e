package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
)

const subscriptionColumns = `u.id, u.operator_id, u.phone_number, u.status, u.language, u.fixed_pin, u.created_at, u.ended_at,
	u.external_id, u.sensitive, u.status_decided, u.sensitive_decided, u.sim_changed_at`

func subscriptionFields(t tx, s *dialtone.Subscription) []any {
	return []any{
		&s.ID, &s.OperatorID, t.number(&s.PhoneNumber), &s.Status, &s.Language, &s.FixedPIN, instant{&s.Created}, instant{&s.Ended},
		&s.ExternalID, &s.Sensitive, &s.StatusDecided, &s.SensitiveDecided, instant{&s.SIMChanged},
	}
}

// maybeSubscriptionFields takes NULL for every column: an outer join may find no line.
func maybeSubscriptionFields(t tx, s *dialtone.Subscription) []any {
	return []any{
		orZero[string]{&s.ID}, orZero[string]{&s.OperatorID}, orNone{t.number(&s.PhoneNumber)}, orZero[dialtone.SubscriptionStatus]{&s.Status},
		orZero[string]{&s.Language}, orZero[string]{&s.FixedPIN}, instant{&s.Created}, instant{&s.Ended},
		orZero[string]{&s.ExternalID}, orZero[bool]{&s.Sensitive}, orZero[bool]{&s.StatusDecided}, orZero[bool]{&s.SensitiveDecided},
		instant{&s.SIMChanged},
	}
}

// Subscription returns a line, ended or not.
func (db *DB) Subscription(ctx context.Context, id string) (dialtone.Subscription, error) {
	var s dialtone.Subscription
	t := db.on(signIns).read()
	err := t.one(ctx, subscriptionFields(t, &s), `SELECT `+subscriptionColumns+` FROM subscription AS u WHERE u.id = $1`, id)
	return s, err
}

// SubscriptionByNumber returns the line that has the number now.
func (db *DB) SubscriptionByNumber(ctx context.Context, number dialtone.PhoneNumber) (dialtone.Subscription, error) {
	var s dialtone.Subscription
	t := db.on(signIns).read()
	err := t.one(ctx, subscriptionFields(t, &s), `
		SELECT `+subscriptionColumns+` FROM subscription AS u WHERE u.phone_number IN ($1, $2) AND u.ended_at IS NULL`,
		t.sealed(secret.LabelStoredNumber, number.E164()), t.sealedBefore(secret.LabelStoredNumber, number.E164()))
	return s, err
}

// mostWritings is how many numbers SubscriptionsByNumber takes.
const mostWritings = 4

// numberQuestion asks about a number in its writings, each as the column may hold it; what is left over stays nil.
type numberQuestion [2 * mostWritings]any

var linesByNumber = newShared(`
	WITH asked (n, a, b, c, d, e, f, g, h) AS (VALUES %s),
	written (n, number) AS (SELECT n, a FROM asked UNION ALL SELECT n, b FROM asked UNION ALL SELECT n, c FROM asked UNION ALL
		SELECT n, d FROM asked UNION ALL SELECT n, e FROM asked UNION ALL SELECT n, f FROM asked UNION ALL SELECT n, g FROM asked UNION ALL
		SELECT n, h FROM asked),
	found AS (
		SELECT w.n, (SELECT o.id FROM subscription AS o WHERE o.phone_number = w.number AND o.ended_at IS NULL `+byItself+`) AS id
		FROM written AS w WHERE w.number IS NOT NULL
		LIMIT 512 OFFSET 0)
	SELECT f.n, `+subscriptionColumns+`
	FROM found AS f JOIN subscription AS u ON `+looked("u.id", "f.id"),
	"TEXT", "TEXT", "TEXT", "TEXT", "TEXT", "TEXT", "TEXT", "TEXT")

// SubscriptionsByNumber returns the lines that have one of the numbers now, at most mostWritings of them.
func (db *DB) SubscriptionsByNumber(ctx context.Context, numbers []dialtone.PhoneNumber) ([]dialtone.Subscription, error) {
	if len(numbers) == 0 || len(numbers) > mostWritings {
		return nil, fmt.Errorf("lines by %d numbers: %w", len(numbers), dialtone.ErrInvalid)
	}
	var question numberQuestion
	t := db.on(signIns).read()
	for i, number := range numbers {
		question[2*i] = t.sealed(secret.LabelStoredNumber, number.E164())
		question[2*i+1] = t.sealedBefore(secret.LabelStoredNumber, number.E164())
	}
	lines, err := db.linesByNumber.ask(ctx, question)
	if err != nil {
		return nil, fmt.Errorf("lines by number: %w", err)
	}
	return lines, nil
}

func (db *DB) readLinesByNumber(ctx context.Context, asked []numberQuestion) ([][]dialtone.Subscription, error) {
	args := make([]any, 0, linesByNumber.width*largestBatch)
	for _, question := range asked {
		args = append(args, question[:]...)
	}
	answers := make([][]dialtone.Subscription, len(asked))
	var n int
	var s dialtone.Subscription
	t := db.on(signIns).read()
	text, args := linesByNumber.fit(args)
	err := t.each(ctx, slices.Concat([]any{&n}, subscriptionFields(t, &s)), func() { answers[n] = append(answers[n], s) }, text, args...)
	return answers, err
}

// PutSubscription inserts a line, or changes its number, status, language or fixed PIN. Ending it revokes everything, as
// EndSubscription. Error: ErrConflict if another line has the number, the line has ended, or it is another operator's.
func (db *DB) PutSubscription(ctx context.Context, s dialtone.Subscription, now time.Time) error {
	return db.PutSubscriptions(ctx, []dialtone.Subscription{s}, now)
}

var putSubscriptions = newShared(`
	WITH asked (n, id, operator_id, phone_number, number_before, status, language, fixed_pin, created_at, external_id, sensitive) AS (VALUES %s)
	INSERT INTO subscription (id, operator_id, phone_number, status, language, fixed_pin, created_at, external_id, sensitive)
	SELECT id, operator_id, phone_number, status, language, fixed_pin, created_at, external_id, sensitive FROM asked AS a
	WHERE id IS NOT NULL
		AND NOT EXISTS (SELECT 1 FROM subscription AS o WHERE o.phone_number = a.number_before AND o.ended_at IS NULL AND o.id <> a.id)
	ON CONFLICT (id) DO UPDATE SET phone_number = excluded.phone_number, status = excluded.status, language = excluded.language,
		fixed_pin = excluded.fixed_pin, external_id = excluded.external_id, sensitive = excluded.sensitive
	WHERE subscription.ended_at IS NULL AND subscription.operator_id = excluded.operator_id`,
	"TEXT", "TEXT", "TEXT", "TEXT", "TEXT", "TEXT", "TEXT", "BIGINT", "TEXT", "BOOLEAN")

// PutSubscriptions is PutSubscription for many lines: all of them or none. No id may come twice.
func (db *DB) PutSubscriptions(ctx context.Context, list []dialtone.Subscription, now time.Time) error {
	return db.on(signIns).write(ctx, func(ctx context.Context, t tx) error {
		for rest := list; len(rest) > 0; {
			part := rest[:min(len(rest), largestBatch)]
			rest = rest[len(part):]
			if err := putLines(ctx, t, part); err != nil {
				return err
			}
			for _, s := range part {
				if s.Status != dialtone.SubscriptionEnded {
					continue
				}
				if err := endLine(ctx, t, s.ID, now); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// putLines writes the lines, ended ones as if they were not: endLine ends them with all that belongs to it.
func putLines(ctx context.Context, t tx, list []dialtone.Subscription) error {
	var args []any
	for _, s := range list {
		status := s.Status
		if status == dialtone.SubscriptionEnded {
			status = dialtone.SubscriptionBlocked
		}
		number := s.PhoneNumber.E164()
		args = append(args, s.ID, s.OperatorID, t.sealed(secret.LabelStoredNumber, number), t.sealedBefore(secret.LabelStoredNumber, number),
			string(status), s.Language, s.FixedPIN, micros(s.Created), s.ExternalID, s.Sensitive)
	}
	text, args := putSubscriptions.fit(args)
	written, err := t.exec(ctx, text, args...)
	if err == nil && int(written) < len(list) {
		err = fmt.Errorf("put subscription: %w: the line has ended, is another operator's, or another line has the number", dialtone.ErrConflict)
	}
	return err
}

// EndSubscription ends a line for good: its sessions, consents and grants end with it, and what it was named to try, each consent with a line in its
// history and an event for the product. Errors: ErrNotFound if there is no such line, ErrConflict if it has ended already.
func (db *DB) EndSubscription(ctx context.Context, id string, now time.Time) error {
	return db.on(signIns).write(ctx, func(ctx context.Context, t tx) error { return endLine(ctx, t, id, now) })
}

func endLine(ctx context.Context, t tx, id string, now time.Time) error {
	ended, err := t.exec(ctx, `UPDATE subscription SET status = 'ended', ended_at = $2 WHERE id = $1 AND ended_at IS NULL`, id, now.UnixMicro())
	if err != nil {
		return err
	}
	if ended == 0 {
		return fmt.Errorf("end subscription %s: %w", id, whyNotEnded(ctx, t, id))
	}
	var lost lineLoss
	return t.together(ctx, lost.after([]string{id}, []string{id}, now)...)
}

func whyNotEnded(ctx context.Context, t tx, id string) error {
	var status string
	if err := t.one(ctx, []any{&status}, `SELECT status FROM subscription WHERE id = $1`, id); err != nil {
		return err
	}
	return dialtone.ErrConflict
}
