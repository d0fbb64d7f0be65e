package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
)

const invitationColumns = `id, organization_id, email, role, secret_hash, invited_by, inviter_id, created_at, expires_at, accepted_at, withdrawn_at`

func invitationFields(t tx, i *dialtone.Invitation) []any {
	return []any{
		&i.ID, &i.OrganizationID, t.opened(secret.LabelStoredInvited, &i.Email), &i.Role, &i.SecretHash,
		t.opened(secret.LabelStoredName, &i.InvitedBy), &i.InviterID, instant{&i.Created},
		instant{&i.Expires}, instant{&i.Accepted}, instant{&i.Withdrawn},
	}
}

// PutInvitation inserts an invitation, which takes the place of an open one for the same address and organization. Errors:
// ErrNotFound if there is no such organization or who invites is no member of it, ErrConflict if the id is taken.
func (db *DB) PutInvitation(ctx context.Context, i dialtone.Invitation, a dialtone.Activity) error {
	return db.logged(ctx, a, func(ctx context.Context, t tx) error {
		if err := lockOrganization(ctx, t, i.OrganizationID); err != nil {
			return err
		}
		if i.InviterID != "" { // who is removed meanwhile leaves no invitation behind
			if _, err := roleOf(ctx, t, i.OrganizationID, i.InviterID); err != nil {
				return err
			}
		}
		email := t.sealed(secret.LabelStoredInvited, i.Email)
		_, err := t.exec(ctx, `
			UPDATE invitation SET withdrawn_at = $3
			WHERE organization_id = $1 AND email IN ($2, $4) AND accepted_at IS NULL AND withdrawn_at IS NULL`,
			i.OrganizationID, email, a.At.UnixMicro(), t.sealedBefore(secret.LabelStoredInvited, i.Email))
		if err != nil {
			return err
		}
		_, err = t.exec(ctx, `INSERT INTO invitation (`+invitationColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
			i.ID, i.OrganizationID, email, string(i.Role), i.SecretHash, t.sealed(secret.LabelStoredName, i.InvitedBy), i.InviterID, micros(i.Created),
			i.Expires.UnixMicro(), micros(i.Accepted), micros(i.Withdrawn))
		return err
	})
}

// Invitation returns an invitation, whatever became of it.
func (db *DB) Invitation(ctx context.Context, id string) (dialtone.Invitation, error) {
	return invitation(ctx, db.read(), id)
}

func invitation(ctx context.Context, t tx, id string) (dialtone.Invitation, error) {
	var i dialtone.Invitation
	err := t.one(ctx, invitationFields(t, &i), `SELECT `+invitationColumns+` FROM invitation WHERE id = $1`, id)
	return i, err
}

// Invitations returns the invitations of an organization, the newest first.
func (db *DB) Invitations(ctx context.Context, organizationID string) ([]dialtone.Invitation, error) {
	var list []dialtone.Invitation
	var i dialtone.Invitation
	t := db.read()
	err := t.each(ctx, invitationFields(t, &i), func() { list = append(list, i) },
		`SELECT `+invitationColumns+` FROM invitation WHERE organization_id = $1 ORDER BY created_at DESC, id`, organizationID)
	return list, err
}

// AcceptInvitation spends an invitation and makes the account a member; a member keeps the mightier role. Errors:
// ErrConflict if it was accepted already, ErrExpired, ErrNotFound if it was withdrawn or never was.
func (db *DB) AcceptInvitation(ctx context.Context, id, accountID string, now time.Time, a dialtone.Activity) error {
	return db.logged(ctx, a, func(ctx context.Context, t tx) error {
		var organizationID string
		var role dialtone.Role
		err := t.one(ctx, []any{&organizationID, &role}, `
			UPDATE invitation SET accepted_at = $2
			WHERE id = $1 AND accepted_at IS NULL AND withdrawn_at IS NULL AND expires_at > $2 AND COALESCE(created_at, 0) <= $3
			RETURNING organization_id, role`, id, now.UnixMicro(), now.Add(dialtone.ClockSkew).UnixMicro())
		if errors.Is(err, dialtone.ErrNotFound) {
			return whyNotAccepted(ctx, t, id)
		}
		if err != nil {
			return err
		}
		return insertMember(ctx, t, organizationID, accountID, role, now)
	})
}

func whyNotAccepted(ctx context.Context, t tx, id string) error {
	i, err := invitation(ctx, t, id)
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

// WithdrawInvitation takes an invitation back. Error: ErrNotFound if the organization has none with that id that was neither
// accepted nor withdrawn.
func (db *DB) WithdrawInvitation(ctx context.Context, organizationID, id string, now time.Time, a dialtone.Activity) error {
	return db.logged(ctx, a, func(ctx context.Context, t tx) error {
		withdrawn, err := t.exec(ctx, `
			UPDATE invitation SET withdrawn_at = $3
			WHERE organization_id = $1 AND id = $2 AND accepted_at IS NULL AND withdrawn_at IS NULL`, organizationID, id, now.UnixMicro())
		return foundOne("invitation", withdrawn, err)
	})
}
