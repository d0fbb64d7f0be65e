package storetest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/store"
)

func testAccountRaces(t *testing.T, db *store.DB) {
	t.Run("wrong codes are counted one by one", func(t *testing.T) {
		ctx, c := t.Context(), NewEmailCode()
		must(t, createEmailCode(ctx, db, c, nil, Now))
		wrong := RightEmailTry(c)
		wrong.CodeHash = "wrong"
		same(t, "tries", race(t, func(int) error {
			_, err := db.TryEmailCode(ctx, wrong, dialtone.Account{ID: secret.ID("acc")}, NewAccountSession(), Now)
			return err
		}, dialtone.ErrExhausted), 5)
	})

	t.Run("the right code makes one session", func(t *testing.T) {
		ctx, c, account := t.Context(), NewEmailCode(), dialtone.Account{ID: secret.ID("acc"), Email: secret.ID("x") + "@example.com"}
		must(t, createEmailCode(ctx, db, c, nil, Now))
		same(t, "winners", race(t, func(int) error {
			tried, err := db.TryEmailCode(ctx, RightEmailTry(c), account, NewAccountSession(), Now)
			if err == nil && !tried.Right {
				t.Error("the right code was wrong")
			}
			return err
		}, dialtone.ErrConflict), 1)
		sessions, err := db.AccountSessions(ctx, account.ID, Now)
		must(t, err)
		same(t, "sessions", len(sessions), 1)
	})

	t.Run("an address has one account", func(t *testing.T) {
		ctx, email := t.Context(), secret.ID("x")+"@example.com"
		var ids sync.Map
		same(t, "answers", race(t, func(int) error {
			c := NewEmailCode()
			if err := createEmailCode(ctx, db, c, nil, Now); err != nil {
				t.Error(err)
			}
			tried, err := db.TryEmailCode(ctx, RightEmailTry(c), dialtone.Account{ID: secret.ID("acc"), Email: email}, NewAccountSession(), Now)
			ids.Store(tried.Account.ID, true)
			return err
		}), racers)
		same(t, "accounts", size(&ids), 1)
	})

	t.Run("a passkey's sign count goes on once", func(t *testing.T) {
		ctx, d := t.Context(), NewDeveloper(t, db)
		p := dialtone.Passkey{ID: secret.ID("pk"), AccountID: d.Account.ID, Credential: `{"n":0}`, Created: Now}
		must(t, db.PutPasskey(ctx, p, d.Activity("passkey.create")))
		same(t, "winners", race(t, func(i int) error {
			return db.UsePasskey(ctx, p.ID, p.Credential, fmt.Sprintf(`{"n":%d}`, i+1), Now)
		}, dialtone.ErrConflict), 1)
	})

	t.Run("a company's newcomer in many tabs is one account", func(t *testing.T) {
		ctx, d := t.Context(), NewDeveloper(t, db)
		must(t, db.PutCompanySignIn(ctx, d.companySignIn(), d.Activity("company.update")))
		var ids sync.Map
		same(t, "answers", race(t, func(int) error {
			account, _, err := db.CompanyAccount(ctx, d.newcomer("robin"), Now)
			ids.Store(account.ID, true)
			return err
		}), racers)
		same(t, "accounts", size(&ids), 1)
	})
}

// size counts the keys of a map.
func size(m *sync.Map) int {
	count := 0
	m.Range(func(any, any) bool { count++; return true })
	return count
}

func testOrganizationRaces(t *testing.T, db *store.DB) {
	// owners returns an organization with as many owners as there are racers.
	owners := func(t *testing.T) (Developer, []string) {
		d := NewDeveloper(t, db)
		ids := []string{d.Account.ID}
		for len(ids) < racers {
			ids = append(ids, d.NewMember(t, db, dialtone.RoleOwner).ID)
		}
		return d, ids
	}

	t.Run("one of many owners who leave at once has to stay", func(t *testing.T) {
		ctx := t.Context()
		d, ids := owners(t)
		same(t, "who left", race(t, func(i int) error {
			return db.RemoveMember(ctx, d.Organization.ID, ids[i], d.Activity("member.leave"))
		}, dialtone.ErrConflict), racers-1)
		same(t, "owners", countOwners(t, db, d), 1)
	})

	t.Run("one of two owners who leave at once has to stay", func(t *testing.T) {
		ctx := t.Context()
		for range 20 { // the moment in which both could see each other is short
			d := NewDeveloper(t, db)
			two := []string{d.Account.ID, d.NewMember(t, db, dialtone.RoleOwner).ID}
			same(t, "who left", race(t, func(i int) error {
				return db.RemoveMember(ctx, d.Organization.ID, two[i%2], d.Activity("member.leave"))
			}, dialtone.ErrConflict, dialtone.ErrNotFound), 1)
			same(t, "owners", countOwners(t, db, d), 1)
		}
	})

	t.Run("one of many owners who leave, step down or hand over at once stays", func(t *testing.T) {
		ctx := t.Context()
		d, ids := owners(t)
		race(t, func(i int) error {
			switch i % 3 {
			case 0:
				return db.RemoveMember(ctx, d.Organization.ID, ids[i], d.Activity("member.leave"))
			case 1:
				return db.ChangeRole(ctx, d.Organization.ID, ids[i], dialtone.RoleViewer, d.Activity("member.role"))
			}
			return db.TransferOwnership(ctx, d.Organization.ID, ids[i], ids[(i+1)%racers], d.Activity("member.transfer"))
		}, dialtone.ErrConflict, dialtone.ErrNotFound)
		if countOwners(t, db, d) == 0 {
			t.Error("there is no owner")
		}
	})

	t.Run("an invitation is accepted once", func(t *testing.T) {
		ctx, d := t.Context(), NewDeveloper(t, db)
		i := d.NewInvitation(dialtone.RoleViewer)
		must(t, db.PutInvitation(ctx, i, d.Activity("invitation.create")))
		accounts := make([]string, racers)
		for n := range accounts {
			account, _ := NewAccount(t, db)
			accounts[n] = account.ID
		}
		same(t, "winners", race(t, func(n int) error {
			return db.AcceptInvitation(ctx, i.ID, accounts[n], Now, d.Activity("invitation.accept"))
		}, dialtone.ErrConflict), 1)
		members, err := db.Members(ctx, d.Organization.ID)
		must(t, err)
		same(t, "members", len(members), 2)
	})

	t.Run("an invitation is either accepted or withdrawn", func(t *testing.T) {
		ctx, d := t.Context(), NewDeveloper(t, db)
		i := d.NewInvitation(dialtone.RoleViewer)
		must(t, db.PutInvitation(ctx, i, d.Activity("invitation.create")))
		account, _ := NewAccount(t, db)
		same(t, "winners", race(t, func(n int) error {
			if n%2 == 0 {
				return db.WithdrawInvitation(ctx, d.Organization.ID, i.ID, Now, d.Activity("invitation.withdraw"))
			}
			return db.AcceptInvitation(ctx, i.ID, account.ID, Now, d.Activity("invitation.accept"))
		}, dialtone.ErrConflict, dialtone.ErrNotFound), 1)
	})

	t.Run("an address has one open invitation", func(t *testing.T) {
		ctx, d := t.Context(), NewDeveloper(t, db)
		email := secret.ID("x") + "@example.com"
		same(t, "answers", race(t, func(int) error {
			i := d.NewInvitation(dialtone.RoleViewer)
			i.Email = email
			return db.PutInvitation(ctx, i, d.Activity("invitation.create"))
		}), racers)
		list, err := db.Invitations(ctx, d.Organization.ID)
		must(t, err)
		open := 0
		for _, i := range list {
			if i.Open(Now) {
				open++
			}
		}
		same(t, "open", open, 1)
	})
}

func countOwners(t *testing.T, db *store.DB, d Developer) int {
	t.Helper()
	members, err := db.Members(t.Context(), d.Organization.ID)
	must(t, err)
	owners := 0
	for _, m := range members {
		if m.Role == dialtone.RoleOwner {
			owners++
		}
	}
	return owners
}

func testProductRaces(t *testing.T, db *store.DB) {
	t.Run("one of many who save at once is first, and the others are told", func(t *testing.T) {
		ctx, d := t.Context(), NewDeveloper(t, db)
		same(t, "products saved", race(t, func(i int) error {
			p := d.Product
			p.Name, p.Updated = fmt.Sprint("Weather ", i), Now.Add(time.Duration(i+1)*time.Second)
			return db.SaveProduct(ctx, p, Now, d.Activity("product.update"))
		}, dialtone.ErrConflict), 1)
		same(t, "clients saved", race(t, func(i int) error {
			c := d.Client
			c.Description, c.Updated = fmt.Sprint("Website ", i), Now.Add(time.Duration(i+1)*time.Second)
			return db.SaveClient(ctx, c, Now, d.Activity("client.update"))
		}, dialtone.ErrConflict), 1)
		log, err := db.Activities(ctx, d.Organization.ID, time.Time{}, "", 100)
		must(t, err)
		same(t, "lines in the log", len(log), 5)
	})

	t.Run("a product is offered once", func(t *testing.T) {
		ctx, d := t.Context(), NewDeveloper(t, db)
		l := dialtone.Listing{ProductID: d.Product.ID, OperatorID: NewApp(t, db).Operator.ID, State: dialtone.ListingOffered, Updated: Now}
		same(t, "offers", race(t, func(int) error { return db.OfferListing(ctx, l, d.Activity("listing.offer")) }, dialtone.ErrConflict), 1)
		history, err := db.ListingHistory(ctx, l.ProductID, l.OperatorID)
		must(t, err)
		same(t, "lines in the history", len(history), 1)
	})

	t.Run("what many count is added up", func(t *testing.T) {
		ctx, productID := t.Context(), secret.ID("pr")
		var tallies []dialtone.Tally
		for i := range 10 {
			tallies = append(tallies, dialtone.Tally{ProductID: productID, ClientID: fmt.Sprint(i), Hour: Now, Kind: dialtone.TallyTokenIssued, Count: 3})
		}
		same(t, "answers", race(t, func(i int) error {
			turned := append(append([]dialtone.Tally(nil), tallies[i%10:]...), tallies[:i%10]...)
			return db.AddTallies(ctx, turned)
		}), racers)
		got, err := db.Tallies(ctx, productID, Now, Now.Add(time.Hour))
		must(t, err)
		same(t, "tallies", len(got), 10)
		for _, tally := range got {
			same(t, "count", tally.Count, int64(3*racers))
		}
	})

	t.Run("a product keeps its newest thousand failed requests whoever writes them", func(t *testing.T) {
		ctx, productID := t.Context(), secret.ID("pr")
		same(t, "answers", race(t, func(i int) error {
			var list []dialtone.FailedRequest
			for n := range 100 {
				list = append(list, dialtone.FailedRequest{ID: secret.ID("error"), ProductID: productID, At: Now.Add(time.Duration(i*100 + n))})
			}
			return db.PutFailedRequests(ctx, list)
		}), racers)
		must(t, db.PutFailedRequests(ctx, []dialtone.FailedRequest{{ID: secret.ID("error"), ProductID: productID, At: Now}}))
		kept, err := db.FailedRequests(ctx, productID, "", time.Time{}, "", 10000)
		must(t, err)
		same(t, "kept", len(kept), 1000)
	})

	t.Run("an idempotency key is reserved once", func(t *testing.T) {
		ctx, apiKey := t.Context(), secret.ID("key")
		var first sync.Map
		same(t, "answers", race(t, func(i int) error {
			answer, fresh, err := db.ReserveIdempotency(ctx, apiKey, "k", fmt.Sprint(i), Now)
			if fresh {
				first.Store(answer.RequestHash, true)
			}
			return err
		}), racers)
		same(t, "reserved", size(&first), 1)
	})
}
