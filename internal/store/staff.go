package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
)

// Post returns what an account does for an operator. Error: ErrNotFound if nothing.
func (db *DB) Post(ctx context.Context, operatorID, accountID string) (dialtone.Post, error) {
	p := dialtone.Post{OperatorID: operatorID}
	err := db.read().one(ctx, []any{&p.Role, &p.Sensitive}, `SELECT role, sensitive FROM staff WHERE operator_id = $1 AND account_id = $2`, operatorID, accountID)
	return p, err
}

// Posts returns for which operators an account works, by operator id.
func (db *DB) Posts(ctx context.Context, accountID string) ([]dialtone.Post, error) {
	var list []dialtone.Post
	var p dialtone.Post
	err := db.read().each(ctx, []any{&p.OperatorID, &p.Role, &p.Sensitive}, func() { list = append(list, p) },
		`SELECT operator_id, role, sensitive FROM staff WHERE account_id = $1 ORDER BY operator_id`, accountID)
	return list, err
}

// Staff returns who works for an operator, who joined first first.
func (db *DB) Staff(ctx context.Context, operatorID string) ([]dialtone.Staff, error) {
	return staffOf(ctx, db.read(), operatorID)
}

func staffOf(ctx context.Context, t tx, operatorID string) ([]dialtone.Staff, error) {
	var list []dialtone.Staff
	var s dialtone.Staff
	into := append(accountFields(t, &s.Account), &s.OperatorID, &s.Role, &s.Sensitive, instant{&s.Joined}, &s.Passkeys)
	err := t.each(ctx, into, func() { list = append(list, s) }, `
		SELECT `+accountColumns+`, s.operator_id, s.role, s.sensitive, s.joined_at, (SELECT COUNT(*) FROM passkey AS k WHERE k.account_id = a.id)
		FROM staff AS s JOIN account AS a ON a.id = s.account_id WHERE s.operator_id = $1 ORDER BY s.joined_at, a.id`, operatorID)
	return list, err
}

// AddStaff has the account with that e-mail address work for an operator; accountIfNew is inserted if nobody has the address. For who
// does already, in that role, nothing is done and nothing logged. Error: ErrNotFound if there is no such operator.
func (db *DB) AddStaff(ctx context.Context, operatorID string, accountIfNew dialtone.Account, role dialtone.StaffRole, now time.Time, e dialtone.AuditEntry) error {
	err := db.write(ctx, func(ctx context.Context, t tx) error {
		if _, err := insertAccount(ctx, t, accountIfNew); err != nil {
			return err
		}
		account, err := accountByEmail(ctx, t, accountIfNew.Email)
		if err != nil {
			return err
		}
		if _, err := lockAudit(ctx, t, operatorID); err != nil {
			return err
		}
		had, err := staffRole(ctx, t, operatorID, account.ID)
		if err != nil && !errors.Is(err, dialtone.ErrNotFound) || had == role {
			return err
		}
		if err := putStaff(ctx, t, operatorID, account.ID, role, now); err != nil {
			return err
		}
		e.Target, e.Words.Target = account.ID, account.Display()
		return appendAudit(ctx, t, e)
	})
	if err != nil {
		return fmt.Errorf("%s: %w", e.Action, err)
	}
	return nil
}

// ChangeStaffRole gives a member of the staff another role. Errors: ErrNotFound if the account is none, ErrConflict if no admin who
// can sign in would be left.
func (db *DB) ChangeStaffRole(ctx context.Context, operatorID, accountID string, role dialtone.StaffRole, e dialtone.AuditEntry) error {
	return db.audited(ctx, e, func(ctx context.Context, t tx) error {
		return keepingAnAdmin(ctx, t, operatorID, accountID, func() error {
			changed, err := t.exec(ctx, `UPDATE staff SET role = $3 WHERE operator_id = $1 AND account_id = $2`, operatorID, accountID, string(role))
			return foundOne("staff "+accountID, changed, err)
		})
	})
}

// RemoveStaff ends an account's work for an operator and withdraws the open invitations that it made: one of them could be for
// another address of the same person. Errors: as of ChangeStaffRole.
func (db *DB) RemoveStaff(ctx context.Context, operatorID, accountID string, e dialtone.AuditEntry) error {
	return db.audited(ctx, e, func(ctx context.Context, t tx) error {
		return keepingAnAdmin(ctx, t, operatorID, accountID, func() error {
			if _, err := t.exec(ctx, `DELETE FROM staff WHERE operator_id = $1 AND account_id = $2`, operatorID, accountID); err != nil {
				return err
			}
			_, err := t.exec(ctx, `
				UPDATE staff_invitation SET withdrawn_at = $3
				WHERE operator_id = $1 AND inviter_id = $2 AND accepted_at IS NULL AND withdrawn_at IS NULL`,
				operatorID, accountID, e.At.UnixMicro())
			return err
		})
	})
}

// keepingAnAdmin runs a change to one of the staff. An admin counts who can get in: at an operator that asks for a passkey, who has
// one. Errors: ErrNotFound if the account is none of them, ErrConflict if it was an admin and none is left who counts; the transaction has
// to be given up then.
func keepingAnAdmin(ctx context.Context, t tx, operatorID, accountID string, change func() error) error {
	if _, err := lockAudit(ctx, t, operatorID); err != nil { // two admins who remove each other come one after the other
		return err
	}
	before, err := staffRole(ctx, t, operatorID, accountID)
	if err != nil {
		return err
	}
	if err := change(); err != nil || before != dialtone.StaffAdmin {
		return err
	}
	var admins int
	err = t.one(ctx, []any{&admins}, `
		SELECT COUNT(*) FROM staff AS s JOIN operator AS o ON o.id = s.operator_id
		WHERE s.operator_id = $1 AND s.role = 'admin'
			AND (NOT o.passkey_required OR EXISTS (SELECT 1 FROM passkey AS k WHERE k.account_id = s.account_id))`, operatorID)
	if err == nil && admins == 0 {
		err = fmt.Errorf("%w: the operator would have no admin who can sign in", dialtone.ErrConflict)
	}
	return err
}

func staffRole(ctx context.Context, t tx, operatorID, accountID string) (dialtone.StaffRole, error) {
	var role dialtone.StaffRole
	err := t.one(ctx, []any{&role}, `SELECT role FROM staff WHERE operator_id = $1 AND account_id = $2`, operatorID, accountID)
	if err != nil {
		return "", fmt.Errorf("staff %s: %w", accountID, err)
	}
	return role, nil
}

func putStaff(ctx context.Context, t tx, operatorID, accountID string, role dialtone.StaffRole, now time.Time) error {
	_, err := t.exec(ctx, `
		INSERT INTO staff (operator_id, account_id, role, joined_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (operator_id, account_id) DO UPDATE SET role = excluded.role`,
		operatorID, accountID, string(role), now.UnixMicro())
	return err
}

const staffInvitationColumns = `id, operator_id, email, role, secret_hash, invited_by, inviter_id, created_at, expires_at, accepted_at, withdrawn_at`

func staffInvitationFields(t tx, i *dialtone.StaffInvitation) []any {
	return []any{
		&i.ID, &i.OperatorID, t.opened(secret.LabelStoredInvited, &i.Email), &i.Role, &i.SecretHash,
		t.opened(secret.LabelStoredName, &i.InvitedBy), &i.InviterID, instant{&i.Created},
		instant{&i.Expires}, instant{&i.Accepted}, instant{&i.Withdrawn},
	}
}

// PutStaffInvitation inserts an invitation, which takes the place of an open one for the same address and operator. Errors:
// ErrNotFound if there is no such operator, or who invites is not of its staff; ErrConflict if the id is taken.
func (db *DB) PutStaffInvitation(ctx context.Context, i dialtone.StaffInvitation, e dialtone.AuditEntry) error {
	return db.audited(ctx, e, func(ctx context.Context, t tx) error {
		if i.InviterID != "" { // who is removed meanwhile leaves no invitation behind
			if _, err := lockAudit(ctx, t, i.OperatorID); err != nil {
				return err
			}
			if _, err := staffRole(ctx, t, i.OperatorID, i.InviterID); err != nil {
				return err
			}
		}
		email := t.sealed(secret.LabelStoredInvited, i.Email)
		return t.together(ctx,
			&step{text: `
				UPDATE staff_invitation SET withdrawn_at = $3
				WHERE operator_id = $1 AND email IN ($2, $4) AND accepted_at IS NULL AND withdrawn_at IS NULL`,
				args: []any{i.OperatorID, email, e.At.UnixMicro(), t.sealedBefore(secret.LabelStoredInvited, i.Email)}},
			&step{text: `INSERT INTO staff_invitation (` + staffInvitationColumns + `) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
				args: []any{
					i.ID, i.OperatorID, email, string(i.Role), i.SecretHash, t.sealed(secret.LabelStoredName, i.InvitedBy), i.InviterID,
					micros(i.Created), i.Expires.UnixMicro(), micros(i.Accepted), micros(i.Withdrawn),
				}})
	})
}

// StaffInvitation returns an invitation, whatever became of it.
func (db *DB) StaffInvitation(ctx context.Context, id string) (dialtone.StaffInvitation, error) {
	return staffInvitation(ctx, db.read(), id)
}

func staffInvitation(ctx context.Context, t tx, id string) (dialtone.StaffInvitation, error) {
	var i dialtone.StaffInvitation
	err := t.one(ctx, staffInvitationFields(t, &i), `SELECT `+staffInvitationColumns+` FROM staff_invitation WHERE id = $1`, id)
	return i, err
}

// StaffInvitations returns the invitations of an operator, the newest first.
func (db *DB) StaffInvitations(ctx context.Context, operatorID string) ([]dialtone.StaffInvitation, error) {
	var list []dialtone.StaffInvitation
	var i dialtone.StaffInvitation
	t := db.read()
	err := t.each(ctx, staffInvitationFields(t, &i), func() { list = append(list, i) },
		`SELECT `+staffInvitationColumns+` FROM staff_invitation WHERE operator_id = $1 ORDER BY created_at DESC, id`, operatorID)
	return list, err
}

// AcceptStaffInvitation spends an invitation: the account works for the operator from now on, in the role of the invitation. Who does
// already keeps the role that they have. Errors: ErrConflict if it was accepted already, ErrExpired, ErrNotFound if it was withdrawn or
// never was.
func (db *DB) AcceptStaffInvitation(ctx context.Context, id, accountID string, now time.Time, e dialtone.AuditEntry) error {
	return db.audited(ctx, e, func(ctx context.Context, t tx) error {
		var operatorID string
		var role dialtone.StaffRole
		err := t.one(ctx, []any{&operatorID, &role}, `
			UPDATE staff_invitation SET accepted_at = $2
			WHERE id = $1 AND accepted_at IS NULL AND withdrawn_at IS NULL AND expires_at > $2 AND COALESCE(created_at, 0) <= $3
			RETURNING operator_id, role`, id, now.UnixMicro(), now.Add(dialtone.ClockSkew).UnixMicro())
		if errors.Is(err, dialtone.ErrNotFound) {
			return whyNotJoined(ctx, t, id)
		}
		if err != nil {
			return err
		}
		_, err = t.exec(ctx, `
			INSERT INTO staff (operator_id, account_id, role, joined_at) VALUES ($1, $2, $3, $4)
			ON CONFLICT (operator_id, account_id) DO NOTHING`, operatorID, accountID, string(role), now.UnixMicro())
		return err
	})
}

func whyNotJoined(ctx context.Context, t tx, id string) error {
	i, err := staffInvitation(ctx, t, id)
	switch {
	case err != nil:
		return err
	case !i.Accepted.IsZero():
		return fmt.Errorf("invitation: %w: it was accepted already", dialtone.ErrConflict)
	case !i.Withdrawn.IsZero():
		return fmt.Errorf("invitation: %w: it was withdrawn", dialtone.ErrNotFound)
	}
	return fmt.Errorf("invitation: %w", dialtone.ErrExpired)
}

// WithdrawStaffInvitation takes an invitation back. Error: ErrNotFound if the operator has none with that id that was neither accepted
// nor withdrawn.
func (db *DB) WithdrawStaffInvitation(ctx context.Context, operatorID, id string, now time.Time, e dialtone.AuditEntry) error {
	return db.audited(ctx, e, func(ctx context.Context, t tx) error {
		withdrawn, err := t.exec(ctx, `
			UPDATE staff_invitation SET withdrawn_at = $3
			WHERE operator_id = $1 AND id = $2 AND accepted_at IS NULL AND withdrawn_at IS NULL`, operatorID, id, now.UnixMicro())
		return foundOne("invitation", withdrawn, err)
	})
}

// Administrator reports whether an account looks after the whole installation.
func (db *DB) Administrator(ctx context.Context, accountID string) (bool, error) {
	var is bool
	err := db.read().one(ctx, []any{&is}, `SELECT EXISTS (SELECT 1 FROM administrator WHERE account_id = $1)`, accountID)
	return is, err
}

// Administrators returns who looks after the whole installation, by id.
func (db *DB) Administrators(ctx context.Context) ([]dialtone.Account, error) {
	var list []dialtone.Account
	var a dialtone.Account
	t := db.read()
	err := t.each(ctx, accountFields(t, &a), func() { list = append(list, a) },
		`SELECT `+accountColumns+` FROM administrator AS m JOIN account AS a ON a.id = m.account_id ORDER BY a.id`)
	return list, err
}

// AddAdministrator has the account with that e-mail address look after the whole installation; accountIfNew is inserted if nobody has
// the address. For who does already nothing is done and nothing logged.
func (db *DB) AddAdministrator(ctx context.Context, accountIfNew dialtone.Account, now time.Time, e dialtone.AuditEntry) error {
	err := db.write(ctx, func(ctx context.Context, t tx) error {
		if _, err := insertAccount(ctx, t, accountIfNew); err != nil {
			return err
		}
		account, err := accountByEmail(ctx, t, accountIfNew.Email)
		if err != nil {
			return err
		}
		added, err := t.exec(ctx, `INSERT INTO administrator (account_id, added_at) VALUES ($1, $2) ON CONFLICT (account_id) DO NOTHING`,
			account.ID, now.UnixMicro())
		if err != nil || added == 0 {
			return err
		}
		e.Target, e.Words.Target = account.ID, account.Display()
		return appendAudit(ctx, t, e)
	})
	if err != nil {
		return fmt.Errorf("%s: %w", e.Action, err)
	}
	return nil
}

// RemoveAdministrator takes the installation out of an account's hands. Errors: ErrNotFound if it is no administrator, ErrConflict if
// it is the last one.
func (db *DB) RemoveAdministrator(ctx context.Context, accountID string, e dialtone.AuditEntry) error {
	return db.audited(ctx, e, func(ctx context.Context, t tx) error {
		if _, err := lockAudit(ctx, t, e.OperatorID); err != nil { // two who remove each other come one after the other
			return err
		}
		removed, err := t.exec(ctx, `DELETE FROM administrator WHERE account_id = $1`, accountID)
		if err := foundOne("administrator "+accountID, removed, err); err != nil {
			return err
		}
		var left int
		if err := t.one(ctx, []any{&left}, `SELECT COUNT(*) FROM administrator`); err != nil {
			return err
		}
		if left == 0 {
			return fmt.Errorf("%w: the installation would have no administrator", dialtone.ErrConflict)
		}
		return nil
	})
}
