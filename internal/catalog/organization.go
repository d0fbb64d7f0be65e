package catalog

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dialtone-id/dialtone/internal/dialtone"
	"github.com/dialtone-id/dialtone/internal/secret"
)

type organizationStore interface {
	Memberships(ctx context.Context, accountID string) ([]dialtone.Membership, error)
	Organization(ctx context.Context, id string) (dialtone.Organization, error)
	CreateOrganization(ctx context.Context, o dialtone.Organization, ownerID string, now time.Time, a dialtone.Activity) error
	RenameOrganization(ctx context.Context, id, name string, a dialtone.Activity) error
	Spend(ctx context.Context, budgets []dialtone.Budget, now time.Time) error
}

// Organizations returns the organizations that the actor is in, by name. For an API key and for a company session it is that
// one; a key has no role.
func (c *Catalog) Organizations(ctx context.Context, actor dialtone.Actor) ([]dialtone.Membership, error) {
	if actor.OrganizationID != "" {
		one, err := c.Organization(ctx, actor, actor.OrganizationID)
		switch {
		case errors.Is(err, dialtone.ErrNotFound):
			return nil, nil
		case err != nil:
			return nil, err
		}
		return []dialtone.Membership{one}, nil
	}
	if actor.AccountID == "" {
		return nil, nil
	}
	list, err := c.store.Memberships(ctx, actor.AccountID)
	if err != nil {
		return nil, fmt.Errorf("organizations of %s: %w", actor.AccountID, err)
	}
	return list, nil
}

// Organization returns an organization with the actor's role in it. Errors: as May.
func (c *Catalog) Organization(ctx context.Context, actor dialtone.Actor, organizationID string) (dialtone.Membership, error) {
	membership, err := c.membership(ctx, actor, organizationID, ReadOrganization)
	if err != nil || membership.Role != "" {
		return membership, err
	}
	o, err := c.store.Organization(ctx, organizationID)
	if err != nil {
		return dialtone.Membership{}, fmt.Errorf("organization %s: %w", organizationID, err)
	}
	return dialtone.Membership{Organization: o}, nil
}

// dailyOrganizations is how many organizations an account may make in a day. Each can send invitations to strangers.
const dailyOrganizations = 20

// CreateOrganization makes an organization whose first owner is the actor. Errors: dialtone.FieldErrors on name;
// *dialtone.ForbiddenError for an API key and for a company session; *dialtone.BudgetError.
func (c *Catalog) CreateOrganization(ctx context.Context, actor dialtone.Actor, name string, now time.Time) (dialtone.Organization, error) {
	if err := personally(actor, WriteOrganization); err != nil {
		return dialtone.Organization{}, err
	}
	if actor.OrganizationID != "" {
		// The company vouches for the person inside its own organization only.
		return dialtone.Organization{}, &dialtone.ForbiddenError{
			Right: string(WriteOrganization), Why: "You are signed in through your company. Sign in with your e-mail address to create an organization.",
		}
	}
	name, err := c.organizationName(ctx, name)
	if err != nil {
		return dialtone.Organization{}, err
	}
	if err := c.store.Spend(ctx, []dialtone.Budget{dialtone.BudgetOrganizations.Daily(actor.AccountID, dailyOrganizations)}, now); err != nil {
		return dialtone.Organization{}, fmt.Errorf("create organization: %w", err)
	}
	o := dialtone.Organization{ID: secret.ID("org"), Name: name, Created: tick(time.Time{}, now)}
	a := signed(actor, dialtone.Activity{OrganizationID: o.ID, Action: "organization.create", Target: o.ID, Detail: name}, o.Created)
	if err := c.store.CreateOrganization(ctx, o, actor.AccountID, o.Created, a); err != nil {
		return dialtone.Organization{}, fmt.Errorf("create organization: %w", err)
	}
	return o, nil
}

// RenameOrganization changes the name. Errors: dialtone.FieldErrors on name; as May.
func (c *Catalog) RenameOrganization(ctx context.Context, actor dialtone.Actor, organizationID, name string, now time.Time) error {
	if _, err := c.allow(ctx, actor, organizationID, WriteOrganization); err != nil {
		return err
	}
	name, err := c.organizationName(ctx, name)
	if err != nil {
		return err
	}
	a := signed(actor, dialtone.Activity{OrganizationID: organizationID, Action: "organization.rename", Target: organizationID, Detail: name}, now)
	if err := c.store.RenameOrganization(ctx, organizationID, name, a); err != nil {
		return fmt.Errorf("rename organization %s: %w", organizationID, err)
	}
	c.registrations.Drop() // pages of subscribers say whose a product is
	return nil
}

func (c *Catalog) organizationName(ctx context.Context, name string) (string, error) {
	var f fields
	name = f.line(line{field: "name", words: "the organization's name", longest: 80, required: true}, name)
	if err := f.err(); err != nil {
		return "", err
	}
	return name, c.checkNaming(ctx, name)
}
