package store

import (
	"context"
	"fmt"
	"time"
)

// How long rows are kept after they have lost their meaning. Operators, products, lines, consents, the histories and the
// outbox, accounts, API keys and activities are never deleted here.
const (
	challengeKept = time.Hour           // so that "expired" can be said instead of "unknown"
	sessionKept   = 48 * time.Hour      // longer than an access token lives: a grant without its session would not know of the sign-out
	grantKept     = 7 * 24 * time.Hour  // so that a late refresh learns why
	budgetKept    = 48 * time.Hour      // the longest window of a limit
	messageKept   = 90 * 24 * time.Hour // for the statistics of routes
	keyKept       = 30 * 24 * time.Hour // after it retired, when nothing under it is accepted any more

	emailCodeKept      = time.Hour            // as challenges
	accountSessionKept = 48 * time.Hour       // as sessions
	invitationKept     = 90 * 24 * time.Hour  // so that its link can say that it is too old
	failedRequestKept  = 7 * 24 * time.Hour   // as developers are told
	tallyKept          = 400 * 24 * time.Hour // a month can be compared with the same of the year before
	idempotencyKept    = 24 * time.Hour       // as the management API promises
)

// cleaning deletes the rows of one table that lost their meaning before $1, $2 of them at most.
type cleaning struct {
	text string
	kept time.Duration
}

var cleanings = []cleaning{
	{`DELETE FROM challenge WHERE id IN (SELECT id FROM challenge WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)`, challengeKept},
	{`DELETE FROM session WHERE id IN (SELECT id FROM session WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)`, sessionKept},
	{`DELETE FROM client_grant WHERE id IN (SELECT id FROM client_grant WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)`, grantKept},
	{`DELETE FROM spent WHERE id IN (SELECT id FROM spent WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)`, 0},
	{`DELETE FROM budget_entry WHERE (key, seq) IN (SELECT key, seq FROM budget_entry WHERE spent_at < $1 ORDER BY spent_at LIMIT $2)`, budgetKept},
	{`DELETE FROM sms_message WHERE id IN (SELECT id FROM sms_message WHERE created_at < $1 ORDER BY created_at LIMIT $2)`, messageKept},
	{`DELETE FROM data_key WHERE id IN (SELECT id FROM data_key WHERE retired_at < $1 LIMIT $2)`, keyKept},
	{`DELETE FROM signing_key WHERE id IN (SELECT id FROM signing_key WHERE retired_at < $1 LIMIT $2)`, keyKept},
	{`DELETE FROM email_code WHERE id IN (SELECT id FROM email_code WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)`, emailCodeKept},
	{`DELETE FROM account_session WHERE id IN (
		SELECT id FROM account_session WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)`, accountSessionKept},
	{`DELETE FROM invitation WHERE id IN (SELECT id FROM invitation WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)`, invitationKept},
	{`DELETE FROM failed_request WHERE id IN (
		SELECT id FROM failed_request WHERE happened_at < $1 ORDER BY happened_at LIMIT $2)`, failedRequestKept},
	{`DELETE FROM tally WHERE (product_id, hour_at, client_id, operator_id, kind) IN (
		SELECT product_id, hour_at, client_id, operator_id, kind FROM tally WHERE hour_at < $1 ORDER BY hour_at LIMIT $2)`, tallyKept},
	{`DELETE FROM tally_day WHERE (product_id, day_at, operator_id, kind) IN (
		SELECT product_id, day_at, operator_id, kind FROM tally_day WHERE day_at < $1 ORDER BY day_at LIMIT $2)`, tallyKept},
	{`DELETE FROM idempotent_answer WHERE (api_key_id, key) IN (
		SELECT api_key_id, key FROM idempotent_answer WHERE created_at < $1 ORDER BY created_at LIMIT $2)`, idempotencyKept},
}

// DeleteExpired deletes rows that lost their meaning, up to limit in each table, and reports whether there is more. Tables
// are cleaned one by one, so that nobody waits for all of them.
func (db *DB) DeleteExpired(ctx context.Context, now time.Time, limit int) (deleted int, more bool, err error) {
	for _, c := range cleanings {
		rows, err := db.exec(ctx, c.text, now.Add(-c.kept).UnixMicro(), limit)
		if err != nil {
			return deleted, true, fmt.Errorf("delete expired rows: %w", err)
		}
		deleted += int(rows)
		more = more || int(rows) == limit
	}
	return deleted, more, nil
}
