package store_test

import (
	"testing"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/store"
	"github.com/dialtone-id/dialtone/internal/store/storetest"
)

// A database from before has its numbers, addresses and names in the clear until it is sealed.
func TestWhatAReleaseBeforeKeptInTheClearIsSealedAndFound(t *testing.T) {
	t.Parallel()
	storetest.Engines(t, func(t *testing.T, db *store.DB) {
		ctx := t.Context()
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		a := storetest.NewApp(t, db)
		line, person := storetest.NewLine(t, db, a), storetest.NewDeveloper(t, db)
		must(db.Execute(ctx, `DELETE FROM sealing`))
		must(db.Execute(ctx, `UPDATE subscription SET phone_number = $2 WHERE id = $1`, line.ID, line.PhoneNumber.E164()))
		must(db.Execute(ctx, `UPDATE account SET email = $2, name = '~ada' WHERE id = $1`, person.Account.ID, person.Account.Email))
		if _, clear, err := db.SealedUnder(ctx); err != nil || !clear {
			t.Errorf("nothing is said to be in the clear: %v", err)
		}
		if _, err := db.Subscription(ctx, line.ID); err == nil {
			t.Error("a number in the clear is taken for a sealed one")
		}
		const few = 3
		for more := true; more; {
			var err error
			more, err = db.Reseal(ctx, few)
			must(err)
		}
		found, err := db.SubscriptionByNumber(ctx, line.PhoneNumber)
		must(err)
		account, err := db.AccountByEmail(ctx, person.Account.Email)
		must(err)
		if found != line || account.Name != "~ada" {
			t.Errorf("found %v and %q", found, account.Name)
		}
		if _, clear, err := db.SealedUnder(ctx); err != nil || clear {
			t.Errorf("something is still said to be in the clear: %v", err)
		}
		second := dialtone.Subscription{
			ID: secret.ID("sub"), OperatorID: line.OperatorID, PhoneNumber: line.PhoneNumber, Status: dialtone.SubscriptionActive, Created: storetest.Now,
		}
		if err := db.PutSubscription(ctx, second, storetest.Now); err == nil {
			t.Error("two lines have the number")
		}
	})
}
