package storetest

import (
	"testing"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/store"
)

func (d Developer) companySignIn() dialtone.CompanySignIn {
	return dialtone.CompanySignIn{
		OrganizationID: d.Organization.ID, Issuer: "https://login.example.com", ClientID: "dialtone", SealedSecret: "sealed",
		JoinAs: dialtone.RoleViewer, Updated: Now,
	}
}

// newcomer is a person whom only the organization's sign-in knows.
func (d Developer) newcomer(subject string) dialtone.CompanyPerson {
	return dialtone.CompanyPerson{
		OrganizationID: d.Organization.ID, Issuer: d.companySignIn().Issuer, Subject: subject,
		IfNew: dialtone.Account{ID: secret.ID("acc"), Name: "Robin", Created: Now},
	}
}

func testCompanySignIn(t *testing.T, db *store.DB) {
	t.Run("a sign-in is kept, replaced and taken away", func(t *testing.T) {
		ctx, d := t.Context(), NewDeveloper(t, db)
		c := d.companySignIn()
		_, err := db.CompanySignIn(ctx, d.Organization.ID)
		fails(t, "before there is one", err, dialtone.ErrNotFound)
		must(t, db.PutCompanySignIn(ctx, c, d.Activity("company.update")))
		c.ClientID, c.SealedSecret, c.JoinAs = "other", "", ""
		must(t, db.PutCompanySignIn(ctx, c, d.Activity("company.update")))
		got, err := db.CompanySignIn(ctx, d.Organization.ID)
		must(t, err)
		same(t, "sign-in", got, c)
		must(t, db.DeleteCompanySignIn(ctx, d.Organization.ID, d.Activity("company.delete")))
		fails(t, "a second time", db.DeleteCompanySignIn(ctx, d.Organization.ID, d.Activity("company.delete")), dialtone.ErrNotFound)
		_, _, err = db.CompanyAccount(ctx, d.newcomer("robin"), Now)
		fails(t, "signing in after that", err, dialtone.ErrNotFound)
		c.OrganizationID = "nothing"
		fails(t, "of no organization", db.PutCompanySignIn(ctx, c, d.Activity("company.update")), dialtone.ErrNotFound)
	})

	t.Run("its sessions end with it, and with its issuer", func(t *testing.T) {
		ctx, d := t.Context(), NewDeveloper(t, db)
		c := d.companySignIn()
		signIn := func() dialtone.AccountSession {
			s := NewAccountSession()
			s.AccountID, s.OrganizationID, s.Method = d.Account.ID, d.Organization.ID, dialtone.SignInCompany
			must(t, db.CreateAccountSession(ctx, s))
			return s
		}
		live := func(s dialtone.AccountSession) bool {
			got, _, err := db.AccountSession(ctx, s.ID)
			must(t, err)
			return got.Live(Now)
		}
		must(t, db.PutCompanySignIn(ctx, c, d.Activity("company.update")))
		first := signIn()
		c.ClientID = "other"
		must(t, db.PutCompanySignIn(ctx, c, d.Activity("company.update")))
		same(t, "live after a change", live(first), true)
		c.Issuer = "https://other.example.com"
		must(t, db.PutCompanySignIn(ctx, c, d.Activity("company.update")))
		same(t, "live with another issuer", live(first), false)
		second := signIn()
		must(t, db.DeleteCompanySignIn(ctx, d.Organization.ID, d.Activity("company.delete")))
		same(t, "live without the sign-in", live(second), false)
		same(t, "a session by e-mail is live", live(d.Session), true)
		late := NewAccountSession()
		late.AccountID, late.OrganizationID = d.Account.ID, d.Organization.ID
		fails(t, "who comes back from it too late", db.CreateAccountSession(ctx, late), dialtone.ErrForbidden)
	})
}

func testCompanyAccounts(t *testing.T, db *store.DB) {
	// company returns an organization with a sign-in of its own, and what signs somebody in there while newcomers get the role.
	company := func(t *testing.T) (Developer, func(subject, email string, role dialtone.Role) (dialtone.Account, bool, error)) {
		d := NewDeveloper(t, db)
		return d, func(subject, email string, role dialtone.Role) (dialtone.Account, bool, error) {
			c := d.companySignIn()
			c.JoinAs = role
			must(t, db.PutCompanySignIn(t.Context(), c, d.Activity("company.update")))
			who := d.newcomer(subject)
			who.Email = email
			return db.CompanyAccount(t.Context(), who, Now)
		}
	}

	t.Run("a newcomer joins and is known the next time", func(t *testing.T) {
		d, signIn := company(t)
		account, isNew, err := signIn("robin", "robin@example.com", dialtone.RoleDeveloper)
		must(t, err)
		same(t, "new", isNew, true)
		same(t, "address that nobody proved", account.Email, "")
		m, err := db.Membership(t.Context(), d.Organization.ID, account.ID)
		must(t, err)
		same(t, "role", m.Role, dialtone.RoleDeveloper)
		again, isNew, err := signIn("robin", "", "")
		must(t, err)
		same(t, "new again", isNew, false)
		same(t, "account", again, account)
	})

	t.Run("nobody joins where no role is given", func(t *testing.T) {
		_, signIn := company(t)
		_, _, err := signIn("robin", "robin@example.com", "")
		fails(t, "a newcomer", err, dialtone.ErrForbidden)
	})

	t.Run("a member is known by the address, to one subject", func(t *testing.T) {
		d, signIn := company(t)
		account, isNew, err := signIn("kim", d.Account.Email, "")
		must(t, err)
		same(t, "new", isNew, false)
		same(t, "account", account, d.Account)
		// The address went to somebody else at the company.
		other, isNew, err := signIn("kim's successor", d.Account.Email, dialtone.RoleViewer)
		must(t, err)
		same(t, "another subject is new", isNew, true)
		same(t, "another account", other.ID != d.Account.ID, true)
	})

	t.Run("the address of somebody who is no member says nothing", func(t *testing.T) {
		_, signIn := company(t)
		stranger, _ := NewAccount(t, db)
		_, _, err := signIn("robin", stranger.Email, "")
		fails(t, "a stranger's address", err, dialtone.ErrForbidden)
		account, isNew, err := signIn("robin", stranger.Email, dialtone.RoleViewer)
		must(t, err)
		same(t, "new", isNew, true)
		same(t, "another account", account.ID != stranger.ID, true)
	})

	t.Run("whoever was removed stays out until invited again", func(t *testing.T) {
		d, signIn := company(t)
		account, _, err := signIn("robin", "", dialtone.RoleViewer)
		must(t, err)
		must(t, db.RemoveMember(t.Context(), d.Organization.ID, account.ID, d.Activity("member.remove")))
		_, _, err = signIn("robin", "", dialtone.RoleViewer)
		fails(t, "after being removed", err, dialtone.ErrForbidden)
		invited := d.NewMember(t, db, dialtone.RoleViewer)
		got, isNew, err := signIn("robin", invited.Email, dialtone.RoleViewer)
		must(t, err)
		same(t, "new", isNew, false)
		same(t, "account", got, invited)
		got, _, err = signIn("robin", "", dialtone.RoleViewer)
		must(t, err)
		same(t, "account the next time", got, invited)
	})

	t.Run("another issuer's subject is somebody else", func(t *testing.T) {
		d, signIn := company(t)
		account, _, err := signIn("1", "", dialtone.RoleViewer)
		must(t, err)
		c := d.companySignIn()
		c.Issuer = "https://other.example.com"
		must(t, db.PutCompanySignIn(t.Context(), c, d.Activity("company.update")))
		_, _, err = db.CompanyAccount(t.Context(), d.newcomer("1"), Now)
		fails(t, "whom the issuer before has just signed in", err, dialtone.ErrNotFound)
		who := d.newcomer("1")
		who.Issuer = c.Issuer
		other, isNew, err := db.CompanyAccount(t.Context(), who, Now)
		must(t, err)
		same(t, "new", isNew, true)
		same(t, "another account", other.ID != account.ID, true)
	})
}
