package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// Members returns the members of an organization, who joined first first.
func (db *DB) Members(ctx context.Context, organizationID string) ([]dialtone.Member, error) {
	var list []dialtone.Member
	var m dialtone.Member
	t := db.read()
	into := append(accountFields(t, &m.Account), &m.OrganizationID, &m.Role, instant{&m.Joined})
	err := t.each(ctx, into, func() { list = append(list, m) }, `
		SELECT `+accountColumns+`, m.organization_id, m.role, m.joined_at FROM member AS m JOIN account AS a ON a.id = m.account_id
		WHERE m.organization_id = $1 ORDER BY m.joined_at, a.id`, organizationID)
	return list, err
}

// AddOwner makes the account with that e-mail address an owner of an organization; accountIfNew is inserted if nobody has the
// address. For one who is an owner nothing is done, and nothing logged. Error: ErrNotFound if there is no such organization.
func (db *DB) AddOwner(ctx context.Context, organizationID string, accountIfNew dialtone.Account, now time.Time, a dialtone.Activity) error {
	err := db.write(ctx, func(ctx context.Context, t tx) error {
		if err := lockOrganization(ctx, t, organizationID); err != nil {
			return err
		}
		if _, err := insertAccount(ctx, t, accountIfNew); err != nil {
			return err
		}
		account, err := accountByEmail(ctx, t, accountIfNew.Email)
		if err != nil {
			return err
		}
		role, err := roleOf(ctx, t, organizationID, account.ID)
		if err != nil && !errors.Is(err, dialtone.ErrNotFound) || role == dialtone.RoleOwner {
			return err
		}
		if err := insertMember(ctx, t, organizationID, account.ID, dialtone.RoleOwner, now); err != nil {
			return err
		}
		a.Target = account.ID
		return appendActivity(ctx, t, a)
	})
	if err != nil {
		return fmt.Errorf("%s: %w", a.Action, err)
	}
	return nil
}

// ChangeRole gives a member another role. Errors: ErrNotFound if the account is no member, ErrConflict if no owner would be
// left.
func (db *DB) ChangeRole(ctx context.Context, organizationID, accountID string, role dialtone.Role, a dialtone.Activity) error {
	return db.logged(ctx, a, func(ctx context.Context, t tx) error {
		return keepingAnOwner(ctx, t, organizationID, accountID, func() error {
			return setRole(ctx, t, organizationID, accountID, role)
		})
	})
}

// RemoveMember takes an account out of an organization, ends its sessions that are confined to the organization and withdraws
// the open invitations that it made: one of them could be for another address of the same person. Errors: ErrNotFound if the account is no member, ErrConflict if no owner would be left.
func (db *DB) RemoveMember(ctx context.Context, organizationID, accountID string, a dialtone.Activity) error {
	return db.logged(ctx, a, func(ctx context.Context, t tx) error {
		return keepingAnOwner(ctx, t, organizationID, accountID, func() error {
			_, err := t.exec(ctx, `DELETE FROM member WHERE organization_id = $1 AND account_id = $2`, organizationID, accountID)
			if err != nil {
				return err
			}
			_, err = t.exec(ctx, `
				UPDATE account_session SET ended_at = $3 WHERE account_id = $2 AND organization_id = $1 AND ended_at IS NULL`,
				organizationID, accountID, a.At.UnixMicro())
			if err != nil {
				return err
			}
			_, err = t.exec(ctx, `
				UPDATE invitation SET withdrawn_at = $3
				WHERE organization_id = $1 AND inviter_id = $2 AND accepted_at IS NULL AND withdrawn_at IS NULL`,
				organizationID, accountID, a.At.UnixMicro())
			return err
		})
	})
}

// TransferOwnership makes a member an owner and the owner who asks for it a developer. Errors: ErrNotFound if one of them is
// no member, ErrConflict if the one is no owner or both are the same.
func (db *DB) TransferOwnership(ctx context.Context, organizationID, fromID, toID string, a dialtone.Activity) error {
	return db.logged(ctx, a, func(ctx context.Context, t tx) error {
		return keepingAnOwner(ctx, t, organizationID, fromID, func() error {
			role, err := roleOf(ctx, t, organizationID, fromID)
			if err != nil {
				return err
			}
			if role != dialtone.RoleOwner {
				return fmt.Errorf("%w: %s is no owner", dialtone.ErrConflict, fromID)
			}
			if err := setRole(ctx, t, organizationID, toID, dialtone.RoleOwner); err != nil {
				return err
			}
			return setRole(ctx, t, organizationID, fromID, dialtone.RoleDeveloper)
		})
	})
}

// keepingAnOwner runs a change to one member. Errors: ErrNotFound if the account is no member, ErrConflict if it was an
// owner and no owner is left; the transaction has to be given up then.
func keepingAnOwner(ctx context.Context, t tx, organizationID, accountID string, change func() error) error {
	if err := lockOrganization(ctx, t, organizationID); err != nil {
		return err
	}
	before, err := roleOf(ctx, t, organizationID, accountID)
	if err != nil {
		return err
	}
	if err := change(); err != nil || before != dialtone.RoleOwner {
		return err
	}
	var owners int
	err = t.one(ctx, []any{&owners}, `SELECT COUNT(*) FROM member WHERE organization_id = $1 AND role = 'owner'`, organizationID)
	if err == nil && owners == 0 {
		err = fmt.Errorf("%w: the organization would have no owner", dialtone.ErrConflict)
	}
	return err
}

func roleOf(ctx context.Context, t tx, organizationID, accountID string) (dialtone.Role, error) {
	var role dialtone.Role
	err := t.one(ctx, []any{&role}, `SELECT role FROM member WHERE organization_id = $1 AND account_id = $2`, organizationID, accountID)
	if err != nil {
		return "", fmt.Errorf("member %s: %w", accountID, err)
	}
	return role, nil
}

func setRole(ctx context.Context, t tx, organizationID, accountID string, role dialtone.Role) error {
	set, err := t.exec(ctx, `UPDATE member SET role = $3 WHERE organization_id = $1 AND account_id = $2`,
		organizationID, accountID, string(role))
	return foundOne("member "+accountID, set, err)
}

// insertMember inserts a member. One who is a member already keeps the mightier role.
func insertMember(ctx context.Context, t tx, organizationID, accountID string, role dialtone.Role, now time.Time) error {
	_, err := t.exec(ctx, `
		INSERT INTO member (organization_id, account_id, role, joined_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (organization_id, account_id) DO UPDATE SET role = CASE
			WHEN 'owner' IN (member.role, excluded.role) THEN 'owner'
			WHEN 'developer' IN (member.role, excluded.role) THEN 'developer'
			ELSE excluded.role END`,
		organizationID, accountID, string(role), now.UnixMicro())
	return err
}
