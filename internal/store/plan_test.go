package store_test

import (
	"database/sql"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/dialtone-id/dialtone/internal/store/storetest"
)

// wholeTable is how SQLite's plan says that all rows of a table, or all entries of an index, are read.
var wholeTable = regexp.MustCompile(`SCAN (g|s|u|c|l|e|client_grant|session|subscription|consent|spent|listing|challenge|budget_entry|consent_event|ended)\b`)

// The cost of a hot statement must not grow with the tables, however many callers share it.
func TestHotStatementsReadNoWholeTableOfSQLite(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	for _, callers := range batchSizes {
		plans, err := db.SharedPlans(t.Context(), callers)
		if err != nil {
			t.Fatal(err)
		}
		for name, plan := range plans {
			if wholeTable.MatchString(plan) {
				t.Errorf("%s for %d:\n%s", name, callers, plan)
			}
		}
	}
}

// batchSizes are the sizes that shared statements come in.
var batchSizes = []int{1, 2, 4, 8, 16, 32, 64}

// A connection lives for hours, and keeps the plan that it made when the tables were empty. Here they grow afterwards, and what
// is counted is what the server looks at.
func TestAHotStatementReadsAFewRowsAfterTheTablesGrew(t *testing.T) {
	t.Parallel()
	for _, callers := range batchSizes {
		for _, planned := range []struct {
			rows     int
			analyzed bool
		}{{0, false}, {0, true}, {40, true}, {1000, true}} {
			t.Run(fmt.Sprintf("%d callers, planned with %d rows, analyzed %t", callers, planned.rows, planned.analyzed), func(t *testing.T) {
				t.Parallel()
				address := storetest.Address(t, "postgres")
				db, past := storetest.Open(t, address), raw(t, address)
				grow(t, past, 0, planned.rows)
				if planned.analyzed {
					execute(t, past, "ANALYZE subscription, session, consent, client_grant, spent, listing, challenge, budget_entry, consent_event, ended")
				}
				rows, plans, err := db.RowsRead(t.Context(), callers, func() { grow(t, past, planned.rows, 3000) })
				if err != nil {
					t.Fatal(err)
				}
				if len(rows) != 16 {
					t.Fatalf("only %v were looked at", rows)
				}
				const most = 8 // a row of each of five tables, one that is written, and those that are looked at twice
				for name, read := range rows {
					if read < 1 || read > most {
						t.Errorf("%s looks at %.0f rows for each caller:\n%s", name, read, plans[name])
					}
				}
			})
		}
	}
}

// grow fills the tables with the rows of the numbers from…to.
func grow(t *testing.T, db *sql.DB, from, to int) {
	for statement := range strings.SplitSeq(fmt.Sprintf(grown, fmt.Sprintf("FROM generate_series(%d, %d) AS n", from, to-1)), ";") {
		execute(t, db, statement)
	}
}

// grown fills the tables that the hot statements read.
const grown = `
	INSERT INTO subscription (id, operator_id, phone_number, status, language, fixed_pin)
		SELECT 'u' || n, 'o', '+' || n, 'active', '', '' %[1]s;
	INSERT INTO session (id, secret_hash, operator_id, subscription_id, amr, expires_at)
		SELECT 's' || n, '', 'o', 'u' || n, '', 9 %[1]s;
	INSERT INTO consent (id, operator_id, subscription_id, product_id, scopes, refused, version, language)
		SELECT 'c' || n, 'o', 'u' || n, 'p', 'openid', '', 1, '' %[1]s;
	INSERT INTO client_grant (id, operator_id, subscription_id, product_id, client_id, session_id, consent_id, scopes, amr, claims,
			refresh_generation, refresh_hash, expires_at, revoked_reason)
		SELECT 'g' || n, 'o', 'u' || n, 'p', 'c', 's' || n, 'c' || n, 'openid', '', '', 0, 'h', 9, '' %[1]s;
	INSERT INTO challenge (id, browser_hash, request_hash, number_key, subscription_id, code_hash, sealed_code, attempts, sends,
			superseded, session_id, expires_at)
		SELECT 'ch' || n, 'b' || n, 'r', 'n', 'u' || n, 'h', '', 0, 1, FALSE, '', 9 %[1]s;
	INSERT INTO budget_entry (key, seq, spent_at) SELECT 'k' || n, 1, 5 %[1]s;
	INSERT INTO consent_event (id, consent_id, operator_id, subscription_id, product_id, client_id, kind, scopes, version, language, text_hash,
			channel, actor, reason, happened_at)
		SELECT 'ce' || n, 'c' || n, 'o', 'u' || n, 'p', '', 'granted', '', 1, '', '', '', '', '', 5 %[1]s;
	INSERT INTO ended (id) SELECT 'e' || n %[1]s;
	INSERT INTO spent (id, expires_at) SELECT 't' || n, 9 %[1]s;
	INSERT INTO organization (id, name) VALUES ('org', '') ON CONFLICT DO NOTHING;
	INSERT INTO operator (id, name, colour, logo_id, support, approval, sms_route, sms_sender, sms_daily, language, sandbox)
		VALUES ('o', '', '', '', '', '', '', '', 0, '', FALSE) ON CONFLICT DO NOTHING;
	INSERT INTO product (id, organization_id, name, subtitle, description, icon_id, price, terms_url, privacy_url, support, scopes,
			consent_version)
		VALUES ('p', 'org', '', '', '', '', '', '', '', '', '[]', 1) ON CONFLICT DO NOTHING;
	INSERT INTO listing (product_id, operator_id, state, reason) VALUES ('p', 'o', 'enabled', '') ON CONFLICT DO NOTHING`
