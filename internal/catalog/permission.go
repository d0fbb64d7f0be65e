package catalog

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/dialtone-id/dialtone/internal/dialtone"
)

// Action is something that a member or an API key may do inside an organization. Its text is the name of an API key's right.
type Action string

// The actions. What a role may do stands in permissions and nowhere else.
const (
	ReadOrganization  Action = "organization:read"
	WriteOrganization Action = "organization:write"
	ReadMembers       Action = "members:read"
	WriteMembers      Action = "members:write"
	ReadProducts      Action = "products:read"
	WriteProducts     Action = "products:write"
	ReadClients       Action = "clients:read"
	WriteClients      Action = "clients:write"
	ReadTraffic       Action = "traffic:read"
	ReadKeys          Action = "keys:read"
	WriteKeys         Action = "keys:write"
	ReadActivity      Action = "activity:read"
	WriteCompany      Action = "company:write"
)

// Permission says who may do an action.
type Permission struct {
	Action  Action
	From    dialtone.Role // this role and every mightier one
	ForKeys bool          // an API key may hold the right
	Words   string        // what it is, for the page where a key's rights are chosen
}

var permissions = []Permission{
	{ReadOrganization, dialtone.RoleViewer, true, "Read the organization"},
	{WriteOrganization, dialtone.RoleOwner, true, "Rename the organization"},
	{ReadMembers, dialtone.RoleViewer, true, "Read who is a member and who is invited"},
	{WriteMembers, dialtone.RoleOwner, true, "Invite and remove members and change roles, except owners"},
	{ReadProducts, dialtone.RoleViewer, true, "Read products, their scopes and listings"},
	{WriteProducts, dialtone.RoleDeveloper, true, "Create and change products and offer them to operators"},
	{ReadClients, dialtone.RoleViewer, true, "Read clients, without secrets"},
	{WriteClients, dialtone.RoleDeveloper, true, "Create, change and delete clients and make their secrets"},
	{ReadTraffic, dialtone.RoleViewer, true, "Read analytics and failed requests"},
	// A key that makes keys would outlive its own revocation, and a key that sets the company's sign-in could sign in as anybody.
	{ReadKeys, dialtone.RoleOwner, true, "Read which API keys there are"},
	{WriteKeys, dialtone.RoleOwner, false, "Create and revoke API keys"},
	{ReadActivity, dialtone.RoleDeveloper, true, "Read the activity log"},
	{WriteCompany, dialtone.RoleOwner, false, "Read and set the company's own sign-in"},
}

// Permissions returns the whole table, in the order of a page.
func Permissions() []Permission { return slices.Clone(permissions) }

func permission(action Action) (Permission, bool) {
	i := slices.IndexFunc(permissions, func(p Permission) bool { return p.Action == action })
	if i < 0 {
		return Permission{}, false
	}
	return permissions[i], true
}

// RoleMay reports whether a member with the role may do the action, so that a page can leave out what would be refused.
func RoleMay(role dialtone.Role, action Action) bool {
	p, known := permission(action)
	return known && role.Valid() && slices.Index(dialtone.Roles, role) <= slices.Index(dialtone.Roles, p.From)
}

// keyMay reports whether an API key with the rights may do the action.
func keyMay(rights []string, action Action) bool {
	p, known := permission(action)
	return known && p.ForKeys && slices.Contains(rights, string(action))
}

// membershipStore is what permissions need of the database.
type membershipStore interface {
	Membership(ctx context.Context, organizationID, accountID string) (dialtone.Membership, error)
}

// May says whether the actor may do the action in the organization. Errors: ErrNotFound if the actor is not in it, and so may
// not know that it exists; *dialtone.ForbiddenError.
func (c *Catalog) May(ctx context.Context, actor dialtone.Actor, organizationID string, action Action) error {
	_, err := c.allow(ctx, actor, organizationID, action)
	return err
}

// allow is May; it returns the actor's role, which an API key has none of.
func (c *Catalog) allow(ctx context.Context, actor dialtone.Actor, organizationID string, action Action) (dialtone.Role, error) {
	membership, err := c.membership(ctx, actor, organizationID, action)
	return membership.Role, err
}

// membership is allow; it returns the organization with the role, as it was read. An API key has the zero value.
func (c *Catalog) membership(ctx context.Context, actor dialtone.Actor, organizationID string, action Action) (dialtone.Membership, error) {
	outside := fmt.Errorf("organization %s: %w", organizationID, dialtone.ErrNotFound)
	switch {
	case organizationID == "", actor.OrganizationID != "" && actor.OrganizationID != organizationID:
		return dialtone.Membership{}, outside
	case actor.APIKeyID != "" && actor.OrganizationID == "":
		return dialtone.Membership{}, outside // a key always belongs to one organization; this one is of none
	case actor.APIKeyID != "":
		return dialtone.Membership{}, allowKey(actor, action)
	case actor.AccountID == "":
		return dialtone.Membership{}, outside
	}
	membership, err := c.store.Membership(ctx, organizationID, actor.AccountID)
	switch {
	case errors.Is(err, dialtone.ErrNotFound):
		return dialtone.Membership{}, outside
	case err != nil:
		return dialtone.Membership{}, fmt.Errorf("permission to %s: %w", action, err)
	case !RoleMay(membership.Role, action):
		return dialtone.Membership{}, refuseRole(membership.Role, action)
	}
	return membership, nil
}

func allowKey(actor dialtone.Actor, action Action) error {
	if keyMay(actor.Rights, action) {
		return nil
	}
	why := fmt.Sprintf("This API key has no right %s. Ask an owner for a key that has it.", action)
	if p, known := permission(action); known && !p.ForKeys {
		why = fmt.Sprintf("No API key can have the right %s. Sign in to the portal for this.", action)
	}
	return &dialtone.ForbiddenError{Right: string(action), Why: why}
}

func refuseRole(role dialtone.Role, action Action) error {
	needs := dialtone.RoleOwner
	if p, known := permission(action); known {
		needs = p.From
	}
	return &dialtone.ForbiddenError{
		Right: string(action), Why: fmt.Sprintf("Your role here is %s; this needs the role %s. Ask an owner of the organization.", role, needs),
	}
}

// personally refuses API keys what only a person may do.
func personally(actor dialtone.Actor, action Action) error {
	if actor.APIKeyID == "" && actor.AccountID != "" {
		return nil
	}
	return &dialtone.ForbiddenError{Right: string(action), Why: "An API key cannot do this. Sign in to the portal for it."}
}
