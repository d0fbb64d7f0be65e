package storetest

import (
	"testing"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/store"
)

func testOrganizations(t *testing.T, db *store.DB) {
	t.Run("an organization begins with its owner, and is renamed", func(t *testing.T) {
		ctx, d := t.Context(), NewDeveloper(t, db)
		must(t, db.RenameOrganization(ctx, d.Organization.ID, "Renamed", d.Activity("organization.rename")))
		fails(t, "renaming nothing", db.RenameOrganization(ctx, "nothing", "x", d.Activity("organization.rename")), dialtone.ErrNotFound)
		d.Organization.Name = "Renamed"
		got, err := db.Organization(ctx, d.Organization.ID)
		must(t, err)
		same(t, "organization", got, d.Organization)
		_, err = db.Organization(ctx, "nothing")
		fails(t, "an unknown one", err, dialtone.ErrNotFound)

		want := dialtone.Membership{Organization: d.Organization, Role: dialtone.RoleOwner}
		membership, err := db.Membership(ctx, d.Organization.ID, d.Account.ID)
		must(t, err)
		same(t, "membership", membership, want)
		stranger, _ := NewAccount(t, db)
		_, err = db.Membership(ctx, d.Organization.ID, stranger.ID)
		fails(t, "of a stranger", err, dialtone.ErrNotFound)
		err = db.CreateOrganization(ctx, d.Organization, d.Account.ID, Now, d.Activity("organization.create"))
		fails(t, "the same id again", err, dialtone.ErrConflict)

		another := dialtone.Organization{ID: secret.ID("org"), Name: "apples", Created: Now}
		fails(t, "without an owner", db.CreateOrganization(ctx, another, "nobody", Now, d.Activity("organization.create")), dialtone.ErrNotFound)
		must(t, db.CreateOrganization(ctx, another, d.Account.ID, Now, d.Activity("organization.create")))
		list, err := db.Memberships(ctx, d.Account.ID)
		must(t, err)
		same(t, "memberships by name", list, []dialtone.Membership{{Organization: another, Role: dialtone.RoleOwner}, want})
	})

	t.Run("members change their roles, and one owner always stays", func(t *testing.T) {
		ctx, d := t.Context(), NewDeveloper(t, db)
		id, a := d.Organization.ID, d.Activity
		viewer := d.NewMember(t, db, dialtone.RoleViewer)
		fails(t, "the last owner steps down", db.ChangeRole(ctx, id, d.Account.ID, dialtone.RoleViewer, a("member.role")), dialtone.ErrConflict)
		fails(t, "the last owner leaves", db.RemoveMember(ctx, id, d.Account.ID, a("member.remove")), dialtone.ErrConflict)
		fails(t, "a stranger", db.ChangeRole(ctx, id, "nobody", dialtone.RoleOwner, a("member.role")), dialtone.ErrNotFound)
		fails(t, "of nothing", db.ChangeRole(ctx, "nothing", viewer.ID, dialtone.RoleOwner, a("member.role")), dialtone.ErrNotFound)
		must(t, db.ChangeRole(ctx, id, d.Account.ID, dialtone.RoleOwner, a("member.role")))
		must(t, db.ChangeRole(ctx, id, viewer.ID, dialtone.RoleOwner, a("member.role")))
		must(t, db.ChangeRole(ctx, id, d.Account.ID, dialtone.RoleDeveloper, a("member.role")))

		list, err := db.Members(ctx, id)
		must(t, err)
		want := map[string]dialtone.Role{viewer.ID: dialtone.RoleOwner, d.Account.ID: dialtone.RoleDeveloper}
		got := make(map[string]dialtone.Role)
		for _, m := range list {
			same(t, "organization", m.OrganizationID, id)
			same(t, "joined", m.Joined, Now)
			got[m.Account.ID] = m.Role
		}
		same(t, "roles", got, want)
	})

	t.Run("an owner is added by address", func(t *testing.T) {
		ctx, d := t.Context(), NewDeveloper(t, db)
		viewer := d.NewMember(t, db, dialtone.RoleViewer)
		person := dialtone.Account{ID: secret.ID("acc"), Email: secret.ID("new") + "@example.com", Created: Now}
		for range 2 {
			must(t, db.AddOwner(ctx, d.Organization.ID, person, Now, d.Activity("member.add")))
		}
		must(t, db.AddOwner(ctx, d.Organization.ID, dialtone.Account{ID: "unused", Email: viewer.Email, Created: Now}, Now, d.Activity("member.add")))
		for _, id := range []string{person.ID, viewer.ID} {
			m, err := db.Membership(ctx, d.Organization.ID, id)
			must(t, err)
			same(t, "role", m.Role, dialtone.RoleOwner)
		}
		_, err := db.Account(ctx, "unused")
		fails(t, "a second account of the address", err, dialtone.ErrNotFound)
		fails(t, "of nothing", db.AddOwner(ctx, "nothing", person, Now, d.Activity("member.add")), dialtone.ErrNotFound)
	})

	t.Run("whoever is removed loses the sessions confined to the organization", func(t *testing.T) {
		ctx, d := t.Context(), NewDeveloper(t, db)
		must(t, db.PutCompanySignIn(ctx, d.companySignIn(), d.Activity("company.update")))
		member := d.NewMember(t, db, dialtone.RoleDeveloper)
		confined, free := NewAccountSession(), NewAccountSession()
		confined.AccountID, free.AccountID, confined.OrganizationID = member.ID, member.ID, d.Organization.ID
		must(t, db.CreateAccountSession(ctx, confined))
		must(t, db.CreateAccountSession(ctx, free))
		must(t, db.RemoveMember(ctx, d.Organization.ID, member.ID, d.Activity("member.remove")))
		fails(t, "a second time", db.RemoveMember(ctx, d.Organization.ID, member.ID, d.Activity("member.remove")), dialtone.ErrNotFound)
		list, err := db.AccountSessions(ctx, member.ID, Now)
		must(t, err)
		same(t, "confined session is live", isLive(list, confined.ID), false)
		same(t, "other session is live", isLive(list, free.ID), true)
	})

	t.Run("the open invitations of whoever is removed are withdrawn", func(t *testing.T) {
		ctx, d := t.Context(), NewDeveloper(t, db)
		member := d.NewMember(t, db, dialtone.RoleOwner)
		theirs, mine, accepted := d.NewInvitation(dialtone.RoleOwner), d.NewInvitation(dialtone.RoleOwner), d.NewInvitation(dialtone.RoleViewer)
		theirs.InviterID, mine.InviterID, accepted.InviterID = member.ID, d.Account.ID, member.ID
		late := d.NewInvitation(dialtone.RoleOwner)
		late.InviterID = member.ID
		for _, i := range []dialtone.Invitation{theirs, mine, accepted} {
			must(t, db.PutInvitation(ctx, i, d.Activity("invitation.create")))
		}
		guest, _ := NewAccount(t, db)
		must(t, db.AcceptInvitation(ctx, accepted.ID, guest.ID, Now, d.Activity("invitation.accept")))

		removed := d.Activity("member.remove")
		must(t, db.RemoveMember(ctx, d.Organization.ID, member.ID, removed))
		fails(t, "joining by it", db.AcceptInvitation(ctx, theirs.ID, member.ID, Now, d.Activity("invitation.accept")), dialtone.ErrNotFound)
		fails(t, "inviting after it", db.PutInvitation(ctx, late, d.Activity("invitation.create")), dialtone.ErrNotFound)
		theirs.Withdrawn, accepted.Accepted = removed.At, Now
		for _, want := range []dialtone.Invitation{theirs, mine, accepted} {
			got, err := db.Invitation(ctx, want.ID)
			must(t, err)
			same(t, "invitation", got, want)
		}
	})

	t.Run("ownership is handed over", func(t *testing.T) {
		ctx, d := t.Context(), NewDeveloper(t, db)
		id, a := d.Organization.ID, d.Activity("member.transfer")
		heir := d.NewMember(t, db, dialtone.RoleViewer)
		fails(t, "to a stranger", db.TransferOwnership(ctx, id, d.Account.ID, "nobody", a), dialtone.ErrNotFound)
		fails(t, "to oneself", db.TransferOwnership(ctx, id, d.Account.ID, d.Account.ID, a), dialtone.ErrConflict)
		fails(t, "by who is no owner", db.TransferOwnership(ctx, id, heir.ID, d.Account.ID, a), dialtone.ErrConflict)
		must(t, db.TransferOwnership(ctx, id, d.Account.ID, heir.ID, a))
		for account, want := range map[string]dialtone.Role{d.Account.ID: dialtone.RoleDeveloper, heir.ID: dialtone.RoleOwner} {
			m, err := db.Membership(ctx, id, account)
			must(t, err)
			same(t, "role", m.Role, want)
		}
	})
}

func isLive(list []dialtone.AccountSession, id string) bool {
	for _, s := range list {
		if s.ID == id {
			return true
		}
	}
	return false
}

func testInvitations(t *testing.T, db *store.DB) {
	t.Run("an invitation makes a member once", func(t *testing.T) {
		ctx, d := t.Context(), NewDeveloper(t, db)
		i := d.NewInvitation(dialtone.RoleDeveloper)
		i.InviterID = d.Account.ID
		must(t, db.PutInvitation(ctx, i, d.Activity("invitation.create")))
		account, _ := NewAccount(t, db)
		at := Now.Add(time.Hour)
		must(t, db.AcceptInvitation(ctx, i.ID, account.ID, at, d.Activity("invitation.accept")))
		fails(t, "a second time", db.AcceptInvitation(ctx, i.ID, d.Account.ID, at, d.Activity("invitation.accept")), dialtone.ErrConflict)
		fails(t, "withdrawing it", db.WithdrawInvitation(ctx, d.Organization.ID, i.ID, at, d.Activity("invitation.withdraw")), dialtone.ErrNotFound)
		m, err := db.Membership(ctx, d.Organization.ID, account.ID)
		must(t, err)
		same(t, "role", m.Role, dialtone.RoleDeveloper)
		i.Accepted = at
		got, err := db.Invitation(ctx, i.ID)
		must(t, err)
		same(t, "invitation", got, i)
	})

	t.Run("a member keeps the mightier role", func(t *testing.T) {
		ctx, d := t.Context(), NewDeveloper(t, db)
		for _, step := range []struct{ before, invited, after dialtone.Role }{
			{dialtone.RoleViewer, dialtone.RoleDeveloper, dialtone.RoleDeveloper},
			{dialtone.RoleDeveloper, dialtone.RoleViewer, dialtone.RoleDeveloper},
			{dialtone.RoleViewer, dialtone.RoleOwner, dialtone.RoleOwner},
			{dialtone.RoleOwner, dialtone.RoleDeveloper, dialtone.RoleOwner},
			{dialtone.RoleViewer, dialtone.RoleViewer, dialtone.RoleViewer},
		} {
			member, i := d.NewMember(t, db, step.before), d.NewInvitation(step.invited)
			must(t, db.PutInvitation(ctx, i, d.Activity("invitation.create")))
			must(t, db.AcceptInvitation(ctx, i.ID, member.ID, Now, d.Activity("invitation.accept")))
			m, err := db.Membership(ctx, d.Organization.ID, member.ID)
			must(t, err)
			same(t, string(step.before+" and "+step.invited), m.Role, step.after)
		}
	})

	t.Run("an invitation that does not stand makes nobody a member", func(t *testing.T) {
		ctx, d := t.Context(), NewDeveloper(t, db)
		withdrawn, replaced, late := d.NewInvitation(dialtone.RoleViewer), d.NewInvitation(dialtone.RoleViewer), d.NewInvitation(dialtone.RoleViewer)
		newer := d.NewInvitation(dialtone.RoleOwner)
		newer.Email, newer.Created = replaced.Email, Now.Add(time.Minute)
		ahead := d.NewInvitation(dialtone.RoleOwner)
		ahead.Created, ahead.Expires = Now.Add(years), Now.Add(years+time.Hour)
		for _, i := range []dialtone.Invitation{withdrawn, replaced, late, newer, ahead} {
			must(t, db.PutInvitation(ctx, i, d.Activity("invitation.create")))
		}
		err := db.WithdrawInvitation(ctx, "other", withdrawn.ID, Now, d.Activity("invitation.withdraw"))
		fails(t, "withdrawing another organization's", err, dialtone.ErrNotFound)
		must(t, db.WithdrawInvitation(ctx, d.Organization.ID, withdrawn.ID, Now, d.Activity("invitation.withdraw")))

		account, _ := NewAccount(t, db)
		accept := func(id string, at time.Time) error {
			return db.AcceptInvitation(ctx, id, account.ID, at, d.Activity("invitation.accept"))
		}
		fails(t, "withdrawn", accept(withdrawn.ID, Now), dialtone.ErrNotFound)
		fails(t, "replaced", accept(replaced.ID, Now), dialtone.ErrNotFound)
		fails(t, "too late", accept(late.ID, late.Expires), dialtone.ErrExpired)
		fails(t, "by a clock that was years ahead", accept(ahead.ID, Now), dialtone.ErrExpired)
		fails(t, "unknown", accept("nothing", Now), dialtone.ErrNotFound)
		_, err = db.Membership(ctx, d.Organization.ID, account.ID)
		fails(t, "the membership", err, dialtone.ErrNotFound)
		must(t, accept(newer.ID, Now))

		list, err := db.Invitations(ctx, d.Organization.ID)
		must(t, err)
		same(t, "how many", len(list), 5)
		same(t, "the newest first", []string{list[0].ID, list[1].ID}, []string{ahead.ID, newer.ID})
	})

	t.Run("what belongs to nothing is refused", func(t *testing.T) {
		ctx, d := t.Context(), NewDeveloper(t, db)
		i := d.NewInvitation(dialtone.RoleViewer)
		must(t, db.PutInvitation(ctx, i, d.Activity("invitation.create")))
		fails(t, "an account that is not there", db.AcceptInvitation(ctx, i.ID, "nobody", Now, d.Activity("invitation.accept")), dialtone.ErrNotFound)
		got, err := db.Invitation(ctx, i.ID)
		must(t, err)
		same(t, "the invitation still stands", got.Open(Now), true)
		i.ID, i.OrganizationID = secret.ID("inv"), "nothing"
		fails(t, "an organization that is not there", db.PutInvitation(ctx, i, d.Activity("invitation.create")), dialtone.ErrNotFound)
	})
}

func testAPIKeys(t *testing.T, db *store.DB) {
	ctx, d := t.Context(), NewDeveloper(t, db)
	first := dialtone.APIKey{
		ID: secret.ID("key"), OrganizationID: d.Organization.ID, Name: "CI", Hash: secret.ID("hash"), Rights: []string{"clients:read", "products:read"},
		CreatedBy: "Kim", CreatorID: d.Account.ID, Created: Now, Expires: Now.Add(time.Hour),
	}
	second := dialtone.APIKey{ID: secret.ID("key"), OrganizationID: d.Organization.ID, Hash: secret.ID("hash"), Created: Now.Add(time.Second)}
	must(t, db.PutAPIKey(ctx, first, d.Activity("api_key.create")))
	must(t, db.PutAPIKey(ctx, second, d.Activity("api_key.create")))
	fails(t, "the same id again", db.PutAPIKey(ctx, first, d.Activity("api_key.create")), dialtone.ErrConflict)
	stray := first
	stray.ID, stray.Hash, stray.OrganizationID = secret.ID("key"), secret.ID("hash"), "nothing"
	fails(t, "of no organization", db.PutAPIKey(ctx, stray, d.Activity("api_key.create")), dialtone.ErrNotFound)

	must(t, db.TouchAPIKeys(ctx, map[string]time.Time{first.ID: Now.Add(years)})) // by a clock that was years ahead
	must(t, db.TouchAPIKeys(ctx, map[string]time.Time{first.ID: Now.Add(time.Minute)}))
	must(t, db.TouchAPIKeys(ctx, map[string]time.Time{first.ID: Now}))
	fails(t, "revoking another organization's", db.RevokeAPIKey(ctx, "other", first.ID, Now, d.Activity("api_key.revoke")), dialtone.ErrNotFound)
	must(t, db.RevokeAPIKey(ctx, d.Organization.ID, first.ID, Now, d.Activity("api_key.revoke")))
	err := db.RevokeAPIKey(ctx, d.Organization.ID, first.ID, Now.Add(time.Hour), d.Activity("api_key.revoke"))
	fails(t, "a second time", err, dialtone.ErrNotFound)
	first.LastUsed, first.Revoked = Now.Add(time.Minute), Now

	got, err := db.APIKeyByHash(ctx, first.Hash)
	must(t, err)
	same(t, "by hash", got, first)
	_, err = db.APIKeyByHash(ctx, "nothing")
	fails(t, "an unknown hash", err, dialtone.ErrNotFound)
	list, err := db.APIKeys(ctx, d.Organization.ID)
	must(t, err)
	same(t, "keys", list, []dialtone.APIKey{second, first})
}
