package operator

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
	"github.com/dialtone-id/dialtone/internal/writing"
)

type invitationStore interface {
	PutStaffInvitation(ctx context.Context, i dialtone.StaffInvitation, e dialtone.AuditEntry) error
	StaffInvitation(ctx context.Context, id string) (dialtone.StaffInvitation, error)
	StaffInvitations(ctx context.Context, operatorID string) ([]dialtone.StaffInvitation, error)
	AcceptStaffInvitation(ctx context.Context, id, accountID string, now time.Time, e dialtone.AuditEntry) error
	WithdrawStaffInvitation(ctx context.Context, operatorID, id string, now time.Time, e dialtone.AuditEntry) error
}

const (
	invitationLife   = 7 * 24 * time.Hour
	dailyInvitations = 100 // of one operator: each is a mail to somebody who did not ask for it
	dailyInvited     = 20  // to one address, from all operators and organizations together
)

// Invited is an invitation with its link, which exists here once: the database keeps a hash.
type Invited struct {
	Invitation   dialtone.StaffInvitation
	Operator     dialtone.Operator
	Link         secret.Text // "ID.SECRET", the end of the address that is mailed
	InviterEmail string      // that the inviter proved
}

// WrongAddressError says that somebody else was invited. It wraps ErrForbidden.
type WrongAddressError struct{ Invited string }

func (e *WrongAddressError) Error() string {
	return fmt.Sprintf("accept invitation: %v: it went to another e-mail address", dialtone.ErrForbidden)
}

// Unwrap makes errors.Is(err, ErrForbidden) true.
func (e *WrongAddressError) Unwrap() error { return dialtone.ErrForbidden }

// Invite asks the owner of an e-mail address to work for the operator. An open invitation to the same address is withdrawn by it. Errors:
// dialtone.FieldErrors on email and role; *dialtone.BudgetError; as May.
func (o *Office) Invite(ctx context.Context, actor dialtone.Actor, operatorID, email string, role dialtone.StaffRole, now time.Time) (Invited, error) {
	desk, err := o.May(ctx, actor, operatorID, WriteStaff)
	if err != nil {
		return Invited{}, err
	}
	staff, err := o.store.Staff(ctx, operatorID)
	if err != nil {
		return Invited{}, fmt.Errorf("invite: %w", err)
	}
	if email, err = checkInvited(staff, email, role); err != nil {
		return Invited{}, err
	}
	err = o.store.Spend(ctx, []dialtone.Budget{
		dialtone.BudgetStaffInvitations.Daily(operatorID, dailyInvitations), dialtone.BudgetInvited.Daily(secret.Hash(email), dailyInvited),
	}, now)
	if err != nil {
		return Invited{}, fmt.Errorf("invite: %w", err)
	}
	text := secret.Token("")
	now = now.UTC().Truncate(time.Microsecond)
	i := dialtone.StaffInvitation{
		ID: secret.ID("invitation"), OperatorID: operatorID, Email: email, Role: role, SecretHash: secret.Hash(text.Reveal()),
		InvitedBy: actor.Name, InviterID: actor.AccountID, Created: now, Expires: now.Add(invitationLife),
	}
	e := desk.Line(actor, "staff.invite", i.ID, dialtone.AuditWords{Target: email, Detail: "as " + string(role)}, now)
	if err := o.store.PutStaffInvitation(ctx, i, e); err != nil {
		return Invited{}, fmt.Errorf("invite: %w", err)
	}
	invited := Invited{Invitation: i, Operator: desk.Operator, Link: secret.Text(i.ID + "." + text.Reveal())}
	if at := slices.IndexFunc(staff, func(s dialtone.Staff) bool { return s.Account.ID == actor.AccountID }); at >= 0 {
		invited.InviterEmail = staff[at].Account.Email
	}
	return invited, nil
}

func checkInvited(staff []dialtone.Staff, email string, role dialtone.StaffRole) (string, error) {
	var wrong dialtone.FieldErrors
	normal, err := writing.Email(email)
	if err != nil {
		wrong = append(wrong, dialtone.FieldError{Field: "email", Problem: "Write an e-mail address, as kim@example.com."})
	}
	if !role.Valid() {
		wrong = append(wrong, dialtone.FieldError{Field: "role", Problem: "Choose admin, product, care or auditor."})
	}
	if len(wrong) > 0 {
		return "", wrong
	}
	if slices.ContainsFunc(staff, func(s dialtone.Staff) bool { return s.Account.Email == normal }) {
		return "", dialtone.FieldErrors{{Field: "email", Problem: "This person works here already. Change the role in the list of staff."}}
	}
	return normal, nil
}

// Invitations returns the invitations of the operator, open and past, the newest first. Errors: as May.
func (o *Office) Invitations(ctx context.Context, actor dialtone.Actor, operatorID string) ([]dialtone.StaffInvitation, error) {
	if _, err := o.May(ctx, actor, operatorID, ReadStaff); err != nil {
		return nil, err
	}
	list, err := o.store.StaffInvitations(ctx, operatorID)
	if err != nil {
		return nil, fmt.Errorf("invitations of operator %s: %w", operatorID, err)
	}
	return list, nil
}

// Withdraw takes an invitation back. Errors: ErrNotFound if the operator has none with that id that was neither accepted nor withdrawn; as May.
func (o *Office) Withdraw(ctx context.Context, actor dialtone.Actor, operatorID, id string, now time.Time) error {
	desk, err := o.May(ctx, actor, operatorID, WriteStaff)
	if err != nil {
		return err
	}
	i, err := o.store.StaffInvitation(ctx, id)
	if err == nil && i.OperatorID != operatorID {
		err = dialtone.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("withdraw invitation %s: %w", id, err)
	}
	e := desk.Line(actor, "staff.withdraw", id, dialtone.AuditWords{Target: i.Email}, now)
	if err := o.store.WithdrawStaffInvitation(ctx, operatorID, id, now, e); err != nil {
		return fmt.Errorf("withdraw invitation %s: %w", id, err)
	}
	return nil
}

// InvitationByLink returns the invitation behind a link and which operator invites. Errors: ErrNotFound if it is unknown, withdrawn or its
// secret is wrong; with the invitation, ErrConflict if it was accepted and ErrExpired if it is too old.
func (o *Office) InvitationByLink(ctx context.Context, link string, now time.Time) (dialtone.StaffInvitation, dialtone.Operator, error) {
	id, text, _ := strings.Cut(link, ".")
	i, err := o.store.StaffInvitation(ctx, id)
	switch {
	case errors.Is(err, dialtone.ErrNotFound), err == nil && (!secret.Equal(secret.Hash(text), i.SecretHash) || !i.Withdrawn.IsZero()):
		return dialtone.StaffInvitation{}, dialtone.Operator{}, fmt.Errorf("invitation: %w", dialtone.ErrNotFound)
	case err != nil:
		return dialtone.StaffInvitation{}, dialtone.Operator{}, fmt.Errorf("invitation: %w", err)
	}
	at, err := o.catalog.Operator(ctx, i.OperatorID)
	switch {
	case err != nil:
		err = fmt.Errorf("invitation %s: %w", i.ID, err)
	case !i.Accepted.IsZero():
		err = fmt.Errorf("invitation %s: accepted before: %w", i.ID, dialtone.ErrConflict)
	case !i.Open(now):
		err = fmt.Errorf("invitation %s: %w", i.ID, dialtone.ErrExpired)
	}
	return i, at, err
}

// Accept has the account work for the operator. It must have proved the address that was invited: a link alone can be forwarded. Errors:
// as InvitationByLink; *WrongAddressError; *dialtone.ForbiddenError for who signed in through a company.
func (o *Office) Accept(ctx context.Context, actor dialtone.Actor, account dialtone.Account, link string, now time.Time) (dialtone.Operator, error) {
	i, at, err := o.InvitationByLink(ctx, link, now)
	switch {
	case err != nil:
		return at, err
	case !person(actor):
		return at, &dialtone.ForbiddenError{Right: string(ReadStaff), Why: "Sign in with your own e-mail address to accept this invitation."}
	case account.ID != actor.AccountID, account.Email != i.Email:
		return at, &WrongAddressError{Invited: i.Email}
	}
	e := Desk{Operator: at, Role: i.Role}.Line(actor, "staff.join", account.ID, dialtone.AuditWords{Target: account.Display(), Detail: "as " + string(i.Role)}, now)
	if err := o.store.AcceptStaffInvitation(ctx, i.ID, account.ID, now, e); err != nil {
		return at, fmt.Errorf("accept invitation %s: %w", i.ID, err)
	}
	return at, nil
}
