package store

import (
	"context"
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

// PutConsent inserts a consent, or changes the one of that line and product that is in force, with its line in the history
// and its event. It returns the consent in force: the id of an earlier one stays, also in the history. Error: ErrForbidden
// if the line is not active.
func (db *DB) PutConsent(ctx context.Context, c dialtone.Consent, history dialtone.ConsentEvent, event dialtone.Event) (dialtone.Consent, error) {
	var put dialtone.Consent
	err := db.on(signIns).write(ctx, func(ctx context.Context, t tx) error {
		active := false
		putting := &step{into: consentFields(&put), do: func() { active = true }, text: `
			INSERT INTO consent (id, operator_id, subscription_id, product_id, scopes, refused, version, language, granted_at)
			SELECT CAST($1 AS TEXT), u.operator_id, u.id, CAST($3 AS TEXT), CAST($4 AS TEXT), CAST($5 AS TEXT), CAST($6 AS BIGINT),
				CAST($7 AS TEXT), CAST($8 AS BIGINT)
			FROM subscription AS u WHERE u.id = $2 AND u.status = 'active'
			ON CONFLICT (subscription_id, product_id) WHERE revoked_at IS NULL DO UPDATE SET scopes = excluded.scopes,
				refused = excluded.refused, version = excluded.version, language = excluded.language, granted_at = excluded.granted_at
			RETURNING id, operator_id, subscription_id, product_id, scopes, refused, version, language, granted_at, revoked_at`, args: []any{
			c.ID, c.SubscriptionID, c.ProductID, words(c.Scopes), words(c.Refused), c.Version, c.Language, micros(c.Granted),
		}}
		// The id of the consent in force is known only when it is put, so the history looks it up.
		recording := appendingConsentEvent(history, `COALESCE((
			SELECT c.id FROM consent AS c WHERE c.subscription_id = $4 AND c.product_id = $5 AND c.revoked_at IS NULL), CAST($2 AS TEXT))`)
		if err := t.together(ctx, putting, recording, insertingEvent(event)); err != nil {
			return err
		}
		if !active {
			return fmt.Errorf("%w: the line is not active", dialtone.ErrForbidden)
		}
		return nil
	})
	if err != nil {
		return dialtone.Consent{}, fmt.Errorf("put consent: %w", err)
	}
	return put, nil
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
	return t.together(ctx, appendingConsentEvent(history, `$2`), insertingEvent(event))
}

// AppendConsentEvent appends a line to the history of a consent that changes nothing, such as a refusal.
func (db *DB) AppendConsentEvent(ctx context.Context, e dialtone.ConsentEvent) error {
	return db.on(signIns).single(ctx, func(ctx context.Context, t tx) error { return t.together(ctx, appendingConsentEvent(e, `$2`)) })
}

// appendingConsentEvent appends to the history, where consentID is the SQL for the consent's id: $2 is the event's own.
func appendingConsentEvent(e dialtone.ConsentEvent, consentID string) *step {
	return &step{text: `
		INSERT INTO consent_event (id, consent_id, operator_id, subscription_id, product_id, client_id, kind, scopes, version, language,
			text_hash, channel, actor, reason, happened_at)
		VALUES ($1, ` + consentID + `, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`, args: []any{
		e.ID, e.ConsentID, e.OperatorID, e.SubscriptionID, e.ProductID, e.ClientID, string(e.Kind), words(e.Scopes), e.Version,
		e.Language, e.TextHash, string(e.Channel), e.Actor, e.Reason, micros(e.At),
	}}
}

// ConsentHistory returns what became of a line's consents to a product, the oldest first.
func (db *DB) ConsentHistory(ctx context.Context, subscriptionID, productID string) ([]dialtone.ConsentEvent, error) {
	var history []dialtone.ConsentEvent
	var e dialtone.ConsentEvent
	err := db.on(signIns).read().each(ctx, []any{
		&e.ID, &e.ConsentID, &e.OperatorID, &e.SubscriptionID, &e.ProductID, &e.ClientID, &e.Kind, wordList{&e.Scopes}, &e.Version,
		&e.Language, &e.TextHash, &e.Channel, &e.Actor, &e.Reason, instant{&e.At},
	}, func() { history = append(history, e) }, `
		SELECT id, consent_id, operator_id, subscription_id, product_id, client_id, kind, scopes, version, language, text_hash, channel,
			actor, reason, happened_at
		FROM consent_event WHERE subscription_id = $1 AND product_id = $2 ORDER BY happened_at, id`, subscriptionID, productID)
	return history, err
}
