package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// How long rows are kept after they have lost their meaning. Operators, products, lines, consents, the histories, accounts,
// API keys and activities are never deleted here.
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
	importKept         = 90 * 24 * time.Hour  // what a file came to
	importFaultKept    = 30 * 24 * time.Hour  // the lines that were refused, which hold numbers
	idempotencyKept    = 24 * time.Hour       // as the management API promises
)

// cleaning deletes the rows of one table whose time is before $1, $2 of them at most, the oldest first.
type cleaning struct {
	table string
	key   string // its primary key
	time  string // the column of the time at which a row begins to age
	kept  time.Duration
	// happened: the time is when something happened, so that a row that lies further ahead than it would be kept was written by a clock
	// that was wrong. It would stay until that day, and is deleted as well.
	happened bool
}

// It has to be planned for the table as it is: one that was empty when the plan was made would be read row by row, each looked
// for in the list.
func (c cleaning) text() string {
	return fmt.Sprintf(`DELETE FROM %[1]s WHERE (%[2]s) IN (SELECT %[2]s FROM %[1]s WHERE %[3]s < $1 ORDER BY %[3]s LIMIT $2)`, c.table, c.key, c.time)
}

// ahead deletes the rows whose time is after $1, $2 of them at most. While this clock is behind the oldest key, which was made with the
// installation, it is this clock that is wrong, and nothing is deleted by it.
func (c cleaning) ahead() string {
	return fmt.Sprintf(`DELETE FROM %[1]s WHERE (%[2]s) IN (SELECT %[2]s FROM %[1]s WHERE %[3]s > $1 ORDER BY %[3]s DESC LIMIT $2)
		AND COALESCE((SELECT MIN(created_at) FROM data_key), 0) <= $3`, c.table, c.key, c.time)
}

var cleanings = []cleaning{
	{"challenge", "id", "expires_at", challengeKept, false},
	{"session", "id", "expires_at", sessionKept, false},
	{"client_grant", "id", "expires_at", grantKept, false},
	{"spent", "id", "expires_at", 0, false},
	{"kept_page", "id", "expires_at", 0, false},
	{"tester", "product_id, subscription_id", "until_at", 0, false},
	{"budget_entry", "key, seq", "spent_at", budgetKept, true},
	{"sms_message", "id", "created_at", messageKept, true},
	{"data_key", "id", "retired_at", keyKept, false},
	{"signing_key", "id", "retired_at", keyKept, false},
	{"email_code", "id", "expires_at", emailCodeKept, false},
	{"account_session", "id", "expires_at", accountSessionKept, false},
	{"invitation", "id", "expires_at", invitationKept, false},
	{"failed_request", "id", "happened_at", failedRequestKept, true},
	{"tally", "product_id, hour_at, client_id, operator_id, kind", "hour_at", tallyKept, true},
	{"tally_day", "product_id, day_at, operator_id, kind", "day_at", tallyKept, true},
	{"idempotent_answer", "api_key_id, key", "created_at", idempotencyKept, true},
	{"directory_import", "id", "updated_at", importKept, true},
	{"directory_import_fault", "import_id, line", "noted_at", importFaultKept, true},
	{"event", "id", "happened_at", 0, false}, // as the installation says
}

// DeleteExpired deletes rows that lost their meaning, up to limit in each table, and events that happened longer than
// eventsKept ago. It reports whether there is more. Each table is cleaned by itself, so that nobody waits for all of them,
// and a table that somebody has locked does not keep the others from being cleaned.
func (db *DB) DeleteExpired(ctx context.Context, now time.Time, limit int, eventsKept time.Duration) (deleted int, more bool, err error) {
	var faults []error
	note := func(c cleaning, rows int64, err error) {
		if err != nil {
			faults = append(faults, fmt.Errorf("delete expired rows of %s: %w", c.table, err))
		}
		deleted += int(rows)
		more = more || int(rows) == limit
	}
	for _, c := range cleanings {
		kept := c.kept
		if c.table == "event" {
			kept = eventsKept
		}
		rows, err := db.on(upkeep).exec(ctx, c.text(), now.Add(-kept).UnixMicro(), limit)
		note(c, rows, err)
		if c.happened && ctx.Err() == nil {
			rows, err = db.on(upkeep).exec(ctx, c.ahead(), now.Add(kept).UnixMicro(), limit, now.UnixMicro())
			note(c, rows, err)
		}
		if ctx.Err() != nil {
			return deleted, true, errors.Join(faults...)
		}
	}
	return deleted, more, errors.Join(faults...)
}
