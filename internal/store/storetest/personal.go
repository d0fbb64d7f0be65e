package storetest

import (
	"testing"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/store"
)

// testPersonal is the last of the suite: it changes the key under which everything about people is.
func testPersonal(t *testing.T, db *store.DB) {
	ctx := t.Context()
	a := NewApp(t, db)
	line, person := NewLine(t, db, a), NewDeveloper(t, db)
	invitation := dialtone.Invitation{
		ID: secret.ID("inv"), OrganizationID: person.Organization.ID, Email: "kim@example.org", Role: dialtone.RoleViewer,
		InvitedBy: "Ada", Created: Now, Expires: Now.AddDate(0, 0, 7),
	}
	must(t, db.PutInvitation(ctx, invitation, person.Activity("invitation.create")))

	db.SealWith(Keys(t, "personal-1", "personal-2"))
	t.Run("everything is found while the key changes", func(t *testing.T) { testFound(t, db, line, person) })
	t.Run("nobody gets a number or address that is under the old key", func(t *testing.T) {
		second := line
		second.ID = secret.ID("sub")
		fails(t, "the number of another line", db.PutSubscription(ctx, second, Now), dialtone.ErrConflict)
		same := line
		same.Language = "sv"
		must(t, db.PutSubscription(ctx, same, Now))
		again := dialtone.Account{ID: secret.ID("acc"), Email: person.Account.Email, Created: Now}
		must(t, db.AddOwner(ctx, person.Organization.ID, again, Now, person.Activity("member.add")))
		_, err := db.Account(ctx, again.ID)
		fails(t, "a second account with the address", err, dialtone.ErrNotFound)
		newer := invitation
		newer.ID = secret.ID("inv")
		must(t, db.PutInvitation(ctx, newer, person.Activity("invitation.create")))
		old, err := db.Invitation(ctx, invitation.ID)
		must(t, err)
		if old.Withdrawn.IsZero() {
			t.Error("two invitations of an address are open")
		}
	})
	t.Run("all rows are sealed again, and the old key is needed no more", func(t *testing.T) {
		const few = 7
		batches := 0
		for more := true; more; batches++ {
			var err error
			more, err = db.Reseal(ctx, few)
			must(t, err)
		}
		if batches < 10 {
			t.Errorf("there were only %d batches", batches)
		}
		ids, clear, err := db.SealedUnder(ctx)
		must(t, err)
		same(t, "keys that rows are under", ids, map[string]bool{"personal-2": true})
		if clear {
			t.Error("something is in the clear")
		}
		db.SealWith(Keys(t, "personal-2"))
		line.Language = "sv"
		testFound(t, db, line, person)
		_, err = db.Activities(ctx, person.Organization.ID, Now.AddDate(1, 0, 0), "", 100)
		must(t, err)
		list, err := db.Invitations(ctx, person.Organization.ID)
		must(t, err)
		if len(list) != 2 || list[0].Email != "kim@example.org" || list[0].InvitedBy != "Ada" {
			t.Errorf("invitations are %v", list)
		}
	})
}

func testFound(t *testing.T, db *store.DB, line dialtone.Subscription, person Developer) {
	t.Helper()
	gotLine, err := db.SubscriptionByNumber(t.Context(), line.PhoneNumber)
	must(t, err)
	same(t, "the line with the number", gotLine, line)
	account, err := db.AccountByEmail(t.Context(), person.Account.Email)
	must(t, err)
	same(t, "the account with the address", account, person.Account)
}
