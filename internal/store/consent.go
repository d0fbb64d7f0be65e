package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

const consentColumns = `c.id, c.operator_id, c.subscription_id, c.product_id, c.scopes, c.refused, c.version, c.language, c.granted_at,
	c.revoked_at`

// consentFields takes NULL for every column: an outer join may find no consent.
func consentFields(c *dialtone.Consent) []any {
	return []any{
		orZero[string]{&c.ID}, orZero[string]{&c.OperatorID}, orZero[string]{&c.SubscriptionID}, orZero[string]{&c.ProductID},
		wordList{&c.Scopes}, wordList{&c.Refused}, orZero[int]{&c.Version}, orZero[string]{&c.Language},
		instant{&c.Granted}, instant{&c.Revoked},
	}
}

// Consent returns the consent of a line to a product that is in force.
func (db *DB) Consent(ctx context.Context, subscriptionID, productID string) (dialtone.Consent, error) {
	var c dialtone.Consent
	err := db.on(signIns).read().one(ctx, consentFields(&c), `
		SELECT `+consentColumns+` FROM consent AS c
		WHERE c.subscription_id = $1 AND c.product_id = $2 AND c.revoked_at IS NULL`, subscriptionID, productID)
	return c, err
}

// giving is what PutConsent takes.
type giving struct {
	consent dialtone.Consent
	history dialtone.ConsentEvent
	event   dialtone.Event
	asked   time.Time
}

// to names what a consent is for: one of them is in force.
func (g giving) to() string { return g.consent.SubscriptionID + " " + g.consent.ProductID }

// PutConsent inserts a consent, or changes the one of that line and product that is in force, with its line in the history
// and its event. It returns the consent in force: the id of an earlier one stays, also in the history. Asked is when the person saw the
// question. Errors: ErrForbidden if the line is not active; ErrConflict if a consent was taken back since asked: an answer to a question
// from before must not bring it back. A zero asked looks at no removal. Likewise if the person said no after c.Granted, the moment of
// this yes: the two overtook each other on their way here.
func (db *DB) PutConsent(ctx context.Context, c dialtone.Consent, history dialtone.ConsentEvent, event dialtone.Event, asked time.Time) (dialtone.Consent, error) {
	answer, err := db.consents.ask(ctx, giving{c, history, event, asked})
	if err == nil && !answer.ok {
		err = db.whyNotPut(ctx, c.SubscriptionID)
	}
	if err != nil {
		return dialtone.Consent{}, fmt.Errorf("put consent: %w", err)
	}
	return answer.value, nil
}

func (db *DB) whyNotPut(ctx context.Context, subscriptionID string) error {
	line, err := db.Subscription(ctx, subscriptionID)
	switch {
	case errors.Is(err, dialtone.ErrNotFound), err == nil && !line.Active():
		return fmt.Errorf("%w: the line is not active", dialtone.ErrForbidden)
	case err != nil:
		return err
	}
	return fmt.Errorf("%w: the consent was taken back since the question, or refused since the answer", dialtone.ErrConflict)
}

var (
	putConsents = newShared(`
	WITH asked (n, id, subscription_id, product_id, scopes, refused, version, language, granted_at, asked_at) AS (VALUES %s)
	INSERT INTO consent (id, operator_id, subscription_id, product_id, scopes, refused, version, language, granted_at)
	SELECT a.id, u.operator_id, u.id, a.product_id, a.scopes, a.refused, a.version, a.language, a.granted_at
	FROM asked AS a JOIN subscription AS u ON `+looked("u.id", "a.subscription_id")+`
	WHERE u.status = 'active' AND NOT EXISTS (SELECT 1 FROM consent_event AS e WHERE e.subscription_id = a.subscription_id
		AND e.product_id = a.product_id AND (e.kind = 'revoked' AND e.happened_at > a.asked_at
			OR e.kind = 'refused' AND e.happened_at > a.granted_at) `+byItself+`)
	ON CONFLICT (subscription_id, product_id) WHERE revoked_at IS NULL DO UPDATE SET scopes = excluded.scopes,
		refused = excluded.refused, version = excluded.version, language = excluded.language, granted_at = excluded.granted_at
	RETURNING id, operator_id, subscription_id, product_id, scopes, refused, version, language, granted_at, revoked_at`,
		"TEXT", "TEXT", "TEXT", "TEXT", "TEXT", "BIGINT", "TEXT", "BIGINT", "BIGINT")

	// What follows a consent that was put knows it by its line, its product and its moment. The id of the one in force is known only
	// when it is put, so the history looks it up.
	recordConsents = newShared(`
	WITH asked (n, granted_at, id, subscription_id, product_id, operator_id, client_id, kind, scopes, version, language, text_hash, channel,
		actor, reason, happened_at) AS (VALUES %s)
	INSERT INTO consent_event (id, consent_id, operator_id, subscription_id, product_id, client_id, kind, scopes, version, language,
		text_hash, channel, actor, reason, happened_at)
	SELECT * FROM (SELECT a.id, (`+consentJustPut+`) AS consent_id, a.operator_id, a.subscription_id, a.product_id, a.client_id, a.kind, a.scopes,
		a.version, a.language, a.text_hash, a.channel, a.actor, a.reason, a.happened_at FROM asked AS a) AS r
	WHERE consent_id IS NOT NULL`,
		"BIGINT", "TEXT", "TEXT", "TEXT", "TEXT", "TEXT", "TEXT", "TEXT", "BIGINT", "TEXT", "TEXT", "TEXT", "TEXT", "TEXT", "BIGINT")

	tellConsents = newShared(`
	WITH asked (n, granted_at, id, kind, operator_id, subscription_id, product_id, client_id, payload, happened_at) AS (VALUES %s)
	INSERT INTO event (id, kind, operator_id, subscription_id, product_id, client_id, payload, happened_at)
	SELECT a.id, a.kind, a.operator_id, a.subscription_id, a.product_id, a.client_id, a.payload, a.happened_at
	FROM asked AS a WHERE EXISTS (`+consentJustPut+`)`,
		"BIGINT", "TEXT", "TEXT", "TEXT", "TEXT", "TEXT", "TEXT", "TEXT", "BIGINT")
)

const consentJustPut = `SELECT c.id FROM consent AS c WHERE c.subscription_id = a.subscription_id AND c.product_id = a.product_id
		AND c.revoked_at IS NULL AND COALESCE(c.granted_at, 0) = COALESCE(a.granted_at, 0) ` + byItself

func (db *DB) putConsents(ctx context.Context, given []giving) ([]found[dialtone.Consent], error) {
	var putting, recording, telling []any
	for _, g := range given {
		c, h, e := g.consent, g.history, g.event
		putting = append(putting, c.ID, c.SubscriptionID, c.ProductID, words(c.Scopes), words(c.Refused), c.Version, c.Language, micros(c.Granted),
			micros(g.asked))
		recording = append(recording, micros(c.Granted), h.ID, h.SubscriptionID, h.ProductID, h.OperatorID, h.ClientID, string(h.Kind),
			words(h.Scopes), h.Version, h.Language, h.TextHash, string(h.Channel), h.Actor, h.Reason, micros(h.At))
		telling = append(telling, micros(c.Granted), e.ID, string(e.Kind), e.OperatorID, e.SubscriptionID, e.ProductID, e.ClientID, e.Payload,
			e.At.UnixMicro())
	}
	put := make(map[string]dialtone.Consent, len(given))
	err := db.on(signIns).unit(ctx, func(tx) []*step {
		clear(put)
		var c dialtone.Consent
		insert := putConsents.step(putting)
		insert.into, insert.do = consentFields(&c), func() { put[giving{consent: c}.to()] = c }
		return []*step{insert, recordConsents.step(recording), tellConsents.step(telling)}
	})
	answers := make([]found[dialtone.Consent], len(given))
	for n, g := range given {
		answers[n].value, answers[n].ok = put[g.to()]
	}
	return answers, err
}

// RevokeConsent ends the consent of a line to a product, and with it the grants that were made under it, with its line in
// the history and its event. Error: ErrNotFound if none is in force.
func (db *DB) RevokeConsent(ctx context.Context, subscriptionID, productID string, history dialtone.ConsentEvent,
	event dialtone.Event, now time.Time) error {
	err := db.on(signIns).write(ctx, func(ctx context.Context, t tx) error {
		return revokeConsent(ctx, t, subscriptionID, productID, history, event, now)
	})
	if err != nil {
		return fmt.Errorf("revoke consent: %w", err)
	}
	return nil
}

// RevokeConsentByLink is RevokeConsent on a link that works once. Errors: ErrConflict if the link was used before;
// ErrNotFound if no consent is in force, and then the link stays unused.
func (db *DB) RevokeConsentByLink(ctx context.Context, linkID string, linkExpires time.Time, subscriptionID, productID string,
	history dialtone.ConsentEvent, event dialtone.Event, now time.Time) error {
	err := db.on(signIns).write(ctx, func(ctx context.Context, t tx) error {
		if err := spendToken(ctx, t, linkID, linkExpires); err != nil {
			return err
		}
		return revokeConsent(ctx, t, subscriptionID, productID, history, event, now)
	})
	if err != nil {
		return fmt.Errorf("revoke consent by link: %w", err)
	}
	return nil
}

func revokeConsent(ctx context.Context, t tx, subscriptionID, productID string, history dialtone.ConsentEvent,
	event dialtone.Event, now time.Time) error {
	err := t.one(ctx, []any{&history.ConsentID, &history.Version}, `
		UPDATE consent SET revoked_at = $3 WHERE subscription_id = $1 AND product_id = $2 AND revoked_at IS NULL
		RETURNING id, version`, subscriptionID, productID, now.UnixMicro())
	if err != nil {
		return err
	}
	return record(ctx, t, history, event)
}

// record appends to the history and to the outbox.
func record(ctx context.Context, t tx, history dialtone.ConsentEvent, event dialtone.Event) error {
	return t.together(ctx, appendingConsentEvent(history), insertingEvent(event))
}

// AppendConsentEvent appends a line to the history of a consent that changes nothing, such as a refusal.
func (db *DB) AppendConsentEvent(ctx context.Context, e dialtone.ConsentEvent) error {
	return db.on(signIns).single(ctx, func(ctx context.Context, t tx) error { return t.together(ctx, appendingConsentEvent(e)) })
}

func appendingConsentEvent(e dialtone.ConsentEvent) *step {
	return &step{text: `
		INSERT INTO consent_event (id, consent_id, operator_id, subscription_id, product_id, client_id, kind, scopes, version, language,
			text_hash, channel, actor, reason, happened_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`, args: []any{
		e.ID, e.ConsentID, e.OperatorID, e.SubscriptionID, e.ProductID, e.ClientID, string(e.Kind), words(e.Scopes), e.Version,
		e.Language, e.TextHash, string(e.Channel), e.Actor, e.Reason, micros(e.At),
	}}
}

// ConsentHistory returns what became of a line's consents to a product, the oldest first.
func (db *DB) ConsentHistory(ctx context.Context, subscriptionID, productID string) ([]dialtone.ConsentEvent, error) {
	var history []dialtone.ConsentEvent
	var e dialtone.ConsentEvent
	err := db.on(signIns).read().each(ctx, consentEventFields(&e), func() { history = append(history, e) }, `
		SELECT `+consentEventColumns+` FROM consent_event WHERE subscription_id = $1 AND product_id = $2 ORDER BY happened_at, id`,
		subscriptionID, productID)
	return history, err
}

const consentEventColumns = `id, consent_id, operator_id, subscription_id, product_id, client_id, kind, scopes, version, language, text_hash,
	channel, actor, reason, happened_at`

func consentEventFields(e *dialtone.ConsentEvent) []any {
	return []any{
		&e.ID, &e.ConsentID, &e.OperatorID, &e.SubscriptionID, &e.ProductID, &e.ClientID, &e.Kind, wordList{&e.Scopes}, &e.Version,
		&e.Language, &e.TextHash, &e.Channel, &e.Actor, &e.Reason, instant{&e.At},
	}
}
