package store_test

import (
	"regexp"
	"testing"

	"github.com/dialtone-id/dialtone/internal/store"
	"github.com/dialtone-id/dialtone/internal/store/storetest"
)

// wholeTable is how a plan says that all rows of a table, or all entries of an index, are read. The rows that were asked for
// are no table.
var wholeTable = regexp.MustCompile(`Seq Scan on|Index[A-Za-z ]* Scan using [^\n]*\n *(Filter|->|SubPlan|$)|` +
	`SCAN (g|s|u|c|l|client_grant|session|subscription|consent|spent|listing)\b`)

// The cost of a hot statement must not grow with the tables, also when its plan was made while they were empty, as here.
func TestHotStatementsReadNoWholeTable(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, db *store.DB) {
		plans, err := db.SharedPlans(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for name, plan := range plans {
			if wholeTable.MatchString(plan) {
				t.Errorf("%s:\n%s", name, plan)
			}
		}
	})
}
