package catalog

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
)

type memberStore interface {
	// AddOwner makes the account with that e-mail address an owner; accountIfNew is inserted if nobody has the address.
	AddOwner(ctx context.Context, organizationID string, accountIfNew dialtone.Account, now time.Time, a dialtone.Activity) error
	Members(ctx context.Context, organizationID string) ([]dialtone.Member, error)
	ChangeRole(ctx context.Context, organizationID, accountID string, role dialtone.Role, a dialtone.Activity) error
	RemoveMember(ctx context.Context, organizationID, accountID string, a dialtone.Activity) error
	TransferOwnership(ctx context.Context, organizationID, fromID, toID string, a dialtone.Activity) error
}

// AddOwner makes whoever proves the e-mail address an owner of an organization that no member could invite them to. The log says
// that it was by, which is no account.
func (c *Catalog) AddOwner(ctx context.Context, organizationID, email, by string, now time.Time) error {
	person := dialtone.Account{ID: secret.ID("account"), Email: email, Created: now}
	a := signed(dialtone.Actor{AccountID: by, Name: by}, dialtone.Activity{
		OrganizationID: organizationID, Action: "member.add", Detail: "as owner",
	}, now)
	if err := c.store.AddOwner(ctx, organizationID, person, now, a); err != nil {
		return fmt.Errorf("add owner of organization %s: %w", organizationID, err)
	}
	return nil
}

// LastOwnerError says that an organization would be left without an owner. It wraps ErrConflict.
type LastOwnerError struct{ OrganizationID string }

func (e *LastOwnerError) Error() string {
	return fmt.Sprintf("organization %s: %v: its last owner cannot go", e.OrganizationID, dialtone.ErrConflict)
}

// Unwrap makes errors.Is(err, ErrConflict) true.
func (e *LastOwnerError) Unwrap() error { return dialtone.ErrConflict }

// Members returns the members of an organization.
func (c *Catalog) Members(ctx context.Context, actor dialtone.Actor, organizationID string) ([]dialtone.Member, error) {
	if _, err := c.allow(ctx, actor, organizationID, ReadMembers); err != nil {
		return nil, err
	}
	list, err := c.store.Members(ctx, organizationID)
	if err != nil {
		return nil, fmt.Errorf("members of organization %s: %w", organizationID, err)
	}
	return list, nil
}

// ChangeRole gives a member another role. Errors: dialtone.FieldErrors on role; ErrNotFound if the account is no member;
// *LastOwnerError; as May.
func (c *Catalog) ChangeRole(
	ctx context.Context, actor dialtone.Actor, organizationID, accountID string, role dialtone.Role, now time.Time,
) error {
	if _, err := c.allow(ctx, actor, organizationID, WriteMembers); err != nil {
		return err
	}
	if err := checkRole(role); err != nil {
		return err
	}
	member, err := c.store.Membership(ctx, organizationID, accountID)
	switch {
	case err != nil:
		return fmt.Errorf("change role of %s: %w", accountID, err)
	case member.Role == role:
		return nil
	}
	if err := ownersAreForPersons(actor, role, member.Role); err != nil {
		return err
	}
	a := signed(actor, dialtone.Activity{
		OrganizationID: organizationID, Action: "member.role", Target: accountID, Detail: fmt.Sprintf("%s, was %s", role, member.Role),
	}, now)
	return lastOwner(c.store.ChangeRole(ctx, organizationID, accountID, role, a), organizationID, "change role")
}

// RemoveMember takes a member out of an organization. Everybody may take out themselves: that is leaving. The
// open invitations of the person are withdrawn; API keys stay, because programs of the organization use them. Errors: ErrNotFound
// if the account is no member; *LastOwnerError; as May.
func (c *Catalog) RemoveMember(ctx context.Context, actor dialtone.Actor, organizationID, accountID string, now time.Time) error {
	needs, action := WriteMembers, "member.remove"
	if actor.APIKeyID == "" && accountID != "" && actor.AccountID == accountID {
		needs, action = ReadOrganization, "member.leave"
	}
	if _, err := c.allow(ctx, actor, organizationID, needs); err != nil {
		return err
	}
	member, err := c.store.Membership(ctx, organizationID, accountID)
	if err != nil {
		return fmt.Errorf("remove member %s: %w", accountID, err)
	}
	if err := ownersAreForPersons(actor, member.Role); err != nil {
		return err
	}
	a := signed(actor, dialtone.Activity{
		OrganizationID: organizationID, Action: action, Target: accountID, Detail: "was " + string(member.Role),
	}, now)
	return lastOwner(c.store.RemoveMember(ctx, organizationID, accountID, a), organizationID, "remove member")
}

// Transfer makes another member the owner in the actor's place; the actor stays as a developer. Errors: dialtone.FieldErrors on
// account; ErrNotFound if the account is no member; as May.
func (c *Catalog) Transfer(ctx context.Context, actor dialtone.Actor, organizationID, accountID string, now time.Time) error {
	if _, err := c.allow(ctx, actor, organizationID, WriteMembers); err != nil {
		return err
	}
	if err := personally(actor, WriteMembers); err != nil {
		return err
	}
	if accountID == "" || accountID == actor.AccountID {
		return dialtone.FieldErrors{{Field: "account", Problem: "Choose another member, who becomes the owner in your place."}}
	}
	a := signed(actor, dialtone.Activity{OrganizationID: organizationID, Action: "member.transfer", Target: accountID}, now)
	if err := c.store.TransferOwnership(ctx, organizationID, actor.AccountID, accountID, a); err != nil {
		return fmt.Errorf("transfer organization %s: %w", organizationID, err)
	}
	return nil
}

func checkRole(role dialtone.Role) error {
	if role.Valid() {
		return nil
	}
	return dialtone.FieldErrors{{Field: "role", Problem: "Choose owner, developer or viewer."}}
}

// ownersAreForPersons keeps API keys from making owners and from touching them: a stolen key must not be able to take an
// organization over.
func ownersAreForPersons(actor dialtone.Actor, roles ...dialtone.Role) error {
	for _, role := range roles {
		if role == dialtone.RoleOwner {
			return personally(actor, WriteMembers)
		}
	}
	return nil
}

// lastOwner gives the database's only conflict about members its name.
func lastOwner(err error, organizationID, what string) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, dialtone.ErrConflict):
		return fmt.Errorf("%s: %w", what, &LastOwnerError{OrganizationID: organizationID})
	}
	return fmt.Errorf("%s: %w", what, err)
}
