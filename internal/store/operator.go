package store

import (
	"context"

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
		&o.SMS.Price, &o.SMS.Currency, &o.SMS.SharePrice, &o.Language, &o.Sandbox, instant{&o.Created}, instant{&o.Updated},
	}, func() {
		o.Ranges = ranges[o.ID]
		operators = append(operators, o)
	}, `
		SELECT id, name, colour, logo_id, support, approval, sms_route, sms_sender, sms_daily, sms_price, sms_currency,
			sms_share_price, language, sandbox, created_at, updated_at
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
				sms_currency, sms_share_price, language, sandbox, created_at, updated_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
			ON CONFLICT (id) DO UPDATE SET name = excluded.name, colour = excluded.colour, logo_id = excluded.logo_id,
				support = excluded.support, approval = excluded.approval, sms_route = excluded.sms_route,
				sms_sender = excluded.sms_sender, sms_daily = excluded.sms_daily,
				sms_price = excluded.sms_price, sms_currency = excluded.sms_currency, sms_share_price = excluded.sms_share_price,
				language = excluded.language,
				sandbox = excluded.sandbox, updated_at = excluded.updated_at`,
			o.ID, o.Name, o.Brand.Colour, o.Brand.LogoID, o.Support, string(o.Approval), o.SMS.Route, o.SMS.Sender, o.SMS.Daily,
			o.SMS.Price, o.SMS.Currency, o.SMS.SharePrice, o.Language, o.Sandbox, micros(o.Created), micros(o.Updated))
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
