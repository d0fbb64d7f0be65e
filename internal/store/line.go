package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
)

// ChangeLines makes the changes, all of them or none, each with its line in the history, and ends and tells what follows from them. No
// line may come twice. Errors: ErrConflict if a line is no longer as it was read, another line has the number, or another one of the
// operator has the external id; ErrNotFound if a line that changes is not there.
func (db *DB) ChangeLines(ctx context.Context, changes []dialtone.LineChange, now time.Time) error {
	err := db.on(signIns).write(ctx, func(ctx context.Context, t tx) error {
		_, err := changeLines(ctx, t, changes, now)
		return err
	})
	if err != nil {
		return fmt.Errorf("change lines: %w", err)
	}
	return nil
}

// changing is one of the statements of changeLines, in parts of largestBatch.
type changing struct {
	of    shared
	rows  [][]any
	exact bool // each row must change one
}

func (c changing) steps() []*step {
	var steps []*step
	for part := range slices.Chunk(c.rows, largestBatch) {
		args := make([]any, 0, len(part)*c.of.width)
		for _, row := range part {
			args = append(args, row...)
		}
		steps = append(steps, c.of.step(args))
	}
	return steps
}

var (
	// What ends, and numbers that go elsewhere, come first: then no two lines have a number at any moment, whoever changes with whom.
	endLines = newShared(`
		WITH asked (n, id, phone_number, number_before, external_id, ended_at) AS (VALUES %s)
		UPDATE subscription SET status = 'ended', ended_at = a.ended_at, external_id = a.external_id FROM asked AS a
		WHERE subscription.id = a.id AND subscription.ended_at IS NULL AND subscription.phone_number IN (a.phone_number, a.number_before)`,
		"TEXT", "TEXT", "TEXT", "TEXT", "BIGINT")
	freeExternal = newShared(`
		WITH asked (n, id) AS (VALUES %s)
		UPDATE subscription SET external_id = '' FROM asked AS a WHERE subscription.id = a.id AND subscription.ended_at IS NOT NULL`, "TEXT")
	// A line between two numbers has neither; nobody sees it so. An external id that changes goes the same way.
	parkLines = newShared(`
		WITH asked (n, id, phone_number, number_before) AS (VALUES %s)
		UPDATE subscription SET phone_number = '>' || a.id FROM asked AS a
		WHERE subscription.id = a.id AND subscription.ended_at IS NULL AND subscription.phone_number IN (a.phone_number, a.number_before)`,
		"TEXT", "TEXT", "TEXT")
	retellLines = newShared(`
		WITH asked (n, id, was_number, was_before, was_status, was_status_decided, was_sensitive_decided, was_external,
			phone_number, number_before, status, language, external_id, sensitive, status_decided, sensitive_decided, sim_changed_at) AS (VALUES %s)
		UPDATE subscription SET phone_number = a.phone_number, status = a.status, language = a.language, external_id = a.external_id,
			sensitive = a.sensitive, status_decided = a.status_decided, sensitive_decided = a.sensitive_decided, sim_changed_at = a.sim_changed_at
		FROM asked AS a
		WHERE subscription.id = a.id AND subscription.ended_at IS NULL AND subscription.phone_number IN (a.was_number, a.was_before)
			AND subscription.status = a.was_status AND subscription.status_decided = a.was_status_decided
			AND subscription.sensitive_decided = a.was_sensitive_decided AND subscription.external_id = a.was_external
			AND NOT EXISTS (SELECT 1 FROM subscription AS o WHERE o.phone_number = a.number_before AND o.ended_at IS NULL AND o.id <> a.id)`,
		"TEXT", "TEXT", "TEXT", "TEXT", "BOOLEAN", "BOOLEAN", "TEXT",
		"TEXT", "TEXT", "TEXT", "TEXT", "TEXT", "BOOLEAN", "BOOLEAN", "BOOLEAN", "BIGINT")
	insertLines = newShared(`
		WITH asked (n, id, operator_id, phone_number, number_before, status, language, fixed_pin, created_at, external_id, sensitive,
			status_decided, sensitive_decided, sim_changed_at) AS (VALUES %s)
		INSERT INTO subscription (id, operator_id, phone_number, status, language, fixed_pin, created_at, external_id, sensitive,
			status_decided, sensitive_decided, sim_changed_at)
		SELECT id, operator_id, phone_number, status, language, fixed_pin, created_at, external_id, sensitive, status_decided,
			sensitive_decided, sim_changed_at FROM asked AS a
		WHERE id IS NOT NULL
			AND NOT EXISTS (SELECT 1 FROM subscription AS o WHERE o.phone_number = a.number_before AND o.ended_at IS NULL)`,
		"TEXT", "TEXT", "TEXT", "TEXT", "TEXT", "TEXT", "TEXT", "BIGINT", "TEXT", "BOOLEAN", "BOOLEAN", "BOOLEAN", "BIGINT")
	keepPastNumbers = newShared(`
		WITH asked (n, id, operator_id, subscription_id, phone_number, until_at) AS (VALUES %s)
		INSERT INTO past_number (id, operator_id, subscription_id, phone_number, until_at)
		SELECT id, operator_id, subscription_id, phone_number, until_at FROM asked WHERE id IS NOT NULL`,
		"TEXT", "TEXT", "TEXT", "TEXT", "BIGINT")
	appendLineEvents = newShared(`
		WITH asked (n, subscription_id, id, operator_id, kind, detail, source, actor, reason, import_id, import_line, happened_at) AS (VALUES %s)
		INSERT INTO line_event (subscription_id, id, operator_id, kind, detail, source, actor, reason, import_id, import_line, happened_at)
		SELECT subscription_id, id, operator_id, kind, detail, source, actor, reason, import_id, import_line, happened_at
		FROM asked WHERE id IS NOT NULL`,
		"TEXT", "TEXT", "TEXT", "TEXT", "TEXT", "TEXT", "TEXT", "TEXT", "TEXT", "BIGINT", "BIGINT")
)

// changeLines returns what ended with the lines. Rows are locked in the order of their ids.
func changeLines(ctx context.Context, t tx, changes []dialtone.LineChange, now time.Time) (lineLoss, error) {
	var lost lineLoss
	if len(changes) == 0 {
		return lost, nil
	}
	changes = slices.SortedFunc(slices.Values(changes), func(a, b dialtone.LineChange) int { return cmp.Compare(a.Is.ID, b.Is.ID) })
	w := lineWriting{t: t, at: now.UnixMicro(), forms: make(map[dialtone.PhoneNumber][2]any)}
	for _, c := range changes {
		w.add(c)
	}
	var steps []*step
	for _, part := range []changing{w.ended, w.parked, w.retold, w.made, w.past, w.events} {
		some := part.steps()
		if part.exact {
			w.checked = append(w.checked, expected{some, len(part.rows)})
		}
		steps = append(steps, some...)
	}
	steps = append(steps, lost.after(w.endedIDs, w.signedOut, now)...)
	steps = append(steps, lost.revoked(w.revoked, now)...)
	steps = append(steps, w.told...)
	if err := t.together(ctx, steps...); err != nil {
		return lost, err
	}
	for _, e := range w.checked {
		written := 0
		for _, s := range e.steps {
			written += int(s.changed)
		}
		if written != e.rows {
			return lost, fmt.Errorf("%w: a line is not as it was read, or another one has its number", dialtone.ErrConflict)
		}
	}
	lost.sum()
	return lost, nil
}

type expected struct {
	steps []*step
	rows  int
}

// lineWriting gathers the rows of changeLines' statements.
type lineWriting struct {
	t     tx
	at    int64
	forms map[dialtone.PhoneNumber][2]any

	ended, parked, retold, made, past, events changing
	checked                                   []expected
	endedIDs, signedOut, revoked              []string
	told                                      []*step
}

// number returns the forms in which a column may hold the number.
func (w *lineWriting) number(n dialtone.PhoneNumber) (now, before any) {
	forms, ok := w.forms[n]
	if !ok {
		forms = [2]any{w.t.sealed(secret.LabelStoredNumber, n.E164()), w.t.sealedBefore(secret.LabelStoredNumber, n.E164())}
		w.forms[n] = forms
	}
	return forms[0], forms[1]
}

func (w *lineWriting) add(c dialtone.LineChange) {
	was, is := c.Was, c.Is
	number, before := w.number(is.PhoneNumber)
	switch {
	case was.ID == "":
		w.made.of, w.made.exact = insertLines, true
		w.made.rows = append(w.made.rows, []any{
			is.ID, is.OperatorID, number, before, string(is.Status), is.Language, is.FixedPIN, micros(is.Created), is.ExternalID, is.Sensitive,
			is.StatusDecided, is.SensitiveDecided, micros(is.SIMChanged),
		})
	case c.Ends():
		number, before = w.number(was.PhoneNumber)
		w.ended.of, w.ended.exact = endLines, true
		w.ended.rows = append(w.ended.rows, []any{is.ID, number, before, is.ExternalID, w.at})
		w.endedIDs = append(w.endedIDs, is.ID)
	default:
		w.retell(c, number, before)
	}
	if c.SignOut || c.Ends() {
		w.signedOut = append(w.signedOut, is.ID)
	}
	if c.RevokeConsents && !c.Ends() {
		w.revoked = append(w.revoked, is.ID)
	}
	for _, e := range c.Events {
		w.events.of, w.events.exact = appendLineEvents, true
		w.events.rows = append(w.events.rows, []any{
			is.ID, e.ID, is.OperatorID, string(e.Kind), e.Detail, string(e.Source), e.Actor, e.Reason, e.ImportID, int64(e.ImportLine), micros(e.At),
		})
	}
	if c.TellNumber && !c.Ends() {
		w.told = append(w.told, tellProducts(c, w.at, dialtone.EventNumberChanged, `AND ' ' || scopes || ' ' LIKE '% phone %'`))
	}
	if c.TellSIM && !c.Ends() {
		w.told = append(w.told, tellProducts(c, w.at, dialtone.EventSIMReplaced, ``))
	}
}

func (w *lineWriting) retell(c dialtone.LineChange, number, before any) {
	was, is := c.Was, c.Is
	wasNumber, wasBefore := w.number(was.PhoneNumber)
	if c.Renumbers() {
		w.parked.of, w.parked.exact = parkLines, true
		w.parked.rows = append(w.parked.rows, []any{is.ID, wasNumber, wasBefore})
		w.past.of, w.past.exact = keepPastNumbers, true
		w.past.rows = append(w.past.rows, []any{secret.ID("past"), is.OperatorID, is.ID, wasNumber, w.at})
		wasNumber, wasBefore = ">"+is.ID, nil
	}
	w.retold.of, w.retold.exact = retellLines, true
	w.retold.rows = append(w.retold.rows, []any{
		is.ID, wasNumber, wasBefore, string(was.Status), was.StatusDecided, was.SensitiveDecided, was.ExternalID,
		number, before, string(is.Status), is.Language, is.ExternalID, is.Sensitive, is.StatusDecided, is.SensitiveDecided, micros(is.SIMChanged),
	})
}

// tellProducts puts an event into the outbox for each product that the line has a consent with.
func tellProducts(c dialtone.LineChange, at int64, kind dialtone.EventKind, only string) *step {
	return &step{text: `
		INSERT INTO event (id, kind, operator_id, subscription_id, product_id, client_id, payload, happened_at)
		SELECT CAST($2 AS TEXT) || '_' || id, CAST($3 AS TEXT), operator_id, subscription_id, product_id, '', '{}', CAST($4 AS BIGINT)
		FROM consent WHERE subscription_id = $1 AND revoked_at IS NULL ` + only,
		args: []any{c.Is.ID, secret.ID("ev"), string(kind), at}}
}

// lineLoss counts what ends with lines.
type lineLoss struct {
	sessions, consents int

	ofSessions, ofConsents []*step
}

func (l *lineLoss) sum() {
	for _, s := range l.ofSessions {
		l.sessions += int(s.changed)
	}
	for _, s := range l.ofConsents {
		l.consents += int(s.changed)
	}
}

var (
	endSessionsOf = newShared(`
		WITH asked (n, id, at) AS (VALUES %s)
		UPDATE session SET ended_at = a.at FROM asked AS a WHERE session.subscription_id = a.id AND session.ended_at IS NULL`, "TEXT", "BIGINT")
	// A consent is ended once, so its id makes the ids of the history line and of the event.
	recordEnds = newShared(`
		WITH asked (n, id, at, reason) AS (VALUES %s)
		INSERT INTO consent_event (id, consent_id, operator_id, subscription_id, product_id, client_id, kind, scopes, version, language,
			text_hash, channel, actor, reason, happened_at)
		SELECT 'ce_end_' || c.id, c.id, c.operator_id, c.subscription_id, c.product_id, '', 'revoked', '', c.version, c.language,
			'', 'life_cycle', 'operator', a.reason, a.at
		FROM asked AS a JOIN consent AS c ON c.subscription_id = a.id WHERE c.revoked_at IS NULL`, "TEXT", "BIGINT", "TEXT")
	tellEnds = newShared(`
		WITH asked (n, id, at) AS (VALUES %s)
		INSERT INTO event (id, kind, operator_id, subscription_id, product_id, client_id, payload, happened_at)
		SELECT 'ev_end_' || c.id, 'consent.revoked', c.operator_id, c.subscription_id, c.product_id, '', '{"scopes":[]}', a.at
		FROM asked AS a JOIN consent AS c ON c.subscription_id = a.id WHERE c.revoked_at IS NULL`, "TEXT", "BIGINT")
	endConsentsOf = newShared(`
		WITH asked (n, id, at) AS (VALUES %s)
		UPDATE consent SET revoked_at = a.at FROM asked AS a WHERE consent.subscription_id = a.id AND consent.revoked_at IS NULL`, "TEXT", "BIGINT")
	endTestersOf = newShared(`
		WITH asked (n, id, at) AS (VALUES %s)
		UPDATE tester SET until_at = a.at FROM asked AS a WHERE tester.subscription_id = a.id AND tester.until_at > a.at`, "TEXT", "BIGINT")
)

// after are the statements for what ends with lines that ended, and for those that are only signed out.
func (l *lineLoss) after(ended, signedOut []string, now time.Time) []*step {
	at := now.UnixMicro()
	steps := ofIDs(endSessionsOf, signedOut, at)
	l.ofSessions = append(l.ofSessions, steps...)
	steps = append(steps, l.endConsents(ended, string(dialtone.RevokedSubscriptionEnded), at)...)
	return append(steps, ofIDs(endTestersOf, ended, at)...)
}

// revoked are the statements for lines that go on without their consents.
func (l *lineLoss) revoked(ids []string, now time.Time) []*step {
	return l.endConsents(ids, dialtone.EndedTransferred, now.UnixMicro())
}

func (l *lineLoss) endConsents(ids []string, reason string, at int64) []*step {
	steps := ofIDs(recordEnds, ids, at, reason)
	steps = append(steps, ofIDs(tellEnds, ids, at)...)
	ends := ofIDs(endConsentsOf, ids, at)
	l.ofConsents = append(l.ofConsents, ends...)
	return append(steps, ends...)
}

// ofIDs is a statement about lines, in parts, with the same further arguments for each.
func ofIDs(of shared, ids []string, more ...any) []*step {
	c := changing{of: of}
	for _, id := range ids {
		c.rows = append(c.rows, append([]any{id}, more...))
	}
	return c.steps()
}

// LineHistory returns what happened to a line, the latest first.
func (db *DB) LineHistory(ctx context.Context, subscriptionID string, limit int) ([]dialtone.LineEvent, error) {
	var history []dialtone.LineEvent
	var e dialtone.LineEvent
	err := db.read().each(ctx, []any{
		&e.ID, &e.OperatorID, &e.SubscriptionID, &e.Kind, &e.Detail, &e.Source, &e.Actor, &e.Reason, &e.ImportID, &e.ImportLine, instant{&e.At},
	}, func() { history = append(history, e) }, `
		SELECT id, operator_id, subscription_id, kind, detail, source, actor, reason, import_id, import_line, happened_at
		FROM line_event WHERE subscription_id = $1 ORDER BY happened_at DESC, id LIMIT $2`, subscriptionID, limit)
	return history, err
}

// SubscriptionByExternalID returns the operator's line with its own id, ended or not.
func (db *DB) SubscriptionByExternalID(ctx context.Context, operatorID, externalID string) (dialtone.Subscription, error) {
	var s dialtone.Subscription
	t := db.on(signIns).read()
	err := t.one(ctx, subscriptionFields(t, &s), `
		SELECT `+subscriptionColumns+` FROM subscription AS u WHERE u.operator_id = $1 AND u.external_id = $2 AND u.external_id <> ''`,
		operatorID, externalID)
	return s, err
}

// EndedWithNumber returns lines that had the number when they ended, the latest first.
func (db *DB) EndedWithNumber(ctx context.Context, number dialtone.PhoneNumber, limit int) ([]dialtone.Subscription, error) {
	var lines []dialtone.Subscription
	var s dialtone.Subscription
	t := db.read()
	err := t.each(ctx, subscriptionFields(t, &s), func() { lines = append(lines, s) }, `
		SELECT `+subscriptionColumns+` FROM subscription AS u WHERE u.phone_number IN ($1, $2) AND u.ended_at IS NOT NULL
		ORDER BY u.ended_at DESC, u.id LIMIT $3`,
		t.sealed(secret.LabelStoredNumber, number.E164()), t.sealedBefore(secret.LabelStoredNumber, number.E164()), limit)
	return lines, err
}

// PastNumbers returns which lines had the number and go on with another one, the latest first.
func (db *DB) PastNumbers(ctx context.Context, number dialtone.PhoneNumber, limit int) ([]dialtone.PastNumber, error) {
	var list []dialtone.PastNumber
	var p dialtone.PastNumber
	t := db.read()
	err := t.each(ctx, []any{&p.OperatorID, &p.SubscriptionID, t.number(&p.Number), instant{&p.Until}}, func() { list = append(list, p) }, `
		SELECT operator_id, subscription_id, phone_number, until_at FROM past_number WHERE phone_number IN ($1, $2)
		ORDER BY until_at DESC, id LIMIT $3`,
		t.sealed(secret.LabelStoredNumber, number.E164()), t.sealedBefore(secret.LabelStoredNumber, number.E164()), limit)
	return list, err
}
