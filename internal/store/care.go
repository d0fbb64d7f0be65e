package store

import (
	"context"
	"fmt"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
)

// ConsentsHeld returns the consents of a line that are in force, with what they are for, the newest first.
func (db *DB) ConsentsHeld(ctx context.Context, subscriptionID string) ([]dialtone.Held, error) {
	var list []dialtone.Held
	var h dialtone.Held
	into := append(consentFields(&h.Consent), append(productFields(&h.Product), &h.Organization)...)
	err := db.on(signIns).read().each(ctx, into, func() { list = append(list, h) }, `
		SELECT `+consentColumns+`, `+productColumns+`, o.name
		FROM consent AS c JOIN product AS p ON p.id = c.product_id JOIN organization AS o ON o.id = p.organization_id
		WHERE c.subscription_id = $1 AND c.revoked_at IS NULL ORDER BY c.granted_at DESC, c.id`, subscriptionID)
	return list, err
}

// ConsentRecord returns what became of all consents of a line, the newest first, up to limit lines.
func (db *DB) ConsentRecord(ctx context.Context, subscriptionID string, limit int) ([]dialtone.ConsentEvent, error) {
	var history []dialtone.ConsentEvent
	var e dialtone.ConsentEvent
	err := db.on(signIns).read().each(ctx, consentEventFields(&e), func() { history = append(history, e) }, `
		SELECT `+consentEventColumns+` FROM consent_event WHERE subscription_id = $1 ORDER BY happened_at DESC, id DESC LIMIT $2`,
		subscriptionID, limit)
	return history, err
}

// LiveSessions returns the browsers that are signed in with a line, the newest first.
func (db *DB) LiveSessions(ctx context.Context, subscriptionID string, now time.Time) ([]dialtone.Session, error) {
	var list []dialtone.Session
	var s dialtone.Session
	err := db.on(signIns).read().each(ctx, sessionFields(&s), func() { list = append(list, s) }, `
		SELECT id, secret_hash, operator_id, subscription_id, amr, auth_time_at, created_at, expires_at, ended_at FROM session
		WHERE subscription_id = $1 AND ended_at IS NULL AND expires_at > $2 ORDER BY created_at DESC, id`, subscriptionID, now.UnixMicro())
	return list, err
}

// EndLineSessions signs every browser out that is signed in with a line, by staff, and returns how many there were. Grants without a
// refresh token die with them.
func (db *DB) EndLineSessions(ctx context.Context, subscriptionID string, now time.Time, e dialtone.AuditEntry) (int, error) {
	var ended int64
	err := db.audited(ctx, e, func(ctx context.Context, t tx) error {
		var err error
		ended, err = t.exec(ctx, `UPDATE session SET ended_at = $2 WHERE subscription_id = $1 AND ended_at IS NULL AND expires_at > $2`,
			subscriptionID, now.UnixMicro())
		return err
	})
	return int(ended), err
}

// EndAllSessions is EndLineSessions by the person who is signed in.
func (db *DB) EndAllSessions(ctx context.Context, subscriptionID string, now time.Time) (int, error) {
	ended, err := db.on(signIns).exec(ctx, `UPDATE session SET ended_at = $2 WHERE subscription_id = $1 AND ended_at IS NULL AND expires_at > $2`,
		subscriptionID, now.UnixMicro())
	return int(ended), err
}

// RevokeConsentByStaff is RevokeConsent with the line of the audit log that tells of it.
func (db *DB) RevokeConsentByStaff(ctx context.Context, subscriptionID, productID string, history dialtone.ConsentEvent, event dialtone.Event,
	now time.Time, e dialtone.AuditEntry) error {
	return db.audited(ctx, e, func(ctx context.Context, t tx) error {
		return revokeConsent(ctx, t, subscriptionID, productID, history, event, now)
	})
}

// ChangeLinesByStaff is ChangeLines with the line of the audit log that tells of it.
func (db *DB) ChangeLinesByStaff(ctx context.Context, changes []dialtone.LineChange, now time.Time, e dialtone.AuditEntry) error {
	return db.audited(ctx, e, func(ctx context.Context, t tx) error {
		_, err := changeLines(ctx, t, changes, now)
		return err
	})
}

// PutLineNote adds a note to a line.
func (db *DB) PutLineNote(ctx context.Context, n dialtone.LineNote, e dialtone.AuditEntry) error {
	return db.audited(ctx, e, func(ctx context.Context, t tx) error {
		_, err := t.exec(ctx, `
			INSERT INTO line_note (id, operator_id, subscription_id, author_id, author, words, written_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			n.ID, n.OperatorID, n.SubscriptionID, n.AuthorID, t.sealed(secret.LabelStoredName, n.Author),
			t.sealed(secret.LabelStoredNote, n.Words), n.At.UnixMicro())
		return err
	})
}

// LineNotes returns the notes on a line, the newest first, up to limit of them.
func (db *DB) LineNotes(ctx context.Context, subscriptionID string, limit int) ([]dialtone.LineNote, error) {
	var list []dialtone.LineNote
	var n dialtone.LineNote
	t := db.read()
	err := t.each(ctx, []any{
		&n.ID, &n.OperatorID, &n.SubscriptionID, &n.AuthorID, t.opened(secret.LabelStoredName, &n.Author),
		t.opened(secret.LabelStoredNote, &n.Words), instant{&n.At},
	}, func() { list = append(list, n) }, `
		SELECT id, operator_id, subscription_id, author_id, author, words, written_at FROM line_note
		WHERE subscription_id = $1 ORDER BY written_at DESC, id LIMIT $2`, subscriptionID, limit)
	return list, err
}

// SetMayOpenSensitive says whether one of the staff may open sensitive lines. Error: ErrNotFound if the account is none of them.
func (db *DB) SetMayOpenSensitive(ctx context.Context, operatorID, accountID string, may bool, e dialtone.AuditEntry) error {
	return db.audited(ctx, e, func(ctx context.Context, t tx) error {
		set, err := t.exec(ctx, `UPDATE staff SET sensitive = $3 WHERE operator_id = $1 AND account_id = $2`, operatorID, accountID, may)
		if err := foundOne("staff "+accountID, set, err); err != nil {
			return fmt.Errorf("sensitive lines: %w", err)
		}
		return nil
	})
}
