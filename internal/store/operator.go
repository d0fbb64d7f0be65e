package store

import (
	"context"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// Operators returns all operators with their ranges, by id.
func (db *DB) Operators(ctx context.Context) ([]dialtone.Operator, error) {
	ranges, err := db.ranges(ctx)
	if err != nil {
		return nil, err
	}
	var operators []dialtone.Operator
	var o dialtone.Operator
	err = db.on(lookups).read().each(ctx, []any{
		&o.ID, &o.Name, &o.Brand.Colour, &o.Brand.LogoID, &o.Support, &o.Approval, &o.SMS.Route, &o.SMS.Sender, &o.SMS.Daily,
		&o.SMS.Price, &o.SMS.Currency, &o.SMS.SharePrice, &o.Language, &o.Sandbox, &o.PasskeyRequired, instant{&o.Created}, instant{&o.Updated},
	}, func() {
		o.Ranges = ranges[o.ID]
		operators = append(operators, o)
	}, `
		SELECT id, name, colour, logo_id, support, approval, sms_route, sms_sender, sms_daily, sms_price, sms_currency,
			sms_share_price, language, sandbox, passkey_required, created_at, updated_at
		FROM operator ORDER BY id`)
	return operators, err
}

// ranges returns the prefixes by operator id, in order.
func (db *DB) ranges(ctx context.Context) (map[string][]string, error) {
	ranges := make(map[string][]string)
	var operatorID, prefix string
	err := db.on(lookups).read().each(ctx, []any{&operatorID, &prefix}, func() {
		ranges[operatorID] = append(ranges[operatorID], prefix)
	}, `SELECT operator_id, prefix FROM number_range ORDER BY operator_id, prefix`)
	return ranges, err
}

// PutOperator inserts or replaces an operator and its ranges. Created is kept from the first time.
func (db *DB) PutOperator(ctx context.Context, o dialtone.Operator) error {
	return db.write(ctx, func(ctx context.Context, t tx) error {
		_, err := t.exec(ctx, `
			INSERT INTO operator (id, name, colour, logo_id, support, approval, sms_route, sms_sender, sms_daily, sms_price,
				sms_currency, sms_share_price, language, sandbox, passkey_required, created_at, updated_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
			ON CONFLICT (id) DO UPDATE SET name = excluded.name, colour = excluded.colour, logo_id = excluded.logo_id,
				support = excluded.support, approval = excluded.approval, sms_route = excluded.sms_route,
				sms_sender = excluded.sms_sender, sms_daily = excluded.sms_daily,
				sms_price = excluded.sms_price, sms_currency = excluded.sms_currency, sms_share_price = excluded.sms_share_price,
				language = excluded.language,
				sandbox = excluded.sandbox, passkey_required = excluded.passkey_required, updated_at = excluded.updated_at`,
			o.ID, o.Name, o.Brand.Colour, o.Brand.LogoID, o.Support, string(o.Approval), o.SMS.Route, o.SMS.Sender, o.SMS.Daily,
			o.SMS.Price, o.SMS.Currency, o.SMS.SharePrice, o.Language, o.Sandbox, o.PasskeyRequired, micros(o.Created), micros(o.Updated))
		if err != nil {
			return err
		}
		if _, err := t.exec(ctx, `DELETE FROM number_range WHERE operator_id = $1`, o.ID); err != nil {
			return err
		}
		for _, prefix := range o.Ranges {
			_, err := t.exec(ctx, `INSERT INTO number_range (operator_id, prefix) VALUES ($1, $2) ON CONFLICT (operator_id, prefix) DO NOTHING`,
				o.ID, prefix)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// SetOperatorSettings changes what an operator's admins decide about it. Errors: ErrConflict if somebody changed the operator since seen;
// or, asking for a passkey, if no admin has one; ErrNotFound.
func (db *DB) SetOperatorSettings(ctx context.Context, operatorID string, approval dialtone.ApprovalPolicy, passkey bool, seen, now time.Time, e dialtone.AuditEntry) error {
	return db.audited(ctx, e, func(ctx context.Context, t tx) error {
		set, err := t.exec(ctx, `
			UPDATE operator SET approval = $2, passkey_required = $3, updated_at = $4
			WHERE id = $1 AND COALESCE(updated_at, 0) = COALESCE(CAST($5 AS BIGINT), 0) AND (NOT $3 OR EXISTS (
				SELECT 1 FROM staff AS s JOIN passkey AS k ON k.account_id = s.account_id WHERE s.operator_id = $1 AND s.role = 'admin'))`,
			operatorID, string(approval), passkey, micros(now), micros(seen))
		if err != nil || set > 0 {
			return err
		}
		return conflictUnlessGone(ctx, t, `SELECT id FROM operator WHERE id = $1`, operatorID)
	})
}
