package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/store"
)

// AuditLine returns a new line of an operator's audit log, not yet in the database.
func AuditLine(operatorID, actorID, action, target string) dialtone.AuditEntry {
	return dialtone.AuditEntry{
		ID: secret.ID("audit"), OperatorID: operatorID, ActorID: actorID, Action: action, Target: target, At: Now,
		Words: dialtone.AuditWords{Actor: "Kim", Role: "admin", Target: "name", Salt: secret.ID("salt")},
	}
}

// newStaff puts a new person into the database who works for the operator.
func newStaff(t testing.TB, db *store.DB, operatorID string, role dialtone.StaffRole) dialtone.Account {
	t.Helper()
	account, _ := NewAccount(t, db)
	must(t, db.AddStaff(t.Context(), operatorID, account, role, Now, AuditLine(operatorID, "apply", "staff.add", "")))
	return account
}

func newStaffInvitation(operatorID, inviterID string, role dialtone.StaffRole) dialtone.StaffInvitation {
	return dialtone.StaffInvitation{
		ID: secret.ID("inv"), OperatorID: operatorID, Email: secret.ID("someone") + "@example.com", Role: role, SecretHash: "hash",
		InvitedBy: "Kim", InviterID: inviterID, Created: Now, Expires: Now.Add(7 * 24 * time.Hour),
	}
}

func testStaff(t *testing.T, db *store.DB) {
	t.Run("staff are added, change their roles, and one admin always stays", func(t *testing.T) {
		ctx, at := t.Context(), NewApp(t, db).Operator.ID
		e := func(action string) dialtone.AuditEntry { return AuditLine(at, "someone", action, "") }
		admin, care := newStaff(t, db, at, dialtone.StaffAdmin), newStaff(t, db, at, dialtone.StaffCare)
		must(t, db.AddStaff(ctx, at, dialtone.Account{ID: "unused", Email: admin.Email}, dialtone.StaffAdmin, Now, e("staff.add")))
		fails(t, "to nothing", db.AddStaff(ctx, "nothing", care, dialtone.StaffCare, Now, AuditLine("nothing", "x", "staff.add", "")), dialtone.ErrNotFound)
		fails(t, "the last admin steps down", db.ChangeStaffRole(ctx, at, admin.ID, dialtone.StaffCare, e("staff.role")), dialtone.ErrConflict)
		fails(t, "the last admin leaves", db.RemoveStaff(ctx, at, admin.ID, e("staff.remove")), dialtone.ErrConflict)
		fails(t, "a stranger", db.ChangeStaffRole(ctx, at, "nobody", dialtone.StaffAdmin, e("staff.role")), dialtone.ErrNotFound)
		must(t, db.ChangeStaffRole(ctx, at, care.ID, dialtone.StaffAdmin, e("staff.role")))
		must(t, db.RemoveStaff(ctx, at, admin.ID, e("staff.remove")))

		staff, err := db.Staff(ctx, at)
		must(t, err)
		same(t, "staff", staff, []dialtone.Staff{{OperatorID: at, Account: care, Role: dialtone.StaffAdmin, Joined: Now}})
		posts, err := db.Posts(ctx, care.ID)
		must(t, err)
		same(t, "posts", posts, []dialtone.Post{{OperatorID: at, Role: dialtone.StaffAdmin}})
		_, err = db.Post(ctx, at, admin.ID)
		fails(t, "who was removed", err, dialtone.ErrNotFound)
	})

	t.Run("where a passkey is asked for, only an admin who has one counts", func(t *testing.T) {
		ctx, operator := t.Context(), NewApp(t, db).Operator
		at := operator.ID
		e := func(action string) dialtone.AuditEntry { return AuditLine(at, "someone", action, "") }
		with, without := newStaff(t, db, at, dialtone.StaffAdmin), newStaff(t, db, at, dialtone.StaffAdmin)
		set := func(seen, now time.Time) error {
			return db.SetOperatorSettings(ctx, at, dialtone.ApprovalManual, true, seen, now, e("operator.settings"))
		}
		fails(t, "nobody has one", set(operator.Updated, Now.Add(time.Second)), dialtone.ErrConflict)
		must(t, db.PutPasskey(ctx, dialtone.Passkey{ID: secret.ID("pk"), AccountID: with.ID, Credential: "{}", Created: Now},
			dialtone.Activity{ID: secret.ID("ac"), Action: "account.passkey.add", ActorID: with.ID, At: Now}))
		must(t, set(operator.Updated, Now.Add(time.Second)))
		fails(t, "somebody else changed it", set(operator.Updated, Now.Add(2*time.Second)), dialtone.ErrConflict)
		fails(t, "the one with the passkey leaves", db.RemoveStaff(ctx, at, with.ID, e("staff.remove")), dialtone.ErrConflict)
		must(t, db.RemoveStaff(ctx, at, without.ID, e("staff.remove")))
	})

	t.Run("an invitation is accepted once, and goes with who made it", func(t *testing.T) {
		ctx, at := t.Context(), NewApp(t, db).Operator.ID
		e := func(action string) dialtone.AuditEntry { return AuditLine(at, "someone", action, "") }
		admin, second := newStaff(t, db, at, dialtone.StaffAdmin), newStaff(t, db, at, dialtone.StaffAdmin)
		i := newStaffInvitation(at, admin.ID, dialtone.StaffCare)
		must(t, db.PutStaffInvitation(ctx, i, e("staff.invite")))
		guest, _ := NewAccount(t, db)
		must(t, db.AcceptStaffInvitation(ctx, i.ID, guest.ID, Now, e("staff.join")))
		fails(t, "again", db.AcceptStaffInvitation(ctx, i.ID, second.ID, Now, e("staff.join")), dialtone.ErrConflict)
		i.Accepted = Now
		got, err := db.StaffInvitation(ctx, i.ID)
		must(t, err)
		same(t, "invitation", got, i)
		post, err := db.Post(ctx, at, guest.ID)
		must(t, err)
		same(t, "role", post.Role, dialtone.StaffCare)

		old := newStaffInvitation(at, admin.ID, dialtone.StaffCare)
		must(t, db.PutStaffInvitation(ctx, old, e("staff.invite")))
		fails(t, "too late", db.AcceptStaffInvitation(ctx, old.ID, second.ID, old.Expires, e("staff.join")), dialtone.ErrExpired)
		again := old
		again.ID = secret.ID("inv")
		must(t, db.PutStaffInvitation(ctx, again, e("staff.invite")))
		fails(t, "in whose place another came", db.AcceptStaffInvitation(ctx, old.ID, second.ID, Now, e("staff.join")), dialtone.ErrNotFound)
		fails(t, "of another operator", db.WithdrawStaffInvitation(ctx, NewApp(t, db).Operator.ID, again.ID, Now, e("staff.withdraw")), dialtone.ErrNotFound)
		must(t, db.RemoveStaff(ctx, at, admin.ID, e("staff.remove")))
		fails(t, "of who was removed", db.AcceptStaffInvitation(ctx, again.ID, second.ID, Now, e("staff.join")), dialtone.ErrNotFound)
		late := newStaffInvitation(at, admin.ID, dialtone.StaffAdmin)
		fails(t, "by who was removed", db.PutStaffInvitation(ctx, late, e("staff.invite")), dialtone.ErrNotFound)
		list, err := db.StaffInvitations(ctx, at)
		must(t, err)
		same(t, "invitations", len(list), 3)
	})

	t.Run("the last administrator stays", func(t *testing.T) {
		ctx := t.Context()
		e := func(action string) dialtone.AuditEntry { return AuditLine("", "apply", action, "") }
		first, _ := NewAccount(t, db)
		second := dialtone.Account{ID: secret.ID("acc"), Email: secret.ID("new") + "@example.com", Created: Now}
		for range 2 {
			must(t, db.AddAdministrator(ctx, first, Now, e("administrator.add")))
		}
		must(t, db.AddAdministrator(ctx, second, Now, e("administrator.add")))
		is, err := db.Administrator(ctx, second.ID)
		must(t, err)
		same(t, "is one", is, true)
		must(t, db.RemoveAdministrator(ctx, second.ID, e("administrator.remove")))
		fails(t, "one who is none", db.RemoveAdministrator(ctx, second.ID, e("administrator.remove")), dialtone.ErrNotFound)
		fails(t, "the last one", db.RemoveAdministrator(ctx, first.ID, e("administrator.remove")), dialtone.ErrConflict)
	})
}

func testAudit(t *testing.T, db *store.DB) {
	t.Run("lines are numbered, chained and found by filter", func(t *testing.T) {
		ctx, at := t.Context(), secret.ID("op")
		var want []dialtone.AuditEntry
		before := ""
		for i, action := range []string{"listing.enable", "listing.suspend", "listing.enable"} {
			e := AuditLine(at, "actor", action, "target"+action)
			e.At = Now.Add(time.Duration(i) * time.Hour)
			must(t, db.PutAudit(ctx, e))
			e.Seq, e.Digest = int64(i+1), e.Words.Digest()
			e.Hash = e.Chain(before)
			before = e.Hash
			want = append(want, e)
		}
		lines, err := db.AuditFrom(ctx, at, 1, 10)
		must(t, err)
		same(t, "the log", lines, want)
		head, err := db.AuditHead(ctx, at)
		must(t, err)
		same(t, "the head", head, dialtone.AuditEntry{OperatorID: at, Seq: 3, Hash: before})
		for _, c := range []struct {
			what string
			q    dialtone.AuditQuery
			want []dialtone.AuditEntry
		}{
			{"all", dialtone.AuditQuery{}, []dialtone.AuditEntry{want[2], want[1], want[0]}},
			{"a page", dialtone.AuditQuery{Before: 3}, []dialtone.AuditEntry{want[1], want[0]}},
			{"by action", dialtone.AuditQuery{Action: "listing.suspend"}, []dialtone.AuditEntry{want[1]}},
			{"by target", dialtone.AuditQuery{Target: "targetlisting.enable", Before: 3}, []dialtone.AuditEntry{want[0]}},
			{"by actor", dialtone.AuditQuery{ActorID: "nobody"}, nil},
			{"by time", dialtone.AuditQuery{From: want[1].At, To: want[2].At}, []dialtone.AuditEntry{want[1]}},
		} {
			c.q.OperatorID, c.q.Limit = at, 10
			got, err := db.AuditLog(ctx, c.q)
			must(t, err)
			same(t, c.what, got, c.want)
		}
		fails(t, "without a salt", db.PutAudit(ctx, dialtone.AuditEntry{ID: "x", OperatorID: at, Action: "x", At: Now}), dialtone.ErrInvalid)
	})

	t.Run("a line stands for what was done, and for nothing else", func(t *testing.T) {
		ctx, at := t.Context(), NewApp(t, db).Operator.ID
		fails(t, "removing nobody", db.RemoveStaff(ctx, at, "nobody", AuditLine(at, "x", "staff.remove", "nobody")), dialtone.ErrNotFound)
		head, err := db.AuditHead(ctx, at)
		must(t, err)
		same(t, "lines", head.Seq, int64(0))
	})

	t.Run("many who write at once make one chain", func(t *testing.T) {
		ctx, at := t.Context(), secret.ID("op")
		same(t, "written", race(t, func(int) error { return db.PutAudit(ctx, AuditLine(at, "x", "audit.export", "")) }), racers)
		lines, err := db.AuditFrom(ctx, at, 1, 2*racers)
		must(t, err)
		before := ""
		for i, e := range lines {
			if e.Seq != int64(i+1) || e.Chain(before) != e.Hash {
				t.Fatalf("line %d is number %d and does not follow", i+1, e.Seq)
			}
			before = e.Hash
		}
		same(t, "lines", len(lines), racers)
	})

	t.Run("two who decide at once: one does", func(t *testing.T) {
		ctx, d, at := t.Context(), NewDeveloper(t, db), NewApp(t, db).Operator.ID
		offered := dialtone.Listing{ProductID: d.Product.ID, OperatorID: at, State: dialtone.ListingOffered, Updated: Now}
		must(t, db.OfferListing(ctx, offered, d.Activity("listing.offer")))
		same(t, "decisions", race(t, func(i int) error {
			l := offered
			l.State, l.Decided, l.Updated = dialtone.ListingEnabled, true, Now.Add(time.Duration(i+1)*time.Second)
			return db.DecideListing(ctx, l, Now, d.Product, d.Activity("listing.decide"), AuditLine(at, "x", "listing.enable", d.Product.ID))
		}, dialtone.ErrConflict), 1)
		head, err := db.AuditHead(ctx, at)
		must(t, err)
		same(t, "lines", head.Seq, int64(1))
		reviewed, err := db.Reviewed(ctx, d.Product.ID, at)
		must(t, err)
		same(t, "reviewed", reviewed, d.Product)
		history, err := db.ListingHistory(ctx, d.Product.ID, at)
		must(t, err)
		same(t, "signed by the operator", history[len(history)-1].Actor, at)
		nothing := db.DecideListing(ctx, dialtone.Listing{ProductID: "nothing", OperatorID: at}, Now, d.Product, d.Activity("x"), AuditLine(at, "x", "x", ""))
		if !errors.Is(nothing, dialtone.ErrNotFound) {
			t.Errorf("a decision on nothing: %v", nothing)
		}
	})
}

func testOffered(t *testing.T, db *store.DB) {
	ctx, d, at := t.Context(), NewDeveloper(t, db), secret.ID("op")
	must(t, db.PutOperator(ctx, dialtone.Operator{ID: at, Name: "New", Approval: dialtone.ApprovalManual}))
	var products []dialtone.Product
	for i, name := range []string{"Weather", "Ångström tea", "WEATHER station"} {
		p := d.NewProduct()
		p.Name = name
		must(t, db.CreateProduct(ctx, p, d.Activity("product.create")))
		must(t, db.OfferListing(ctx, dialtone.Listing{
			ProductID: p.ID, OperatorID: at, State: dialtone.ListingOffered, Updated: Now.Add(time.Duration(i) * time.Second),
		}, d.Activity("listing.offer")))
		products = append(products, p)
	}
	decided := dialtone.Listing{ProductID: products[0].ID, OperatorID: at, State: dialtone.ListingEnabled, Decided: true, Updated: Now.Add(time.Hour)}
	must(t, db.DecideListing(ctx, decided, Now, products[0], d.Activity("listing.decide"), AuditLine(at, "x", "listing.enable", products[0].ID)))
	names := func(q dialtone.OfferedQuery) (list []string) {
		t.Helper()
		q.OperatorID, q.Limit = at, 10
		found, err := db.OfferedProducts(ctx, q)
		must(t, err)
		for _, o := range found {
			same(t, "organization", o.Organization, d.Organization)
			list = append(list, o.Product.Name)
		}
		return list
	}
	same(t, "all, changed last first", names(dialtone.OfferedQuery{}), []string{"Weather", "WEATHER station", "Ångström tea"})
	same(t, "a page", names(dialtone.OfferedQuery{Before: decided.Updated, BeforeID: decided.ProductID}), []string{"WEATHER station", "Ångström tea"})
	same(t, "by state", names(dialtone.OfferedQuery{State: dialtone.ListingEnabled}), []string{"Weather"})
	same(t, "by name", names(dialtone.OfferedQuery{Search: "weather"}), []string{"Weather", "WEATHER station"})
	same(t, "by a name beyond ASCII", names(dialtone.OfferedQuery{Search: "ÅNG"}), []string{"Ångström tea"})
	same(t, "by what stands for anything elsewhere", names(dialtone.OfferedQuery{Search: "%"}), []string(nil))
	counts, err := db.ListingCounts(ctx, at)
	must(t, err)
	same(t, "counts", counts, map[dialtone.ListingState]int{dialtone.ListingEnabled: 1, dialtone.ListingOffered: 2})
}
