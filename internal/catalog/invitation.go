package catalog

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
	PutInvitation(ctx context.Context, i dialtone.Invitation, a dialtone.Activity) error
	Invitation(ctx context.Context, id string) (dialtone.Invitation, error)
	Invitations(ctx context.Context, organizationID string) ([]dialtone.Invitation, error)
	AcceptInvitation(ctx context.Context, id, accountID string, now time.Time, a dialtone.Activity) error
	WithdrawInvitation(ctx context.Context, organizationID, id string, now time.Time, a dialtone.Activity) error
}

const (
	invitationLife = 7 * 24 * time.Hour
	// dailyInvitations of one organization: each is a mail to somebody who did not ask for it.
	dailyInvitations = 100
	// dailyWhileYoung is how many an organization sends that is younger than youth, and all such organizations of one inviter
	// together: who signs up in order to send mails from our address gets little out of it.
	dailyWhileYoung = 10
	youth           = 7 * 24 * time.Hour
	// dailyInvited is how many of them one address gets from all organizations together: who makes many floods nobody's mailbox.
	dailyInvited = 20
)

// Invited is an invitation with its link, which exists here once: the database keeps a hash.
type Invited struct {
	Invitation dialtone.Invitation
	Link       secret.Text // "ID.SECRET", the end of the address that is mailed
	// InviterEmail is the address that the inviter proved; empty for an API key, and for who signs in through a company only.
	InviterEmail string
}

// YoungError says that an organization has sent what one of its age may send in a day. It wraps *dialtone.BudgetError.
type YoungError struct{ Budget *dialtone.BudgetError }

func (e *YoungError) Error() string { return "a young organization: " + e.Budget.Error() }

// Unwrap makes errors.Is(err, ErrExhausted) true.
func (e *YoungError) Unwrap() error { return e.Budget }

// Why is what to tell the person.
func (e *YoungError) Why() string {
	return fmt.Sprintf("In its first %d days an organization sends %d invitations a day.", youth/(24*time.Hour), dailyWhileYoung)
}

// WrongAddressError says that somebody else was invited. It wraps ErrForbidden.
type WrongAddressError struct {
	Invited  string // the address that the invitation went to
	SignedIn string // the address of the account that brought it
}

func (e *WrongAddressError) Error() string {
	return fmt.Sprintf("accept invitation: %v: it went to another e-mail address", dialtone.ErrForbidden)
}

// Unwrap makes errors.Is(err, ErrForbidden) true.
func (e *WrongAddressError) Unwrap() error { return dialtone.ErrForbidden }

// Invite asks the owner of an e-mail address into an organization. An open invitation to the same address is withdrawn by it.
// Errors: dialtone.FieldErrors on email and role; *dialtone.BudgetError, as *YoungError where age is the reason; as May.
func (c *Catalog) Invite(
	ctx context.Context, actor dialtone.Actor, organizationID, email string, role dialtone.Role, now time.Time,
) (Invited, error) {
	if _, err := c.allow(ctx, actor, organizationID, WriteMembers); err != nil {
		return Invited{}, err
	}
	if err := ownersAreForPersons(actor, role); err != nil {
		return Invited{}, err
	}
	members, err := c.store.Members(ctx, organizationID)
	if err != nil {
		return Invited{}, fmt.Errorf("invite: %w", err)
	}
	email, err = checkInvited(members, email, role)
	if err != nil {
		return Invited{}, err
	}
	if err := c.spendInvitation(ctx, actor, organizationID, email, now); err != nil {
		return Invited{}, fmt.Errorf("invite: %w", err)
	}
	text := secret.Token("")
	i := dialtone.Invitation{
		ID: secret.ID("invitation"), OrganizationID: organizationID, Email: email, Role: role, SecretHash: secret.Hash(text.Reveal()),
		InvitedBy: actor.Name, InviterID: actor.AccountID, Created: tick(time.Time{}, now), Expires: tick(time.Time{}, now.Add(invitationLife)),
	}
	// Without the address: the log is kept for ever, and the person has not agreed to anything.
	a := signed(actor, dialtone.Activity{
		OrganizationID: organizationID, Action: "invitation.create", Target: i.ID, Detail: "as " + string(role),
	}, now)
	if err := c.store.PutInvitation(ctx, i, a); err != nil {
		return Invited{}, fmt.Errorf("invite: %w", err)
	}
	return Invited{Invitation: i, Link: secret.Text(i.ID + "." + text.Reveal()), InviterEmail: provenAddress(members, actor)}, nil
}

// spendInvitation charges a mail to who sends it and to who gets it. Error: *dialtone.BudgetError, or a *YoungError around it.
func (c *Catalog) spendInvitation(ctx context.Context, actor dialtone.Actor, organizationID, email string, now time.Time) error {
	o, err := c.store.Organization(ctx, organizationID)
	if err != nil {
		return err
	}
	received := dialtone.BudgetInvited.Daily(secret.Hash(email), dailyInvited)
	if now.Sub(o.Created) >= youth {
		return c.store.Spend(ctx, []dialtone.Budget{dialtone.BudgetInvitations.Daily(organizationID, dailyInvitations), received}, now)
	}
	budgets := []dialtone.Budget{dialtone.BudgetInvitations.Daily(organizationID, dailyWhileYoung)}
	if actor.AccountID != "" {
		budgets = append(budgets, dialtone.BudgetYoungInvitations.Daily(actor.AccountID, dailyWhileYoung))
	}
	err = c.store.Spend(ctx, append(budgets, received), now)
	if full, ok := errors.AsType[*dialtone.BudgetError](err); ok && full.Key != received.Key {
		return &YoungError{Budget: full}
	}
	return err
}

// provenAddress is the address that a member proved; empty if there is none.
func provenAddress(members []dialtone.Member, actor dialtone.Actor) string {
	i := slices.IndexFunc(members, func(m dialtone.Member) bool { return m.Account.ID == actor.AccountID })
	if i < 0 {
		return ""
	}
	return members[i].Account.Email
}

func checkInvited(members []dialtone.Member, email string, role dialtone.Role) (string, error) {
	var f fields
	normal, err := writing.Email(email)
	if err != nil {
		f.refuse("email", "Write an e-mail address, as kim@example.com.")
	}
	if err := checkRole(role); err != nil {
		f.refuse("role", "Choose owner, developer or viewer.")
	}
	if err := f.err(); err != nil {
		return "", err
	}
	if slices.ContainsFunc(members, func(m dialtone.Member) bool { return m.Account.Email == normal }) {
		f.refuse("email", "This person is a member already. Change the role in the list of members.")
	}
	return normal, f.err()
}

// Invitations returns the invitations of an organization, open and past, the newest first.
func (c *Catalog) Invitations(ctx context.Context, actor dialtone.Actor, organizationID string) ([]dialtone.Invitation, error) {
	if _, err := c.allow(ctx, actor, organizationID, ReadMembers); err != nil {
		return nil, err
	}
	list, err := c.store.Invitations(ctx, organizationID)
	if err != nil {
		return nil, fmt.Errorf("invitations of organization %s: %w", organizationID, err)
	}
	return list, nil
}

// WithdrawInvitation takes an invitation back. Errors: ErrNotFound if the organization has none with that id that was neither
// accepted nor withdrawn; as May.
func (c *Catalog) WithdrawInvitation(ctx context.Context, actor dialtone.Actor, organizationID, id string, now time.Time) error {
	if _, err := c.allow(ctx, actor, organizationID, WriteMembers); err != nil {
		return err
	}
	a := signed(actor, dialtone.Activity{OrganizationID: organizationID, Action: "invitation.withdraw", Target: id}, now)
	if err := c.store.WithdrawInvitation(ctx, organizationID, id, now, a); err != nil {
		return fmt.Errorf("withdraw invitation %s: %w", id, err)
	}
	return nil
}

// InvitationByLink returns the invitation behind a link and who invites. Errors: ErrNotFound if it is unknown, withdrawn or its
// secret is wrong; with the invitation, ErrConflict if it was accepted and ErrExpired if it is too old.
func (c *Catalog) InvitationByLink(ctx context.Context, link string, now time.Time) (dialtone.Invitation, dialtone.Organization, error) {
	i, err := c.invitationByLink(ctx, link)
	if err != nil {
		return dialtone.Invitation{}, dialtone.Organization{}, err
	}
	o, err := c.store.Organization(ctx, i.OrganizationID)
	if err != nil {
		return dialtone.Invitation{}, dialtone.Organization{}, fmt.Errorf("invitation %s: %w", i.ID, err)
	}
	switch {
	case !i.Accepted.IsZero():
		err = fmt.Errorf("invitation %s: accepted before: %w", i.ID, dialtone.ErrConflict)
	case !i.Open(now):
		err = fmt.Errorf("invitation %s: %w", i.ID, dialtone.ErrExpired)
	}
	return i, o, err
}

func (c *Catalog) invitationByLink(ctx context.Context, link string) (dialtone.Invitation, error) {
	id, text, _ := strings.Cut(link, ".")
	i, err := c.store.Invitation(ctx, id)
	switch {
	case errors.Is(err, dialtone.ErrNotFound), err == nil && (!secret.Equal(secret.Hash(text), i.SecretHash) || !i.Withdrawn.IsZero()):
		return dialtone.Invitation{}, fmt.Errorf("invitation: %w", dialtone.ErrNotFound)
	case err != nil:
		return dialtone.Invitation{}, fmt.Errorf("invitation: %w", err)
	}
	return i, nil
}

// AcceptInvitation makes the account a member; a member already keeps the mightier of both roles. The account must have proved
// the address that was invited: a link alone can be forwarded. Errors: as InvitationByLink; *WrongAddressError;
// *dialtone.ForbiddenError for an API key and for the session of another company.
func (c *Catalog) AcceptInvitation(
	ctx context.Context, actor dialtone.Actor, account dialtone.Account, link string, now time.Time,
) (dialtone.Organization, error) {
	if err := personally(actor, ReadOrganization); err != nil {
		return dialtone.Organization{}, err
	}
	i, err := c.invitationByLink(ctx, link)
	switch {
	case err != nil:
		return dialtone.Organization{}, err
	case actor.OrganizationID != "" && actor.OrganizationID != i.OrganizationID:
		// Otherwise a company's provider could take what was meant for the person.
		return dialtone.Organization{}, &dialtone.ForbiddenError{
			Right: string(ReadOrganization), Why: "You are signed in through your company. Sign in with your e-mail address to accept this invitation.",
		}
	case account.ID != actor.AccountID, account.Email != i.Email:
		return dialtone.Organization{}, &WrongAddressError{Invited: i.Email, SignedIn: account.Email}
	}
	o, err := c.store.Organization(ctx, i.OrganizationID)
	if err != nil {
		return dialtone.Organization{}, fmt.Errorf("accept invitation %s: %w", i.ID, err)
	}
	a := signed(actor, dialtone.Activity{
		OrganizationID: i.OrganizationID, Action: "invitation.accept", Target: i.ID, Detail: "as " + string(i.Role),
	}, now)
	if err := c.store.AcceptInvitation(ctx, i.ID, account.ID, now, a); err != nil {
		return dialtone.Organization{}, fmt.Errorf("accept invitation %s: %w", i.ID, err)
	}
	return o, nil
}
