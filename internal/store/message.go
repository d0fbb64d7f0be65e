package store

import (
	"context"
	"fmt"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// PutMessage keeps the record of an SMS, or brings it up to date. A state that has come further already stays.
func (db *DB) PutMessage(ctx context.Context, m dialtone.SMSMessage) error {
	_, err := db.on(signIns).exec(ctx, `
		INSERT INTO sms_message (id, operator_id, route, provider_id, template, language, state, rank, code, segments, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
		ON CONFLICT (id) DO UPDATE SET provider_id = excluded.provider_id, state = excluded.state, rank = excluded.rank,
			code = excluded.code, updated_at = excluded.updated_at
		WHERE sms_message.rank < excluded.rank`,
		m.ID, m.OperatorID, m.Route, m.ProviderID, m.Template, m.Language, string(m.State), m.State.Rank(), m.Code, m.Segments,
		m.Created.UnixMicro(), micros(m.Updated))
	return err
}

// MessageReport raises a message's state to what its gateway reports. A report of a state that the message has passed
// changes nothing. Error: ErrNotFound if there is no such message.
func (db *DB) MessageReport(ctx context.Context, r dialtone.SMSReport) error {
	return db.on(signIns).write(ctx, func(ctx context.Context, t tx) error {
		var id string
		err := t.one(ctx, []any{&id}, `
			SELECT id FROM sms_message WHERE route = $1 AND (id = $2 OR $2 = '' AND provider_id = $3 AND $3 <> '')
			ORDER BY created_at DESC LIMIT 1`, r.Route, r.MessageID, r.ProviderID)
		if err != nil {
			return fmt.Errorf("report on an SMS: %w", err)
		}
		_, err = t.exec(ctx, `UPDATE sms_message SET state = $2, rank = $3, code = $4, updated_at = $5 WHERE id = $1 AND rank < $3`,
			id, string(r.State), r.State.Rank(), r.Code, micros(r.At))
		return err
	})
}

// Message returns the record of an SMS.
func (db *DB) Message(ctx context.Context, id string) (dialtone.SMSMessage, error) {
	var m dialtone.SMSMessage
	err := db.on(signIns).read().one(ctx, []any{
		&m.ID, &m.OperatorID, &m.Route, &m.ProviderID, &m.Template, &m.Language, &m.State, &m.Code, &m.Segments,
		instant{&m.Created}, instant{&m.Updated},
	}, `
		SELECT id, operator_id, route, provider_id, template, language, state, code, segments, created_at, updated_at
		FROM sms_message WHERE id = $1`, id)
	return m, err
}

// CountMessages counts the messages of an operator, or of all if operatorID is empty, that were made since then and not
// dropped.
func (db *DB) CountMessages(ctx context.Context, operatorID string, since time.Time) (int, error) {
	var count int
	text := `SELECT COUNT(*) FROM sms_message WHERE operator_id = $1 AND created_at >= $2 AND state <> 'dropped'`
	args := []any{operatorID, since.UnixMicro()}
	if operatorID == "" {
		text, args = `SELECT COUNT(*) FROM sms_message WHERE created_at >= $1 AND state <> 'dropped'`, args[1:]
	}
	err := db.on(signIns).read().one(ctx, []any{&count}, text, args...)
	return count, err
}
