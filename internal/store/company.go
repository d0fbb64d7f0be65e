package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
)

// CompanySignIn returns an organization's own sign-in.
func (db *DB) CompanySignIn(ctx context.Context, organizationID string) (dialtone.CompanySignIn, error) {
	c := dialtone.CompanySignIn{OrganizationID: organizationID}
	err := db.read().one(ctx, []any{&c.Issuer, &c.ClientID, &c.SealedSecret, &c.JoinAs, instant{&c.Updated}}, `
		SELECT issuer, client_id, sealed_secret, join_as, updated_at FROM company_sign_in WHERE organization_id = $1`, organizationID)
	if err != nil {
		return dialtone.CompanySignIn{}, err
	}
	return c, nil
}

// PutCompanySignIn inserts or replaces an organization's own sign-in. Sessions that came from another issuer end. Error:
// ErrNotFound if there is no such organization.
func (db *DB) PutCompanySignIn(ctx context.Context, c dialtone.CompanySignIn, a dialtone.Activity) error {
	return db.logged(ctx, a, func(ctx context.Context, t tx) error {
		if err := lockOrganization(ctx, t, c.OrganizationID); err != nil {
			return err
		}
		_, err := t.exec(ctx, `
			UPDATE account_session SET ended_at = $3
			WHERE organization_id = $1 AND organization_id <> '' AND ended_at IS NULL
				AND NOT EXISTS (SELECT 1 FROM company_sign_in AS c WHERE c.organization_id = $1 AND c.issuer = $2)`,
			c.OrganizationID, c.Issuer, a.At.UnixMicro())
		if err != nil {
			return err
		}
		_, err = t.exec(ctx, `
			INSERT INTO company_sign_in (organization_id, issuer, client_id, sealed_secret, join_as, updated_at)
			VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (organization_id) DO UPDATE SET issuer = excluded.issuer, client_id = excluded.client_id,
				sealed_secret = excluded.sealed_secret, join_as = excluded.join_as, updated_at = excluded.updated_at`,
			c.OrganizationID, c.Issuer, c.ClientID, c.SealedSecret, string(c.JoinAs), micros(c.Updated))
		return err
	})
}

// DeleteCompanySignIn takes an organization's own sign-in away and ends the sessions that came through it. Who is who there
// is kept, for when the same issuer comes back. Error: ErrNotFound if there is none.
func (db *DB) DeleteCompanySignIn(ctx context.Context, organizationID string, a dialtone.Activity) error {
	return db.logged(ctx, a, func(ctx context.Context, t tx) error {
		if err := lockOrganization(ctx, t, organizationID); err != nil {
			return err
		}
		deleted, err := t.exec(ctx, `DELETE FROM company_sign_in WHERE organization_id = $1`, organizationID)
		if err := foundOne("company sign-in", deleted, err); err != nil {
			return err
		}
		_, err = t.exec(ctx, `
			UPDATE account_session SET ended_at = $2 WHERE organization_id = $1 AND organization_id <> '' AND ended_at IS NULL`,
			organizationID, a.At.UnixMicro())
		return err
	})
}

// CompanyAccount returns the account of the person whom the organization's own sign-in knows, and whether it is new. A person who
// comes for the first time is the member who has the e-mail address, if it is not empty and that member is not known by another
// subject; or else a new one, who joins with the role that the organization gives to such people.
//
// Errors: ErrForbidden if nobody may join, or the person was a member once and was removed; ErrNotFound if the organization has no
// sign-in of its own, or another issuer's by now.
func (db *DB) CompanyAccount(ctx context.Context, who dialtone.CompanyPerson, now time.Time) (dialtone.Account, bool, error) {
	var account dialtone.Account
	isNew := false
	err := db.write(ctx, func(ctx context.Context, t tx) error {
		isNew = false
		// One at a time: the same person in two tabs is one account.
		if err := lockOrganization(ctx, t, who.OrganizationID); err != nil {
			return err
		}
		var joinAs dialtone.Role
		err := t.one(ctx, []any{&joinAs}, `
			SELECT join_as FROM company_sign_in WHERE organization_id = $1 AND issuer = $2`, who.OrganizationID, who.Issuer)
		if err != nil {
			return err
		}
		p := companyPerson{who}
		account, err = p.known(ctx, t, now)
		if !errors.Is(err, dialtone.ErrNotFound) {
			return err
		}
		account, isNew = who.IfNew, true
		return p.join(ctx, t, joinAs, now)
	})
	if err != nil {
		return dialtone.Account{}, false, fmt.Errorf("account of a company's sign-in: %w", err)
	}
	return account, isNew, nil
}

// companyPerson is somebody as an issuer knows them.
type companyPerson struct{ dialtone.CompanyPerson }

// known returns the member who is the person. Error: ErrNotFound if there is none.
func (p companyPerson) known(ctx context.Context, t tx, now time.Time) (dialtone.Account, error) {
	var account dialtone.Account
	err := t.one(ctx, accountFields(t, &account), `
		SELECT `+accountColumns+` FROM company_account AS k JOIN account AS a ON a.id = k.account_id
		JOIN member AS m ON m.account_id = a.id AND m.organization_id = k.organization_id
		WHERE k.organization_id = $1 AND k.issuer = $2 AND k.subject IN ($3, $4)`,
		p.OrganizationID, p.Issuer, t.sealed(secret.LabelStoredSubject, p.Subject), t.sealedBefore(secret.LabelStoredSubject, p.Subject))
	if !errors.Is(err, dialtone.ErrNotFound) || p.Email == "" {
		return account, err
	}
	err = t.one(ctx, accountFields(t, &account), `
		SELECT `+accountColumns+` FROM account AS a JOIN member AS m ON m.account_id = a.id AND m.organization_id = $1
		WHERE a.email IN ($3, $4) AND NOT EXISTS (
			SELECT 1 FROM company_account AS k WHERE k.account_id = a.id AND k.organization_id = $1 AND k.issuer = $2)`,
		p.OrganizationID, p.Issuer, t.sealed(secret.LabelStoredEmail, p.Email), t.sealedBefore(secret.LabelStoredEmail, p.Email))
	if err != nil {
		return dialtone.Account{}, err
	}
	return account, p.link(ctx, t, account.ID, now)
}

// join makes the person a new member.
func (p companyPerson) join(ctx context.Context, t tx, role dialtone.Role, now time.Time) error {
	if role == "" {
		return fmt.Errorf("%w: nobody may join", dialtone.ErrForbidden)
	}
	var removed string
	err := t.one(ctx, []any{&removed}, `
		SELECT account_id FROM company_account WHERE organization_id = $1 AND issuer = $2 AND subject IN ($3, $4)`,
		p.OrganizationID, p.Issuer, t.sealed(secret.LabelStoredSubject, p.Subject), t.sealedBefore(secret.LabelStoredSubject, p.Subject))
	switch {
	case err == nil:
		return fmt.Errorf("%w: %s was removed from the organization", dialtone.ErrForbidden, removed)
	case !errors.Is(err, dialtone.ErrNotFound):
		return err
	}
	inserted, err := insertAccount(ctx, t, p.IfNew)
	if err != nil {
		return err
	}
	if !inserted { // its address would have to be proved
		return fmt.Errorf("%w: somebody has the address of the new account", dialtone.ErrConflict)
	}
	if err := insertMember(ctx, t, p.OrganizationID, p.IfNew.ID, role, now); err != nil {
		return err
	}
	return p.link(ctx, t, p.IfNew.ID, now)
}

// link keeps which account the person has, instead of one that is no member any more.
func (p companyPerson) link(ctx context.Context, t tx, accountID string, now time.Time) error {
	subject := t.sealed(secret.LabelStoredSubject, p.Subject)
	if before := t.sealedBefore(secret.LabelStoredSubject, p.Subject); before != nil {
		_, err := t.exec(ctx, `UPDATE company_account SET subject = $3 WHERE organization_id = $1 AND issuer = $2 AND subject = $4`,
			p.OrganizationID, p.Issuer, subject, before)
		if err != nil {
			return err
		}
	}
	_, err := t.exec(ctx, `
		INSERT INTO company_account (organization_id, issuer, subject, account_id, created_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (organization_id, issuer, subject) DO UPDATE SET account_id = excluded.account_id, created_at = excluded.created_at`,
		p.OrganizationID, p.Issuer, subject, accountID, now.UnixMicro())
	return err
}
